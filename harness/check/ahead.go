package check

import (
	"context"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// An ahead asks what the target waits for its upstream in, while others are asked and
// judged: the waiting costs no time of its own then. It is not for concurrent use.
type ahead struct {
	rig     *rig
	cancel  context.CancelFunc
	done    chan struct{}
	made    answers // once done is closed
	err     error
	reached map[string][]fetch.Exchange // what the upstream was asked; nil before it is known
}

// askAhead begins to ask the first portion of cases whose upstream hangs. It has to be
// ended.
func askAhead(ctx context.Context, p *plan, r *rig, a asker) *ahead {
	ctx, cancel := context.WithCancel(ctx)
	h := &ahead{rig: r, cancel: cancel, done: make(chan struct{})}
	cases := p.firstHanging(r.http2)
	go func() {
		defer close(h.done)
		if len(cases) > 0 {
			h.made, h.err = a.concurrently(ctx, cases, checkWorkers, nil)
		}
	}()
	return h
}

// firstHanging returns copies of the cases of the first such portion that can be run, one
// of each signature.
func (p *plan) firstHanging(http2 bool) (out []*catalog.PolicyCase) {
	seen := map[string]bool{}
	for _, portion := range p.portions {
		if portion.manner != mannerHanging {
			continue
		}
		for _, i := range portion.cases {
			pc := p.cases[i]
			if leftOut(&pc, p.facts, http2) == "" && !seen[pc.Signature] {
				seen[pc.Signature] = true
				out = append(out, &pc)
			}
		}
		break
	}
	return out
}

// keep waits for the answers, and notes what the upstream was asked before the recorders
// forget it.
func (h *ahead) keep() {
	if <-h.done; h.reached != nil {
		return
	}
	h.reached = map[string][]fetch.Exchange{}
	for signature, exchanges := range h.rig.reached() {
		if _, mine := h.made[signature]; mine {
			h.reached[signature] = exchanges
		}
	}
}

// take returns the answers to cases, if it has them all; it has them once.
func (h *ahead) take(cases []*catalog.PolicyCase) (made answers, reached map[string][]fetch.Exchange, ok bool, err error) {
	h.keep()
	for _, pc := range cases {
		if _, there := h.made[pc.Signature]; !there && h.err == nil {
			return nil, nil, false, nil
		}
	}
	made, reached, err = h.made, h.reached, h.err
	h.made, h.reached = nil, map[string][]fetch.Exchange{}
	return made, reached, true, err
}

// end ends what is still under way.
func (h *ahead) end() {
	h.cancel()
	<-h.done
}
