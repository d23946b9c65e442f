package check

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
)

// A limit of requests is no mistake in what a gateway says of CORS, unless it refuses
// preflights alone; a gateway that always refuses has no limit.
func TestCheckOfATargetThatLimitsRequests(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("shop.yaml", []byte(checkedPolicy))
	require.NoError(t, err)
	view, err := p.On("api")
	require.NoError(t, err)
	// bucket lets some requests through, and more as time goes by: a direct client makes
	// many in no time.
	bucket := func(perSecond float64) func() bool {
		var mu sync.Mutex
		began, taken := time.Now(), 0.0
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			if taken >= 5+perSecond*time.Since(began).Seconds() {
				return false
			}
			taken++
			return true
		}
	}
	const perSecond = 5
	// fewOfMany lets five requests through, refuses two, and so on, whatever time goes by:
	// how many a browser makes in a second is the machine's affair.
	fewOfMany := func() func() bool {
		var taken atomic.Int64
		return func() bool { return (taken.Add(1)-1)%7 < 5 }
	}
	for _, tc := range []struct {
		name    string
		engine  browser.EngineName
		limits  func() func(r *http.Request) bool
		end     judge.End // of those that were refused
		finding judge.FindingID
	}{
		{"all", browser.EngineModel, func() func(*http.Request) bool {
			take := bucket(perSecond)
			return func(*http.Request) bool { return !take() }
		}, judge.EndUnknown, ""},
		{"in the browser", browser.EngineChromium, func() func(*http.Request) bool {
			take := fewOfMany()
			return func(r *http.Request) bool { return r.UserAgent() != "corsproof" && !take() }
		}, judge.EndUnknown, ""},
		{"preflights", browser.EngineModel, func() func(*http.Request) bool {
			take := bucket(0)
			return func(r *http.Request) bool { return r.Method == http.MethodOptions && !take() }
		}, judge.EndViolation, judge.PreflightRateLimited},
		{"always", browser.EngineModel, func() func(*http.Request) bool {
			return func(r *http.Request) bool { return r.Method == http.MethodPut }
		}, judge.EndViolation, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var checked []*judge.Checked
			summary, err := Check(t.Context(), Config{
				Policy: p, On: "api", Target: &goGateway{view: view, limits: tc.limits()}, Engine: tc.engine, Timeout: 10 * time.Second,
				Only: func(id string) bool { return !strings.HasPrefix(id, "error/gateway/") },
				Each: func(c *judge.Checked) error {
					checked = append(checked, c)
					return nil
				}})
			require.NoError(t, err)
			ends := endsOf(checked)
			assert.NotEmpty(t, ends[tc.end])
			if tc.end == judge.EndUnknown {
				assert.Empty(t, summary.Findings)
				for _, c := range checked {
					if c.End() == judge.EndUnknown {
						assert.Contains(t, c.Missing(), "the target rate-limits requests: it answered with status 429")
					}
				}
			}
			if tc.finding != "" {
				require.NotEmpty(t, summary.Findings)
				assert.Equal(t, tc.finding, summary.Findings[0].ID)
			}
		})
	}
}
