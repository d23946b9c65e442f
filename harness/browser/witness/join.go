package witness

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// A wireKey is what a request has in common in the eyes of the protocol and of
// a recorder: where the browser asked to be connected to, and the request line.
type wireKey struct {
	preflight        bool
	method           string
	hostport, target string
}

// keyOf returns the key of a hop, and false for a URL that no server is asked
// for.
func keyOf(h Hop, preflight bool) (wireKey, bool) {
	scheme, rest, ok := strings.Cut(h.URL, "://")
	if !ok {
		return wireKey{}, false
	}
	authority, target := rest, "/"
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, target = rest[:i], rest[i:]
	}
	if _, host, ok := strings.Cut(authority, "@"); ok {
		authority = host
	}
	hostport, ok := withPort(scheme, authority)
	return wireKey{preflight, h.Method, hostport, target}, ok
}

func withPort(scheme, authority string) (string, bool) {
	u := url.URL{Host: authority}
	port := u.Port()
	if port == "" {
		switch scheme {
		case "http":
			port = "80"
		case "https":
			port = "443"
		default:
			return "", false
		}
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), port)), true
}

// A Recording is what all recorders saw in one window, as far as this browser may have
// sent it, and which exchanges belong to which request.
type Recording struct {
	exchanges []fetch.Exchange // in order of arrival
	hostports []string         // of each exchange, as the browser asked for it; empty if it came past the router
	claimed   []bool
	byKey     map[wireKey][]int
	// isRecorded reports whether a recorder stands behind a host:port that the
	// browser was connected to.
	isRecorded func(hostport string) bool
	// redirect returns the redirect that the browser's cache may have for a hop; nil
	// if it has none. Nil: nothing is known of the cache.
	redirect func(Hop) *fetch.SentResponse
}

// routes is what the router knows of its connections.
type routes interface {
	ConnectionsOf(peer string) []wire.RoutedConnection
	Reached(hostport string) []string
}

// newRecording sorts exchanges by arrival and tells by the router's
// connections which of them came from a browser. What the harness sends for
// itself, sentinels and pages, is left out.
func newRecording(exchanges []fetch.Exchange, routes routes, recorders []string) *Recording {
	r := &Recording{byKey: map[wireKey][]int{}}
	r.isRecorded = func(hostport string) bool {
		return slices.Contains(recorders, hostport) || slices.ContainsFunc(routes.Reached(hostport), func(address string) bool {
			return slices.Contains(recorders, address)
		})
	}
	byPeer := map[string][]wire.RoutedConnection{} // to recorders, in the order in which they were opened
	for _, x := range exchanges {
		if wire.IsOwnTarget(x.Request.Target) {
			continue
		}
		r.exchanges = append(r.exchanges, x)
		if _, known := byPeer[x.Peer]; !known {
			byPeer[x.Peer] = slices.DeleteFunc(routes.ConnectionsOf(x.Peer), func(c wire.RoutedConnection) bool {
				return !slices.Contains(recorders, c.Address)
			})
		}
	}
	SortByArrival(r.exchanges)
	r.claimed = make([]bool, len(r.exchanges))
	r.hostports = make([]string, len(r.exchanges))
	for i, x := range r.exchanges {
		r.hostports[i] = hostportAt(byPeer[x.Peer], x.Started)
		if r.hostports[i] == "" {
			continue
		}
		key := wireKey{x.Kind == fetch.ExchangePreflight, x.Request.Method, r.hostports[i], x.Request.Target}
		r.byKey[key] = append(r.byKey[key], i)
	}
	return r
}

// hostportAt returns what the connection was asked for that had its peer's port
// at the time: the system gives a port again once a connection is over.
func hostportAt(connections []wire.RoutedConnection, at fetch.Offset) string {
	hostport := ""
	for _, c := range connections {
		if hostport == "" || c.Opened <= at {
			hostport = c.HostPort
		}
	}
	return hostport
}

// SortByArrival sorts exchanges by the time at which they began to arrive.
func SortByArrival(exchanges []fetch.Exchange) {
	slices.SortStableFunc(exchanges, func(a, b fetch.Exchange) int { return cmp.Compare(a.Started, b.Started) })
}

// claim takes the exchanges of one hop: the first from an offset on that nobody has,
// since others may ask for the same, and those that follow while the browser sent the request again because its connection
// was closed under it or timed out by the server's account, or once because the server said that it was the wrong one:
// https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch, step 17.
func (r *Recording) claim(key wireKey, from fetch.Offset) []int {
	var mine []int
	var timedOut *fetch.Exchange
	for _, i := range r.byKey[key] {
		if r.claimed[i] || r.exchanges[i].Started < from {
			continue
		}
		if timedOut != nil && !slices.Equal(timedOut.Request.Headers, r.exchanges[i].Request.Headers) {
			continue // somebody else's
		}
		r.claimed[i] = true
		mine = append(mine, i)
		if x := r.exchanges[i]; x.Response == nil && x.Incomplete != "" {
			continue
		} else if x.Response != nil && x.Response.Status == http.StatusMisdirectedRequest && len(mine) == 1 {
			continue
		} else if x.IsTimeout() {
			timedOut = &r.exchanges[i]
			continue
		}
		break
	}
	return mine
}

// claimAll takes every exchange of a key that nobody has.
func (r *Recording) claimAll(key wireKey) []int {
	var mine []int
	for _, i := range r.byKey[key] {
		if !r.claimed[i] {
			r.claimed[i] = true
			mine = append(mine, i)
		}
	}
	return mine
}

// Unclaimed returns the browser's exchanges that belong to no request.
func (r *Recording) Unclaimed() []fetch.Exchange {
	var left []fetch.Exchange
	for i, x := range r.exchanges {
		if !r.claimed[i] && r.hostports[i] != "" {
			left = append(left, x)
		}
	}
	return left
}

// Others returns the exchanges of clients that did not come through the router, so not of
// the browser.
func (r *Recording) Others() []fetch.Exchange {
	var others []fetch.Exchange
	for i, x := range r.exchanges {
		if r.hostports[i] == "" {
			others = append(others, x)
		}
	}
	return others
}

// A Chain is one request of page code with everything that it caused on the wire.
type Chain struct {
	Request *Request // nil if the protocol was not asked
	// URLs are the URLs that it requested or was about to request.
	URLs []string
	// method is that of the last of them.
	method string
	// elsewhere reports that it went to a server without a recorder.
	elsewhere bool
	Exchanges []fetch.Exchange // in order of arrival
	// Last is the exchange of the last hop; nil if no request was sent there.
	Last *fetch.Exchange
	// from is when the request before the next one of the chain was sent: none comes
	// earlier.
	from fetch.Offset
	// Contradiction is the disagreement of protocol and recorder, or nil.
	Contradiction *browser.DisagreementError
}

// Sent reports whether the request itself was sent, not only a preflight.
func (c *Chain) Sent() bool {
	return slices.ContainsFunc(c.Exchanges, func(x fetch.Exchange) bool { return x.Kind != fetch.ExchangePreflight })
}

// Join finds the exchanges of a request and of its preflights.
func (r *Recording) Join(main *Request, preflights []*Request) Chain {
	c := Chain{Request: main}
	var mine []int
	serves := map[int]string{} // by the preflight's index
	waiting := slices.Clone(preflights)
	for i, h := range main.Hops {
		// A preflight serves the hop whose URL it has.
		var before []int
		waiting = slices.DeleteFunc(waiting, func(p *Request) bool {
			if len(p.Hops) == 0 || p.Hops[0].URL != h.URL {
				return false
			}
			before = append(before, c.all(r, p)...)
			return true
		})
		got := c.hop(r, main, i)
		mine = append(append(mine, before...), got...)
		if len(got) == 0 {
			continue
		}
		c.from = r.exchanges[got[len(got)-1]].Started
		for _, b := range before {
			serves[b] = r.exchanges[got[len(got)-1]].ID
		}
		if i == len(main.Hops)-1 {
			c.Last = new(r.exchanges[got[len(got)-1]])
		}
	}
	c.from = 0
	for _, p := range waiting {
		mine = append(mine, c.all(r, p)...)
	}
	c.take(r, mine, serves)
	return c
}

// take puts exchanges of r in order. serves says which exchange a preflight was
// for.
func (c *Chain) take(r *Recording, mine []int, serves map[int]string) {
	slices.Sort(mine)
	for _, i := range mine {
		x := r.exchanges[i]
		x.Serves = serves[i]
		c.Exchanges = append(c.Exchanges, x)
	}
}

// all claims the exchanges of all hops of q.
func (c *Chain) all(r *Recording, q *Request) []int {
	var all []int
	for i := range q.Hops {
		all = append(all, c.hop(r, q, i)...)
	}
	return all
}

// hop claims the exchanges of hop i of q, holds them against the protocol's
// account, and notes that account in them.
func (c *Chain) hop(r *Recording, q *Request, i int) []int {
	h := q.Hops[i]
	key, ok := keyOf(h, q.Preflight)
	if !ok {
		return nil
	}
	got := r.claim(key, c.from)
	if len(got) == 0 {
		// What comes from a cache has no exchange.
		if i < q.Sent && !q.cached() && r.isRecorded(key.hostport) {
			c.contradict(fmt.Sprintf("protocol: %s %s was sent", h.Method, h.URL), "recorder: it never arrived")
		}
		return nil
	}
	last := r.exchanges[got[len(got)-1]]
	if i < len(q.Statuses) && last.Response != nil && q.Statuses[i] != last.Response.Status {
		c.contradict(fmt.Sprintf("protocol: %s %s was answered %d", h.Method, h.URL, q.Statuses[i]),
			fmt.Sprintf("recorder: %s was answered %d", last.ID, last.Response.Status))
	}
	view := q.view(i)
	for _, g := range got {
		r.exchanges[g].Protocol = view
	}
	return got
}

func (c *Chain) contradict(first, second string) {
	if c.Contradiction == nil {
		c.Contradiction = &browser.DisagreementError{First: first, Second: second}
	}
}
