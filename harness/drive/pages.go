package drive

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/corsproof/corsproof/harness/browser"
)

// A PagesConfig configures [NewPages].
type PagesConfig struct {
	// Serve makes a page host serve an origin. It is called once for each origin.
	Serve func(origin string) error
	// Open opens a page for the given number of concurrent calls; 0 leaves the number to
	// the browser. It may be called concurrently.
	Open func(ctx context.Context, origin string, slots int) (browser.Page, error)
	// Keep is the number of pages that stay open, the most recently used ones; 0 means
	// all.
	Keep int
	// Slots is the maximum number of concurrent calls of a page; 0 leaves it to the
	// browser. A page with fewer calls gets fewer slots.
	Slots int
}

// Pages are a browser's pages, at most one for each origin, which stay open between uses.
// They are not safe for concurrent use; the code that created them closes them.
type Pages struct {
	cfg     PagesConfig
	open    []*openPage     // most recently used last
	served  map[string]bool // origins
	closing sync.WaitGroup
}

// An openPage is a page at an origin, or one that is being opened.
type openPage struct {
	origin string
	slots  int
	ready  chan struct{} // closed once page or err is set
	page   browser.Page
	err    error
}

// NewPages returns Pages without an open page.
func NewPages(cfg PagesConfig) *Pages { return &Pages{cfg: cfg, served: map[string]bool{}} }

// Want opens a page at an origin for the given number of calls, unless one is open, and
// does not wait for it. If too many pages are open, it closes the least recently used
// one.
func (p *Pages) Want(ctx context.Context, origin string, calls int) error {
	_, err := p.want(ctx, origin, calls)
	return err
}

// Page returns the page at an origin once it is open; it opens the page like
// [Pages.Want].
func (p *Pages) Page(ctx context.Context, origin string, calls int) (browser.Page, error) {
	one, err := p.want(ctx, origin, calls)
	if err != nil {
		return nil, err
	}
	<-one.ready
	if one.err != nil { // the next one tries again
		p.open = slices.DeleteFunc(p.open, func(o *openPage) bool { return o == one })
	}
	return one.page, one.err
}

func (p *Pages) want(ctx context.Context, origin string, calls int) (*openPage, error) {
	need := min(max(calls/2, 1), p.cfg.Slots)
	if i := slices.IndexFunc(p.open, func(o *openPage) bool { return o.origin == origin }); i >= 0 {
		there := p.open[i]
		p.open = slices.Delete(p.open, i, i+1)
		if 2*there.slots >= need {
			p.open = append(p.open, there)
			return there, nil
		}
		p.closing.Go(there.close)
	}
	if err := p.serve(origin); err != nil {
		return nil, err
	}
	if p.cfg.Keep > 0 && len(p.open) >= p.cfg.Keep {
		p.closing.Go(p.open[0].close)
		p.open = p.open[1:]
	}
	one := &openPage{origin: origin, slots: need, ready: make(chan struct{})}
	p.open = append(p.open, one)
	go func() {
		defer close(one.ready)
		one.page, one.err = p.cfg.Open(ctx, origin, need)
	}()
	return one, nil
}

// serve has the host of a page's document answer.
func (p *Pages) serve(origin string) error {
	if origin == browser.OpaqueOrigin {
		origin = browser.OpaqueHost
	}
	if p.served[origin] {
		return nil
	}
	if err := p.cfg.Serve(origin); err != nil {
		return fmt.Errorf("page origin %s: %w", origin, err)
	}
	p.served[origin] = true
	return nil
}

// close closes a page once it is open.
func (o *openPage) close() {
	<-o.ready
	if o.err == nil {
		o.page.Close()
	}
}

// Close closes all pages; new ones may be opened afterwards.
func (p *Pages) Close() {
	for _, one := range p.open {
		p.closing.Go(one.close)
	}
	p.open = nil
	p.closing.Wait()
}
