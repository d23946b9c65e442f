package pasted

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// An Error is the first mistake in a pasted text.
type Error struct {
	// File is the name that was given for the text; empty if none was.
	File string
	// Line and Column count from 1; the column counts characters, in a
	// HAR file bytes. Both are 0 if the mistake has no place.
	Line, Column int
	// Path is where it is in the text's structure, as in
	// "log.entries[3].request.url"; empty in a text without one.
	Path string
	// Problem says what is wrong and what to write instead. It quotes no
	// values other than an origin.
	Problem string
}

// Error returns "file:line:column: path: problem", or "line 2, column 5: path:
// problem" of a text without a name.
func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.File != "" && e.Line > 0:
		fmt.Fprintf(&b, "%s:%d:%d: ", e.File, e.Line, e.Column)
	case e.File != "":
		b.WriteString(e.File + ": ")
	case e.Line > 0:
		fmt.Fprintf(&b, "line %d, column %d: ", e.Line, e.Column)
	}
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// errorAt returns an error at an offset of text.
func errorAt(text string, offset int, format string, args ...any) *Error {
	line, column := placeOf(text, offset)
	return &Error{Line: line, Column: column, Problem: fmt.Sprintf(format, args...)}
}

// placeOf returns the line and column of an offset of text.
func placeOf(text string, offset int) (line, column int) {
	before := text[:min(max(offset, 0), len(text))]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}
