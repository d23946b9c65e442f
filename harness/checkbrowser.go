package harness

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// BrowserChecked is what a browser made of a case.
type BrowserChecked struct {
	// Traces has one for each step.
	Traces []fetch.Trace
	// Mismatches are what the policy calls for otherwise.
	Mismatches []catalog.Mismatch
	// Differences are between the model, with the browser's profile and over the
	// answers that the browser itself got, and the browser.
	Differences []judge.StepDifference
	// Unsteady: the target answered the browser otherwise than the direct client,
	// so that the model says otherwise of the two.
	Unsteady []judge.StepDifference
	// Unknown says what could not be observed.
	Unknown string
}

// browse has Chromium make the requests of the share of cases that is its.
func (c *checking) browse(ctx context.Context, checked []Checked) error {
	chosen := c.choose(checked)
	if len(chosen) == 0 {
		return nil
	}
	if err := c.lab.WatchAs(c.target, hostportOf(c.origin)); err != nil {
		return err
	}
	if err := c.serveElsewhere(); err != nil {
		return err
	}
	chromium, err := c.lab.Chromium(ctx)
	if err != nil {
		return err
	}
	b := &browsing{checking: c, chromium: chromium, served: map[string]bool{}, traces: map[string][]fetch.Trace{}}
	defer b.closePages()
	if err := b.drive(ctx, chosen); err != nil {
		return err
	}
	for i := range checked {
		traces := b.traces[checked[i].Case.Signature]
		if traces == nil || !slices.ContainsFunc(chosen, func(p *catalog.PolicyCase) bool { return p.ID == checked[i].Case.ID }) {
			continue
		}
		if checked[i].Browser, err = judgeBrowser(ctx, &checked[i], traces); err != nil {
			return err
		}
	}
	return nil
}

// choose returns the cases that the browser runs.
func (c *checking) choose(checked []Checked) []*catalog.PolicyCase {
	var chosen []*catalog.PolicyCase
	decided := map[string]bool{}
	for i := range checked {
		pc := &checked[i].Case
		switch {
		case !slices.Contains(pc.Drivers, catalog.DriverBrowser) && len(pc.Drivers) > 0,
			checked[i].NotRun != "", pc.Disturbs, takesUpstreamAway(pc), pc.Protocol != "", usesCookies(pc), !c.canServePages(pc):
			continue
		case c.cfg.Browser != BrowserAll && decided[pc.Decision]:
			continue
		}
		decided[pc.Decision] = true
		chosen = append(chosen, pc)
	}
	return chosen
}

// canServePages reports whether there can be a page for each step: none can be
// where the target itself answers, nor, with TLS, at a host with a trailing dot,
// whose name Go's TLS refuses.
func (c *checking) canServePages(pc *catalog.PolicyCase) bool {
	return !slices.ContainsFunc(pc.Steps, func(s catalog.PolicyStep) bool {
		origin := s.Request.Origin
		host, _, _ := strings.Cut(hostportOf(fetch.Origin(origin)), ":")
		return origin == string(c.origin) || strings.HasPrefix(origin, "https://") && strings.HasSuffix(host, ".")
	})
}

func usesCookies(pc *catalog.PolicyCase) bool {
	return slices.ContainsFunc(pc.Steps, func(s catalog.PolicyStep) bool { return s.Cookie != "" })
}

func hostportOf(o fetch.Origin) string {
	scheme, host, _ := strings.Cut(string(o), "://")
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		return host
	}
	if scheme == "https" {
		return host + ":443"
	}
	return host + ":80"
}

// A browsing is the browser's part of a check.
type browsing struct {
	*checking
	chromium *browser.Chromium
	pages    []openPage      // most recently used last
	served   map[string]bool // origins
	traces   map[string][]fetch.Trace
}

type openPage struct {
	origin string
	page   browser.Page
}

// openPages is how many pages stay open: a check may have many page origins, and
// each page has its slots.
const openPages = 6

// page returns the page at an origin.
func (b *browsing) page(ctx context.Context, origin string) (browser.Page, error) {
	if i := slices.IndexFunc(b.pages, func(p openPage) bool { return p.origin == origin }); i >= 0 {
		p := b.pages[i]
		b.pages = append(slices.Delete(b.pages, i, i+1), p)
		return p.page, nil
	}
	served := origin
	if origin == browser.OpaqueOrigin {
		served = browser.OpaqueHost
	}
	if !b.served[served] {
		if _, err := b.lab.Pages.ServeRouted(served, nil); err != nil {
			return nil, err
		}
		b.served[served] = true
	}
	if len(b.pages) == openPages {
		if err := b.pages[0].page.Close(); err != nil {
			return nil, err
		}
		b.pages = b.pages[1:]
	}
	page, err := b.chromium.Open(ctx, origin)
	if err != nil {
		return nil, err
	}
	b.pages = append(b.pages, openPage{origin, page})
	return page, nil
}

func (b *browsing) closePages() {
	for _, p := range b.pages {
		p.page.Close()
	}
}

// drive makes the first request of each case, then the second, and so on. Cases
// of one signature are the same requests, and are made once.
func (b *browsing) drive(ctx context.Context, cases []*catalog.PolicyCase) error {
	var single []catalog.PolicyCase
	seen := map[string]bool{}
	for _, pc := range cases {
		if seen[pc.Signature] {
			continue
		}
		seen[pc.Signature] = true
		ready, err := b.withSecrets(pc)
		if err != nil {
			continue
		}
		single = append(single, ready)
	}
	slices.SortStableFunc(single, func(a, c catalog.PolicyCase) int {
		return strings.Compare(a.Steps[0].Request.Origin, c.Steps[0].Request.Origin)
	})
	for step := 0; ; step++ {
		byOrigin := map[string][]*catalog.PolicyCase{}
		for i := range single {
			if step < len(single[i].Steps) {
				origin := single[i].Steps[step].Request.Origin
				byOrigin[origin] = append(byOrigin[origin], &single[i])
			}
		}
		if len(byOrigin) == 0 {
			return nil
		}
		for _, origin := range sortedKeys(byOrigin) {
			if err := b.step(ctx, origin, step, byOrigin[origin]); err != nil {
				return err
			}
		}
	}
}

// step makes one request of each of the cases, from one page.
func (b *browsing) step(ctx context.Context, origin string, step int, cases []*catalog.PolicyCase) error {
	page, err := b.page(ctx, origin)
	if err != nil {
		return err
	}
	var jobs []browser.Job
	last := map[string]*catalog.PolicyCase{}
	for _, pc := range cases {
		s := &pc.Steps[step]
		b.upstream.script(pc.Signature, s.Upstream)
		for n := range max(s.Repeat, 1) {
			id := strconv.Itoa(len(jobs))
			jobs = append(jobs, browser.Job{ID: id, Request: s.FetchRequest(), Timeout: b.cfg.Timeout})
			if n == max(s.Repeat, 1)-1 {
				last[id] = pc
			}
		}
	}
	err = page.Observe(ctx, jobs, func(o browser.Observation) {
		if pc := last[o.ID]; pc != nil {
			o.Trace.Case = pc.ID
			b.traces[pc.Signature] = append(b.traces[pc.Signature], atOrigins(o.Trace))
		}
	})
	for _, pc := range cases {
		b.upstream.forget(pc.Signature)
	}
	if err != nil && !browser.IsEvidenceProblem(err) {
		return err
	}
	return nil
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

// judgeBrowser holds what the browser did against the policy and the model.
func judgeBrowser(ctx context.Context, c *Checked, traces []fetch.Trace) (*BrowserChecked, error) {
	out := &BrowserChecked{Traces: traces}
	for i, t := range traces {
		if t.Outcome.Kind == fetch.OutcomeUnknown {
			out.Unknown = fmt.Sprintf("request %d: %s", i+1, t.Outcome.Error)
			return out, nil
		}
	}
	if len(traces) != len(c.Case.Steps) {
		out.Unknown = "the browser made " + strconv.Itoa(len(traces)) + " of " + strconv.Itoa(len(c.Case.Steps)) + " requests"
		return out, nil
	}
	// What the case is expected to be of an engine may differ from the standard.
	expected, err := c.Case.Expect(ctx, &fetch.Chromium)
	if err != nil {
		return nil, err
	}
	out.Mismatches = c.Case.Compare(expected, traces)
	predicted, err := c.Case.Run(ctx, &fetch.Chromium, func(step int) fetch.Answerer { return replay(traces[step]) })
	if err != nil {
		var missing *unreplayedError
		if errors.As(err, &missing) {
			out.Differences = []judge.StepDifference{{Difference: judge.Difference{What: "exchanges", Model: missing.Error(), Engine: "it never sent that"}}}
			return out, nil
		}
		return nil, err
	}
	for i := range predicted {
		for _, d := range judge.Compare(predicted[i], traces[i]) {
			out.Differences = append(out.Differences, judge.StepDifference{Step: i, Difference: d})
		}
	}
	return out, nil
}

// An unreplayedError says that the model asks for what the browser did not.
type unreplayedError struct{ method, url string }

func (e *unreplayedError) Error() string { return e.method + " " + e.url }

// replay answers as the recorder saw the browser be answered.
func replay(t fetch.Trace) fetch.Answerer {
	used := make([]bool, len(t.Exchanges))
	return func(_ context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
		url := withoutFragment(r.URL.String())
		for i, x := range t.Exchanges {
			if used[i] || x.Request.Method != r.Method || x.Server+x.Request.Target != url {
				continue
			}
			used[i] = true
			if x.Response == nil {
				return fetch.NetworkResponse{Failed: x.Incomplete}, nil
			}
			return fetch.NetworkResponse{
				Status: x.Response.Status, Reason: x.Response.Reason, Headers: x.Response.Headers, Body: x.Response.Body,
			}, nil
		}
		return fetch.NetworkResponse{}, &unreplayedError{r.Method, url}
	}
}

// serveElsewhere answers at [catalog.Elsewhere], which redirects lead to.
func (c *checking) serveElsewhere() error {
	_, err := c.lab.Serve(elsewhere, string(catalog.Elsewhere), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprint(w, elsewhere)
	}))
	return err
}
