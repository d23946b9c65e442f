package browser

import (
	"context"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// A window is the stretch of every recording that one observation looks at.
type window struct {
	browser   *Chromium
	recorders []*wire.Recorder
	marks     []wire.Mark
}

func (c *Chromium) openWindow(recorders []*wire.Recorder) window {
	w := window{browser: c, recorders: recorders}
	for _, r := range recorders {
		w.marks = append(w.marks, r.Mark())
	}
	return w
}

// look returns what arrived since the window was opened.
func (w window) look() *recording {
	var exchanges []fetch.Exchange
	for i, r := range w.recorders {
		exchanges = append(exchanges, r.Since(w.marks[i])...)
	}
	return w.join(exchanges)
}

func (w window) join(exchanges []fetch.Exchange) *recording {
	return newRecording(exchanges, w.browser.cfg.Router, w.addresses())
}

// before returns the statuses that the servers ever answered the browser with
// to the request of a hop.
func (w window) before(h hop) []int {
	key, ok := keyOf(h, false)
	if !ok {
		return nil
	}
	_, authority, _ := strings.Cut(originOf(h.url), "://")
	var statuses []int
	for _, r := range w.recorders {
		statuses = append(statuses, r.Statuses(wire.Asked{
			Client: w.browser.cfg.Router.Source(r.Addr()), Method: key.method, Authority: strings.ToLower(authority), Target: key.target,
		})...)
	}
	return statuses
}

func (w window) addresses() []string {
	var addresses []string
	for _, r := range w.recorders {
		addresses = append(addresses, r.Addr())
	}
	return addresses
}

// awaitEnds waits until the responses to this browser have come to their end at
// the recorders: a browser that blocks a response does so at its head, and what
// the server sends is evidence too. What has not ended with ctx stays as it is.
func (w window) awaitEnds(ctx context.Context) {
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
