package policy

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Shown is a response that violates the policy, with its request.
type Shown struct {
	Request fetch.HeaderList // as sent
	Method  string
	URL     string
	// Preflight says that it is a CORS-preflight request.
	Preflight bool
	// Status and Answer are the response; 0 and nil if there was none.
	Status int
	Answer fetch.HeaderList
	// FromUpstream says that the upstream sent that status itself. Upstream is then its
	// response.
	FromUpstream bool
	Upstream     fetch.HeaderList
}

// Origin returns the Origin of the request; empty if it had none.
func (s *Shown) Origin() string {
	origin, _ := s.Request.Get("Origin")
	return origin
}

// A Change says what to do with the text of a Wording.
type Change string

const (
	// Words means nothing to insert: the text says what has to be true at the line.
	Words Change = "words"
	// Replace means that the text replaces the lines Line to Until as a whole.
	Replace Change = "replace"
	// Insert means that the text goes after Line, on lines of its own.
	Insert Change = "insert"
	// Remove means to remove the lines Line to Until; there is no text.
	Remove Change = "remove"
)

// A Wording is a fix in a gateway's own syntax.
type Wording struct {
	// Change says what to do with Text; empty if the adapter does not say.
	Change Change `json:"change,omitempty"`
	// Text is what to write, one or more lines. Their common indentation is removed
	// except where it has a meaning, as in YAML.
	Text string `json:"text,omitempty"`
	// File and Line say where. Line is 0 if that is unknown, and for an Insert at the
	// beginning of the file.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Until is the last of several lines; 0 for a single line.
	Until int `json:"until,omitempty"`
	// More are further changes of the same fix; all are needed.
	More []Wording `json:"more,omitempty"`
}

// String returns the whole fix for people, one line or more for each place.
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
