package chromium

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"golang.org/x/sync/errgroup"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/witness"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// A chromiumPage is one tab with its slots.
type chromiumPage struct {
	browser *Browser
	origin  string
	slots   int
	// recorders is asked at the start of each round.
	recorders func() []*wire.Recorder

	// Guarded by the right to observe.
	tab    *tab
	left   bool // the tab was closed, see leave
	rounds int
}

// Open opens a page at origin. ctx and [Timeouts.Open] bound the opening; the
// caller closes the page.
func (c *Browser) Open(ctx context.Context, origin string) (browser.Page, error) {
	return c.openPage(ctx, origin, c.cfg.Slots, c.cfg.Recorders)
}

// OpenSlots is [Browser.Open] for a page with the given number of concurrent calls.
func (c *Browser) OpenSlots(ctx context.Context, origin string, slots int) (browser.Page, error) {
	return c.openPage(ctx, origin, slots, c.cfg.Recorders)
}

func (c *Browser) openPage(ctx context.Context, origin string, slots int, recorders func() []*wire.Recorder) (*chromiumPage, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeouts.Open, fmt.Errorf("not open within %v", c.cfg.Timeouts.Open))
	defer cancel()
	p := &chromiumPage{browser: c, origin: origin, slots: slots, recorders: recorders}
	if err := p.load(ctx); err != nil {
		return nil, fmt.Errorf("open a page at %s: %w", origin, err)
	}
	return p, nil
}

// load opens the page in a new tab and starts its script.
func (p *chromiumPage) load(ctx context.Context) error {
	t, err := p.browser.openHidden(ctx, p.url())
	if err != nil {
		return err
	}
	if err := p.prepare(ctx, t); err != nil {
		t.close()
		return err
	}
	p.tab, p.left = t, false
	return nil
}

func (p *chromiumPage) prepare(ctx context.Context, t *tab) error {
	if err := t.load(ctx, p.url()); err != nil {
		return err
	}
	if _, err := call(ctx, t, runtime.AddBinding, runtime.AddBindingParams{Name: bindingName}); err != nil {
		return err
	}
	// The Network domain would double the work of each call, see doc.go. The
	// log, which stays on, has the reasons.
	for _, domain := range []cdp.Command[cdp.Empty, cdp.Empty]{
		network.Disable, page.Disable, css.Disable, dom.Disable, inspector.Disable, runtime.Disable,
	} {
		if _, err := call(ctx, t, domain, cdp.Empty{}); err != nil {
			return err
		}
	}
	script, err := witness.PageScript(bindingName, p.slots)
	if err != nil {
		return err
	}
	_, err = eval[any](ctx, t, runtime.EvaluateParams{Expression: script})
	if err != nil {
		return fmt.Errorf("open %d slots: %w", p.slots, err)
	}
	return nil
}

// leave ends the page's document with all calls that it has, so that none of
// them falls into a later observation.
func (p *chromiumPage) leave() {
	p.tab.close()
	p.left = true
}

// refresh opens the page again if it was left.
func (p *chromiumPage) refresh(ctx context.Context) error {
	if !p.left {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, p.browser.cfg.Timeouts.Open, fmt.Errorf("not open within %v", p.browser.cfg.Timeouts.Open))
	defer cancel()
	if err := p.load(ctx); err != nil {
		return fmt.Errorf("open the page again: %w", err)
	}
	return nil
}

// sentinels is a [witness.SendFunc]. A page at https may make no request to http, so there
// the browser's first tab makes it, which is blank and has no such scruples: both
// share the network stack.
func (p *chromiumPage) sentinels(ctx context.Context, sentinels []witness.Sentinel) ([]string, error) {
	secure := !strings.HasPrefix(p.url(), "http:")
	mine, first := partition(sentinels, func(s witness.Sentinel) bool { return !secure || !strings.HasPrefix(s.URL, "http:") })
	texts := make([]string, len(sentinels))
	together, ctx := errgroup.WithContext(ctx)
	for t, list := range map[*tab][]int{p.tab: mine, p.browser.firstTab(): first} {
		if len(list) == 0 {
			continue
		}
		together.Go(func() error {
			some := make([]witness.Sentinel, len(list))
			for n, i := range list {
				some[n] = sentinels[i]
			}
			script, err := witness.SentinelScript(some)
			if err != nil {
				return err
			}
			got, err := eval[[]string](ctx, t, runtime.EvaluateParams{Expression: script})
			if err == nil && len(got) != len(list) {
				err = fmt.Errorf("the page answered for %d of %d sentinels", len(got), len(list))
			}
			for n := range min(len(got), len(list)) {
				texts[list[n]] = got[n]
			}
			return err
		})
	}
	return texts, together.Wait()
}

// partition returns the indexes of those that are so, and of the others.
func partition(sentinels []witness.Sentinel, is func(witness.Sentinel) bool) (so, others []int) {
	for i, s := range sentinels {
		if is(s) {
			so = append(so, i)
		} else {
			others = append(others, i)
		}
	}
	return so, others
}

// url is where the page is loaded from.
func (p *chromiumPage) url() string {
	if p.origin == browser.OpaqueOrigin {
		return browser.OpaqueURL
	}
	return p.origin + browser.PagePath
}

// Close closes the page's tab.
func (p *chromiumPage) Close() error {
	p.tab.close()
	return nil
}

// noteStray keeps exchanges that belong to no job and returns a [*browser.StrayError]
// for them.
func (c *Browser) noteStray(stray []fetch.Exchange) error {
	if len(stray) == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stray = append(c.stray, stray...)
	return &browser.StrayError{Exchanges: stray}
}
