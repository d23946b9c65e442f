package scenarios

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// An attempt is one way to ask for the orders, and what has to come of it.
type attempt struct {
	shows   string // what the caller shows, in two words
	url     string
	headers fetch.HeaderList
	status  int // 200 means that the orders are read
}

// origins returns what the Origin header of each attempt says in turn: nothing,
// the origin that is allowed, one that isn't.
func (b *Bench) origins() []string { return []string{"", b.Page, wrongOrigin} }

// attempts makes each attempt with every direct client and every Origin, and
// expects what has to come of it, whatever the Origin.
func (b *Bench) attempts(ctx context.Context, attempts []attempt) error {
	clients, end, err := plainClients(ctx, b.Lab.DirectConfig())
	if err != nil {
		return err
	}
	defer end()
	var requests []fetch.Request
	for _, a := range attempts {
		for _, origin := range b.origins() {
			requests = append(requests, fetch.Request{Origin: origin, URL: a.url, Headers: a.headers})
		}
	}
	first, err := b.firstOrder(ctx)
	if err != nil {
		return err
	}
	since := b.record()
	var cells []string
	for _, client := range clients {
		traces, err := direct.Observe(ctx, client, b.Lab.Recorders(), requests)
		if err != nil {
			return err
		}
		b.Trace(traces...)
		for i, t := range traces {
			a := attempts[i/len(b.origins())]
			if t.Outcome.Kind == fetch.OutcomeUnknown {
				return fmt.Errorf("%s (%s) could not be observed: %s", t.Caller.Name, a.shows, t.Outcome.Error)
			}
			b.expectAttempt(t, a, first)
		}
	}
	b.behind(since())
	for _, a := range attempts {
		if cell := fmt.Sprintf("%s: %d", a.shows, a.status); !slices.Contains(cells, cell) {
			cells = append(cells, cell)
		}
	}
	b.Direct("%s", strings.Join(cells, ", "))
	return nil
}

func (b *Bench) expectAttempt(t fetch.Trace, a attempt, firstOrder string) {
	who := fmt.Sprintf("%s with Origin %q (%s) at %s", t.Caller.Name, t.Request.Origin, a.shows, t.Request.URL)
	read := t.Outcome.Response
	if read == nil {
		b.Expect(false, "%s got no answer: %s", who, t.Outcome.Error)
		return
	}
	b.Expect(read.Status == a.status, "%s got status %d, not %d", who, read.Status, a.status)
	sent := t.Exchanges[0].Request.Headers.Lines("Origin")
	b.Expect(strings.Join(sent, ",") == t.Request.Origin, "%s sent Origin %q", who, sent)
	data := strings.Contains(read.Body.Prefix, firstOrder)
	b.Expect(data == (a.status == 200), "%s: that it reads the orders is %t", who, data)
}

// firstOrder returns the beginning of the first order in JSON: an answer with
// it is one with the orders.
func (b *Bench) firstOrder(ctx context.Context) (string, error) {
	rows, err := b.System.Orders(ctx)
	if err != nil {
		return "", err
	}
	if len(rows) == 0 {
		return "", fmt.Errorf("the database holds no orders: an empty list proves nothing")
	}
	return fmt.Sprintf("%q", rows[0].Name), nil
}

// record returns a function that returns what the system's recorders have seen
// since, a browser's sentinels apart.
func (s *Stage) record() func() []fetch.Exchange {
	recorders := s.System.Recorders()
	marks := make([]wire.Mark, len(recorders))
	for i, r := range recorders {
		marks[i] = r.Mark()
	}
	return func() []fetch.Exchange {
		var seen []fetch.Exchange
		for i, r := range recorders {
			for _, x := range r.Since(marks[i]) {
				if !strings.HasPrefix(x.Request.Target, browser.SentinelPath) {
					seen = append(seen, x)
				}
			}
		}
		return seen
	}
}

// behind adds exchanges that the services had among themselves to the evidence,
// those left out that a caller's trace has.
func (b *Bench) behind(exchanges []fetch.Exchange) {
	mine := map[string]bool{}
	for _, t := range b.leg.Traces {
		for _, x := range t.Exchanges {
			mine[x.ID] = true
		}
	}
	for _, x := range exchanges {
		if !mine[x.ID] {
			b.leg.Behind = append(b.leg.Behind, x)
		}
	}
}

// fetchAll makes calls by fetch() from a blank page of the page's origin, and
// returns their traces in the same order. Each call has a URL of its own, so
// that no preflight is spared by a call before it.
func (b *Bench) fetchAll(ctx context.Context, requests ...fetch.Request) ([]fetch.Trace, error) {
	engine, err := b.engine(ctx)
	if err != nil {
		return nil, err
	}
	page := b.pages[engine]
	if page == nil {
		if page, err = engine.Open(ctx, b.Page); err != nil {
			return nil, err
		}
		b.pages[engine] = page
	}
	jobs := make([]browser.Job, len(requests))
	index := map[string]int{}
	for i, r := range requests {
		b.fetched++
		r.Origin, r.URL = b.Page, fmt.Sprintf("%s?call=%d", r.URL, b.fetched)
		jobs[i] = browser.Job{ID: fmt.Sprintf("call-%d", b.fetched), Request: r}
		index[jobs[i].ID] = i
	}
	since := b.record()
	traces := make([]fetch.Trace, len(requests))
	if err := page.Observe(ctx, jobs, func(o browser.Observation) { traces[index[o.ID]] = o.Trace }); err != nil {
		return nil, err
	}
	b.Trace(traces...)
	b.behind(since())
	for _, t := range traces {
		if t.Outcome.Kind == fetch.OutcomeUnknown {
			return nil, fmt.Errorf("%s could not be observed: %s", t.Caller.Name, t.Outcome.Error)
		}
	}
	return traces, nil
}

// expectFetched expects that page code read the status, and the orders just if
// it is 200.
func (b *Bench) expectFetched(ctx context.Context, t fetch.Trace, shows string, status int) error {
	first, err := b.firstOrder(ctx)
	if err != nil {
		return err
	}
	if !t.Outcome.Readable() {
		b.Expect(false, "the page (%s) could not read an answer: %s %s", shows, t.Outcome.Error, blockCode(t))
		return nil
	}
	read := t.Outcome.Response
	b.Expect(read.Status == status, "the page (%s) read status %d, not %d", shows, read.Status, status)
	data := strings.Contains(read.Body.Prefix, first)
	b.Expect(data == (status == 200), "the page (%s): that it reads the orders is %t", shows, data)
	return nil
}

// expectFetchBlocked expects that the browser blocked the call for the reason
// with the code.
func (b *Bench) expectFetchBlocked(t fetch.Trace, shows, code string) {
	b.Expect(t.Outcome.Kind == fetch.OutcomeNetworkError, "the page (%s) got %q, not a network error", shows, t.Outcome.Kind)
	b.Expect(blockCode(t) == code, "the browser's reason (%s) is %q, not %s", shows, blockCode(t), code)
}

func blockCode(t fetch.Trace) string {
	if t.Outcome.Block == nil {
		return ""
	}
	return t.Outcome.Block.Code
}
