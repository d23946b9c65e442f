package wire

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

func http1Parser(log *connLog) parser { return newHTTP1(log) }

const (
	get   = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	ok2   = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
)

func gotGet() fetch.SentRequest    { return request("GET / HTTP/1.1", "Host: a") }
func gotOK() *fetch.SentResponse   { return withBody(response(200, "OK", "Content-Length: 2"), "ok") }
func gotNone() *fetch.SentResponse { return withBody(response(200, "OK", "Content-Length: 0"), "") }
func gotHead(status int, reason string, headers ...string) *fetch.SentResponse {
	return response(status, reason, headers...)
}

var http1Cases = []parserCase{
	{
		name:     "content-length",
		why:      "RFC 9112, 6.2; a request without framing headers has no body, which is not an empty one",
		portions: []portion{up(get), down(ok2)},
		want:     []fetch.Exchange{whole(gotGet(), gotOK())},
	},
	{
		name: "lines as sent",
		why:  "order, case and repeats decide what a browser makes of a response",
		portions: []portion{
			up("OPTIONS /x?q=1#f HTTP/1.1\r\nhOST:a\r\nOrigin: https://p\r\nAccess-Control-Request-Method: \t PUT \t\r\n\r\n"),
			down("HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\naccess-control-allow-origin:*\r\nX:\r\n\r\n"),
		},
		want: []fetch.Exchange{whole(
			request("OPTIONS /x?q=1#f HTTP/1.1", "hOST: a", "Origin: https://p", "Access-Control-Request-Method: PUT"),
			gotHead(204, "No Content", "Access-Control-Allow-Origin: *", "access-control-allow-origin: *", "X: "))},
	},
	{
		name:     "raw bytes",
		why:      "isomorphic decode: every byte survives",
		portions: []portion{up("GET /\xff\x00 HTTP/1.1\r\nX-\xe9: a\x80\x01\rb\r\n\r\n"), down("HTTP/1.1 200 \xfcber\r\nContent-Length: 0\r\n\r\n")},
		want: []fetch.Exchange{whole(
			request("GET /\u00ff\x00 HTTP/1.1", "X-\u00e9: a\u0080\x01\rb"),
			withBody(response(200, "\u00fcber", "Content-Length: 0"), ""))},
	},
	{
		name:     "secrets",
		why:      "they are replaced when the recording is made",
		portions: []portion{up("GET / HTTP/1.1\r\nCookie: sid=geheim\r\n\r\n"), down("HTTP/1.1 200 OK\r\nSet-Cookie: sid=geheim; Path=/\r\nContent-Length: 0\r\n\r\n")},
		want: []fetch.Exchange{whole(request("GET / HTTP/1.1", "Cookie: sid=[redacted, 6 bytes]"),
			withBody(response(200, "OK", "Set-Cookie: sid=[redacted, 6 bytes]; Path=/", "Content-Length: 0"), ""))},
	},
	{
		name:     "chunked with extensions and trailers",
		why:      "RFC 9112, 7.1: the payload is what the chunks hold",
		portions: []portion{up("POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n0A \r\n0123456789\r\n0;x\r\nT: 1\r\n\r\n" + get), down(ok2 + ok2)},
		want: []fetch.Exchange{
			whole(withRequestBody(request("POST / HTTP/1.1", "Transfer-Encoding: Chunked"), "abc0123456789"), gotOK()),
			whole(gotGet(), gotOK()),
		},
	},
	{
		name:     "chunked response with line ends in it",
		why:      "chunk bytes are not lines",
		portions: []portion{up(get), down("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n" + ok2)},
		want:     []fetch.Exchange{whole(gotGet(), withBody(response(200, "OK", "Transfer-Encoding: gzip, chunked"), "\r\n\r\n"))},
	},
	{
		name:     "transfer coding overrides length",
		why:      "RFC 9112, 6.3, rule 3",
		portions: []portion{up("POST / HTTP/1.1\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), down(empty)},
		want:     []fetch.Exchange{whole(withRequestBody(request("POST / HTTP/1.1", "Content-Length: 99", "Transfer-Encoding: chunked"), ""), gotNone())},
	},
	{
		name:     "same length twice",
		why:      "RFC 9112, 6.3, rule 5: the same value may be repeated",
		portions: []portion{up(get), down("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nok")},
		want:     []fetch.Exchange{whole(gotGet(), withBody(response(200, "OK", "Content-Length: 2, 2", "Content-Length: 2"), "ok"))},
	},
	{
		name:     "pipelining",
		why:      "RFC 9112, 9.3.2: responses come in the order of the requests",
		portions: []portion{up("GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n"), down(ok2 + "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" + ok2)},
		want: []fetch.Exchange{
			whole(request("GET /1 HTTP/1.1"), gotOK()),
			whole(request("HEAD /2 HTTP/1.1"), gotHead(200, "OK", "Content-Length: 7")),
			whole(request("GET /3 HTTP/1.1"), gotOK()),
		},
	},
	{
		name:     "informational responses",
		why:      "RFC 9110, 15.2: the final response follows",
		portions: []portion{up("POST / HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"), down("HTTP/1.1 100 Continue\r\n\r\n"), up("x"), down("HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + ok2)},
		want:     []fetch.Exchange{whole(withRequestBody(request("POST / HTTP/1.1", "Content-Length: 1", "Expect: 100-continue"), "x"), gotOK())},
	},
	{
		name:     "no body with 204 and 304",
		why:      "RFC 9112, 6.3, rule 1, whatever the headers say",
		portions: []portion{up(get + get + get), down("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" + ok2)},
		want: []fetch.Exchange{
			whole(gotGet(), gotHead(204, "No Content", "Transfer-Encoding: chunked")),
			whole(gotGet(), gotHead(304, "Not Modified", "Content-Length: 9")),
			whole(gotGet(), gotOK()),
		},
	},
	{
		name:     "until close",
		why:      "RFC 9112, 6.3, rule 8",
		portions: []portion{up(get), down("HTTP/1.0 200\r\nConnection: close\r\n\r\nall of it"), downEnds},
		want: []fetch.Exchange{whole(gotGet(), withBody(&fetch.SentResponse{Status: 200, Version: "HTTP/1.0",
			Headers: fetch.HeaderList{{"Connection", "close"}}}, "all of it"))},
	},
	{
		name:     "until a broken close",
		why:      "an aborted connection is not an end",
		portions: []portion{up(get), down("HTTP/1.1 200 OK\r\n\r\nhalf")},
		want:     []fetch.Exchange{broken(gotGet(), withBody(response(200, "OK"), "half"), "response cut short: "+abandoned)},
	},
	{
		name:     "request after connection close",
		why:      "it was sent and not answered, both of which the recording says",
		portions: []portion{up(get + get), down("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), downEnds},
		want: []fetch.Exchange{
			whole(gotGet(), withBody(response(200, "OK", "Connection: close", "Content-Length: 0"), "")),
			broken(gotGet(), nil, "no response: the server closed the connection"),
		},
	},
	{
		name:     "upgrade",
		why:      "after 101 the bytes are not HTTP/1",
		portions: []portion{up("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"), down("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi"), up("\x81\x02HTTP/1.1 200 OK\r\n\r\n"), down("x\r\n\r\n")},
		want:     []fetch.Exchange{whole(request("GET / HTTP/1.1", "Upgrade: websocket"), gotHead(101, "Switching Protocols", "Upgrade: websocket"))},
	},
	{
		name:     "tunnel",
		why:      "RFC 9110, 9.3.6",
		portions: []portion{up("CONNECT a:1 HTTP/1.1\r\n\r\n"), down("HTTP/1.1 200 OK\r\n\r\nbytes"), up("more\r\n\r\n")},
		want:     []fetch.Exchange{whole(request("CONNECT a:1 HTTP/1.1"), gotHead(200, "OK"))},
	},
	{
		name:     "early response",
		why:      "a server may answer before the request is complete",
		portions: []portion{up("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"), down(ok2), up("cd" + get), down(ok2)},
		want: []fetch.Exchange{
			whole(withRequestBody(request("POST / HTTP/1.1", "Content-Length: 4"), "abcd"), gotOK()),
			whole(gotGet(), gotOK()),
		},
	},
	{
		name:     "empty lines and bare line feeds",
		why:      "RFC 9112, 2.2",
		portions: []portion{up("\r\n\nGET / HTTP/1.1\nHost: a\n\n"), down("\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok")},
		want:     []fetch.Exchange{whole(gotGet(), gotOK())},
	},
	{
		name:     "folded line",
		why:      "RFC 9112, 5.2",
		portions: []portion{up(get), down("HTTP/1.1 200 OK\r\nX: a\r\n\t b \r\n  c\r\nContent-Length: 2\r\n\r\nok")},
		want:     []fetch.Exchange{whole(gotGet(), withBody(response(200, "OK", "X: a b c", "Content-Length: 2"), "ok"))},
	},
	{
		name:     "half-close before the response",
		why:      "a client may end its side and still read",
		portions: []portion{up(get), upEnds, down(ok2)},
		want:     []fetch.Exchange{whole(gotGet(), gotOK())},
	},
	{
		name:     "client gives up",
		why:      "an exchange without an answer says why",
		portions: []portion{up(get), upEnds, downEnds},
		want:     []fetch.Exchange{broken(gotGet(), nil, "no response: the server closed the connection, after the client had closed its side")},
	},
	{
		name:     "request head cut short",
		why:      "as much as came is kept",
		portions: []portion{up("PUT /x HTTP/1.1\r\nHost: a\r\nOri"), upEnds, downEnds},
		want:     []fetch.Exchange{broken(request("PUT /x HTTP/1.1", "Host: a"), nil, "request head cut short: the client closed the connection")},
	},
	{
		name:     "request line cut short",
		why:      "bytes that are no request yet are not silently dropped",
		portions: []portion{up("PU"), upEnds},
		want:     []fetch.Exchange{broken(fetch.SentRequest{Headers: fetch.HeaderList{}}, nil, "request head cut short: the client closed the connection")},
	},
	{
		name:     "request body cut short",
		why:      "the digest is not that of the whole body",
		portions: []portion{up("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"), upEnds, down(ok2)},
		want:     []fetch.Exchange{spoilt(withRequestBody(request("POST / HTTP/1.1", "Content-Length: 4"), "ab"), gotOK(), "request body cut short: the client closed the connection")},
	},
	{
		name:     "response body cut short",
		why:      "likewise",
		portions: []portion{up(get), down("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"), downEnds},
		want:     []fetch.Exchange{broken(gotGet(), withBody(response(200, "OK", "Content-Length: 3"), "ok"), "response cut short: the server closed the connection")},
	},
	{
		name:     "response head cut short",
		why:      "half a head is no response",
		portions: []portion{up(get), down("HTTP/1.1 200 OK\r\nContent-Le"), downEnds},
		want:     []fetch.Exchange{broken(gotGet(), nil, "no response: response head cut short: the server closed the connection")},
	},
	{
		name:     "malformed request, answered",
		why:      "what the server said to it is evidence",
		portions: []portion{up(get + "BAD\r\nX: 1\r\n\r\n" + get), down(ok2 + "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")},
		want: []fetch.Exchange{
			whole(gotGet(), gotOK()),
			spoilt(fetch.SentRequest{Headers: fetch.HeaderList{{"X", "1"}}}, withBody(response(400, "Bad Request", "Content-Length: 0"), ""),
				`malformed request head: request line "BAD"`),
		},
	},
	{
		name:     "header line without colon",
		why:      "two readers could disagree about it",
		portions: []portion{up("GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n"), downEnds},
		want:     []fetch.Exchange{broken(request("GET / HTTP/1.1", "Host: a"), nil, `malformed request head: header line "nothing" has no name before a colon`)},
	},
	{
		name:     "space before the colon",
		why:      "RFC 9112, 5.1: servers that accept it frame the body otherwise",
		portions: []portion{up(get), down("HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok")},
		want:     []fetch.Exchange{broken(gotGet(), nil, `no response: malformed response: header line "Content-Length : 2" has no name before a colon`)},
	},
	{
		name:     "two lengths",
		why:      "RFC 9112, 6.3, rule 5",
		portions: []portion{up(get + get), down("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"), up(get)},
		want: []fetch.Exchange{
			broken(gotGet(), nil, `no response: malformed response: Content-Length "2, 3"`),
			broken(gotGet(), nil, `no response: malformed response: Content-Length "2, 3"`),
			broken(gotGet(), nil, `no response: malformed response: Content-Length "2, 3"`),
		},
	},
	{
		name:     "negative length",
		why:      "a number with a sign is none",
		portions: []portion{up("POST / HTTP/1.1\r\nContent-Length: +2\r\n\r\nok")},
		want:     []fetch.Exchange{broken(request("POST / HTTP/1.1", "Content-Length: +2"), nil, `malformed request head: Content-Length "+2"`)},
	},
	{
		name:     "request coding that does not end",
		why:      "RFC 9112, 6.3, rule 4",
		portions: []portion{up("POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\nok")},
		want:     []fetch.Exchange{broken(request("POST / HTTP/1.1", "Transfer-Encoding: chunked, gzip"), nil, "malformed request head: Transfer-Encoding does not end in chunked")},
	},
	{
		name:     "bad chunk size",
		why:      "the body's end can't be told",
		portions: []portion{up(get), down("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n-1\r\nx")},
		want:     []fetch.Exchange{broken(gotGet(), withBody(response(200, "OK", "Transfer-Encoding: chunked"), "a"), `response cut short: malformed response: chunk size "-1"`)},
	},
	{
		name:     "chunk longer than its size",
		why:      "likewise",
		portions: []portion{up("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"), down(ok2)},
		want: []fetch.Exchange{spoilt(withRequestBody(request("POST / HTTP/1.1", "Transfer-Encoding: chunked"), "a"), gotOK(),
			`malformed request body: "b" after the end of a chunk`)},
	},
	{
		name:     "huge chunk size",
		why:      "no overflow",
		portions: []portion{up(get), down("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8000000000000000\r\nx")},
		want:     []fetch.Exchange{broken(gotGet(), withBody(response(200, "OK", "Transfer-Encoding: chunked"), ""), `response cut short: malformed response: chunk size "8000000000000000"`)},
	},
	{
		name:     "not HTTP",
		why:      "the exchange says so, the bytes pass",
		portions: []portion{up(get), down("SSH-2.0-x\r\n\r\n"), downEnds},
		want:     []fetch.Exchange{broken(gotGet(), nil, `no response: malformed response: status line "SSH-2.0-x"`)},
	},
	{
		name:     "response without request",
		why:      "a server's 408 on an idle connection belongs to nobody",
		portions: []portion{up(get), down(ok2 + "HTTP/1.1 408 Request Timeout\r\n\r\n"), up(get)},
		want: []fetch.Exchange{
			whole(gotGet(), gotOK()),
			broken(gotGet(), nil, "no response: malformed response: a response came without a request"),
		},
	},
}

func TestHTTP1(t *testing.T) {
	t.Parallel()
	for _, tc := range http1Cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			everySplit(t, http1Parser, tc.portions, tc.want)
		})
	}
}

func TestHTTP1VisibleAtHead(t *testing.T) {
	t.Parallel()
	r := newRecording("node", NewClock())
	p := newHTTP1(r.connection(3, "127.0.0.1:9"))

	head := "POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n"
	p.feed(toServer, []byte(head[:len(head)-1]))
	assert.Empty(t, r.since(0), "before the head's last byte")
	p.feed(toServer, []byte(head[len(head)-1:]))
	x := r.since(0)[0]
	assert.Equal(t, "node#3.1", x.ID)
	assert.Equal(t, "node", x.Server)
	assert.Equal(t, fetch.WitnessRecorder, x.Witness)
	assert.Equal(t, "127.0.0.1:9", x.Peer)
	assert.Nil(t, x.Response)
	assert.Nil(t, x.Ended)
	assert.Zero(t, x.Request.Body, "a body that isn't complete is absent")

	p.feed(toServer, []byte("ab"))
	assert.Equal(t, fetch.PayloadOf([]byte("ab")), r.since(0)[0].Request.Body)
	p.feed(toClient, []byte(ok2[:len(ok2)-1]))
	x = r.since(0)[0]
	assert.Equal(t, 200, x.Response.Status)
	assert.Nil(t, x.Ended, "before the body's last byte")
	p.feed(toClient, []byte(ok2[len(ok2)-1:]))
	assert.NotNil(t, r.since(0)[0].Ended)
	assert.Empty(t, r.since(0)[0].Incomplete)
}

func TestHTTP1HeadLimit(t *testing.T) {
	t.Parallel()
	long := "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", maxHead) + "\r\n\r\n"
	for _, size := range []int{len(long), 1000} {
		got := parse(http1Parser, []portion{up(long)}, size)
		assert.Len(t, got, 1)
		assert.Equal(t, "malformed request head: longer than 1048576 bytes", got[0].Incomplete)
	}
	// Many long heads are not one that is too long.
	long = "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", maxHead/3) + "\r\n\r\n"
	for _, x := range parse(http1Parser, []portion{up(strings.Repeat(long, 5)), down(strings.Repeat(ok2, 5))}) {
		assert.Empty(t, x.Incomplete)
	}
}

func FuzzHTTP1(f *testing.F) {
	for _, tc := range http1Cases {
		var u, d string
		for _, p := range tc.portions {
			if p.dir == toServer {
				u += p.bytes
			} else {
				d += p.bytes
			}
		}
		f.Add(u, d, uint8(3), uint8(5))
	}
	f.Fuzz(fuzzParser(http1Parser))
}

// fuzzParser checks that a parser survives any bytes, settles each exchange,
// and makes the same of them however they come.
func fuzzParser(newParser func(*connLog) parser) func(t *testing.T, u, d string, first, second uint8) {
	return func(t *testing.T, u, d string, first, second uint8) {
		if u == "" || d == "" {
			return
		}
		portions := []portion{up(u), down(d), downEnds}
		want := parse(newParser, portions)
		settled(t, want)
		assert.Equal(t, want, parse(newParser, portions, 1))
		assert.Equal(t, want, parse(newParser, portions, int(first), int(second)))

		var mixed []portion
		for u != "" || d != "" {
			n, m := min(len(u), int(first)+1), min(len(d), int(second)+1)
			if n > 0 {
				mixed = append(mixed, up(u[:n]))
			}
			if m > 0 {
				mixed = append(mixed, down(d[:m]))
			}
			u, d = u[n:], d[m:]
		}
		settled(t, parse(newParser, mixed))
	}
}
