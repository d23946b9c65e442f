package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// findingLines bounds how many lines [ExplainFinding] takes.
const findingLines = 14

// ExplainFinding says what a finding is and on what evidence: where the policy
// says otherwise, what was asked, what had to come of it and what came, what was
// on the wire, who is at fault, and how to put it right and to see it again. It
// takes 14 lines at most.
func ExplainFinding(f judge.Finding) string {
	e := f.Evidence
	head := []string{fmt.Sprintf("%s: %s: %s: %s%s", f.Rule.At, f.Severity, f.ID, printable(f.Title), inCases(len(f.Cases)))}
	head = row(head, "request", requestLine(e.Request))
	rule := f.Rule.String()
	if len(f.Owners) > 0 {
		rule += "  (" + strings.Join(f.Owners, ", ") + ")"
	}
	head = row(head, "policy", rule)
	head = row(head, "want", e.Want)
	got := e.Got
	if e.Block != nil && e.Block.Sentence != "" {
		got = e.Block.Sentence
	}
	head = row(head, "got", got)
	if e.Block != nil && e.Block.Phase != "" {
		head = row(head, "", fmt.Sprintf("https://fetch.spec.whatwg.org/#%s, step %s", e.Block.Phase, e.Block.Step))
	}

	fault := fmt.Sprintf("%s: %s", f.Fault, f.Summary)
	if e.Reached != "" {
		fault += "; the request " + e.Reached
	}
	tail := row(nil, "at fault", fault)
	if f.Flip != nil {
		tail = row(tail, "decides", flipLine(*f.Flip))
	}
	for i, line := range fixLines(f) {
		name := ""
		if i == 0 {
			name = "fix"
		}
		tail = row(tail, name, line)
	}
	tail = row(tail, "rerun", f.Command)

	for i, line := range wireLines(e, max(findingLines-len(head)-len(tail), 1)) {
		name := ""
		if i == 0 {
			name = "wire"
		}
		head = row(head, name, line)
	}
	return strings.Join(append(head, tail...), "\n") + "\n"
}

// row appends a line of a finding.
func row(lines []string, name, text string) []string {
	return append(lines, strings.TrimRight(fmt.Sprintf("    %-9s %s", name, printable(text)), " "))
}

func inCases(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(", in %d cases", n)
}

// requestLine is a request in a line.
func requestLine(r fetch.Request) string {
	line := cmp.Or(r.Method, "GET") + " " + r.URL
	if r.Origin != "" {
		line += "  from " + r.Origin
	}
	if r.Credentials != "" {
		line += fmt.Sprintf("  credentials %q", r.Credentials)
	}
	return line
}

// inOrder puts what decides first: origin, credentials, the lists, the rest.
func inOrder(headers fetch.HeaderList) fetch.HeaderList {
	rank := func(h fetch.Header) int {
		order := []string{"access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-methods", "access-control-allow-headers"}
		if i := slices.Index(order, strings.ToLower(h.Name())); i >= 0 {
			return i
		}
		return len(order)
	}
	out := slices.Clone(headers)
	slices.SortStableFunc(out, func(a, b fetch.Header) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

// flipLine words a flip.
func flipLine(f judge.Flip) string {
	was := "not there"
	if len(f.Was) > 0 {
		was = fmt.Sprintf("%q", f.Was)
	}
	if f.Be == "" {
		return fmt.Sprintf("without %s on %s, which is %s, it would come out right", f.Header, f.On, was)
	}
	return fmt.Sprintf("with %s: %q on %s, which is %s, it would come out right", f.Header, f.Be, f.On, was)
}

// fixedLines is how many lines of a fix are shown.
const fixedLines = 6

// fixLines are the lines of a fix; of many the first.
func fixLines(f judge.Finding) []string {
	lines := strings.Split(fixLine(f), "\n")
	if len(lines) > fixedLines {
		lines = append(lines[:fixedLines-1], fmt.Sprintf("and %d more lines, in the report", len(lines)-fixedLines+1))
	}
	return lines
}

// fixLine words a fix: in the target's own words, if it has some; else in no
// gateway's, and if it isn't about a header, where to read more.
func fixLine(f judge.Finding) string {
	switch {
	case f.Wording != nil:
		return f.Wording.String()
	case f.Fix.Kind != "":
		return f.Fix.String()
	}
	page, _ := judge.Explain(f.ID)
	return page.Fix
}
