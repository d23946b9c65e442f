package check

import (
	"context"
	"slices"
	"sync"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
)

// pagesKept is how many pages stay open: a check may have many page origins, and
// each page has its slots.
const pagesKept = 6

// pagesAhead is how many pages are being opened while one observes: a new process
// of the browser's takes longer than the few calls of most pages.
const pagesAhead = 2

// An openPage is a page at an origin, or one that is being opened.
type openPage struct {
	origin string
	slots  int
	ready  chan struct{} // closed once page or err is set
	page   browser.Page
	err    error
}

// pageSlots is how many calls a page makes at the same time at most; most pages have
// few calls.
const pageSlots = 8

// pages are a browser's pages, at several origins. Not for concurrent use; whoever made
// them closes them.
type pages struct {
	lab      *harness.Lab
	chromium *browser.Chromium
	open     []*openPage     // most recently used last
	served   map[string]bool // origins
	closing  sync.WaitGroup
}

func newPages(lab *harness.Lab) pages { return pages{lab: lab, served: map[string]bool{}} }

// want opens a page at an origin for so many calls unless there is one, and doesn't
// wait for it. The page that was used longest ago is closed for it.
func (b *pages) want(ctx context.Context, origin string, calls int) error {
	need := min(max(calls/2, 1), pageSlots)
	if i := slices.IndexFunc(b.open, func(p *openPage) bool { return p.origin == origin }); i >= 0 {
		p := b.open[i]
		b.open = slices.Delete(b.open, i, i+1)
		if 2*p.slots >= need {
			b.open = append(b.open, p)
			return nil
		}
		b.closing.Go(func() { p.close() })
	}
	served := origin
	if origin == browser.OpaqueOrigin {
		served = browser.OpaqueHost
	}
	if !b.served[served] {
		if _, err := b.lab.Pages.ServeRouted(served, nil); err != nil {
			return err
		}
		b.served[served] = true
	}
	if len(b.open) == pagesKept {
		oldest := b.open[0]
		b.open = b.open[1:]
		b.closing.Go(func() { oldest.close() })
	}
	p := &openPage{origin: origin, slots: need, ready: make(chan struct{})}
	b.open = append(b.open, p)
	go func() {
		defer close(p.ready)
		p.page, p.err = b.chromium.OpenSlots(ctx, origin, need)
	}()
	return nil
}

// page returns the page at an origin, which was wanted, once it is open.
func (b *pages) page(origin string) (browser.Page, error) {
	i := slices.IndexFunc(b.open, func(p *openPage) bool { return p.origin == origin })
	p := b.open[i]
	<-p.ready
	return p.page, p.err
}

// close closes a page once it is open.
func (p *openPage) close() {
	<-p.ready
	if p.err == nil {
		p.page.Close()
	}
}

// close closes all pages.
func (b *pages) close() {
	for _, p := range b.open {
		b.closing.Go(func() { p.close() })
	}
	b.open = nil
	b.closing.Wait()
}
