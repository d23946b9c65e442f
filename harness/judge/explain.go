package judge

import (
	_ "embed"
	"strings"
)

//go:embed findings.md
var pagesText string

// A Page is what there is to know about findings with one ID, in Markdown.
type Page struct {
	Kind
	// What says what it is, Console how it shows in a browser's console,
	// Reproduce how to see it without a browser, Fix how to put it right.
	What, Console, Reproduce, Fix string
}

// Explain returns the page of an ID; false if there is none.
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

// String is the page as text, its ID and title first.
func (p Page) String() string {
	return "# " + string(p.ID) + ": " + p.Title + "\n\n" +
		p.What + "\n\n" +
		"- Severity: " + string(p.Severity) + "; usually at fault: " + string(p.Fault) + "\n" +
		"- Console: " + p.Console + "\n" +
		"- Reproduce: " + p.Reproduce + "\n" +
		"- Fix: " + p.Fix + "\n"
}
