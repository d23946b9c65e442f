package scenarios

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/fetch"
)

// expectBlocked expects that the page shows an error that is the browser's, for
// the reason with the code.
func (b *Bench) expectBlocked(shown Shown, code string) {
	b.Expect(shown.State == stateError, "the page shows %q with %d orders, though the browser had to block the answer", shown.Text, len(shown.Orders))
	b.Expect(shown.Trace.Outcome.Kind == fetch.OutcomeNetworkError, "the call ended as %q, not as a network error", shown.Trace.Outcome.Kind)
	b.Expect(shown.reason() == code, "the browser's reason is %s, not %s", shown.reason(), code)
}

// expectShown expects that the page shows a result.
func (b *Bench) expectShown(shown Shown) {
	b.Expect(shown.State == stateOK, "the page shows the error %q (%s)", shown.Text, shown.reason())
}

// expectOrders expects that the page shows the orders, just those that direct
// SQL finds, and more than none.
func (b *Bench) expectOrders(ctx context.Context, shown Shown) error {
	b.expectShown(shown)
	rows, err := b.orders(ctx)
	if err != nil {
		return err
	}
	b.Expect(len(rows) > 0, "the database holds no orders: an empty list proves nothing")
	b.Expect(slices.Equal(shown.Orders, rows), "the page shows %v, direct SQL finds %v", shown.Orders, rows)
	return nil
}

// expectAllowed expects that the page shows the orders since the server named the
// page's origin, and that nobody refused anything.
func (b *Bench) expectAllowed(ctx context.Context, shown Shown, server string) error {
	if err := b.expectOrders(ctx, shown); err != nil {
		return err
	}
	answered := b.expectOneAnswer(shown, server, "GET", 200)
	got, _ := answered.Headers.Get("Access-Control-Allow-Origin")
	b.Expect(got == b.Page, "Access-Control-Allow-Origin is %q, not the page's origin %q", got, b.Page)
	b.Enforced("%s", harness.EnforcerNobody)
	b.Evidence("Access-Control-Allow-Origin: %s", got)
	return nil
}

// expectOneAnswer expects that the server got just one request with the method
// from the browser, a preflight apart, and answered it with the status. It
// returns the answer; an empty one if there was none.
func (b *Bench) expectOneAnswer(shown Shown, server, method string, status int) fetch.SentResponse {
	var found []fetch.Exchange
	for _, x := range shown.at(server) {
		if x.Kind == fetch.ExchangeRequest {
			found = append(found, x)
		}
	}
	if len(found) != 1 || found[0].Request.Method != method || found[0].Response == nil {
		b.Expect(false, "%s got %s from the browser and answered %d of them; it had to get one %s and answer it",
			server, methods(found), answered(found), method)
		return fetch.SentResponse{}
	}
	got := found[0].Response
	b.Expect(got.Status == status, "%s answered %d, not %d", server, got.Status, status)
	return *got
}

func answered(exchanges []fetch.Exchange) int {
	n := 0
	for _, x := range exchanges {
		if x.Response != nil {
			n++
		}
	}
	return n
}

// expectServerToServer expects that FastAPI asked Node just once, without an
// Origin, and got an answer. It returns the exchange.
func (b *Bench) expectServerToServer(shown Shown) fetch.Exchange {
	var found []fetch.Exchange
	for _, x := range shown.Behind {
		if x.Server == b.System.Node.Name() {
			found = append(found, x)
		}
	}
	if len(found) != 1 || found[0].Response == nil {
		b.Expect(false, "Node got %s from FastAPI and answered %d of them; it had to get one GET and answer it", methods(found), answered(found))
		return fetch.Exchange{Response: &fetch.SentResponse{}}
	}
	b.Expect(!found[0].Request.Headers.Contains("Origin"), "FastAPI sent Node an Origin header")
	b.Trace(fetch.Trace{
		Schema:    fetch.TraceSchema,
		Caller:    fetch.Caller{Name: "fastapi (httpx)", Kind: fetch.CallerDirect},
		Request:   fetch.Request{Method: found[0].Request.Method, URL: "http://" + b.System.Node.Addr() + found[0].Request.Target},
		Exchanges: found,
		Outcome:   fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "FastAPI's code was not asked what it read; its answer to the page holds it"},
	})
	return found[0]
}

// direct makes the call with every direct client and adds the traces to the
// evidence.
func (b *Bench) direct(ctx context.Context, r fetch.Request) ([]fetch.Trace, error) {
	mark := b.System.Node.Mark()
	traces, err := b.Lab.Direct(ctx, fetch.Request{Origin: r.Origin, Method: r.Method, URL: r.URL, Headers: r.Headers, Body: r.Body})
	if err != nil {
		return nil, err
	}
	b.leg.Behind = append(b.leg.Behind, b.System.Node.Since(mark)...)
	return traces, b.called(traces...)
}

// called adds the traces of direct clients to the evidence. One that could not
// be observed is an error.
func (b *Bench) called(traces ...fetch.Trace) error {
	b.Trace(traces...)
	var cells []string
	for _, t := range traces {
		if t.Outcome.Kind == fetch.OutcomeUnknown {
			return fmt.Errorf("%s could not be observed: %s", t.Caller.Name, t.Outcome.Error)
		}
		cell := t.Caller.Name + " read it"
		if !t.Outcome.Readable() {
			cell = t.Caller.Name + ": " + t.Outcome.Error
		}
		cells = append(cells, cell)
	}
	b.Direct("%s", strings.Join(cells, ", "))
	return nil
}

// expectRead expects that every direct client read an answer with the status.
func (b *Bench) expectRead(direct []fetch.Trace, status int) {
	for _, t := range direct {
		got := fmt.Sprint("no answer: ", t.Outcome.Error)
		if t.Outcome.Response != nil {
			got = fmt.Sprint("status ", t.Outcome.Response.Status)
		}
		b.Expect(t.Outcome.Readable() && t.Outcome.Response.Status == status, "%s got %s, not %d", t.Caller.Name, got, status)
	}
}

// expectOrigin expects that every direct client sent just these Origin lines.
func (b *Bench) expectOrigin(direct []fetch.Trace, want ...string) {
	for _, t := range direct {
		var sent []string
		for _, x := range t.Exchanges {
			sent = append(sent, x.Request.Headers.Lines("Origin")...)
		}
		b.Expect(slices.Equal(sent, want), "%s sent Origin %q, not %q", t.Caller.Name, sent, want)
	}
}

// expectBehind expects that the service answered whoever asked it on behalf of
// the page, and said Access-Control-Allow-Origin so many times.
func (b *Bench) expectBehind(shown Shown, service string, times int) {
	asked := 0
	for _, x := range shown.Behind {
		if x.Server != service || x.Response == nil {
			continue
		}
		asked++
		lines := x.Response.Headers.Lines("Access-Control-Allow-Origin")
		b.Expect(len(lines) == times, "%s itself answered with Access-Control-Allow-Origin %q, not with %d such lines", service, lines, times)
	}
	b.Expect(asked == 1, "%s was asked %d times on behalf of the page, not once", service, asked)
}
