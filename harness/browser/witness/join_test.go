package witness

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// connections are those that a router made.
type connections []wire.RoutedConnection

func (l connections) ConnectionsOf(peer string) (found []wire.RoutedConnection) {
	for _, c := range l {
		if c.Peer == peer {
			found = append(found, c)
		}
	}
	return found
}

func (l connections) Reached(hostport string) (addresses []string) {
	for _, c := range l {
		if c.HostPort == hostport {
			addresses = append(addresses, c.Address)
		}
	}
	return addresses
}

// TestCachedAnswers looks for what filled the cache under the method that the
// request had in the end, and under GET for HEAD.
func TestCachedAnswers(t *testing.T) {
	t.Parallel()
	const peer, hostport, url = "127.0.0.1:4000", "127.0.0.1:80", "http://127.0.0.1/x"
	redirect := fetch.Exchange{
		ID: "s#1.1", Kind: fetch.ExchangeRequest, Peer: peer, Ended: new(fetch.Offset),
		Request:  fetch.SentRequest{Method: "PUT", Target: "/x"},
		Response: &fetch.SentResponse{Status: 303, Headers: fetch.HeaderList{{"Location", "/y"}}},
	}
	for _, tc := range []struct {
		name, method, url string
		exchanges         []fetch.Exchange
		stored            string // the method of what filled the cache
		agree             bool
	}{
		{"GET", "GET", url, nil, "GET", true},
		{"HEAD from GET", "HEAD", url, nil, "GET", true},
		{"GET from HEAD", "GET", url, nil, "HEAD", false},
		{"POST from GET", "POST", url, nil, "GET", false},
		{"GET after a redirect of PUT", "PUT", "http://127.0.0.1/y", []fetch.Exchange{redirect}, "GET", true},
		{"PUT after a redirect that makes it GET", "PUT", "http://127.0.0.1/y", []fetch.Exchange{redirect}, "PUT", false},
	} {
		connections := connections{{HostPort: hostport, Address: "127.0.0.1:9", Peer: peer}}
		rec := newRecording(tc.exchanges, connections, []string{"127.0.0.1:9"})
		job := browser.Job{ID: "it", Request: fetch.Request{Method: tc.method, URL: url}}
		c := rec.Follow(job.Request, url, "")
		seen := Report{Kind: "response", URL: url, ResponseURL: tc.url, Type: "basic", Status: 200}
		err := c.Contradicted(job, &seen, "", func(h Hop) []int {
			if h == (Hop{tc.stored, tc.url}) {
				return []int{200}
			}
			return nil
		})
		assert.Equal(t, tc.agree, err == nil, "%s: %v", tc.name, err)
	}
}

// TestWitnessesThatDisagree feeds the join contradictions: no real browser can
// be made to tell them.
func TestWitnessesThatDisagree(t *testing.T) {
	t.Parallel()
	const peer, hostport, url = "127.0.0.1:4000", "127.0.0.1:80", "http://127.0.0.1/x"
	exchange := func(change func(*fetch.Exchange)) []fetch.Exchange {
		x := fetch.Exchange{
			ID: "s#1.1", Kind: fetch.ExchangeRequest, Peer: peer, Ended: new(fetch.Offset),
			Request:  fetch.SentRequest{Method: "GET", Target: "/x"},
			Response: &fetch.SentResponse{Status: 200, Body: fetch.PayloadOf([]byte("body"))},
		}
		change(&x)
		return []fetch.Exchange{x}
	}
	same := func(*fetch.Exchange) {}
	body := "body"
	read := Report{Kind: "response", URL: url, ResponseURL: url, Type: "cors", Status: 200, Body: &body}

	plain, empty := read, read
	plain.URL = "" // the page is not asked what it makes of such a URL
	empty.Body = new("")
	tests := []struct {
		name      string
		exchanges []fetch.Exchange
		history   []int
		report    Report
		blocked   string
		want      string // empty: they agree
	}{
		{"agree", exchange(same), nil, read, "", ""},
		{"status", exchange(func(x *fetch.Exchange) { x.Response.Status = 404 }), nil, read, "", "recorder: s#1.1 was answered 404"},
		{"digest", exchange(func(x *fetch.Exchange) { x.Response.Body = fetch.PayloadOf([]byte("other")) }), nil, read, "", "recorder: s#1.1 has 5 bytes"},
		{"status of a plain URL", exchange(func(x *fetch.Exchange) { x.Response.Status = 404 }), nil, plain, "", "recorder: s#1.1 was answered 404"},
		{"no body", exchange(func(x *fetch.Exchange) { x.Response.Body = fetch.Payload{} }), nil, empty, "", ""},
		{"a body where none was sent", exchange(func(x *fetch.Exchange) { x.Response.Body = fetch.Payload{} }), nil, read, "", "recorder: s#1.1 has 0 bytes"},
		{"never sent", nil, nil, read, "", "recorder: it was never asked"},
		{"cached", nil, []int{404, 200}, read, "", ""},
		{"validated", exchange(func(x *fetch.Exchange) { x.Response.Status = 304 }), nil, read, "", ""},
		{"never answered", exchange(func(x *fetch.Exchange) { x.Response = nil }), nil, read, "", "was not answered"},
		{"coded", exchange(func(x *fetch.Exchange) {
			x.Response.Headers = fetch.HeaderList{{"content-encoding", "gzip"}}
			x.Response.Body = fetch.Payload{Digest: "sha256:other"}
		}), nil, read, "", ""},
		{"blocked and read", exchange(same), nil, read, "No.", "protocol: blocked, No."},
		{"blocked", exchange(same), nil, Report{Kind: "network-error", URL: url}, "No.", ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			connections := connections{{HostPort: hostport, Address: "127.0.0.1:9", Peer: peer}}
			rec := newRecording(tc.exchanges, connections, []string{"127.0.0.1:9"})
			c := rec.Follow(fetch.Request{URL: url}, url, "")
			err := c.Contradicted(browser.Job{ID: "it"}, &tc.report, tc.blocked, func(Hop) []int { return tc.history })
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			var disagreement *browser.DisagreementError
			require.ErrorAs(t, err, &disagreement)
			assert.ErrorContains(t, err, tc.want)
			assert.ErrorContains(t, err, `job "it"`)
			assert.ErrorContains(t, err, "page: ")
		})
	}
}

// A port that was used twice belongs to whoever had it at the time.
func TestReusedPorts(t *testing.T) {
	t.Parallel()
	connections := connections{
		{HostPort: "a.example:80", Address: "127.0.0.1:9", Peer: "127.111.0.1:4000", Opened: 10},
		{HostPort: "b.example:80", Address: "127.0.0.1:9", Peer: "127.111.0.1:4000", Opened: 20},
	}
	exchanges := []fetch.Exchange{
		{Peer: "127.111.0.1:4000", Started: 11}, {Peer: "127.111.0.1:4000", Started: 21}, {Peer: "127.0.0.1:4000", Started: 22},
	}
	rec := newRecording(exchanges, connections, []string{"127.0.0.1:9"})
	assert.Equal(t, []string{"a.example:80", "b.example:80", ""}, rec.hostports)
}

// Two calls that are redirected to one URL each have the request there that came after
// their own, whichever is looked at first.
func TestCallsThatMeet(t *testing.T) {
	t.Parallel()
	const peer, address = "127.111.0.1:4000", "127.0.0.1:9"
	connections := connections{{HostPort: "a.example:80", Address: address, Peer: peer}}
	exchange := func(id, target string, started fetch.Offset, location string) fetch.Exchange {
		x := fetch.Exchange{
			ID: id, Kind: fetch.ExchangeRequest, Peer: peer, Started: started, Ended: new(started + 1),
			Request: fetch.SentRequest{Method: "GET", Target: target}, Response: &fetch.SentResponse{Status: 200},
		}
		if location != "" {
			x.Response = &fetch.SentResponse{Status: 302, Headers: fetch.HeaderList{{"Location", location}}}
		}
		return x
	}
	exchanges := []fetch.Exchange{
		exchange("one", "/one", 10, "/met"), exchange("one-met", "/met", 20, ""),
		exchange("two", "/two", 30, "/met"), exchange("two-met", "/met", 40, ""),
	}
	for _, order := range [][]string{{"one", "two"}, {"two", "one"}} {
		rec := newRecording(exchanges, connections, []string{address})
		for _, name := range order {
			url := "http://a.example/" + name
			var got []string
			for _, x := range rec.Follow(fetch.Request{URL: url}, url, "").Exchanges {
				got = append(got, x.ID)
			}
			assert.Equal(t, []string{name, name + "-met"}, got, order)
		}
	}
}

// A redirect from the cache leads to a request that no other call has made.
func TestRedirectFromTheCache(t *testing.T) {
	t.Parallel()
	const peer, address = "127.111.0.1:4000", "127.0.0.1:9"
	connections := connections{{HostPort: "a.example:80", Address: address, Peer: peer}}
	there := fetch.Exchange{
		ID: "there", Kind: fetch.ExchangeRequest, Peer: peer, Started: 10, Ended: new(fetch.Offset(11)),
		Request: fetch.SentRequest{Method: "GET", Target: "/there"}, Response: &fetch.SentResponse{Status: 200},
	}
	for _, tc := range []struct {
		name      string
		exchanges []fetch.Exchange
		stored    *fetch.SentResponse
		want      int
	}{
		{"it leads there", []fetch.Exchange{there}, &fetch.SentResponse{Status: 301, Headers: fetch.HeaderList{{"Location", "/there"}}}, 1},
		{"nobody went there", nil, &fetch.SentResponse{Status: 301, Headers: fetch.HeaderList{{"Location", "/there"}}}, 0},
		{"it leads elsewhere", []fetch.Exchange{there}, &fetch.SentResponse{Status: 301, Headers: fetch.HeaderList{{"Location", "/elsewhere"}}}, 0},
		{"nothing is stored", []fetch.Exchange{there}, nil, 0},
	} {
		rec := newRecording(tc.exchanges, connections, []string{address})
		rec.redirect = func(Hop) *fetch.SentResponse { return tc.stored }
		c := rec.Follow(fetch.Request{URL: "http://a.example/here"}, "http://a.example/here", "")
		assert.Len(t, c.Exchanges, tc.want, tc.name)
		assert.Len(t, rec.Unclaimed(), len(tc.exchanges)-tc.want, tc.name)
	}
}

// TestTimeoutsSentAgain gives a request what follows its 408 with the same headers,
// and leaves what others sent.
func TestTimeoutsSentAgain(t *testing.T) {
	t.Parallel()
	const peer, hostport, url = "127.0.0.1:4000", "127.0.0.1:80", "http://127.0.0.1/x"
	exchange := func(id string, status int, version, origin string) fetch.Exchange {
		return fetch.Exchange{
			ID: id, Kind: fetch.ExchangeRequest, Peer: peer, Ended: new(fetch.Offset),
			Request:  fetch.SentRequest{Method: "GET", Target: "/x", Version: version, Headers: fetch.HeaderList{{"Origin", origin}}},
			Response: &fetch.SentResponse{Status: status},
		}
	}
	for _, tc := range []struct {
		name      string
		exchanges []fetch.Exchange
		want      int // how many are the request's
	}{
		{"once", []fetch.Exchange{exchange("s#1.2", 408, "HTTP/1.1", "a"), exchange("s#2.1", 408, "HTTP/1.1", "a")}, 2},
		{"until another answer", []fetch.Exchange{
			exchange("s#1.2", 408, "HTTP/1.1", "a"), exchange("s#2.4", 408, "HTTP/1.1", "a"), exchange("s#3.1", 200, "HTTP/1.1", "a"), exchange("s#3.2", 200, "HTTP/1.1", "a"),
		}, 3},
		{"another's", []fetch.Exchange{exchange("s#1.2", 408, "HTTP/1.1", "a"), exchange("s#2.1", 408, "HTTP/1.1", "b")}, 1},
		{"HTTP/2", []fetch.Exchange{exchange("s#1.2", 408, "HTTP/2.0", "a"), exchange("s#1.3", 408, "HTTP/2.0", "a")}, 1},
		{"another status", []fetch.Exchange{exchange("s#1.2", 503, "HTTP/1.1", "a"), exchange("s#2.1", 503, "HTTP/1.1", "a")}, 1},
	} {
		rec := newRecording(tc.exchanges, connections{{HostPort: hostport, Address: "127.0.0.1:9", Peer: peer}}, []string{"127.0.0.1:9"})
		c := rec.Follow(fetch.Request{URL: url}, url, "")
		assert.Len(t, c.Exchanges, tc.want, tc.name)
		assert.Equal(t, tc.exchanges[tc.want-1].ID, c.Last.ID, tc.name)
		assert.Len(t, rec.Unclaimed(), len(tc.exchanges)-tc.want, tc.name)
	}
}
