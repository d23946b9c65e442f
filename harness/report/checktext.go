package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
)

// listedReasons is how many reasons are listed for divergent and for unknown cases.
const listedReasons = 5

// WriteCheck prints the result of a check for people: the findings, most severe first,
// then divergences, unknown cases, notes, dangers in the policy itself, and the cases
// that were not run.
func WriteCheck(w io.Writer, s CheckSummary, style Style) {
	for _, f := range s.Findings {
		first, rest, _ := strings.Cut(ExplainFinding(f), "\n")
		fmt.Fprintf(w, "%s\n%s", paint(style, severityColor(f.Severity), first), rest)
	}
	writeLines(w, style, "divergence: browser and model disagree", s.Divergences)
	writeLines(w, style, "unknown", s.Unknowns)
	for _, p := range s.Problems {
		fmt.Fprintf(w, "%s: %s\n", paint(style, text.FgYellow, "unknown"), printable(p))
	}
	for _, n := range s.Notes {
		fmt.Fprintln(w, paint(style, text.FgCyan, explainNote(n)))
	}
	writeConcerns(w, style, s)
	for _, reason := range slices.SortedFunc(maps.Keys(s.Reasons), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Reasons[b], s.Reasons[a]), cmp.Compare(a, b))
	}) {
		fmt.Fprintln(w, printable(s.notRunLine(reason)))
	}
	fmt.Fprintln(w, paint(style, endColor(s), s.String()))
}

// notRunLine says how many cases were not run for a reason, and which.
func (s *CheckSummary) notRunLine(reason string) string {
	example := ""
	if some := s.NotRunCases[reason]; len(some) > 0 {
		example = some[0]
	}
	return "not run: " + casesLine(s.Reasons[reason], example, reason)
}

// casesLine is a number of cases with an example and their common reason.
func casesLine(n int, example, reason string) string {
	switch {
	case example == "":
		return fmt.Sprintf("%s: %s", countOf(n, "case"), reason)
	case n == 1:
		return fmt.Sprintf("%s: %s", example, reason)
	}
	return fmt.Sprintf("%s, for example %s: %s", countOf(n, "case"), example, reason)
}

// writeLines lists cases by their reason, the most frequent first.
func writeLines(w io.Writer, style Style, what string, lines []CaseLine) {
	var reasons []string
	byReason := map[string][]CaseLine{}
	for _, line := range lines {
		if byReason[line.Line] == nil {
			reasons = append(reasons, line.Line)
		}
		byReason[line.Line] = append(byReason[line.Line], line)
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return cmp.Compare(len(byReason[b]), len(byReason[a])) })
	label := paint(style, text.FgYellow, what)
	for i, reason := range reasons {
		if i == listedReasons {
			left := 0
			for _, reason := range reasons[i:] {
				left += len(byReason[reason])
			}
			fmt.Fprintf(w, "%s: %s with other reasons, listed in the report\n", label, countOf(left, "more case"))
			return
		}
		some := byReason[reason]
		fmt.Fprintf(w, "%s: %s\n", label, printable(casesLine(len(some), some[0].ID, reason)))
	}
}

// writeConcerns says what is dangerous about the policy, apart from the verdict: a
// target that does just what it says is no safer for it.
func writeConcerns(w io.Writer, style Style, s CheckSummary) {
	for _, c := range s.said() {
		fmt.Fprintf(w, "%s: %s: %s\n", paint(style, text.FgYellow, c.label()), c.At, printable(c.line()))
	}
}

// dangers are the concerns about what others could do.
var dangers = []policy.ConcernID{
	policy.AnyOriginWithCredentials, policy.NullOriginWithCredentials, policy.NullOrigin, policy.InsecureOriginWithCredentials,
	policy.InsecureOrigin, policy.WildcardRegistrable, policy.AnySubdomain, policy.AnyDepth, policy.AnyPort, policy.DevOrigin,
}

// label tells a danger from what only doesn't do what it seems to.
func (c CheckConcern) label() string {
	if slices.Contains(dangers, c.ID) {
		return "dangerous as written"
	}
	return "policy"
}

// said are the concerns that are more than a remark.
func (s *CheckSummary) said() []CheckConcern {
	return slices.DeleteFunc(slices.Clone(s.Concerns), func(c CheckConcern) bool { return c.Severity == policy.Note })
}

// line is a concern in a line, without its place.
func (c CheckConcern) line() string {
	line := fmt.Sprintf("%s: %s: %s", c.ID, c.Problem, c.Why)
	if c.Accepted != "" {
		return line + "; accepted: " + c.Accepted
	}
	return line + "; write " + c.Instead
}

// String returns the last line of a check.
func (s *CheckSummary) String() string {
	line := fmt.Sprintf("%s: %d passed, %s in %s, %d divergent, %d unknown, %d not run", countOf(s.Cases, "case"), s.Passed,
		countOf(s.Violations, "violation"), countOf(len(s.Findings), "finding"), s.Divergent, s.Unknown, s.NotRun)
	var judged []string
	for _, name := range slices.Sorted(maps.Keys(s.JudgedBy)) {
		judged = append(judged, fmt.Sprintf("%s %d", name, s.JudgedBy[name]))
	}
	if len(judged) > 0 {
		line += "; judged by " + strings.Join(judged, ", ")
	}
	return line + fmt.Sprintf("; %.1f s", (time.Duration(s.TookMillis)*time.Millisecond).Seconds())
}

// countOf is a number of things.
func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func severityColor(s judge.Severity) text.Color {
	if s == judge.SeverityOutage || s == judge.SeverityHole {
		return text.FgRed
	}
	return text.FgYellow
}

func endColor(s CheckSummary) text.Color {
	switch s.ExitCode() {
	case 0:
		return text.FgGreen
	case 1:
		return text.FgRed
	}
	return text.FgYellow
}
