package fetch

import (
	"fmt"
	"slices"
	"strings"
)

// A sameSiteMode is the result of determining the same-site mode.
type sameSiteMode int8

const (
	strictOrLess sameSiteMode = iota
	unsetOrLess
	// sameSiteModeUnknown: strict or unset, and the input doesn't say.
	sameSiteModeUnknown
)

// sameSiteMode determines the same-site mode of the request:
// https://fetch.spec.whatwg.org/#cookie-infrastructure.
func (f *fetching) sameSiteMode() sameSiteMode {
	// Deviation (erratum same-site-of-request): no assertion of the method, and
	// the page is held against the current URL, not the redirects alone.
	if f.ua.Client.CrossSiteAncestor {
		return unsetOrLess
	}
	known := true
	switch f.ua.Client.sameSite(f.request.origin, f.request.currentURL().Origin()) {
	case siteCross:
		return unsetOrLess
	case siteUnknown:
		known = false
	}
	if !f.ua.has(RuleSameSiteIgnoresRedirects) {
		switch f.RedirectTaint() {
		case TaintCrossSite:
			return unsetOrLess
		case taintNotSameOrigin:
			known = false
		}
	}
	if !known {
		return sameSiteModeUnknown
	}
	return strictOrLess
}

// SetCookie stores a cookie like a response from a URL with this Set-Cookie line to a
// navigation, for example after a login. It returns an error for a cookie that a user
// agent ignores.
func (ua *UserAgent) SetCookie(from, line string) error {
	u, err := ParseURL(from, nil)
	if err != nil {
		return fmt.Errorf("set a cookie: %w", err)
	}
	c, ok := parseCookie(line, ua)
	if !ok {
		return fmt.Errorf("set a cookie for %s: no user agent takes it", from)
	}
	if stop := ua.storeCookie(c, u); stop != nil || !slices.Contains(ua.cookies, c) {
		return fmt.Errorf("set the cookie %q for %s: no user agent takes it from there", c.name, from)
	}
	return nil
}

// sameSiteOnly reports whether a cookie goes to its own site's requests alone. Lax and
// Strict are one here: a subresource request is never lax-or-less.
func (ua *UserAgent) sameSiteOnly(c *cookie) bool {
	return c.sameSite == sameSiteStrict || c.sameSite == sameSiteLax || c.sameSite == sameSiteUnset && ua.has(RuleUnsetIsLax)
}

// appendCookieHeader appends a request Cookie header. It returns a response
// only if it cannot tell which cookies go:
// https://fetch.spec.whatwg.org/#cookie-header.
func (f *fetching) appendCookieHeader() *response {
	if len(f.ua.cookies) == 0 || f.ua.Client.CookiesDisabled {
		return nil
	}
	mode := f.sameSiteMode()
	url := f.request.currentURL()
	var pairs []string
	for _, c := range f.ua.cookies.forURL(url, f.ua) {
		if c.expires == expiryUnknown {
			return cannotTell("whether the cookie " + quote(c.name) + " has expired; give UserAgent.Epoch")
		}
		if f.ua.sameSiteOnly(c) {
			switch mode {
			case unsetOrLess:
				continue
			case sameSiteModeUnknown:
				return cannotTell("whether the request is same site for the cookie " + quote(c.name) + "; give RegistrableDomain")
			}
		}
		pairs = append(pairs, c.pair())
	}
	if len(pairs) > 0 {
		f.request.headers = append(f.request.headers, Header{"Cookie", strings.Join(pairs, "; ")})
	}
	return nil
}

// parseAndStoreSetCookie parses and stores response Set-Cookie headers:
// https://fetch.spec.whatwg.org/#set-cookie-header. It runs before any check of
// the response.
func (f *fetching) parseAndStoreSetCookie(actual *response) *response {
	if f.ua.Client.CookiesDisabled {
		return nil
	}
	for _, h := range actual.headers {
		if !byteCaseInsensitiveMatch(h[0], "Set-Cookie") {
			continue
		}
		c, ok := parseCookie(h[1], f.ua)
		if !ok {
			continue
		}
		if f.ua.sameSiteOnly(c) && f.sameSiteMode() != strictOrLess {
			if f.sameSiteMode() == sameSiteModeUnknown {
				return cannotTell("whether the response may set the cookie " + quote(c.name) + "; give RegistrableDomain")
			}
			continue
		}
		if stop := f.ua.storeCookie(c, f.request.currentURL()); stop != nil {
			return stop
		}
	}
	return nil
}

// CookieNames returns the names of the cookies in a Cookie header, in order; that of one
// without a name is empty. Redaction leaves names as they are.
func CookieNames(l HeaderList) []string {
	value, ok := l.Get("Cookie")
	if !ok {
		return nil
	}
	var names []string
	for pair := range strings.SplitSeq(value, "; ") {
		names = append(names, CookieName(pair))
	}
	return names
}

// CookieName returns the name of a cookie in a Cookie or a Set-Cookie header, without its
// attributes; empty if it has none.
func CookieName(line string) string {
	pair, _, _ := strings.Cut(line, ";")
	name, _, named := strings.Cut(pair, "=")
	if !named {
		return ""
	}
	return strings.Trim(name, httpTabOrSpace)
}
