package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/report"
)

// browse has Chromium make the requests of those of the cases that are its.
func (c *checking) browse(ctx context.Context, checked []*judge.Checked) error {
	if c.browsing == nil {
		c.browsing = newBrowsing(c)
	}
	b := c.browsing
	chosen := b.choose(checked)
	if len(chosen) == 0 {
		return nil
	}
	if err := b.start(); err != nil {
		return err
	}
	b.traces, b.waited, b.last = map[string][]fetch.Trace{}, map[string][]int{}, map[string]time.Time{}
	if err := b.drive(ctx, chosen); err != nil {
		return err
	}
	if err := b.stillAnswers(ctx, b.browsed(chosen)); err != nil {
		return err
	}
	if err := b.noticeLimit(ctx, b.browsed(chosen)); err != nil {
		return err
	}
	for _, one := range chosen {
		if b.limit != "" && b.limitedIn(one.Case, one.Want, b.traces[one.Case.Signature]) != nil {
			one.Engine, one.Unknown = b.traces[one.Case.Signature], b.limit
			continue
		}
		if err := b.judgeBrowsed(ctx, one, b.traces[one.Case.Signature], b.waited[one.Case.Signature]); err != nil {
			return err
		}
	}
	return nil
}

// prepare starts the browser if a case will need it, and doesn't wait for it. A start
// that failed is not tried again.
func (c *checking) prepare(ctx context.Context) {
	c.launch = sync.OnceValues(func() (*browser.Chromium, error) { return c.lab.Chromium(ctx) })
	needed := func(pc catalog.PolicyCase) bool { return c.leftOut(&pc) == "" && c.makes(&pc) }
	if c.cfg.Engine != browser.EngineModel && slices.ContainsFunc(c.cases, needed) {
		go c.launch()
	}
}

// start starts the browser and what it calls beside the target.
func (b *browsing) start() (err error) {
	if b.chromium != nil {
		return nil
	}
	if err := b.serveElsewhere(); err != nil {
		return err
	}
	if b.chromium, err = b.launch(); err != nil {
		return err
	}
	ran := report.CheckRan{Caller: b.chromium.Info().Caller()}
	if b.cfg.Engine != browser.EngineChromium {
		ran.Why = "it judges one case of each decision; --engine chromium has it judge all that it can make"
	}
	b.summary.Ran = append(b.summary.Ran, ran)
	return nil
}

// choose returns the cases that the browser runs.
func (b *browsing) choose(checked []*judge.Checked) []*judge.Checked {
	var chosen []*judge.Checked
	for _, one := range checked {
		pc := one.Case
		_, lacksSecret := b.withSecrets(pc)
		switch {
		case one.NotRun != "" || !b.makes(pc) || lacksSecret != nil:
			continue
		case b.cfg.Engine != browser.EngineChromium && (b.decided[pc.Decision] || mannerOf(pc) != mannerTogether):
			continue
		}
		b.decided[pc.Decision] = true
		chosen = append(chosen, one)
	}
	return chosen
}

// makes reports whether the browser can make the requests of a case.
func (c *checking) makes(pc *catalog.PolicyCase) bool {
	return browserMakes(pc) && c.canServePages(pc)
}

// browserMakes reports whether a browser can make the requests of a case, if there are
// pages for them.
func browserMakes(pc *catalog.PolicyCase) bool {
	drives := len(pc.Drivers) == 0 || slices.Contains(pc.Drivers, catalog.DriverBrowser)
	return drives && pc.Protocol == "" && !repeats(pc)
}

// repeats reports whether a case makes a request several times: a page's calls at
// the same time are told apart by their URL.
func repeats(pc *catalog.PolicyCase) bool {
	return slices.ContainsFunc(pc.Steps, func(s catalog.PolicyStep) bool { return s.Repeat > 1 })
}

// canServePages reports whether there can be a page for each step: none can be
// where the target itself answers, nor, with TLS, at a host with a trailing dot,
// whose name Go's TLS refuses. Our page with an opaque origin comes from https, so
// that it may not call a target at http.
func (c *checking) canServePages(pc *catalog.PolicyCase) bool {
	return !slices.ContainsFunc(pc.Steps, func(s catalog.PolicyStep) bool {
		origin := s.Request.Origin
		host, _, _ := strings.Cut(hostportOf(fetch.Origin(origin)), ":")
		return origin == string(c.origin) || origin == browser.OpaqueOrigin && !isSecure(c.origin) || strings.HasPrefix(origin, "https://") && strings.HasSuffix(host, ".")
	})
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
	decided  map[string]bool // decisions that it has judged one case of
	pages    []*openPage     // most recently used last
	served   map[string]bool // origins
	closing  sync.WaitGroup  // of pages

	// Of one portion, by signature. waited is how many seconds each request came after
	// the one before at most.
	traces map[string][]fetch.Trace
	waited map[string][]int
	last   map[string]time.Time

	held  string          // what the browser's jar has in it; heldOthers: nobody knows
	given map[string]bool // names of cookies that the target gave the browser, or took away
}

func newBrowsing(c *checking) *browsing {
	return &browsing{checking: c, decided: map[string]bool{}, served: map[string]bool{}, given: map[string]bool{}}
}

// drive runs the cases of a portion. Those of one signature are the same requests, and are
// made once.
func (b *browsing) drive(ctx context.Context, cases []*judge.Checked) error {
	var single []*catalog.PolicyCase
	seen := map[string]bool{}
	for _, one := range cases {
		pc := one.Case
		if seen[pc.Signature] {
			continue
		}
		seen[pc.Signature] = true
		ready, err := b.withSecrets(pc)
		if err != nil {
			continue
		}
		single = append(single, &ready)
	}
	if len(single) > 0 && mannerOf(single[0]) == mannerAlone {
		for some := range slices.Chunk(single, 1) {
			if err := b.together(ctx, some); err != nil {
				return err
			}
		}
		return nil
	}
	sequences := slices.DeleteFunc(slices.Clone(single), func(c *catalog.PolicyCase) bool { return len(c.Steps) == 1 })
	single = slices.DeleteFunc(single, func(c *catalog.PolicyCase) bool { return len(c.Steps) > 1 })
	if err := b.together(ctx, single); err != nil {
		return err
	}
	for _, same := range byJar(sequences) { // what the target gives in one step is there in the next
		for some := range slices.Chunk(same, browseSequences) {
			if err := b.together(ctx, some); err != nil {
				return err
			}
		}
	}
	return nil
}

// browseSequences is how many sequences go on at the same time: see
// [driveSequences].
const browseSequences = 10

// together makes the first request of each of the cases, then the second, and so
// on.
func (b *browsing) together(ctx context.Context, cases []*catalog.PolicyCase) error {
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
				if err := b.want(ctx, soon, len(byOrigin[soon])); err != nil {
					return err
				}
			}
			for _, some := range byJar(byOrigin[origin]) {
				if err := b.holdJar(ctx, some[0].Jar); err != nil {
					return err
				}
				if err := b.step(ctx, origin, step, some); err != nil {
					return err
				}
			}
		}
	}
}

// step makes one request of each of the cases, from one page.
func (b *browsing) step(ctx context.Context, origin string, step int, cases []*catalog.PolicyCase) error {
	page, err := b.page(origin)
	if err != nil {
		return err
	}
	var jobs []browser.Job
	byJob := map[string]*catalog.PolicyCase{}
	for _, pc := range cases {
		s := &pc.Steps[step]
		b.upstream.script(pc.Signature, s.Upstream)
		id := strconv.Itoa(len(jobs))
		jobs = append(jobs, browser.Job{ID: id, Request: s.FetchRequest(), Timeout: b.cfg.Timeout})
		byJob[id] = pc
	}
	began := time.Now()
	listening, stop := b.listening(ctx)
	defer stop()
	err = page.Observe(listening, jobs, func(o browser.Observation) {
		pc := byJob[o.ID]
		o.Trace.Case = pc.ID
		b.noteCookies(o.Trace)
		b.traces[pc.Signature] = append(b.traces[pc.Signature], atOrigins(o.Trace))
	})
	for _, pc := range cases {
		b.upstream.forget(pc.Signature)
		seconds := 0
		if last := b.last[pc.Signature]; !last.IsZero() {
			seconds = int(math.Ceil(time.Since(last).Seconds()))
		}
		b.waited[pc.Signature], b.last[pc.Signature] = append(b.waited[pc.Signature], seconds), began
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

// judgeBrowsed holds what the browser did against the policy, and against the
// model with the browser's profile over the answers that the browser itself got.
func (b *browsing) judgeBrowsed(ctx context.Context, c *judge.Checked, traces []fetch.Trace, waited []int) error {
	if ok, _ := c.Case.Provoked(traces); !ok {
		return nil // it didn't happen again: the model has judged the first time
	}
	c.Engine = traces
	if strings.Contains(c.Missing(), unreadable) {
		return nil // what a browser makes of it doesn't tell what is right
	}
	for i, t := range traces {
		if t.Outcome.Kind == fetch.OutcomeUnknown {
			c.Unknown = fmt.Sprintf("request %d in the browser: %s", i+1, t.Outcome.Error)
			return nil
		}
	}
	if len(traces) != len(c.Case.Steps) {
		c.Unknown = fmt.Sprintf("the browser made %d of %d requests", len(traces), len(c.Case.Steps))
		return nil
	}
	predicted, differences, err := b.predictOver(ctx, c.Case, traces)
	if err != nil {
		return err
	}
	if len(differences) > 0 {
		// A cache may have let go of what it held between the requests.
		if _, late, err := b.predictOver(ctx, delayed(c.Case, waited), traces); err == nil && len(late) == 0 {
			return nil
		}
		c.Differences = differences
		return nil
	}
	if c.Missing() != "" || !sameCookies(c.Got, traces) {
		return nil // nobody knows what the direct client would have got
	}
	// The same model over what the direct client got: what differs is the target.
	direct, err := c.Case.Run(ctx, &fetch.Chromium, func(step int) fetch.Answerer { return replay(c.Got[step]) })
	if err != nil {
		return nil // the profile asks for what the standard doesn't
	}
	for i := range predicted {
		for _, d := range judge.Compare(direct[i], predicted[i]) {
			if decides(d) {
				c.UnsteadyStep = i
				c.Unsteady = fmt.Sprintf("request %d: %s: a direct client's answers make it %s, the browser's %s", i+1, d.What, d.Model, d.Engine)
				return nil
			}
		}
	}
	return nil
}

// predictOver runs the model with the browser's profile over the answers that the
// browser got, and compares.
func (b *browsing) predictOver(ctx context.Context, pc *catalog.PolicyCase, traces []fetch.Trace) (predicted []fetch.Trace, differences []judge.StepDifference, err error) {
	predicted, err = pc.Run(ctx, &fetch.Chromium, func(step int) fetch.Answerer { return replay(traces[step]) })
	var missing *unreplayedError
	if errors.As(err, &missing) {
		return nil, []judge.StepDifference{{Difference: judge.Difference{What: "exchanges", Model: missing.Error(), Engine: "it never sent that"}}}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for i := range predicted {
		for _, d := range judge.Compare(b.withoutGiven(predicted[i]), b.withoutGiven(traces[i])) {
			differences = append(differences, judge.StepDifference{Step: i, Difference: d})
		}
	}
	return predicted, differences, nil
}

// delayed returns the case with so many seconds before each of its requests.
func delayed(pc *catalog.PolicyCase, waited []int) *catalog.PolicyCase {
	later := *pc
	later.Steps = slices.Clone(pc.Steps)
	for i := range later.Steps {
		later.Steps[i].After += waited[i]
	}
	return &later
}

// decides reports whether a difference is one of what may be read, and not of
// what is: a server may well have another error page for a browser.
func decides(d judge.Difference) bool {
	switch d.What {
	case "readable headers", "body":
		return false
	}
	return true
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
		answer := catalog.AnswerElsewhere()
		for _, h := range answer.Headers {
			w.Header().Set(h.Name(), h.Value())
		}
		w.WriteHeader(answer.Status)
		io.WriteString(w, answer.Body.Prefix)
	}))
	return err
}
