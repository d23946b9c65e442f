package chromium

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
)

// Renew resets the view to a new one: it empties the HTTP cache, the CORS-preflight cache
// and the cookies of the view's browser context, and loads the URL again with which the
// view was opened. That costs a tenth of a new view, and adds nothing to any request.
// [Timeouts.Open] bounds it.
func (v *View) Renew(ctx context.Context) error {
	limit := v.tab.browser.cfg.Timeouts.Open
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not open within %v", limit))
	defer cancel()
	if err := v.renew(ctx); err != nil {
		return v.explain(fmt.Errorf("renew the view of %s: %w", v.url, err))
	}
	return nil
}

func (v *View) renew(ctx context.Context) error {
	for _, clear := range []cdp.Command[cdp.Empty, cdp.Empty]{network.ClearBrowserCache, network.ClearBrowserCookies} {
		if _, err := call(ctx, v.tab, clear, cdp.Empty{}); err != nil {
			return err
		}
	}
	return v.tab.navigate(ctx, v.url)
}
