package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

//go:embed page.js
var pageScript string

// inlineLimit is the size in bytes up to which a page hands a body over whole.
const inlineLimit = 16 << 10

// A chromiumPage is one tab with its slots.
type chromiumPage struct {
	tab    *tab
	origin string
	// recorders is asked at the start of each round.
	recorders func() []*wire.Recorder

	// Guarded by the right to observe.
	stale  bool // the document may still run calls of a round that was left
	rounds int
}

// Open opens a page at origin. ctx and [Timeouts.Open] bound the opening; the
// caller closes the page.
func (c *Chromium) Open(ctx context.Context, origin string) (Page, error) {
	return c.openPage(ctx, origin, c.cfg.Recorders)
}

func (c *Chromium) openPage(ctx context.Context, origin string, recorders func() []*wire.Recorder) (*chromiumPage, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeouts.Open, fmt.Errorf("not open within %v", c.cfg.Timeouts.Open))
	defer cancel()
	t, err := c.openTab(ctx)
	if err != nil {
		return nil, fmt.Errorf("open a page at %s: %w", origin, err)
	}
	p := &chromiumPage{tab: t, origin: origin, recorders: recorders, stale: true}
	if err := p.prepare(ctx); err != nil {
		t.close()
		return nil, fmt.Errorf("open a page at %s: %w", origin, err)
	}
	return p, nil
}

// prepare loads the page for the first time and turns off what chromedp turns
// on and nobody here listens to.
func (p *chromiumPage) prepare(ctx context.Context) error {
	if _, err := call(ctx, p.tab, runtime.AddBinding, runtime.AddBindingParams{Name: bindingName}); err != nil {
		return err
	}
	if err := p.refresh(ctx); err != nil {
		return err
	}
	if _, err := call(ctx, p.tab, css.Disable, cdp.Empty{}); err != nil {
		return err
	}
	_, err := call(ctx, p.tab, dom.Disable, cdp.Empty{})
	return err
}

// refresh loads the page again if it can't be used as it is.
func (p *chromiumPage) refresh(ctx context.Context) error {
	if !p.stale {
		return nil
	}
	if err := p.tab.navigate(ctx, p.origin+PagePath); err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{
		"binding":     bindingName,
		"slotPath":    SlotPath,
		"inlineLimit": inlineLimit,
		"prefixLimit": fetch.PrefixLimit,
	})
	if err != nil {
		return err
	}
	_, err = eval[any](ctx, p.tab, runtime.EvaluateParams{
		Expression: fmt.Sprintf("(%s)(%s); corsproof.open(%d)", pageScript, config, p.tab.browser.cfg.Slots),
	})
	if err != nil {
		return fmt.Errorf("open %d slots: %w", p.tab.browser.cfg.Slots, err)
	}
	p.stale = false
	return nil
}

// sentinel sends one request that is only to arrive. It returns why the page
// could not.
func (p *chromiumPage) sentinel(ctx context.Context, url string) (string, error) {
	quoted, err := json.Marshal(url)
	if err != nil {
		return "", err
	}
	return eval[string](ctx, p.tab, runtime.EvaluateParams{Expression: fmt.Sprintf("corsproof.sentinel(%s)", quoted)})
}

// Close closes the page's tab.
func (p *chromiumPage) Close() error {
	p.tab.close()
	return nil
}

// noteStray keeps exchanges that belong to no job and returns a [*StrayError]
// for them.
func (c *Chromium) noteStray(stray []fetch.Exchange) error {
	if len(stray) == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stray = append(c.stray, stray...)
	return &StrayError{Exchanges: stray}
}
