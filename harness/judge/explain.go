package judge

import (
	_ "embed"
	"strings"
)

//go:embed findings.md
var pagesText string

// A Page explains the findings with one ID, in Markdown.
type Page struct {
	Kind
	// What says what the finding is, Console what a browser's console shows, Reproduce
	// how to reproduce it without a browser, Fix how to fix it.
	What, Console, Reproduce, Fix string
}

// Explain returns the page for an ID; false if there is none.
func Explain(id FindingID) (Page, bool) {
	kind, ok := KindOf(id)
	if !ok {
		return Page{}, false
	}
	_, rest, ok := strings.Cut(pagesText, "\n## "+string(id)+"\n")
	if !ok {
		return Page{}, false
	}
	text, _, _ := strings.Cut(rest, "\n#")
	p := Page{Kind: kind}
	field := &p.What
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "Console":
			field, line = &p.Console, value
		case "Reproduce":
			field, line = &p.Reproduce, value
		case "Fix":
			field, line = &p.Fix, value
		}
		*field = strings.TrimSpace(*field + " " + line)
	}
	return p, true
}

// String returns the page as text, starting with its ID and title.
func (p Page) String() string {
	return "# " + string(p.ID) + ": " + p.Title + "\n\n" +
		p.What + "\n\n" +
		"- Severity: " + string(p.Severity) + "; usually at fault: " + string(p.Fault) + "\n" +
		"- Console: " + p.Console + "\n" +
		"- Reproduce: " + p.Reproduce + "\n" +
		"- Fix: " + p.Fix + "\n"
}
