package check

import (
	"context"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// observed is what a browser did for the requests of one signature.
type observed struct {
	traces []fetch.Trace
	// waited is how many seconds, rounded up, each request came after the one before at
	// most.
	waited []int
	last   time.Time // when the last request was about to be made
}

// observations are those of cases, by their signature.
type observations map[string]*observed

// An observer has a browser make the requests of cases. It is not for concurrent use;
// whoever made it closes it, after the browser.
type observer struct {
	rig     *rig
	secrets *secrets
	timeout time.Duration // of one request

	launch   func() (*browser.Chromium, error) // starts it, or waits for that
	chromium *browser.Chromium                 // nil until it is needed
	pages    pages
	jar      jar
}

func newObserver(ctx context.Context, r *rig, s *secrets, timeout time.Duration) *observer {
	return &observer{
		rig: r, secrets: s, timeout: timeout, pages: newPages(r.lab), jar: newJar(r.origin),
		// A start that failed is not tried again.
		launch: sync.OnceValues(func() (*browser.Chromium, error) { return r.lab.Chromium(ctx) }),
	}
}

// prepare begins to start the browser, and doesn't wait for it.
func (b *observer) prepare() { go b.launch() }

// start starts the browser and what it calls beside the target, unless it runs.
func (b *observer) start() (err error) {
	if b.chromium != nil {
		return nil
	}
	if err := b.rig.serveElsewhere(); err != nil {
		return err
	}
	if b.chromium, err = b.launch(); err != nil {
		return err
	}
	b.pages.chromium, b.jar.chromium = b.chromium, b.chromium
	return nil
}

// close ends the pages. The browser is the lab's.
func (b *observer) close() { b.pages.close() }

// observe makes the requests of cases of one manner, those of one signature once. Of a
// case that lacks its secret nothing is made.
func (b *observer) observe(ctx context.Context, cases []*catalog.PolicyCase) (observations, error) {
	out := observations{}
	var single []*catalog.PolicyCase
	for _, pc := range cases {
		if out[pc.Signature] != nil {
			continue
		}
		ready, err := b.secrets.fill(pc)
		if err != nil {
			continue
		}
		out[pc.Signature] = &observed{}
		single = append(single, &ready)
	}
	return out, b.drive(ctx, single, out)
}

// drive makes the requests of cases. No two of them share a signature.
func (b *observer) drive(ctx context.Context, single []*catalog.PolicyCase, out observations) error {
	if len(single) > 0 && mannerOf(single[0]) == mannerAlone {
		for some := range slices.Chunk(single, 1) {
			if err := b.together(ctx, some, out); err != nil {
				return err
			}
		}
		return nil
	}
	sequences := slices.DeleteFunc(slices.Clone(single), func(c *catalog.PolicyCase) bool { return len(c.Steps) == 1 })
	single = slices.DeleteFunc(single, func(c *catalog.PolicyCase) bool { return len(c.Steps) > 1 })
	if err := b.together(ctx, single, out); err != nil {
		return err
	}
	for _, same := range byJar(sequences) { // what the target gives in one step is there in the next
		for some := range slices.Chunk(same, browseSequences) {
			if err := b.together(ctx, some, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// browseSequences is how many cases of several requests go on at the same time: they
// share caches whose entries may live for a few seconds alone.
const browseSequences = 10

// together makes the first request of each of the cases, then the second, and so
// on.
func (b *observer) together(ctx context.Context, cases []*catalog.PolicyCase, out observations) error {
	for step := 0; ; step++ {
		byOrigin := map[string][]*catalog.PolicyCase{}
		for i := range cases {
			if step < len(cases[i].Steps) {
				origin := cases[i].Steps[step].Request.Origin
				byOrigin[origin] = append(byOrigin[origin], cases[i])
			}
		}
		if len(byOrigin) == 0 {
			return nil
		}
		origins := slices.Sorted(maps.Keys(byOrigin))
		for i, origin := range origins {
			for _, soon := range origins[i:min(i+1+pagesAhead, len(origins))] {
				if err := b.pages.want(ctx, soon, len(byOrigin[soon])); err != nil {
					return err
				}
			}
			for _, some := range byJar(byOrigin[origin]) {
				if err := b.jar.hold(ctx, some[0].Jar); err != nil {
					return err
				}
				if err := b.step(ctx, origin, step, some, out); err != nil {
					return err
				}
			}
		}
	}
}

// step makes one request of each of the cases, from one page.
func (b *observer) step(ctx context.Context, origin string, step int, cases []*catalog.PolicyCase, out observations) error {
	page, err := b.pages.page(origin)
	if err != nil {
		return err
	}
	var jobs []browser.Job
	byJob := map[string]*catalog.PolicyCase{}
	for _, pc := range cases {
		s := &pc.Steps[step]
		b.rig.upstream.script(pc.Signature, s.Upstream)
		id := strconv.Itoa(len(jobs))
		jobs = append(jobs, browser.Job{ID: id, Request: s.FetchRequest(), Timeout: b.timeout})
		byJob[id] = pc
	}
	began := time.Now()
	listened, stop := listening(ctx, b.rig.front, b.timeout)
	defer stop()
	err = page.Observe(listened, jobs, func(o browser.Observation) {
		pc := byJob[o.ID]
		o.Trace.Case = pc.ID
		b.jar.note(o.Trace)
		one := out[pc.Signature]
		one.traces = append(one.traces, atOrigins(o.Trace))
	})
	for _, pc := range cases {
		b.rig.upstream.forget(pc.Signature)
		out[pc.Signature].wait(began)
	}
	if err != nil && !browser.IsEvidenceProblem(err) {
		return err
	}
	return nil
}

// wait notes how long after the request before a request came that began later than
// began.
func (o *observed) wait(began time.Time) {
	seconds := 0
	if !o.last.IsZero() {
		seconds = int(math.Ceil(time.Since(o.last).Seconds()))
	}
	o.waited, o.last = append(o.waited, seconds), began
}

// elsewhere is the name of the server at [catalog.Elsewhere].
const elsewhere = "elsewhere"

// atOrigins gives each exchange the origin of its server.
func atOrigins(t fetch.Trace) fetch.Trace {
	for i := range t.Exchanges {
		if t.Exchanges[i].Server == elsewhere {
			t.Exchanges[i].Server = string(catalog.Elsewhere)
		}
	}
	return t
}

// serveElsewhere answers at [catalog.Elsewhere], which redirects lead to.
func (r *rig) serveElsewhere() error {
	_, err := r.lab.Serve(elsewhere, string(catalog.Elsewhere), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer := catalog.AnswerElsewhere()
		for _, h := range answer.Headers {
			w.Header().Set(h.Name(), h.Value())
		}
		w.WriteHeader(answer.Status)
		io.WriteString(w, answer.Body.Prefix)
	}))
	return err
}
