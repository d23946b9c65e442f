package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/corsproof/corsproof/harness/story"
)

// storyWidth is where a line of a story breaks.
const storyWidth = 100

// WriteStory writes a story for a terminal. Its first line is the headline.
func WriteStory(w io.Writer, s *story.Story) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", printable(s.Headline))
	r := s.Request
	fmt.Fprintf(&b, "The page asks, from %s:\n    %s\n", printable(r.Origin), printable(storyCall(s)))
	for _, h := range r.Headers {
		fmt.Fprintf(&b, "    %s\n", printable(h.Name()+": "+h.Value()))
	}
	if s.Preflight.Needed {
		fmt.Fprintf(&b, "\nThe browser sends a preflight first, because\n")
		for _, why := range s.Preflight.Because {
			writeItem(&b, "    - ", why)
		}
	} else if len(s.Preflight.Because) > 0 {
		fmt.Fprintf(&b, "\nNo preflight is sent, because %s.\n", printable(strings.Join(s.Preflight.Because, ", and ")))
	}
	for _, e := range s.Exchanges {
		writeStoryExchange(&b, &e)
	}
	if s.NeverSent() {
		fmt.Fprintf(&b, "\nThe browser did not send the %s, because the preflight was refused.\n", printable(storyMethod(s)))
	}
	b.WriteByte('\n')
	writeStoryEnd(&b, s)
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteStoryMarkdown writes a story as Markdown, for an issue or a chat.
func WriteStoryMarkdown(w io.Writer, s *story.Story) error {
	var b strings.Builder
	if err := WriteStory(&b, s); err != nil {
		return err
	}
	_, rest, _ := strings.Cut(b.String(), "\n\n")
	_, err := fmt.Fprintf(w, "**%s**\n\n%s", markdown(s.Headline), codeBlock("text", rest))
	return err
}

// WriteStoryJSON writes a story as [story.Schema].
func WriteStoryJSON(w io.Writer, s *story.Story) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(s)
}

// storyCall is the request as one line.
func storyCall(s *story.Story) string {
	out := storyMethod(s) + " " + s.Request.URL
	if s.Request.Credentials != "" {
		out += "  credentials " + string(s.Request.Credentials)
	}
	if s.Request.Mode != "" {
		out += "  mode " + string(s.Request.Mode)
	}
	return out
}

func storyMethod(s *story.Story) string {
	if s.Request.Method == "" {
		return "GET"
	}
	return s.Request.Method
}

func writeStoryExchange(b *strings.Builder, e *story.Exchange) {
	name := e.Method
	if e.Kind == story.KindPreflight {
		name = "preflight"
	}
	fmt.Fprintf(b, "\n%s  %s %s\n", titled(name), printable(e.Method), printable(e.URL))
	writeStoryLines(b, "    > ", e.Sent)
	switch {
	case e.Withheld:
		fmt.Fprintf(b, "    not sent to the server: corsproof responded in its place; --send sends it\n")
		return
	case e.Status == 0:
		fmt.Fprintf(b, "    no response: %s\n", printable(strings.TrimPrefix(e.Incomplete, "no response: ")))
		return
	}
	status := strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, e.Reason))
	fmt.Fprintf(b, "    < %s%s\n", printable(status), decidesMark(e.StatusDecides))
	writeStoryLines(b, "    < ", e.Received)
}

func writeStoryLines(b *strings.Builder, prefix string, lines []story.Line) {
	others := 0
	for _, l := range lines {
		switch {
		case !l.Matters && !l.Decides:
			others++
		case l.Missing:
			fmt.Fprintf(b, "%s(no %s)%s\n", prefix, l.Name, decidesMark(l.Decides))
		default:
			fmt.Fprintf(b, "%s%s%s\n", prefix, printable(l.Name+": "+l.Value), decidesMark(l.Decides))
		}
	}
	if others > 0 {
		fmt.Fprintf(b, "%s(%d more)\n", prefix, others)
	}
}

func decidesMark(yes bool) string {
	if yes {
		return "    <== decides"
	}
	return ""
}

func titled(name string) string {
	if name == "preflight" {
		return "Preflight"
	}
	return "Request"
}

// writeStoryEnd writes what follows from what came: one labelled paragraph each.
func writeStoryEnd(b *strings.Builder, s *story.Story) {
	label := func(name, text string) {
		writeItem(b, fmt.Sprintf("%-12s", name), text)
	}
	if d := s.Decides; d != nil {
		label("Reason", d.Sentence)
		if d.Step != "" {
			label("Standard", d.Step+", "+d.Link)
		}
	}
	for i, text := range s.Script {
		name := ""
		if i == 0 {
			name = "JavaScript"
		}
		label(name, text)
	}
	if s.Console != "" {
		label("Console", s.Console)
	}
	if s.Direct != "" {
		label("No browser", s.Direct)
	}
	if len(s.Instead) > 0 {
		on := ""
		for i, c := range s.Instead {
			name := ""
			if i == 0 {
				name = "Needed"
			}
			if at := "in the response to " + c.On + " " + c.URL; at != on {
				on = at
				label(name, at+":")
				name = ""
			}
			label("", "    "+c.String())
		}
	}
	for i, h := range s.Hints {
		name := ""
		if i == 0 {
			name = "Hint"
		}
		label(name, h)
	}
	if g := s.Where; g != nil && s.End != story.EndReadable {
		label("Where", fmt.Sprintf("a guess, from %q: %s, in %s", g.By, g.Product, g.Place))
	}
	for i, l := range s.Lacks {
		name := ""
		if i == 0 {
			name = "Missing"
		}
		label(name, l)
	}
}

// writeItem writes a text after a prefix, broken at spaces; what follows stands below the
// text's begin.
func writeItem(b *strings.Builder, prefix, text string) {
	indent := strings.Repeat(" ", len(prefix))
	lead := text[:len(text)-len(strings.TrimLeft(text, " "))]
	line := prefix + lead
	empty := true
	for word := range strings.FieldsSeq(printable(text)) {
		if !empty && len(line)+1+len(word) > storyWidth {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line, empty = indent+lead, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}
