package chromium

import (
	"context"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"

	"github.com/corsproof/corsproof/harness/browser"
)

// SetCookies empties the cookie jar of the browser's pages and sets these cookies. No
// observation may run meanwhile. [Timeouts.Open] bounds it.
func (c *Browser) SetCookies(ctx context.Context, cookies ...browser.Cookie) error {
	limit := c.cfg.Timeouts.Open
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done within %v", limit))
	defer cancel()
	if _, err := call(ctx, c.firstTab(), network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		return fmt.Errorf("clear the cookies: %w", err)
	}
	for _, cookie := range cookies {
		param := &network.CookieParam{Name: cookie.Name, Value: cookie.Value, URL: cookie.URL, Path: "/"}
		if strings.HasPrefix(cookie.URL, "https:") {
			param.Secure, param.SameSite = true, network.CookieSameSiteNone
		}
		if _, err := call(ctx, c.firstTab(), storage.SetCookies, storage.SetCookiesParams{Cookies: []*network.CookieParam{param}}); err != nil {
			return fmt.Errorf("set the cookie %q for %s: %w", cookie.Name, cookie.URL, err)
		}
	}
	return nil
}
