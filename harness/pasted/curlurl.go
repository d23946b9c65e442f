package pasted

import (
	"errors"
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

func (l *curlLine) addURL(url string, at int) *Error {
	switch {
	case url == "":
		return l.fail(at, "an argument is empty where the URL was expected")
	case l.url != "":
		return l.fail(at, "a second URL; if it is the value of a flag, put it in quotes behind that flag; else paste one request")
	}
	l.url, l.urlAt = url, at
	return nil
}

// finishURL returns the URL that curl would ask for.
func (l *curlLine) finishURL() (string, *Error) {
	url := l.url
	if !l.globOff {
		var err *Error
		if url, err = l.unglobbed(url); err != nil {
			return "", err
		}
	}
	if !strings.Contains(url, "://") {
		url = "http://" + url // as curl does
	}
	query := l.query
	if l.get && l.body.hasData {
		query = append(query[:len(query):len(query)], l.body.data.String())
	}
	url = withQuery(url, strings.Join(query, "&"))
	url = escapedURL(url)
	if err := checkURL(url); err != nil {
		return "", l.fail(l.urlAt, "%s", err)
	}
	return url, nil
}

// checkURL is an error about what is no URL of a request. A URL that fetch
// doesn't support passes: to say so is fetch's part.
func checkURL(url string) error {
	scheme, rest, _ := strings.Cut(url, "://")
	if s := strings.ToLower(scheme); s != "http" && s != "https" {
		return errors.New("the URL has a scheme other than http and https")
	}
	if rest == "" {
		return errors.New("the URL has no host")
	}
	if _, err := fetch.ParseURL(url, nil); errors.Is(err, fetch.ErrURLFailure) {
		return errors.New("the URL can't be parsed; write scheme, host and path, as in https://api.test/items")
	}
	return nil
}

// withQuery appends to the query of a URL, before its fragment.
func withQuery(url, query string) string {
	if query == "" {
		return url
	}
	fragment := ""
	if i := strings.IndexByte(url, '#'); i >= 0 {
		url, fragment = url[:i], url[i:]
	}
	switch {
	case !strings.Contains(url, "?"):
		url += "?"
	case !strings.HasSuffix(url, "?") && !strings.HasSuffix(url, "&"):
		url += "&"
	}
	return url + query + fragment
}

// unglobbed takes away the backslashes before the characters of curl's URL globs,
// which Chrome and Safari write. A glob stands for several requests.
func (l *curlLine) unglobbed(url string) (string, *Error) {
	var b strings.Builder
	for i := 0; i < len(url); i++ {
		switch c := url[i]; {
		case c == '\\' && i+1 < len(url) && strings.IndexByte("[]{}", url[i+1]) >= 0:
			i++
			b.WriteByte(url[i])
		case c == '[':
			// An IPv6 address is no glob.
			n := prefixOf(url[i+1:], func(c byte) bool { return c == ':' || c == '.' || isHexByte(c) })
			if end := i + 1 + n; n >= 2 && strings.Contains(url[i:end], ":") && end < len(url) && url[end] == ']' {
				b.WriteString(url[i : end+1])
				i = end
				continue
			}
			return "", l.glob()
		case c == '{', c == '}', c == ']':
			return "", l.glob()
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

func (l *curlLine) glob() *Error {
	return l.fail(l.urlAt, "curl makes several requests of a URL with [] or {}; add --globoff if they are a part of it, or write one URL")
}

func isHexByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// escapedURL percent-encodes what isn't ASCII behind the host, as browsers do
// before they send. A host is left as it is.
func escapedURL(url string) string {
	host := 0
	if i := strings.Index(url, "://"); i >= 0 {
		host = i + len("://")
	}
	start := len(url)
	if i := strings.IndexAny(url[host:], "/?#"); i >= 0 {
		start = host + i
	}
	var b strings.Builder
	b.WriteString(url[:start])
	for i := start; i < len(url); i++ {
		if url[i] >= 0x80 {
			fmt.Fprintf(&b, "%%%02X", url[i])
			continue
		}
		b.WriteByte(url[i])
	}
	return b.String()
}
