package chromium

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
)

// ClearCaches empties the HTTP cache and the CORS-preflight cache of the browser's pages,
// and adds nothing to any request. Chromium's CORS-preflight cache has a limited number
// of entries for a top-level site, and drops random ones above it. [Timeouts.Open] bounds
// it.
func (c *Browser) ClearCaches(ctx context.Context) error {
	limit := c.cfg.Timeouts.Open
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done within %v", limit))
	defer cancel()
	if _, err := call(ctx, c.firstTab(), network.ClearBrowserCache, cdp.Empty{}); err != nil {
		return fmt.Errorf("clear the caches: %w", err)
	}
	return nil
}
