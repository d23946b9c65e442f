package policy

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Shown is an answer that isn't what the policy calls for, with its request.
type Shown struct {
	Request fetch.HeaderList // as it was sent
	Method  string
	URL     string
	// Preflight: it is a CORS-preflight request.
	Preflight bool
	// Status and Answer are what came; 0 and nil if nothing did.
	Status int
	Answer fetch.HeaderList
	// FromUpstream: the upstream gave that status itself. Upstream is its answer then.
	FromUpstream bool
	Upstream     fetch.HeaderList
}

// Origin returns the Origin that was sent; empty if none was.
func (s *Shown) Origin() string {
	origin, _ := s.Request.Get("Origin")
	return origin
}

// A Change says what is done with a Wording's text.
type Change string

const (
	// Words: nothing. The text says what has to hold at the line.
	Words Change = "words"
	// Replace: it takes the place of the lines Line to Until, as a whole.
	Replace Change = "replace"
	// Insert: it goes behind Line, on lines of its own.
	Insert Change = "insert"
	// Remove: the lines Line to Until go, and there is no text.
	Remove Change = "remove"
)

// A Wording is a fix in a gateway's own syntax.
type Wording struct {
	// Change says what to do with Text; empty if the adapter doesn't say.
	Change Change `json:"change,omitempty"`
	// Text is what to write, one or more lines, without the indentation that they
	// have in common but where it means something, as in YAML.
	Text string `json:"text,omitempty"`
	// File and Line are where it goes; Line is 0 if that can't be told, and with
	// Insert at the file's beginning.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Until is the last of several lines; 0 if it is one.
	Until int `json:"until,omitempty"`
	// More are what else the fix changes: it is done with all of them.
	More []Wording `json:"more,omitempty"`
}

// String returns all of it as people read it, one line or more for each place.
func (w Wording) String() string {
	var b strings.Builder
	if w.File != "" {
		b.WriteString(w.File)
		if w.Line > 0 {
			fmt.Fprintf(&b, ":%d", w.Line)
		}
		if w.Until > 0 {
			fmt.Fprintf(&b, "-%d", w.Until)
		}
		b.WriteString(": ")
	}
	text, indent := unindented(w.Text)
	in := ""
	if indent > 0 {
		in = fmt.Sprintf(", %d spaces in", indent)
	}
	switch w.Change {
	case Replace:
		b.WriteString("replace with: ")
	case Insert:
		if w.Line == 0 {
			b.WriteString("insert at the beginning: ")
		} else {
			b.WriteString("insert after this line" + in + ": ")
		}
	case Remove:
		if w.Until > 0 {
			b.WriteString("remove these lines")
		} else {
			b.WriteString("remove this line")
		}
	}
	b.WriteString(text)
	for _, more := range w.More {
		b.WriteString("\n" + more.String())
	}
	return b.String()
}

// unindented takes the spaces away that all lines begin with.
func unindented(text string) (string, int) {
	lines := strings.Split(text, "\n")
	indent := len(text)
	for _, line := range lines {
		if rest := strings.TrimLeft(line, " "); rest != "" {
			indent = min(indent, len(line)-len(rest))
		}
	}
	for i, line := range lines {
		lines[i] = line[min(indent, len(line)):]
	}
	return strings.Join(lines, "\n"), indent
}
