package judge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestALargePolicyHasOneFinding: thousands of cases that fail for one reason are
// one finding, of every one of them.
func TestALargePolicyHasOneFinding(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("targets: {edge: {url: https://api.example.com}}\norigins:\n")
	for i := range 10 {
		fmt.Fprintf(&b, "  g%d: [https://a%d.example.com, https://b%d.example.net, https://c%d.example.org, https://d%d.example.com]\n", i, i, i, i, i)
	}
	b.WriteString("defaults: {origins: [g0], methods: [GET, PUT], headers: [content-type], credentials: true, readable_errors: [404, 500]}\nroutes:\n")
	for i := range 60 {
		fmt.Fprintf(&b, "  - {path: /r%d, origins: [g%d]}\n", i, i%10)
	}
	r := newPaperRun(t, "large", b.String(), "edge")
	for _, s := range seeds {
		if s.id != FilterNotImplemented && s.id != OriginReflectedAny && s.id != AcaoMissingOnError || s.what != "" {
			continue
		}
		t.Run(string(s.id), func(t *testing.T) {
			t.Parallel()
			findings, _, checked := r.judge(t, s.mistake)
			require.Equal(t, 1, len(findings), "%v", ids(findings))
			assert.Equal(t, failedCases(checked), foldedCases(findings[0]))
			t.Logf("%d of %d cases failed", len(findings[0].Cases), len(checked))
		})
	}
}
