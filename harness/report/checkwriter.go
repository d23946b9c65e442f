package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/corsproof/corsproof/harness/judge"
)

// A CheckWriter writes a check as a JSON stream: an object with the fields of [Check],
// cases and summary, one case a line.
type CheckWriter struct {
	w     io.Writer
	cases int
	err   error
}

// NewCheckWriter writes the beginning. Errors of writing are returned by
// [CheckWriter.Close].
func NewCheckWriter(w io.Writer, check Check) *CheckWriter {
	c := &CheckWriter{w: w}
	check.Schema = CheckSchema
	text, err := json.Marshal(check)
	c.err = err
	if err == nil {
		c.write(text[:len(text)-1]) // without its last brace
	}
	c.write([]byte(`, "cases": [`))
	return c
}

// Add writes a case.
func (c *CheckWriter) Add(checked *judge.Checked) {
	if c.cases > 0 {
		c.write([]byte(","))
	}
	c.cases++
	c.write([]byte("\n"))
	c.encode(NewCheckedCase(checked))
}

// Close writes the end of the object.
func (c *CheckWriter) Close(s CheckSummary) error {
	c.write([]byte("\n], \"summary\": "))
	c.encode(s)
	c.write([]byte("}\n"))
	if c.err != nil {
		return fmt.Errorf("write the check: %w", c.err)
	}
	return nil
}

func (c *CheckWriter) encode(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		c.err = errors.Join(c.err, err)
		return
	}
	c.write(text)
}

// write writes unless something failed before.
func (c *CheckWriter) write(text []byte) {
	if c.err == nil {
		_, c.err = c.w.Write(text)
	}
}
