package report

import (
	"fmt"
	"html"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/judge"
)

// markdownCases is how many folded cases a finding lists.
const markdownCases = 20

// WriteCheckMarkdown writes a check as Markdown, for example for the summary of a CI job.
func WriteCheckMarkdown(w io.Writer, check Check, s CheckSummary) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## CORS policy %s on %s: %s\n\n", markdown(check.Policy), markdown(check.Target.Name), verdict(s))
	fmt.Fprintf(&b, "| cases | passed | violations | divergent | unknown | not run |\n|---|---|---|---|---|---|\n| %d | %d | %d | %d | %d | %d |\n\n",
		s.Cases, s.Passed, s.Violations, s.Divergent, s.Unknown, s.NotRun)
	if len(s.Findings) > 0 {
		b.WriteString("| severity | finding | where | at fault | cases |\n|---|---|---|---|---|\n")
		for _, f := range s.Findings {
			fmt.Fprintf(&b, "| %s | %s: %s | %s | %s | %d |\n", f.Severity, f.ID, markdown(f.Title), markdown(placeOf(f)), f.Fault, len(f.Cases))
		}
		b.WriteString("\n")
	}
	for _, f := range s.Findings {
		markdownFinding(&b, f)
	}
	markdownLines(&b, "Browser and model disagree", s.Divergences)
	markdownLines(&b, "Unknown", s.Unknowns)
	for _, p := range s.Problems {
		fmt.Fprintf(&b, "- unknown: %s\n", markdown(p))
	}
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "- note: %s: %s: %s%s\n", markdown(n.Rule.At.String()), n.ID, markdown(n.Summary), inCases(len(n.Cases)))
	}
	for _, c := range s.said() {
		fmt.Fprintf(&b, "- %s: %s: %s\n", c.label(), markdown(c.At.String()), markdown(c.line()))
	}
	for _, reason := range slices.Sorted(maps.Keys(s.Reasons)) {
		fmt.Fprintf(&b, "- %s\n", markdown(s.notRunLine(reason)))
	}
	fmt.Fprintf(&b, "\n%s\n", markdown(s.String()))
	_, err := io.WriteString(w, b.String())
	return err
}

// verdict says in a word how a check ended.
func verdict(s CheckSummary) string {
	switch s.ExitCode() {
	case 0:
		return "pass"
	case 1:
		return "violation"
	case 4:
		return "divergence"
	}
	return "unknown"
}

func markdownFinding(b *strings.Builder, f judge.Finding) {
	fmt.Fprintf(b, "<details><summary><b>%s</b> %s: %s</summary>\n\n", f.Severity, f.ID, html.EscapeString(printable(f.Title))) // within HTML no Markdown is read
	if page, ok := judge.Explain(f.ID); ok {
		fmt.Fprintf(b, "%s\n\n", page.What)
	}
	b.WriteString(codeBlock("text", ExplainFinding(f)) + "\n")
	if f.Curl != "" {
		b.WriteString(codeBlock("sh", f.Curl) + "\n")
	}
	for i, c := range f.Cases {
		if i == markdownCases {
			fmt.Fprintf(b, "- and %d more\n", len(f.Cases)-i)
			break
		}
		fmt.Fprintf(b, "- %s: %s\n", markdown(c.ID), markdown(c.Saw))
	}
	b.WriteString("\n</details>\n\n")
}

func markdownLines(b *strings.Builder, what string, lines []CaseLine) {
	for i, line := range lines {
		if i == markdownCases {
			fmt.Fprintf(b, "- %s: and %d more\n", what, len(lines)-i)
			return
		}
		fmt.Fprintf(b, "- %s: %s: %s\n", what, markdown(line.ID), markdown(line.Line))
	}
}
