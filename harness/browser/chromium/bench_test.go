package chromium

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
)

const (
	benchCases = 300
	benchPairs = 9
	benchLeast = 0.8
)

// BenchmarkObserve holds 300 observed calls, all evidence on, against a bare
// loop of fetch() in a page that no protocol domain listens to: same browser,
// server, methods and kind of URL, in alternating pairs. The metric "ratio" is
// the median over the pairs of the bare loop's time by the observed time: 1 is
// free evidence. Below 0.8 it fails.
func BenchmarkObserve(b *testing.B) {
	i := start(b)
	server := i.serve(b, "bench", benchServer)
	origin, err := i.pages.Serve("", nil)
	require.NoError(b, err)
	bare, err := i.chromium.OpenBare(b.Context(), origin)
	require.NoError(b, err)
	b.Cleanup(func() { bare.Close() })
	for _, slots := range []int{1, 6, 24} {
		b.Run(fmt.Sprintf("slots=%d", slots), func(b *testing.B) {
			p, err := i.chromium.openPage(b.Context(), origin, slots, i.all)
			require.NoError(b, err)
			defer p.Close()
			// Both sides once, so that neither pays for the other's first time.
			benchBare(b, bare, server.Addr(), slots)
			benchObserve(b, p, server.Addr())
			var ratios, bareTimes, observedTimes []float64
			for b.Loop() {
				for range benchPairs {
					free := benchBare(b, bare, server.Addr(), slots)
					observed := benchObserve(b, p, server.Addr())
					ratios = append(ratios, free.Seconds()/observed.Seconds())
					bareTimes = append(bareTimes, free.Seconds())
					observedTimes = append(observedTimes, observed.Seconds())
				}
			}
			b.ReportMetric(median(ratios), "ratio")
			b.ReportMetric(slices.Min(ratios), "least-ratio")
			b.ReportMetric(benchCases/median(bareTimes), "bare-calls/s")
			b.ReportMetric(benchCases/median(observedTimes), "observed-calls/s")
			b.ReportMetric(0, "ns/op")
			if median(ratios) < benchLeast {
				b.Errorf("observing costs too much: median ratio %.2f of %v, want at least %.2f", median(ratios), ratios, benchLeast)
			}
		})
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// benchServer allows /open and preflights to it, and refuses /closed.
func benchServer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/open" {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
	}
	if r.Method != http.MethodOptions {
		fmt.Fprint(w, `{"orders":[{"id":1,"name":"tea"},{"id":2,"name":"coffee"}]}`)
	}
}

var benchRun atomic.Int64

// benchRequests are a third readable, a third preflighted, a third blocked, each
// with a URL that was never used before.
func benchRequests(addr string) []fetch.Request {
	run := benchRun.Add(1)
	requests := make([]fetch.Request, benchCases)
	for n := range requests {
		r := fetch.Request{Method: "GET", URL: fmt.Sprintf("http://%s/open?%d-%d", addr, run, n)}
		switch n % 3 {
		case 1:
			r.Method = "PUT"
		case 2:
			r.URL = fmt.Sprintf("http://%s/closed?%d-%d", addr, run, n)
		}
		requests[n] = r
	}
	return requests
}

func benchObserve(b *testing.B, p *chromiumPage, addr string) time.Duration {
	jobs := make([]browser.Job, benchCases)
	for n, r := range benchRequests(addr) {
		jobs[n] = browser.Job{ID: fmt.Sprint(n), Request: r}
	}
	kinds := map[fetch.OutcomeKind]int{}
	exchanges := 0
	began := time.Now()
	err := p.Observe(b.Context(), jobs, func(o browser.Observation) {
		kinds[o.Trace.Outcome.Kind]++
		exchanges += len(o.Trace.Exchanges)
	})
	took := time.Since(began)
	require.NoError(b, err)
	require.Equal(b, map[fetch.OutcomeKind]int{fetch.OutcomeResponse: 200, fetch.OutcomeNetworkError: 100}, kinds)
	require.Equal(b, 400, exchanges)
	return took
}

func benchBare(b *testing.B, bare *Bare, addr string, workers int) time.Duration {
	requests := benchRequests(addr)
	began := time.Now()
	read, err := bare.Run(b.Context(), requests, workers)
	took := time.Since(began)
	require.NoError(b, err)
	require.Equal(b, 200, read)
	return took
}
