package witness

import (
	"context"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// A Window is the part of every recording that belongs to one observation.
type Window struct {
	router    *wire.Router
	recorders []*wire.Recorder
	marks     []wire.Mark
}

// OpenWindow starts to observe what recorders see of the browser behind a router.
func OpenWindow(router *wire.Router, recorders []*wire.Recorder) Window {
	w := Window{router: router, recorders: recorders}
	for _, r := range recorders {
		w.marks = append(w.marks, r.Mark())
	}
	return w
}

// Look returns what arrived since the window was opened.
func (w Window) Look() *Recording {
	var exchanges []fetch.Exchange
	for i, r := range w.recorders {
		exchanges = append(exchanges, r.Since(w.marks[i])...)
	}
	return w.join(exchanges)
}

func (w Window) join(exchanges []fetch.Exchange) *Recording {
	rec := newRecording(exchanges, w.router, w.addresses())
	rec.redirect = w.redirect
	return rec
}

// Before returns the statuses that the servers ever sent to the browser for the request
// of a hop.
func (w Window) Before(h Hop) []int {
	var statuses []int
	w.asked(h, func(r *wire.Recorder, q wire.Asked) { statuses = append(statuses, r.Statuses(q)...) })
	return statuses
}

// redirect returns what the servers last answered the browser with to the request of a
// hop, if that is a redirect; else nil. The browser's cache may have it.
func (w Window) redirect(h Hop) *fetch.SentResponse {
	var last *fetch.SentResponse
	w.asked(h, func(r *wire.Recorder, q wire.Asked) {
		if one, ok := r.Redirect(q); ok {
			last = &fetch.SentResponse{Status: one.Status, Headers: fetch.HeaderList{{"Location", one.Location}}}
		}
	})
	return last
}

// asked calls each with every recorder and what it knows the request of a hop by.
func (w Window) asked(h Hop, each func(*wire.Recorder, wire.Asked)) {
	key, ok := keyOf(h, false)
	if !ok {
		return
	}
	_, authority, _ := strings.Cut(OriginOf(h.URL), "://")
	for _, r := range w.recorders {
		each(r, wire.Asked{
			Client: w.router.Source(r.Addr()), Method: key.method, Authority: strings.ToLower(authority), Target: key.target,
		})
	}
}

// answersOwn reports whether all servers that the browser reached as hostport answer
// the harness's own paths by themselves, see [wire.RecorderConfig].
func (w Window) answersOwn(hostport string) bool {
	reached := w.router.Reached(hostport)
	return len(reached) > 0 && !slices.ContainsFunc(reached, func(address string) bool {
		return !slices.ContainsFunc(w.recorders, func(r *wire.Recorder) bool { return r.AnswersOwn() && r.Addr() == address })
	})
}

func (w Window) addresses() []string {
	var addresses []string
	for _, r := range w.recorders {
		addresses = append(addresses, r.Addr())
	}
	return addresses
}

// AwaitEnds waits until the responses to this browser have ended at the recorders: a
// browser blocks a response at its head, but the rest that the server sends is evidence
// too. Responses that have not ended when ctx ends stay incomplete.
func (w Window) AwaitEnds(ctx context.Context) {
	for i, r := range w.recorders {
		rec := w.join(r.Since(w.marks[i]))
		left := map[string]bool{} // by ID
		for n, x := range rec.exchanges {
			if rec.hostports[n] != "" && isOpen(x) {
				left[x.ID] = true
			}
		}
		for len(left) > 0 {
			ended, err := r.Wait(ctx, w.marks[i], func(x fetch.Exchange) bool { return left[x.ID] && !isOpen(x) })
			if err != nil {
				break
			}
			delete(left, ended.ID)
		}
	}
}

func isOpen(x fetch.Exchange) bool { return x.Ended == nil && x.Incomplete == "" }
