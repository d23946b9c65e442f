package strict

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// A Position is a position in a file. The zero Position is no position.
type Position struct {
	File string `json:"file"`
	// Line and Column count from 1; the column counts characters.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Path is the position in the file's structure, as in "routes[2].methods".
	Path string `json:"path,omitempty"`
}

// String returns "file:line".
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// An Error is one mistake in a file.
type Error struct {
	File         string
	Line, Column int
	// Path is the position in the file's structure, as in "cases[2].expect.type".
	Path string
	// Value is the text at that position, if it is a single word or line.
	Value string
	// Problem says what is wrong and what was expected.
	Problem string
}

// Error returns "file:line:column: path: problem".
func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", e.File, e.Line, e.Column, e.Path, e.Problem)
}

// Fail records a mistake at n, which may be nil.
func (d *Decoder) Fail(n ast.Node, path, format string, args ...any) {
	at := d.position(n, path)
	value := ""
	if n != nil {
		value, _ = ScalarText(n)
	}
	d.FailAt(at, value, format, args...)
}

// FailAt records a mistake at a position that was decoded before, with the value there.
func (d *Decoder) FailAt(at Position, value, format string, args ...any) {
	d.Errors = append(d.Errors, &Error{
		File: d.File, Line: at.Line, Column: at.Column, Path: at.Path,
		Value: value, Problem: fmt.Sprintf(format, args...),
	})
}

func (d *Decoder) position(n ast.Node, path string) Position {
	at := Position{File: d.File, Path: path}
	if n != nil && n.GetToken() != nil {
		at.Line, at.Column = n.GetToken().Position.Line, n.GetToken().Position.Column
	}
	return at
}
