package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/judge"
)

// ParseFailOn parses the value of --fail-on, a comma-separated list of severities; empty
// means all and returns nil. The error names the unknown word.
func ParseFailOn(text string) ([]judge.Severity, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var out []judge.Severity
	for word := range strings.SplitSeq(text, ",") {
		severity := judge.Severity(strings.TrimSpace(word))
		if !slices.Contains(judge.Severities(), severity) {
			return nil, fmt.Errorf("--fail-on %s: %q is no severity; known are %s", text, severity, strings.Trim(fmt.Sprint(judge.Severities()), "[]"))
		}
		if !slices.Contains(out, severity) {
			out = append(out, severity)
		}
	}
	return out, nil
}
