package fetch

import "strings"

// An Origin is an origin in its ASCII serialization, as in
// "https://app.example.com:8443". [OpaqueOrigin] is used for every opaque origin: the
// model never compares two of them.
type Origin string

// OpaqueOrigin is the serialization of an opaque origin.
const OpaqueOrigin Origin = "null"

// IsOpaque reports whether o is an opaque origin.
func (o Origin) IsOpaque() bool { return o == OpaqueOrigin }

// ParseOrigin parses the serialization of an origin: "null", or exactly what [URL.Origin]
// returns for an HTTP(S) URL. Its error is [ErrURLFailure] or [ErrURLUnsupported].
func ParseOrigin(s string) (Origin, error) {
	if s == string(OpaqueOrigin) {
		return OpaqueOrigin, nil
	}
	var u URL
	if err := u.parse(s, nil); err != nil {
		return "", err
	}
	if u.IsHTTP() && string(u.origin) == s {
		return u.origin, nil
	}
	return "", ErrURLFailure
}

// SameOrigin is https://html.spec.whatwg.org/multipage/browsers.html#same-origin
// between a page's origin and a URL's, which are never the same opaque one.
func SameOrigin(a, b Origin) bool { return a == b && !a.IsOpaque() }

// scheme returns the origin's scheme, "null" for an opaque one.
func (o Origin) scheme() string {
	scheme, _, _ := strings.Cut(string(o), "://")
	return scheme
}

// host returns the origin's host without its port, empty for an opaque one.
func (o Origin) host() string {
	_, rest, _ := strings.Cut(string(o), "://")
	if strings.HasPrefix(rest, "[") {
		return rest[:strings.IndexByte(rest, ']')+1]
	}
	host, _, _ := strings.Cut(rest, ":")
	return host
}

// A siteRelation is the answer to "is a same site with b". It is unknown if it
// hangs on the public suffix list and the input doesn't say.
type siteRelation int8

const (
	siteUnknown siteRelation = iota
	siteSame
	siteCross
)

// schemelesslySameSite is
// https://html.spec.whatwg.org/multipage/browsers.html#schemelessly-same-site.
// Which domain is registrable is an input, [Environment.RegistrableDomain].
// Without it the answer is known if the hosts are equal or have no two labels
// in common, since a registrable domain has at least two.
func (e *Environment) schemelesslySameSite(a, b Origin) siteRelation {
	if a.IsOpaque() {
		return siteCross // b alone has no label in common with a
	}
	hostA, hostB := a.host(), b.host()
	if hostA == hostB {
		return siteSame
	}
	if isIPHost(hostA) || commonLabels(hostA, hostB) < 2 {
		return siteCross // with two labels in common, b is an address if a is
	}
	if e.RegistrableDomain == nil {
		return siteUnknown
	}
	domainA, okA := e.RegistrableDomain(hostA)
	domainB, _ := e.RegistrableDomain(hostB)
	if okA && domainA == domainB {
		return siteSame
	}
	return siteCross
}

// sameSite is https://html.spec.whatwg.org/multipage/browsers.html#same-site.
func (e *Environment) sameSite(a, b Origin) siteRelation {
	if a.scheme() != b.scheme() {
		return siteCross
	}
	return e.schemelesslySameSite(a, b)
}

// commonLabels counts the labels that two domains share at their end.
func commonLabels(a, b string) int {
	n := 0
	for a != "" {
		i, j := strings.LastIndexByte(a, '.'), strings.LastIndexByte(b, '.')
		if a[i+1:] != b[j+1:] {
			break
		}
		n++
		a, b = a[:max(i, 0)], b[:max(j, 0)]
	}
	return n
}
