package nginx

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// nginxAsked is a request as nginx sees it, and what is known of its answer.
type nginxAsked struct {
	method, scheme, host, port string
	path, args                 string // the path as locations and $uri have it
	target                     string
	headers                    fetch.HeaderList
	status                     int  // of the answer that came
	fromUpstream               bool // the upstream gave it
}

func askedOf(s *policy.Shown) (nginxAsked, bool) {
	u, err := url.Parse(s.URL)
	if err != nil {
		return nginxAsked{}, false
	}
	a := nginxAsked{
		method: s.Method, scheme: u.Scheme, host: strings.ToLower(u.Hostname()), port: u.Port(), path: nginxPath(u.Path), args: u.RawQuery,
		target: u.RequestURI(), headers: s.Request, status: s.Status, fromUpstream: s.FromUpstream,
	}
	if a.port == "" {
		a.port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return a, true
}

// nginxPath is a decoded path without what nginx takes out: dot segments, and
// slashes that follow each other.
func nginxPath(p string) string {
	clean := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

// server picks the server block for a request: among those that listen where it
// goes the one that has its name, else the default one.
// unknown is one that it may be, too: its name is an expression that only PCRE knows.
// https://nginx.org/en/docs/http/request_processing.html
func (c *conf) server(a nginxAsked) (found, unknown *directive) {
	var all, secure, here []*directive
	var byDefault *directive
	each(c.top, func(d *directive) {
		if d.name.value != "server" || !d.open || !d.in("http") {
			return
		}
		all = append(all, d)
		tls, port, isDefault := listens(d, a)
		if tls {
			secure = append(secure, d)
		}
		if tls && port {
			here = append(here, d)
			if isDefault && byDefault == nil {
				byDefault = d
			}
		}
	})
	for _, some := range [][]*directive{here, secure, all} {
		if len(some) == 0 {
			continue
		}
		named, unknown := nginxNamed(some, a.host)
		switch {
		case named != nil:
			return named, unknown
		case byDefault != nil && slices.Contains(some, byDefault):
			return byDefault, unknown
		}
		return some[0], unknown
	}
	return nil, nil
}

// listens reports whether a server takes the request's scheme, and that on
// its port.
func listens(server *directive, a nginxAsked) (scheme, port, isDefault bool) {
	listens := 0
	for _, d := range server.block {
		if d.name.value != "listen" || len(d.args) == 0 {
			continue
		}
		listens++
		tls := slices.ContainsFunc(d.args, func(w word) bool { return w.value == "ssl" })
		if on := server.has("ssl"); on != nil && on.arg(0) == "on" {
			tls = true
		}
		if tls != (a.scheme == "https") {
			continue
		}
		scheme = true
		if key, err := listenKey(d.arg(0)); err == nil && strings.HasSuffix(key, ":"+a.port) {
			port = true
			isDefault = isDefault || slices.ContainsFunc(d.args, func(w word) bool { return w.value == "default_server" || w.value == "default" })
		}
	}
	if listens == 0 && a.scheme == "http" {
		return true, a.port == "80", false
	}
	return scheme, port, isDefault
}

// nginxNamed returns the server that has a name; nil if none does. unknown is one that
// may have it before that.
func nginxNamed(servers []*directive, host string) (best, unknown *directive) {
	rank, length := 0, 0
	for _, s := range servers {
		for _, d := range s.block {
			if d.name.value != "server_name" {
				continue
			}
			for _, w := range d.args {
				r := nameRank(w.value, host)
				if r > rank || r == rank && r > 1 && len(w.value) > length {
					best, rank, length = s, r, len(w.value)
				}
				if r < 0 && rank == 0 {
					unknown = s
				}
			}
		}
	}
	if rank > 1 {
		unknown = nil // expressions come last
	}
	return best, unknown
}

// nameRank is higher the earlier nginx looks at a name; 0 if it isn't the
// host's, -1 if only PCRE knows.
func nameRank(name, host string) int {
	lower := strings.ToLower(name)
	switch {
	case lower == host:
		return 4
	case strings.HasPrefix(lower, "*.") && strings.HasSuffix(host, lower[1:]),
		strings.HasPrefix(lower, ".") && (strings.HasSuffix(host, lower) || host == lower[1:]):
		return 3
	case strings.HasSuffix(lower, ".*") && strings.HasPrefix(host, lower[:len(lower)-1]):
		return 2
	case strings.HasPrefix(name, "~"):
		expression := nginxExpression("*" + name[1:])
		switch {
		case expression == nil:
			return -1
		case expression.MatchString(host):
			return 1
		}
	}
	return 0
}

// located picks the location for a path as nginx does, in a server or in a
// location with others in it; nil if none matches. exact: it ends the search. unknown
// is a location that it may be, too: its expression is one that only PCRE knows.
// https://nginx.org/en/docs/http/ngx_http_core_module.html#location
func located(block *directive, path string) (best *directive, exact bool, unknown *directive) {
	length, noRegex := -1, false
	for _, d := range block.block {
		modifier, text, ok := nginxLocation(d)
		switch {
		case !ok:
		case modifier == "=" && text == path:
			return d, true, nil
		case (modifier == "" || modifier == "^~") && strings.HasPrefix(path, text) && len(text) > length:
			best, length, noRegex = d, len(text), modifier == "^~"
		}
	}
	if best != nil {
		within, ends, may := located(best, path)
		if unknown = may; ends {
			return within, true, unknown
		}
		if within != nil {
			best = within
		}
	}
	if noRegex {
		return best, false, unknown
	}
	for _, d := range block.block {
		modifier, text, ok := nginxLocation(d)
		if !ok || modifier != "~" && modifier != "~*" {
			continue
		}
		switch expression := nginxExpression(strings.TrimPrefix(modifier, "~") + text); {
		case expression == nil:
			unknown = d
		case expression.MatchString(path):
			within, _, may := located(d, path)
			if may != nil {
				unknown = may
			}
			if within != nil {
				d = within
			}
			return d, true, unknown
		}
	}
	return best, false, unknown
}

// nginxLocation returns what a location that isn't a named one asks for.
func nginxLocation(d *directive) (modifier, text string, ok bool) {
	if d.name.value != "location" || len(d.args) == 0 || strings.HasPrefix(d.arg(0), "@") {
		return "", "", false
	}
	if len(d.args) > 1 {
		return d.arg(0), d.arg(1), true
	}
	for _, m := range []string{"=", "^~", "~*", "~"} { // as in location =/path
		if text, found := strings.CutPrefix(d.arg(0), m); found {
			return m, text, true
		}
	}
	return "", d.arg(0), true
}
