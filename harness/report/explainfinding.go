package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// findingLines is the maximum number of lines of [ExplainFinding].
const findingLines = 14

// ExplainFinding explains a finding in at most 14 lines: what is wrong and which line to
// change, the request, the policy's line, the expected and the actual outcome, the
// recorded exchanges, the layer at fault, the fix, and the command that reproduces it.
func ExplainFinding(f judge.Finding) string {
	e := f.Evidence
	head := []string{fmt.Sprintf("%s: %s: %s: %s%s", placeOf(f), f.Severity, f.ID, printable(f.Title), inCases(len(f.Cases)))}
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

// placeOf returns the line that has to change: of the gateway's config if the fix names
// one, else of the policy.
func placeOf(f judge.Finding) string {
	if w := f.Wording; w != nil && w.File != "" && w.Line > 0 {
		return fmt.Sprintf("%s:%d", w.File, w.Line)
	}
	return f.Rule.At.String()
}

// flipLine says which header decides.
func flipLine(f judge.Flip) string {
	was := "it has none"
	if len(f.Was) > 0 {
		quoted := make([]string, len(f.Was))
		for i, line := range f.Was {
			quoted[i] = strconv.Quote(line)
		}
		was = "it has " + strings.Join(quoted, " and ")
	}
	be := "no " + f.Header
	if f.Be != "" {
		be = f.Header + ": " + f.Be
	}
	return fmt.Sprintf("would pass if the %s response had %s (%s)", f.On, be, was)
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
