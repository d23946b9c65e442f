package browser

import (
	"context"

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
	return newRecording(exchanges, w.browser.cfg.Router.Connections(), w.addresses())
}

// before returns what the recorders saw of a hop before the window was opened.
func (w window) before(h hop) []fetch.Exchange {
	var exchanges []fetch.Exchange
	for _, r := range w.recorders {
		exchanges = append(exchanges, r.Since(0)...)
	}
	key, ok := keyOf(h, false)
	if !ok {
		return nil
	}
	all := newRecording(exchanges, w.browser.cfg.Router.Connections(), w.addresses())
	var found []fetch.Exchange
	for _, i := range all.byKey[key] {
		found = append(found, all.exchanges[i])
	}
	return found
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
	rec := w.look()
	open := map[string]map[string]bool{} // by server, by ID
	for i, x := range rec.exchanges {
		if rec.hostports[i] != "" && isOpen(x) {
			if open[x.Server] == nil {
				open[x.Server] = map[string]bool{}
			}
			open[x.Server][x.ID] = true
		}
	}
	for i, r := range w.recorders {
		left := open[r.Name()]
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
