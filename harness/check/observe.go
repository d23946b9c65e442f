package check

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/drive"
	"github.com/corsproof/corsproof/harness/fetch"
)

// observations are what a browser did for cases, by their signature.
type observations map[string]*drive.Run

// An observer has a browser make the requests of cases. It is not for concurrent use;
// whoever made it closes it, after the browser.
type observer struct {
	rig     *rig
	secrets *secrets
	timeout time.Duration // of one request

	launch func() (browser.Engine, error) // starts it, or waits for that
	engine browser.Engine                 // nil until it is needed
	driver *drive.Driver
	jar    jar
}

func newObserver(ctx context.Context, r *rig, s *secrets, timeout time.Duration) *observer {
	b := &observer{
		rig: r, secrets: s, timeout: timeout, jar: newJar(r.origin),
		// A start that failed is not tried again.
		launch: sync.OnceValues(func() (browser.Engine, error) { return r.lab.Chromium(ctx) }),
	}
	b.driver = &drive.Driver{Timeout: timeout, Pages: drive.NewPages(drive.PagesConfig{
		Serve: func(origin string) error {
			_, err := r.lab.Pages.ServeRouted(origin, nil)
			return err
		},
		Open: func(ctx context.Context, origin string, slots int) (browser.Page, error) {
			return b.engine.OpenSlots(ctx, origin, slots)
		},
		Keep: pagesKept, Slots: pageSlots,
	})}
	return b
}

// prepare begins to start the browser, and doesn't wait for it.
func (b *observer) prepare() { go b.launch() }

// start starts the browser and what it calls beside the target, unless it runs.
func (b *observer) start() (err error) {
	if b.engine != nil {
		return nil
	}
	if err := b.rig.serveElsewhere(); err != nil {
		return err
	}
	engine, err := b.launch()
	if err != nil {
		return err
	}
	b.engine = engine
	b.driver.Engine, b.jar.engine = b.engine, b.engine
	return nil
}

// close ends the pages. The browser is the lab's.
func (b *observer) close() { b.driver.Pages.Close() }

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
		out[pc.Signature] = runOf(&ready)
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

// pagesKept is how many pages stay open: a check may have many page origins, and each
// page needs memory and slots.
const pagesKept = 6

// pagesAhead is how many pages open while one observes: starting a browser process takes
// longer than the few calls of most pages.
const pagesAhead = 2

// pageSlots is the maximum number of concurrent calls of a page; most pages have few
// calls.
const pageSlots = 8

// browseSequences is how many cases with several requests run concurrently: they share
// caches whose entries may expire after a few seconds.
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
		if mannerOf(cases[0]) == mannerHanging {
			if err := b.allPages(ctx, step, origins, byOrigin, out); err != nil {
				return err
			}
			continue
		}
		for i, origin := range origins {
			for _, soon := range origins[i:min(i+1+pagesAhead, len(origins))] {
				if err := b.driver.Pages.Want(ctx, soon, len(byOrigin[soon])); err != nil {
					return err
				}
			}
			for _, some := range byJar(byOrigin[origin]) {
				if err := b.jar.hold(ctx, some[0].Jar); err != nil {
					return err
				}
				if err := b.step(ctx, step, some, out); err != nil {
					return err
				}
			}
		}
	}
}

// allPages makes one request of each of the cases, from as many pages at the same time as
// stay open: the target waits for its upstream in each, and pages after one another would
// wait for each other.
func (b *observer) allPages(ctx context.Context, step int, origins []string, byOrigin map[string][]*catalog.PolicyCase, out observations) error {
	for some := range slices.Chunk(origins, pagesKept) {
		var cases []*catalog.PolicyCase
		for _, origin := range some {
			// A page has a slot for two calls; here each has its own.
			if err := b.driver.Pages.Want(ctx, origin, 2*len(byOrigin[origin])); err != nil {
				return err
			}
			cases = append(cases, byOrigin[origin]...)
		}
		for _, same := range byJar(cases) {
			if err := b.jar.hold(ctx, same[0].Jar); err != nil {
				return err
			}
			if err := b.step(ctx, step, same, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// step makes one request of each of the cases.
func (b *observer) step(ctx context.Context, step int, cases []*catalog.PolicyCase, out observations) error {
	runs := make([]*drive.Run, len(cases))
	for i, pc := range cases {
		if err := b.rig.upstream.script(pc.Signature, pc.Steps[step].Upstream); err != nil {
			return err
		}
		runs[i] = out[pc.Signature]
	}
	listened, stop := listening(ctx, b.rig.front, b.timeout)
	defer stop()
	err := b.driver.Step(listened, step, runs)
	for _, pc := range cases {
		b.rig.upstream.Remove(pc.Signature)
	}
	for _, r := range runs {
		if step < len(r.Traces) {
			b.jar.note(r.Traces[step])
			atOrigins(r.Traces[step])
		}
	}
	if err != nil && !browser.IsEvidenceProblem(err) {
		return err
	}
	return nil
}

// runOf is what a browser has to do for a case.
func runOf(pc *catalog.PolicyCase) *drive.Run {
	r := &drive.Run{Case: pc.ID, Owns: func(x fetch.Exchange) bool { return signatureIn(x.Request.Target) == pc.Signature }}
	for i := range pc.Steps {
		s := &pc.Steps[i]
		r.Requests = append(r.Requests, drive.Request{Page: s.Request.Origin, Fetch: s.FetchRequest()})
	}
	return r
}

// elsewhere names the server at [catalog.Elsewhere].
const elsewhere = "elsewhere"

// atOrigins gives each exchange the origin of its server.
func atOrigins(t fetch.Trace) {
	for i := range t.Exchanges {
		if t.Exchanges[i].Server == elsewhere {
			t.Exchanges[i].Server = string(catalog.Elsewhere)
		}
	}
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
