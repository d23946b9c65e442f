package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Cases are listed by their reason, the most frequent first; after a few reasons the
// rest is a number.
func TestCasesAreListedByReason(t *testing.T) {
	t.Parallel()
	lines := []CaseLine{{ID: "once", Line: "late"}, {ID: "first", Line: "cut short"}, {ID: "second", Line: "cut short"}}
	for _, reason := range []string{"a", "b", "c", "d", "e"} {
		lines = append(lines, CaseLine{ID: "case-" + reason, Line: reason})
	}
	var said strings.Builder
	writeLines(&said, StylePlain, "unknown", lines)
	assert.Equal(t, `unknown: 2 cases, for example first: cut short
unknown: once: late
unknown: case-a: a
unknown: case-b: b
unknown: case-c: c
unknown: 2 more cases with other reasons, listed in the report
`, said.String())
}
