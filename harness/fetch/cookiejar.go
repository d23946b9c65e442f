package fetch

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A sameSiteAttribute is a cookie's SameSite attribute.
type sameSiteAttribute int8

const (
	sameSiteUnset sameSiteAttribute = iota
	sameSiteNone
	sameSiteLax
	sameSiteStrict
)

// Values of cookie.expires that aren't times on the user agent's clock.
const (
	expiryNever   time.Duration = math.MaxInt64
	expiryUnknown time.Duration = math.MaxInt64 - 1
	expiryPast    time.Duration = math.MinInt64
)

// A cookie is a cookie of RFC 6265bis,
// https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis.
type cookie struct {
	name, value string
	domain      string
	hostOnly    bool
	path        string
	secure      bool
	sameSite    sameSiteAttribute
	expires     time.Duration
}

func (c *cookie) pair() string {
	if c.name == "" {
		return c.value
	}
	return c.name + "=" + c.value
}

// A cookieJar is a cookie store, in order of creation.
type cookieJar []*cookie

// forURL returns the live cookies that match a URL, longest path first.
func (j cookieJar) forURL(u *URL, ua *UserAgent) []*cookie {
	var out []*cookie
	for _, c := range j {
		switch {
		case c.expires <= ua.now:
		case c.secure && u.Scheme != "https" && !isLoopbackHost(u.Host):
		case c.hostOnly && c.domain != u.Host, !c.hostOnly && !domainMatches(u.Host, c.domain):
		case !cookiePathMatches(u.Path, c.path):
		default:
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b *cookie) int { return len(b.path) - len(a.path) })
	return out
}

// parseCookie is the algorithm of section 5.6 of RFC 6265bis. Its path and
// domain are as written until [UserAgent.storeCookie].
func parseCookie(line string, ua *UserAgent) (*cookie, bool) {
	for i := range len(line) {
		if c := line[i]; c < ' ' && c != '\t' || c == 0x7F {
			return nil, false
		}
	}
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		name, value = "", pair
	}
	c := &cookie{name: strings.Trim(name, httpTabOrSpace), value: strings.Trim(value, httpTabOrSpace), expires: expiryNever}
	if c.name == "" && c.value == "" {
		return nil, false
	}
	hasMaxAge := false
	for attributes != "" {
		var attribute string
		attribute, attributes, _ = strings.Cut(attributes, ";")
		key, v, _ := strings.Cut(attribute, "=")
		v = strings.Trim(v, httpTabOrSpace)
		switch byteLowercase(strings.Trim(key, httpTabOrSpace)) {
		case "secure":
			c.secure = true
		case "domain":
			c.domain = byteLowercase(strings.TrimPrefix(v, "."))
		case "path":
			if c.path = v; !strings.HasPrefix(v, "/") {
				c.path = ""
			}
		case "samesite":
			switch byteLowercase(v) {
			case "none":
				c.sameSite = sameSiteNone
			case "lax":
				c.sameSite = sameSiteLax
			case "strict":
				c.sameSite = sameSiteStrict
			default:
				c.sameSite = sameSiteUnset
			}
		case "max-age":
			if n, err := strconv.ParseInt(v, 10, 32); err == nil && v[0] != '+' {
				hasMaxAge = true
				if c.expires = ua.now + time.Duration(n)*time.Second; n <= 0 {
					c.expires = expiryPast
				}
			}
		case "expires":
			if !hasMaxAge {
				c.expires = ua.expiry(v)
			}
		}
	}
	return c, true
}

// expiry places a date on the user agent's clock. A date that isn't understood
// is ignored, as RFC 6265bis says.
func (ua *UserAgent) expiry(date string) time.Duration {
	for _, layout := range [...]string{time.RFC1123, "Mon, 02-Jan-2006 15:04:05 MST", time.RFC850, time.ANSIC} {
		t, err := time.Parse(layout, date)
		switch {
		case err != nil:
			continue
		case t.Unix() <= 0:
			return expiryPast // the customary way to delete a cookie
		case ua.Epoch.IsZero():
			return expiryUnknown
		}
		return t.Sub(ua.Epoch)
	}
	return expiryNever
}

// storeCookie is the algorithm of section 5.7 of RFC 6265bis, but for the
// SameSite check. It returns a response only if it cannot tell.
func (ua *UserAgent) storeCookie(c *cookie, u *URL) *response {
	switch {
	case c.domain == "":
		c.hostOnly, c.domain = true, u.Host
	case c.domain == u.Host && (isIPHost(u.Host) || !strings.Contains(u.Host, ".")):
		c.hostOnly = true
	case !domainMatches(u.Host, c.domain):
		return nil
	case !strings.Contains(c.domain, "."):
		return nil // a public suffix, which is no cookie's domain
	case ua.Client.RegistrableDomain != nil:
		if _, ok := ua.Client.RegistrableDomain(c.domain); !ok {
			return nil
		}
	default:
		return cannotTell("whether " + quote(c.domain) + " is a public suffix, for the cookie " + quote(c.name) + "; give RegistrableDomain")
	}
	trustworthy := u.Scheme == "https" || isLoopbackHost(u.Host)
	if c.secure && !trustworthy {
		return nil
	}
	lower := byteLowercase(c.name)
	if strings.HasPrefix(lower, "__secure-") && !c.secure ||
		strings.HasPrefix(lower, "__host-") && (!c.secure || !c.hostOnly || c.path != "/") {
		return nil
	}
	if c.sameSite == sameSiteNone && !c.secure && ua.has(RuleNoneNeedsSecure) {
		return nil // https://chromestatus.com/feature/5633521622188032
	}
	if c.path == "" {
		c.path = cookieDefaultPath(u.Path)
	}
	same := func(old *cookie) bool {
		return old.name == c.name && old.domain == c.domain && old.hostOnly == c.hostOnly && old.path == c.path
	}
	i := slices.IndexFunc(ua.cookies, same)
	switch {
	case i >= 0 && ua.cookies[i].secure && !trustworthy:
	case i >= 0 && c.expires == expiryPast:
		ua.cookies = slices.Delete(ua.cookies, i, i+1)
	case i >= 0:
		ua.cookies[i] = c
	case c.expires != expiryPast:
		ua.cookies = append(ua.cookies, c)
	}
	return nil
}

// domainMatches is section 5.1.3 of RFC 6265bis.
func domainMatches(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain) && !isIPHost(host)
}

// cookieDefaultPath is section 5.1.4 of RFC 6265bis.
func cookieDefaultPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

// cookiePathMatches is section 5.1.4 of RFC 6265bis.
func cookiePathMatches(requestPath, cookiePath string) bool {
	return requestPath == cookiePath || strings.HasPrefix(requestPath, cookiePath) &&
		(strings.HasSuffix(cookiePath, "/") || requestPath[len(cookiePath)] == '/')
}
