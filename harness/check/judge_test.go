package check

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/target"
)

// The stage is a function of values: what the policy calls for passes, what has no
// answer or only that of a limit is unknown, and what differs is a violation.
func TestBenchJudges(t *testing.T) {
	t.Parallel()
	pc := &planT(t, target.Facts{Ours: true, Requests: target.AllRequests}, func(id string) bool { return strings.HasPrefix(id, "route/") }).cases[0]
	want, err := pc.Expect(t.Context(), nil)
	require.NoError(t, err)
	last := func(change func(x *fetch.Exchange, o *fetch.Outcome)) []fetch.Trace {
		trace := want[0].Masked(func(text string, _ bool) string { return text }) // a copy
		change(&trace.Exchanges[len(trace.Exchanges)-1], &trace.Outcome)
		return []fetch.Trace{trace}
	}
	b := bench{origin: "http://api.shop.test", timeout: time.Second}
	end := func(b bench, a answer) judge.End {
		c, err := b.judge(t.Context(), pc, a)
		require.NoError(t, err)
		return c.End()
	}
	assert.Equal(t, judge.EndPass, end(b, answer{traces: want}))
	refused := last(func(_ *fetch.Exchange, o *fetch.Outcome) { *o = fetch.Outcome{Kind: fetch.OutcomeNetworkError} })
	assert.Equal(t, judge.EndViolation, end(b, answer{traces: refused}))
	assert.Equal(t, judge.EndNotRun, end(b, answer{missing: "no answer came"}))
	limited := last(func(x *fetch.Exchange, o *fetch.Outcome) {
		x.Response.Status, o.Response.Status = http.StatusTooManyRequests, http.StatusTooManyRequests
	})
	assert.Equal(t, judge.EndViolation, end(b, answer{traces: limited}))
	b.limit = "the target rate-limits requests"
	assert.Equal(t, judge.EndUnknown, end(b, answer{traces: limited}))
}
