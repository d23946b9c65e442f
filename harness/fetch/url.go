package fetch

import (
	"errors"
	"strings"
)

// ErrURLFailure is failure of the URL parser: no browser makes a URL of this.
var ErrURLFailure = errors.New("not a URL")

// ErrURLUnsupported says that a URL may well be one, but lies outside the
// subset that this package parses. What depends on it is unknown.
var ErrURLUnsupported = errors.New("URL outside the supported subset")

// A URL is https://url.spec.whatwg.org/#concept-url for the subset that the
// model needs: HTTP(S) (and ftp, ws, wss) URLs of ASCII alone, whose host is a
// plain domain, a canonical IPv4 address or an IPv6 address, and URLs with an
// opaque path (data:, blob:, about:). URLs are comparable and immutable.
type URL struct {
	Scheme             string
	Username, Password string
	// Host is serialized; IPv6 in brackets. Empty for an opaque path.
	Host string
	// Port is empty for null, which is also the default port.
	Port string
	// Path starts with a slash unless it is opaque.
	Path string
	// Query and Fragment are without "?" and "#"; null unless the Has field
	// says that they are there.
	Query       string
	HasQuery    bool
	Fragment    string
	HasFragment bool

	origin Origin
}

// ParseURL is the URL parser, https://url.spec.whatwg.org/#concept-url-parser,
// with base, which may be nil. Its error is [ErrURLFailure] or
// [ErrURLUnsupported].
func ParseURL(input string, base *URL) (*URL, error) {
	u := new(URL)
	if err := u.parse(input, base); err != nil {
		return nil, err
	}
	return u, nil
}

// parse sets u, which is zero, to what input is.
func (u *URL) parse(input string, base *URL) error {
	for input != "" && input[0] <= ' ' {
		input = input[1:]
	}
	for input != "" && input[len(input)-1] <= ' ' {
		input = input[:len(input)-1]
	}
	plain := true
	for i := range len(input) {
		switch c := input[i]; {
		case c == '\t', c == '\n', c == '\r':
			return ErrURLUnsupported
		case c >= 0x80:
			plain = false
		}
	}
	scheme, rest, ok := cutScheme(input)
	if !plain && (ok || base != nil) {
		return ErrURLUnsupported // without a scheme and a base, it is none of whatever kind
	}
	if !ok {
		if base == nil || base.hasOpaquePath() {
			return ErrURLFailure
		}
		return u.parseRelative(input, base)
	}
	if _, special := specialPort(scheme); !special {
		return u.parseNonSpecial(scheme, rest)
	}
	slashed := forwardSlashes(rest)
	if base != nil && base.Scheme == scheme && !strings.HasPrefix(slashed, "//") {
		return u.parseRelative(rest, base)
	}
	return u.parseAuthority(scheme, strings.TrimLeft(slashed, "/"), input)
}

// cutScheme splits off the scheme, lower-cased, if there is one.
func cutScheme(input string) (scheme, rest string, ok bool) {
	for i := range len(input) {
		c := input[i]
		switch {
		case isAlpha(c):
		case i > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return byteLowercase(input[:i]), input[i+1:], true
		default:
			return "", "", false
		}
	}
	return "", "", false
}

// specialPort returns the default port of a special scheme. file is special
// too, but this package doesn't parse it.
func specialPort(scheme string) (port string, ok bool) {
	switch scheme {
	case "http", "ws":
		return "80", true
	case "https", "wss":
		return "443", true
	case "ftp":
		return "21", true
	}
	return "", false
}

// forwardSlashes turns "\" to "/" before the query and fragment, as the states
// of the URL parser do for special URLs.
func forwardSlashes(s string) string {
	end := queryOrFragment.index(s)
	if end < 0 {
		end = len(s)
	}
	if strings.IndexByte(s[:end], '\\') < 0 {
		return s
	}
	return strings.ReplaceAll(s[:end], `\`, "/") + s[end:]
}

// parseRelative is the relative state and those after it.
func (u *URL) parseRelative(input string, base *URL) error {
	if _, special := specialPort(base.Scheme); !special {
		return ErrURLUnsupported
	}
	input = forwardSlashes(input)
	if strings.HasPrefix(input, "//") {
		return u.parseAuthority(base.Scheme, strings.TrimLeft(input, "/"), "")
	}
	*u = *base
	u.Fragment, u.HasFragment = "", false
	path, tail := cutPath(input)
	switch {
	case path == "" && strings.HasPrefix(tail, "?"):
		u.Query, u.HasQuery = "", false
	case path == "":
	case path[0] == '/':
		u.Path = normalizePath(path)
		u.Query, u.HasQuery = "", false
	default:
		u.Path = normalizePath(base.Path[:strings.LastIndexByte(base.Path, '/')+1] + path)
		u.Query, u.HasQuery = "", false
	}
	u.setQueryAndFragment(tail, specialQuerySet)
	return nil
}

// parseAuthority is the authority state and those after it; input starts with
// the first code point of the authority. whole is the URL as it was given; if
// that is canonical, the origin is a part of it.
func (u *URL) parseAuthority(scheme, input, whole string) error {
	end := authorityEnd.index(input)
	if end < 0 {
		end = len(input)
	}
	authority, rest := input[:end], input[end:]
	u.Scheme = scheme
	hostPort := authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		username, password, _ := strings.Cut(strings.ReplaceAll(authority[:at], "@", "%40"), ":")
		u.Username = percentEncode(username, userinfoSet)
		u.Password = percentEncode(password, userinfoSet)
		hostPort = authority[at+1:]
	}
	host, port := hostPort, ""
	from := max(strings.IndexByte(hostPort, ']'), 0)
	if colon := strings.IndexByte(hostPort[from:], ':'); colon >= 0 {
		host, port = hostPort[:from+colon], hostPort[from+colon+1:]
	}
	if host == "" {
		return ErrURLFailure
	}
	var err error
	if u.Host, err = parseHost(host); err != nil {
		return err
	}
	if u.Port, err = parsePort(scheme, port); err != nil {
		return err
	}
	path, tail := cutPath(rest)
	if path == "" {
		path = "/"
	}
	u.Path = normalizePath(path)
	u.setQueryAndFragment(tail, specialQuerySet)
	u.setOrigin(whole, hostPort)
	return nil
}

// parseNonSpecial parses a URL whose path is opaque, and the plain ones with a
// host; all that fetch asks of those is their scheme.
func (u *URL) parseNonSpecial(scheme, rest string) error {
	u.Scheme, u.origin = scheme, OpaqueOrigin
	if scheme == "file" && !strings.HasPrefix(rest, "///") {
		return ErrURLUnsupported
	}
	if strings.HasPrefix(rest, "/") {
		for i := range len(rest) {
			if c := rest[i]; !isAlpha(c) && !isDigit(c) && strings.IndexByte("/.-_~?#=&", c) < 0 {
				return ErrURLUnsupported
			}
		}
	}
	path, tail := cutPath(rest)
	u.Path = percentEncode(path, c0ControlSet)
	u.setQueryAndFragment(tail, querySet)
	if scheme == "blob" {
		// https://url.spec.whatwg.org/#concept-url-origin, without an entry.
		if inner, err := ParseURL(u.Path, nil); err == nil && inner.IsHTTP() {
			u.origin = inner.origin
		}
	}
	return nil
}

var (
	queryOrFragment = newByteSet(func(c byte) bool { return c == '?' || c == '#' })
	authorityEnd    = newByteSet(func(c byte) bool { return c == '/' || c == '?' || c == '#' })
)

// cutPath splits input before its query or fragment.
func cutPath(input string) (path, tail string) {
	if end := queryOrFragment.index(input); end >= 0 {
		return input[:end], input[end:]
	}
	return input, ""
}

// setQueryAndFragment is the query state and the fragment state.
func (u *URL) setQueryAndFragment(tail string, querySet *byteSet) {
	before, fragment, hasFragment := strings.Cut(tail, "#")
	if strings.HasPrefix(before, "?") {
		u.Query, u.HasQuery = percentEncode(before[1:], querySet), true
	}
	if hasFragment {
		u.Fragment, u.HasFragment = percentEncode(fragment, fragmentSet), true
	}
}

// setOrigin sets the origin of a special URL.
func (u *URL) setOrigin(whole, hostPort string) {
	n := len(u.Scheme) + len("://")
	canonical := hostPort == u.Host || u.Port != "" && len(hostPort) == len(u.Host)+1+len(u.Port) &&
		hostPort[:len(u.Host)] == u.Host && hostPort[len(u.Host)+1:] == u.Port
	switch {
	case canonical && strings.HasPrefix(whole, u.Scheme) && strings.HasPrefix(whole[len(u.Scheme):], "://") &&
		strings.HasPrefix(whole[n:], hostPort):
		u.origin = Origin(whole[:n+len(hostPort)])
	case u.Port == "":
		u.origin = Origin(u.Scheme + "://" + u.Host)
	default:
		u.origin = Origin(u.Scheme + "://" + u.Host + ":" + u.Port)
	}
}

// Origin is https://url.spec.whatwg.org/#concept-url-origin.
func (u *URL) Origin() Origin { return u.origin }

// IsHTTP reports whether u's scheme is an HTTP(S) scheme:
// https://fetch.spec.whatwg.org/#http-scheme.
func (u *URL) IsHTTP() bool { return u.Scheme == "http" || u.Scheme == "https" }

// IncludesCredentials is https://url.spec.whatwg.org/#include-credentials.
func (u *URL) IncludesCredentials() bool { return u.Username != "" || u.Password != "" }

func (u *URL) hasOpaquePath() bool { return !strings.HasPrefix(u.Path, "/") }

// String is the URL serializer: https://url.spec.whatwg.org/#concept-url-serializer.
func (u *URL) String() string {
	if u.HasFragment {
		return u.withoutFragment() + "#" + u.Fragment
	}
	return u.withoutFragment()
}

// withoutFragment is the URL serializer with exclude fragment set.
func (u *URL) withoutFragment() string {
	switch {
	case u.Host == "":
		return u.Scheme + ":" + u.target()
	case u.IncludesCredentials():
		userinfo := u.Username
		if u.Password != "" {
			userinfo += ":" + u.Password
		}
		host := u.Host
		if u.Port != "" {
			host += ":" + u.Port
		}
		return u.Scheme + "://" + userinfo + "@" + host + u.target()
	}
	return string(u.origin) + u.target()
}

// target returns path and query, the request target in origin form.
func (u *URL) target() string {
	if u.HasQuery {
		return u.Path + "?" + u.Query
	}
	return u.Path
}
