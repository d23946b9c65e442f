package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/corsproof/corsproof/harness/console"
)

// ConsoleSchema names the format of console messages in JSON.
const ConsoleSchema = "corsproof.console/1"

// WriteConsole writes what messages of a browser's console mean, for a terminal. What they
// mean comes first.
func WriteConsole(w io.Writer, messages []console.Message) error {
	var b strings.Builder
	for i, m := range messages {
		if i > 0 {
			b.WriteByte('\n')
		}
		writeItem(&b, "", m.Meaning)
		b.WriteByte('\n')
		label := func(name, text string) {
			if text != "" {
				writeItem(&b, fmt.Sprintf("%-12s", name), text)
			}
		}
		label("Message", m.Engine+": "+m.Text)
		if m.Block != nil && m.Block.Phase != "" {
			label("Standard", fmt.Sprintf("step %s, https://fetch.spec.whatwg.org/#%s", m.Block.Step, m.Block.Phase))
		}
		label("Look at", m.Look)
		label("Needed", m.Remedy)
		label("Caveat", m.Caveat)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteConsoleJSON writes them as [ConsoleSchema].
func WriteConsoleJSON(w io.Writer, messages []console.Message) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		Schema   string            `json:"schema"`
		Messages []console.Message `json:"messages"`
	}{ConsoleSchema, messages})
}
