package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
)

// WriteAnnotations writes the result of a check as workflow commands of GitHub Actions,
// which show it at the policy's lines: an error for what makes the check fail, a warning
// or a notice for the rest.
//
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func WriteAnnotations(w io.Writer, s CheckSummary) error {
	var b strings.Builder
	for _, f := range s.Findings {
		level := "warning"
		if s.fails(f) {
			level = "error"
		}
		annotate(&b, level, f.Rule.At, string(f.ID), fmt.Sprintf("%s: %s%s\nat fault: %s: %s\nfix: %s\n%s",
			f.Severity, f.Title, inCases(len(f.Cases)), f.Fault, f.Summary, fixLine(f), f.Command))
	}
	for _, d := range s.Divergences {
		annotate(&b, "error", policy.Position{}, "divergence", d.ID+": "+d.Line)
	}
	for _, u := range s.Unknowns {
		annotate(&b, "warning", policy.Position{}, "unknown", u.ID+": "+u.Line)
	}
	for _, p := range s.Problems {
		annotate(&b, "error", policy.Position{}, "unknown", p)
	}
	for _, n := range s.Notes {
		annotate(&b, "notice", policy.Position{}, string(n.ID), n.Summary)
	}
	for _, c := range s.said() {
		level := "warning"
		if c.Accepted != "" {
			level = "notice"
		}
		annotate(&b, level, c.At, string(c.ID), c.label()+": "+c.line())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fails reports whether a finding makes the exit code 1.
func (s *CheckSummary) fails(f judge.Finding) bool {
	return len(s.FailOn) == 0 || slices.Contains(s.FailOn, f.Severity)
}

// The two escapings of a workflow command: of its message, and of a property's
// value, which a comma or a colon would end.
var (
	annotationMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	annotationProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func annotate(b *strings.Builder, level string, at policy.Position, title, message string) {
	var lines []string
	for line := range strings.SplitSeq(message, "\n") {
		lines = append(lines, printable(line))
	}
	place := ""
	if at.File != "" {
		place = "file=" + annotationProperty.Replace(at.File) + ","
	}
	if at.Line > 0 {
		place += fmt.Sprintf("line=%d,col=%d,", at.Line, max(at.Column, 1))
	}
	fmt.Fprintf(b, "::%s %stitle=%s::%s\n", level, place, annotationProperty.Replace(title), annotationMessage.Replace(strings.Join(lines, "\n")))
}
