package check

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/internal/pairs"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
)

// largePolicy has so many routes, each with lists of its own, and so many origins.
func largePolicy(t testing.TB, routes, origins int) (*policy.Policy, *policy.View) {
	t.Helper()
	var b strings.Builder
	b.WriteString("targets: {edge: {url: http://api.example.com}}\norigins:\n  apps:\n")
	for i := range origins {
		fmt.Fprintf(&b, "    - http://app-%d.site%d.example.net\n", i, i)
	}
	b.WriteString("defaults: {origins: [apps], methods: [PUT], headers: [content-type, browser-sdks], credentials: true, expose: [etag], readable_errors: [401, 404, 429, 500, 502]}\nroutes:\n")
	for i := range routes {
		fmt.Fprintf(&b, "  - {path: /route-%d, methods: [PUT, DELETE], headers: [content-type, x-%d]}\n", i, i)
	}
	p, err := policy.Parse("large.yaml", []byte(b.String()))
	require.NoError(t, err)
	view, err := p.On("edge")
	require.NoError(t, err)
	return p, view
}

// settles leaves out a case that waits for its time to pass: that is a pause, and
// no cost.
func settles(id string) bool { return !strings.Contains(id, "upstream-hangs") }

func deriveT(t testing.TB, view *policy.View) []catalog.PolicyCase {
	t.Helper()
	cases, err := catalog.Derive(view, catalog.DeriveConfig{OwnURLs: true})
	require.NoError(t, err)
	return slices.DeleteFunc(cases, func(c catalog.PolicyCase) bool { return !settles(c.ID) })
}

// addedLatency is how far away the target of BenchmarkCheckPrediction is.
const addedLatency = 40 * time.Millisecond

// BenchmarkCheckPrediction checks a policy of 60 routes and 40 origins on a target
// whose every answer comes later. How busy the machine is, a policy of a third of
// that size tells, checked before and after: "busy" is by how much it took longer
// than predicted, 1 on two idle cores. Corrected by that, the prediction has to be
// right within 30 %: "ratio". A check without further flags takes less than a minute,
// on an idle machine.
func BenchmarkCheckPrediction(b *testing.B) {
	for _, engine := range []browser.EngineName{browser.EngineModel, ""} {
		b.Run(cmp.Or(string(engine), "default"), func(b *testing.B) {
			for b.Loop() {
				before, _ := predictedAndReal(b, engine, 20, 13)
				ratio, took := predictedAndReal(b, engine, 60, 40)
				after, _ := predictedAndReal(b, engine, 20, 13)
				busy := (before + after) / 2
				b.ReportMetric(took.Seconds(), "real-s")
				b.ReportMetric(busy, "busy")
				b.ReportMetric(ratio/busy, "ratio")
				assert.InDelta(b, 1, ratio/busy, 0.3, "took %v; %.2f of what was predicted, and the smaller ones %.2f and %.2f", took, ratio, before, after)
				assert.Less(b, took.Seconds()/max(busy, 1), time.Minute.Seconds())
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// predictedAndReal checks a policy of a size; ratio is the time that it took by the
// one that was predicted.
func predictedAndReal(b *testing.B, engine browser.EngineName, routes, origins int) (ratio float64, took time.Duration) {
	p, view := largePolicy(b, routes, origins)
	predicted, err := NewEstimate(b.Context(), deriveT(b, view), engine, addedLatency)
	require.NoError(b, err)
	g := &goGateway{view: view, before: func(r *http.Request) {
		select {
		case <-time.After(addedLatency): // the distance itself, which is what the benchmark is given
		case <-r.Context().Done():
		}
	}}
	began := time.Now()
	s, err := Check(b.Context(), Config{Policy: p, On: "edge", Target: g, Engine: engine, Only: settles})
	took = time.Since(began)
	require.NoError(b, err)
	require.Zero(b, s.Violations+s.Divergent+s.Unknown, s.String())
	return took.Seconds() / predicted.Took.Seconds(), took
}

// BenchmarkCheckModel judges 1,000 cases on the model over HTTP; more than three
// seconds are too many.
func BenchmarkCheckModel(b *testing.B) {
	p, view := largePolicy(b, 10, 20)
	for b.Loop() {
		n := 0
		began := time.Now()
		s, err := Check(b.Context(), Config{Policy: p, On: "edge", Target: &goGateway{view: view}, Engine: browser.EngineModel, Only: func(id string) bool {
			n++
			return n <= 1000 && !strings.HasPrefix(id, "error/gateway/")
		}})
		took := time.Since(began)
		require.NoError(b, err)
		require.Greater(b, s.Passed, 950)
		b.ReportMetric(took.Seconds()*1000/float64(s.Cases), "s/1000-cases")
		assert.Less(b, took, 3*time.Second)
	}
	b.ReportMetric(0, "ns/op")
}

const (
	growthPairs    = 3
	growthSmall    = 7 // small ones for each large one
	growthMost     = 1.15
	growthMostKept = 2 << 10 // bytes
)

// BenchmarkCheckGrowth holds a check of about 10,000 cases against one of about 100,
// in alternating pairs: "ratio" is that of the median costs per case, in
// processor time from the first answer to the end; "kept-B/case" by how much more memory is in use
// for each further case, at its most, once the collector has run.
func BenchmarkCheckGrowth(b *testing.B) {
	small, large := growth(b, 1, 1), growth(b, 150, 130)
	small.check(b) // neither pays for the first time
	var few, many []float64
	for b.Loop() {
		for range growthPairs {
			for range growthSmall {
				few = append(few, small.check(b))
			}
			many = append(many, large.check(b))
		}
	}
	ratio := pairs.Median(many) / pairs.Median(few)
	kept := float64(large.most-small.most) / float64(large.cases-small.cases)
	b.ReportMetric(float64(small.cases), "cases-small")
	b.ReportMetric(float64(large.cases), "cases-large")
	b.ReportMetric(pairs.Median(few)*1e6, "small-µs/case")
	b.ReportMetric(pairs.Median(many)*1e6, "large-µs/case")
	b.ReportMetric(ratio, "ratio")
	b.ReportMetric(kept, "kept-B/case")
	b.Logf("%d cases: median %.0f µs; %d cases: median %.0f µs; ratio %.2f; %.0f bytes kept for each", small.cases, pairs.Median(few)*1e6, large.cases, pairs.Median(many)*1e6, ratio, kept)
	b.ReportMetric(0, "ns/op")
	assert.LessOrEqual(b, ratio, growthMost)
	assert.LessOrEqual(b, kept, float64(growthMostKept))
}

// A growing is a policy of some size, and what checks of it took.
type growing struct {
	policy *policy.Policy
	view   *policy.View
	cases  int
	most   uint64 // bytes in use
}

func growth(b *testing.B, routes, origins int) *growing {
	p, view := largePolicy(b, routes, origins)
	return &growing{policy: p, view: view}
}

// check returns the seconds of processor time that a case takes: of this process, in
// which the target is, too.
func (g *growing) check(b *testing.B) float64 {
	judged := 0
	var first, looked time.Duration
	s, err := Check(b.Context(), Config{
		Policy: g.policy, On: "edge", Target: &goGateway{view: g.view}, Engine: browser.EngineModel,
		Only: func(id string) bool { return !strings.HasPrefix(id, "error/gateway/") },
		Progress: func(int, int) {
			if first == 0 {
				first = processorTime(b)
			}
		},
		Each: func(*judge.Checked) error {
			if judged++; judged%1000 == 0 {
				began := processorTime(b)
				g.most = max(g.most, inUse())
				looked += processorTime(b) - began
			}
			return nil
		},
	})
	took := processorTime(b) - first - looked
	require.NoError(b, err)
	g.most = max(g.most, inUse())
	g.cases = s.Cases
	return took.Seconds() / float64(s.Cases)
}

// processorTime is what this process has had.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// inUse is how much memory is in use.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

const (
	browsedPairs = 5
	browsedLeast = 0.8
)

// BenchmarkCheckChromium holds the browser's part of a check, all evidence on,
// against a bare loop that opens the same pages, as many ahead, and makes the same
// calls with fetch(): "ratio" is the median over alternating pairs of the loop's
// time by the check's. Below 0.8 it fails.
func BenchmarkCheckChromium(b *testing.B) {
	p, view := largePolicy(b, 10, 10)
	o, cases := startObserver(b, p, view)
	require.Greater(b, len(cases), 100)
	driven := func() time.Duration {
		o.driver.Pages.Close()
		began := time.Now()
		_, err := o.observe(b.Context(), cases)
		require.NoError(b, err)
		took := time.Since(began)
		o.rig.forget()
		return took
	}
	bare := func() time.Duration {
		began := time.Now()
		require.NoError(b, bareCheck(b.Context(), o, cases))
		return time.Since(began)
	}
	pairs.Hold(b, browsedPairs, browsedLeast, len(cases), bare, driven)
}

// startObserver starts what a check's browser needs, and returns the cases of one
// request that the browser judges.
func startObserver(b *testing.B, p *policy.Policy, view *policy.View) (*observer, []*catalog.PolicyCase) {
	cfg, _, err := Config{Policy: p, On: "edge", Target: &goGateway{view: view}}.complete()
	require.NoError(b, err)
	plan, err := makePlan(view, cfg.Target.Facts(), nil)
	require.NoError(b, err)
	r, err := openRig(b.Context(), cfg.Target, plan, cfg)
	require.NoError(b, err)
	b.Cleanup(func() { assert.NoError(b, r.close()) })
	o := newObserver(b.Context(), r, &secrets{}, cfg.Timeout)
	require.NoError(b, o.start())
	b.Cleanup(func() {
		assert.NoError(b, r.lab.CloseBrowsers())
		o.close()
	})
	share := newShare(cfg.Engine, plan.origin)
	var cases []*catalog.PolicyCase
	for i := range plan.cases {
		one := &judge.Checked{Case: &plan.cases[i]}
		if len(one.Case.Steps) == 1 && len(share.choose([]*judge.Checked{one}, func(*catalog.PolicyCase) bool { return true })) == 1 {
			cases = append(cases, one.Case)
		}
	}
	return o, cases
}

// bareCheck makes the calls of the cases from pages that nobody observes.
func bareCheck(ctx context.Context, b *observer, cases []*catalog.PolicyCase) error {
	byOrigin := map[string][]fetch.Request{}
	for _, pc := range cases {
		s := &pc.Steps[0]
		if err := b.rig.upstream.script(pc.Signature, s.Upstream); err != nil {
			return err
		}
		byOrigin[s.Request.Origin] = append(byOrigin[s.Request.Origin], s.FetchRequest())
	}
	type opened struct {
		page *chromium.Bare
		err  error
	}
	origins := slices.Sorted(maps.Keys(byOrigin))
	pages := make([]chan opened, len(origins))
	open := func(i int) {
		if i < len(origins) {
			pages[i] = make(chan opened, 1)
			go func() {
				page, err := b.engine.(*chromium.Browser).OpenBare(ctx, origins[i])
				pages[i] <- opened{page, err}
			}()
		}
	}
	for i := range pagesAhead {
		open(i)
	}
	for i, origin := range origins {
		open(i + pagesAhead)
		p := <-pages[i]
		if p.err != nil {
			return p.err
		}
		defer p.page.Close()
		requests := byOrigin[origin]
		if _, err := p.page.Run(ctx, requests, min(max(len(requests)/2, 1), pageSlots)); err != nil {
			return err
		}
	}
	return nil
}
