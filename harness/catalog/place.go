package catalog

import (
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Place returns the case for a server that runs other cases at the same time. Each path
// begins with "/token", so that no two cases share a URL, and with it an entry of the
// preflight cache or of the HTTP cache. A case that leaves state behind for a host
// (cookies, a protocol version) also gets hosts of its own: api.test becomes
// api-token.test, which is same site with the page if api.test is. The page's own host
// does not change.
//
// token has only lower-case letters and digits. Place does not change c.
func (c *Case) Place(token string) Case {
	p := placing{token: token}
	if c.leavesState() {
		p.pages = c.pageHosts()
	}
	placed := *c
	placed.Page.HTTP2 = p.all(c.Page.HTTP2, p.hosts)
	placed.Steps = nil
	placed.Step = Step{}
	var steps []Step
	for _, s := range c.AllSteps() {
		steps = append(steps, p.step(s))
	}
	if len(c.Steps) > 0 {
		placed.Steps = steps
	} else {
		placed.Step = steps[0]
	}
	return placed
}

// leavesState reports whether something of the case hangs on a host, and not on
// a URL alone.
func (c *Case) leavesState() bool {
	if len(c.Page.HTTP2) > 0 {
		return true
	}
	for _, s := range c.AllSteps() {
		for _, a := range s.Server {
			// A connection that broke makes a browser careful with the host.
			if a.Fails != "" {
				return true
			}
			for _, line := range a.Headers {
				switch strings.ToLower(line.Header().Name()) {
				case "set-cookie", "strict-transport-security", "clear-site-data", "www-authenticate", "alt-svc":
					return true
				}
			}
		}
	}
	return false
}

// pageHosts returns the hosts that pages of the case are at.
func (c *Case) pageHosts() []string {
	var hosts []string
	for _, s := range c.AllSteps() {
		_, host, _ := strings.Cut(c.PageOrigin(s), "://")
		host, _, _ = strings.Cut(host, ":")
		hosts = append(hosts, host)
	}
	return hosts
}

// PageOrigin returns the origin of the page that sends the step's request.
func (c *Case) PageOrigin(s Step) string {
	switch {
	case s.Request.Origin != "":
		return s.Request.Origin
	case c.Page.Origin != "":
		return c.Page.Origin
	}
	return DefaultPage
}

// A placing moves URLs.
type placing struct {
	token string
	pages []string // the hosts that stay; nil if all do
}

func (p placing) step(s Step) Step {
	s.Request.URL = p.url(s.Request.URL)
	s.Request.Referrer = p.hosts(s.Request.Referrer)
	s.Request.Headers = p.lines(s.Request.Headers)
	s.Server = slices.Clone(s.Server)
	for i := range s.Server {
		a := &s.Server[i]
		a.To = p.keyed(a.To)
		a.Headers = slices.Clone(a.Headers)
		for n, line := range a.Headers {
			a.Headers[n] = p.line(line, a.To)
		}
	}
	if s.Expect != nil {
		expect := *s.Expect
		expect.URL = p.url(expect.URL)
		expect.Headers = p.lines(expect.Headers)
		expect.Exchanges = slices.Clone(expect.Exchanges)
		for i := range expect.Exchanges {
			x := &expect.Exchanges[i]
			x.Send = p.keyed(x.Send)
			x.Origin = p.hosts(x.Origin)
			x.Referer = p.hosts(x.Referer)
			x.Has = p.lines(x.Has)
		}
		s.Expect = &expect
	}
	return s
}

// httpURL splits a URL after its authority. What is no such URL stays as it is.
var httpURL = regexp.MustCompile(`^((?i:https?)://[^/?#\\]+)(.*)$`)

// pathURL splits a URL without an authority, which stands on the page's, before
// its path.
var pathURL = regexp.MustCompile(`^((?i:https?):/?)([^/\\].*)$`)

// relativePath matches such a URL whose path is relative.
var relativePath = regexp.MustCompile(`^(?i:https?):[^/\\]`)

// url gives a URL the token in front of its path.
func (p placing) url(u string) string {
	parts := httpURL.FindStringSubmatch(u)
	if parts == nil {
		if parts = pathURL.FindStringSubmatch(u); parts != nil {
			return parts[1] + p.token + "/" + parts[2]
		}
		return u
	}
	if rest := parts[2]; rest != "" && strings.ContainsRune(`/\`, rune(rest[0])) {
		return p.hosts(parts[1]) + "/" + p.token + rest
	}
	return p.hosts(parts[1]) + "/" + p.token + "/" + parts[2]
}

// keyed is url for "METHOD URL", or a URL alone.
func (p placing) keyed(text string) string {
	method, u, ok := strings.Cut(text, " ")
	if !ok || strings.Contains(method, "://") {
		return p.url(text)
	}
	return method + " " + p.url(u)
}

// line moves where a response redirects to, and the hosts that it names.
func (p placing) line(l HeaderLine, to string) HeaderLine {
	name, value, _ := strings.Cut(string(l), ":")
	if !strings.EqualFold(name, "Location") {
		return HeaderLine(p.hosts(string(l)))
	}
	blank := value[:len(value)-len(strings.TrimLeft(value, " \t"))]
	value = strings.TrimLeft(value, " \t")
	switch {
	case strings.HasPrefix(value, "//"):
		// As in "https:" + value.
		value = strings.TrimPrefix(p.url("https:"+value), "https:")
	case value != "" && strings.ContainsRune(`/\`, rune(value[0])):
		value = "/" + p.token + value
	case relativePath.MatchString(value):
		// It stands on the path of what redirects, if that has the scheme.
		if scheme, rest, _ := strings.Cut(value, ":"); !strings.Contains(strings.ToLower(to), strings.ToLower(scheme)+"://") {
			value = scheme + ":" + strings.TrimPrefix(p.url(scheme+"://"+rest), scheme+"://")
		}
	default:
		value = p.url(value)
	}
	return HeaderLine(name + ":" + blank + value)
}

func (p placing) lines(lines []HeaderLine) []HeaderLine {
	var out []HeaderLine
	for _, l := range lines {
		out = append(out, HeaderLine(p.hosts(string(l))))
	}
	return out
}

func (p placing) all(texts []string, move func(string) string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, move(t))
	}
	return out
}

// testHost matches the names that cases give to servers.
var testHost = regexp.MustCompile(`\b([a-z0-9-]+)((?:\.[a-z0-9-]+)*\.test)\b`)

// hosts renames the hosts in a text, if the case has hosts of its own.
func (p placing) hosts(text string) string {
	if p.pages == nil {
		return text
	}
	return testHost.ReplaceAllStringFunc(text, func(host string) string {
		// Neither a page's host nor a domain that it is in.
		if slices.ContainsFunc(p.pages, func(page string) bool { return strings.HasSuffix("."+page, "."+host) }) {
			return host
		}
		first, rest, _ := strings.Cut(host, ".")
		return first + "-" + p.token + "." + rest
	})
}

// Delayed returns the case with additional seconds before each of its requests.
func (c *Case) Delayed(seconds []int) Case {
	delayed := *c
	delayed.Steps = slices.Clone(c.Steps)
	for i := range delayed.Steps {
		delayed.Steps[i].After += seconds[i]
	}
	return delayed
}

// Origins returns the origins of the case's servers, including those that are only named,
// and whether each speaks HTTP/2.
func (c *Case) Origins() map[string]bool {
	origins := map[string]bool{}
	add := func(text string) {
		if u, err := fetch.ParseURL(text, nil); err == nil && u.IsHTTP() {
			origin := string(u.Origin())
			origins[origin] = slices.Contains(c.Page.HTTP2, origin)
		}
	}
	for _, s := range c.AllSteps() {
		for _, a := range s.Server {
			method, u, ok := strings.Cut(a.To, " ")
			if !ok || strings.Contains(method, "://") {
				u = a.To
			}
			add(u)
		}
	}
	return origins
}
