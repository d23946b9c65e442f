package judge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// largestTime bounds what 3,328 cases may take to judge, of which 2,961 failed:
// ten times and more what it takes on an idle machine.
const largestTime = 10 * time.Second

// TestManyFailuresAreJudgedInTime: a large policy against a target that does
// everything wrong. It measures, so it doesn't run beside others.
func TestManyFailuresAreJudgedInTime(t *testing.T) {
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
		c := NewCollector(CollectorConfig{View: r.view})
		for i := range r.cases {
			c.Add(r.check(t, i, s.mistake, map[string]string{}))
		}
		start := time.Now()
		findings, _ := c.Findings()
		took := time.Since(start)
		t.Logf("%s: %d cases, %d facts, %d symptoms: %v", s.name(), len(r.cases), len(c.diagnosis.facts), len(c.diagnosis.symptoms), took)
		assert.Equal(t, 1, len(findings), "%v", ids(findings))
		assert.Less(t, took, largestTime)
	}
}
