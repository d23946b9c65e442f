package fetch

import "strings"

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

// cookiesDisabled reports whether the user agent is configured to disable
// cookies for the request.
func (f *fetching) cookiesDisabled() bool {
	if f.ua.Client.CookiesDisabled {
		return true
	}
	if !f.ua.has(RuleNoThirdPartyCookies) {
		return false
	}
	site := Origin(f.ua.Client.TopLevelSite)
	if site == "" {
		site = f.request.origin
	}
	return f.ua.Client.sameSite(site, f.request.currentURL().Origin()) == siteCross
}

// appendCookieHeader appends a request Cookie header. It returns a response
// only if it cannot tell which cookies go:
// https://fetch.spec.whatwg.org/#cookie-header.
func (f *fetching) appendCookieHeader() *response {
	if len(f.ua.cookies) == 0 || f.cookiesDisabled() {
		return nil
	}
	mode := f.sameSiteMode()
	url := f.request.currentURL()
	var pairs []string
	for _, c := range f.ua.cookies.forURL(url, f.ua) {
		if c.expires == expiryUnknown {
			return cannotTell("whether the cookie " + quote(c.name) + " has expired; give UserAgent.Epoch")
		}
		// Lax and Strict are one here: a subresource request is never
		// lax-or-less.
		if c.sameSite == sameSiteStrict || c.sameSite == sameSiteLax {
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
	if f.cookiesDisabled() {
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
		if (c.sameSite == sameSiteStrict || c.sameSite == sameSiteLax) && f.sameSiteMode() != strictOrLess {
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
