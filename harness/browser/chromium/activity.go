package chromium

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/witness"
	"github.com/corsproof/corsproof/harness/fetch"
)

// An Activity is everything on the wire while a view was used.
type Activity struct {
	// Calls are the requests of the view's script, in order.
	Calls []Call
	// Exchanges are those of the view, including preflights, in the order of arrival.
	Exchanges []fetch.Exchange
	// Others are exchanges of other clients meanwhile: servers that call servers.
	Others []fetch.Exchange
}

// A Call is one request of page code.
type Call struct {
	Method string
	// URL is absolute, without a fragment.
	URL string
	// Exchanges are what it caused on the wire. A sentinel proves that there are no
	// others.
	Exchanges []fetch.Exchange
	// Outcome is derived from the browser's protocol, since page code is not asked. The
	// headers that the page could read are unknown.
	Outcome fetch.Outcome
}

// Act runs act, which uses the view, and returns everything that was on the wire
// meanwhile. It waits until the started calls have ended, and proves by sentinels that
// nothing else was sent. It leaves out what the view loads from its own origin. The error
// is that of act, or says what could not be observed: a [*browser.DisagreementError] or a
// [*browser.StrayError]. It waits while another observation of the browser runs; act must
// not start one.
func (v *View) Act(ctx context.Context, act func(ctx context.Context) error) (Activity, error) {
	activity, err := v.observe(ctx, act)
	if err != nil {
		return activity, fmt.Errorf("act in %s: %w", v.url, err)
	}
	return activity, nil
}

func (v *View) observe(ctx context.Context, act func(ctx context.Context) error) (Activity, error) {
	c, s := v.tab.browser, v.tab.session
	release, err := c.observe(ctx)
	if err != nil {
		return Activity{}, err
	}
	defer release()
	s.reset()
	w := witness.OpenWindow(c.cfg.Router, c.cfg.Recorders())
	if err := act(ctx); err != nil {
		return Activity{}, err
	}
	limit := c.cfg.Timeouts.Settle
	settled, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not over within %v", limit))
	defer cancel()
	if err := s.wait(settled, s.quiet); err != nil {
		return Activity{}, fmt.Errorf("wait for the view's calls to be over: %w", err)
	}
	if err := witness.JoinUnproven(w.ProveAbsence(settled, s.urls(), nil, v.sentinels)); err != nil {
		return Activity{}, err
	}
	w.AwaitEnds(settled)
	return v.join(settled, w)
}

// quiet reports whether no request of page code is under way. The lock is held.
func (s *session) quiet() bool {
	for _, q := range s.order {
		if q.script() && !q.ended() {
			return false
		}
	}
	return true
}

// urls returns the URL of each hop of each request.
func (s *session) urls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var urls []string
	for _, q := range s.order {
		for _, h := range q.Hops {
			urls = append(urls, h.URL)
		}
	}
	return urls
}

// script reports whether page code made the request through fetch() or
// XMLHttpRequest.
func (r *request) script() bool {
	return !r.Preflight && !strings.Contains(r.Hops[0].URL, browser.SentinelPath) &&
		(r.kind == network.ResourceTypeFetch || r.kind == network.ResourceTypeXHR)
}

// A told is a request as the protocol told of it, with what it caused on the wire.
type told struct {
	*request
	chain witness.Chain
}

func (v *View) join(ctx context.Context, w witness.Window) (Activity, error) {
	c, s := v.tab.browser, v.tab.session
	var all []told
	var rec *witness.Recording
	attempt := func() {
		all, rec = nil, w.Look()
		for _, q := range s.order {
			if q.Preflight || strings.Contains(q.Hops[0].URL, browser.SentinelPath) {
				continue
			}
			var preflights []*witness.Request
			for _, p := range s.preflights[network.RequestID(q.ID)] {
				preflights = append(preflights, p.fetched())
			}
			all = append(all, told{q, rec.Join(q.fetched(), preflights)})
		}
	}
	err := s.wait(ctx, func() bool {
		attempt()
		return len(rec.Unclaimed()) == 0
	})
	if err != nil {
		s.mu.Lock()
		attempt()
		s.mu.Unlock()
	}

	a := Activity{Others: rec.Others()}
	var problems []error
	for _, one := range all {
		first := one.Hops[0]
		if found := one.chain.Contradiction; found != nil {
			problems = append(problems, &browser.DisagreementError{Job: first.URL, First: found.First, Second: found.Second})
		}
		a.Exchanges = append(a.Exchanges, one.chain.Exchanges...)
		if !one.script() {
			continue
		}
		outcome, err := v.outcome(ctx, one)
		if err != nil {
			problems = append(problems, err)
		}
		a.Calls = append(a.Calls, Call{Method: first.Method, URL: first.URL, Exchanges: one.chain.Exchanges, Outcome: outcome})
	}
	witness.SortByArrival(a.Exchanges)
	return a, errors.Join(append(problems, c.noteStray(rec.Unclaimed()))...)
}

// outcome is what the protocol says came of a call.
func (v *View) outcome(ctx context.Context, r told) (fetch.Outcome, error) {
	if r.failed != nil {
		return fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: r.failed.ErrorText, Block: blockOf(r.failed)}, nil
	}
	if r.received == nil {
		return fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "the browser told of no response"}, nil
	}
	read := &fetch.ReadResponse{
		Type:       r.responseType(v.origin()),
		Status:     int(r.received.Status),
		URL:        r.received.URL,
		Redirected: len(r.Hops) > 1,
	}
	if read.Type == fetch.ResponseOpaque {
		read.Status = 0
		return fetch.Outcome{Kind: fetch.OutcomeResponse, Response: read}, nil
	}
	body, err := call(ctx, v.tab, network.GetResponseBody, network.GetResponseBodyParams{RequestID: network.RequestID(r.ID)})
	if err != nil {
		return fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: err.Error()}, fmt.Errorf("read the body of %s: %w", r.received.URL, err)
	}
	read.Body = fetch.PayloadOf(body.Body)
	return fetch.Outcome{Kind: fetch.OutcomeResponse, Response: read}, nil
}

// responseType tells the type of a response from the request that was sent.
func (r told) responseType(origin string) fetch.ResponseType {
	last := r.chain.Last
	if last == nil {
		return fetch.ResponseBasic
	}
	if mode, _ := last.Request.Headers.Get("Sec-Fetch-Mode"); mode == string(fetch.ModeNoCORS) {
		return fetch.ResponseOpaque
	}
	if !last.Request.Headers.Contains("Origin") || witness.OriginOf(r.Hops[len(r.Hops)-1].URL) == origin {
		return fetch.ResponseBasic
	}
	return fetch.ResponseCORS
}

func (v *View) origin() string { return witness.OriginOf(v.url) }

// sentinels is a [witness.SendFunc] that works in a world of its own, so that nothing that
// the page did to its API matters.
func (v *View) sentinels(ctx context.Context, sentinels []witness.Sentinel) ([]string, error) {
	tree, err := call(ctx, v.tab, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return nil, err
	}
	world, err := call(ctx, v.tab, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.Frame.ID})
	if err != nil {
		return nil, err
	}
	script, err := witness.SentinelScript(sentinels)
	if err != nil {
		return nil, err
	}
	return eval[[]string](ctx, v.tab, runtime.EvaluateParams{Expression: script, ContextID: world.ExecutionContextID})
}
