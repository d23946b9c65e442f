package wire

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/net/http2/hpack"

	"github.com/corsproof/corsproof/harness/fetch"
)

func http2Parser(log *connLog) parser { return newHTTP2(log) }

// An h2Sender encodes frames of one direction.
type h2Sender struct {
	block   bytes.Buffer
	encoder *hpack.Encoder
}

func newH2Sender() *h2Sender {
	s := &h2Sender{}
	s.encoder = hpack.NewEncoder(&s.block)
	return s
}

func rawFrame(kind, flags byte, stream uint32, payload string) string {
	var head [frameHeaderLength]byte
	binary.BigEndian.PutUint32(head[:], uint32(len(payload))<<8)
	head[3], head[4] = kind, flags
	binary.BigEndian.PutUint32(head[5:], stream)
	return string(head[:]) + payload
}

func (s *h2Sender) encode(fields ...string) string {
	s.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		s.encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return s.block.String()
}

// headers encodes a HEADERS frame with the flags and END_HEADERS.
func (s *h2Sender) headers(stream uint32, flags byte, fields ...string) string {
	return rawFrame(frameHeaders, flags|flagEndHeaders, stream, s.encode(fields...))
}

func got2(method, target string, headers ...string) fetch.SentRequest {
	return fetch.SentRequest{Method: method, Target: target, Version: "HTTP/2", Headers: lines2(headers)}
}

func answer2(status int, headers ...string) *fetch.SentResponse {
	return &fetch.SentResponse{Status: status, Version: "HTTP/2", Headers: lines2(headers)}
}

func lines2(pairs []string) fetch.HeaderList {
	list := fetch.HeaderList{}
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, fetch.Header{pairs[i], pairs[i+1]})
	}
	return list
}

const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

func http2Cases() []parserCase {
	var cases []parserCase
	add := func(name, why string, want []fetch.Exchange, portions ...portion) {
		cases = append(cases, parserCase{name, why, portions, want})
	}
	{
		c, s := newH2Sender(), newH2Sender()
		add("two streams", "responses are told apart by stream; repeats and order of lines survive; tables are kept between blocks",
			[]fetch.Exchange{
				whole(got2("GET", "/1", ":scheme", "https", ":authority", "a", "x", "\u00e9", "x", "2"), withBody(answer2(200, "y", "1", "y", ""), "one")),
				whole(withRequestBody(got2("POST", "/2", ":scheme", "https", ":authority", "a"), "body"), withBody(answer2(201, "y", "1"), "")),
			},
			up(clientPreface+settings+
				c.headers(1, flagEndStream, ":method", "GET", ":scheme", "https", ":authority", "a", ":path", "/1", "x", "\xe9", "x", " 2\t")+
				c.headers(3, 0, ":method", "POST", ":scheme", "https", ":authority", "a", ":path", "/2")+
				rawFrame(frameData, 0, 3, "bo")+rawFrame(frameData, flagEndStream|flagPadded, 3, "\x03dy\x00\x00\x00")),
			down(settings+rawFrame(0x4, 1, 0, "")+s.headers(3, 0, ":status", "201", "y", "1")+
				s.headers(1, 0, ":status", "200", "y", "1", "y", "")+rawFrame(frameData, 0, 1, "one")+
				rawFrame(frameData, flagEndStream, 3, "")+rawFrame(frameData, flagEndStream, 1, "")))
	}
	{
		c, s := newH2Sender(), newH2Sender()
		block := c.encode(":method", "OPTIONS", ":path", "/", "origin", "https://p", "access-control-request-method", "PUT")
		add("continuation, priority, padding", "a header block may come in parts: RFC 9113, 6.10",
			[]fetch.Exchange{whole(got2("OPTIONS", "/", "origin", "https://p", "access-control-request-method", "PUT"), answer2(204))},
			up(clientPreface+rawFrame(frameHeaders, flagEndStream|flagPriority|flagPadded, 1, "\x02\x00\x00\x00\x00\x07"+block[:5]+"\x00\x00")+
				rawFrame(frameContinuation, 0, 1, block[5:9])+rawFrame(frameContinuation, flagEndHeaders, 1, block[9:])),
			down(s.headers(1, flagEndStream, ":status", "204")))
	}
	{
		c, s := newH2Sender(), newH2Sender()
		add("informational response and trailers", "both are read over, and their blocks keep the table right",
			[]fetch.Exchange{whole(got2("GET", "/"), withBody(answer2(200, "t", "1"), "x"))},
			up(clientPreface+c.headers(1, flagEndStream, ":method", "GET", ":path", "/")),
			down(s.headers(1, 0, ":status", "103", "link", "<a>", "t", "1")+s.headers(1, 0, ":status", "200", "t", "1")+
				rawFrame(frameData, 0, 1, "x")+s.headers(1, flagEndStream, "t", "2")))
	}
	{
		c, s := newH2Sender(), newH2Sender()
		add("pushed response", "its blocks are decoded, its frames belong to no request",
			[]fetch.Exchange{whole(got2("HEAD", "/"), answer2(200, "p", "pushed"))},
			up(clientPreface+c.headers(1, flagEndStream, ":method", "HEAD", ":path", "/")),
			down(rawFrame(framePushPromise, flagEndHeaders, 1, "\x00\x00\x00\x02"+s.encode(":method", "GET", ":path", "/p", "p", "pushed"))+
				s.headers(2, 0, ":status", "200", "p", "pushed")+rawFrame(frameData, flagEndStream, 2, "push")+
				s.headers(1, flagEndStream, ":status", "200", "p", "pushed")))
	}
	{
		c, s := newH2Sender(), newH2Sender()
		add("empty bodies", "absent is not empty",
			[]fetch.Exchange{
				whole(withRequestBody(got2("POST", "/", "content-length", "0"), ""), withBody(answer2(200), "")),
				whole(got2("GET", "/"), answer2(304)),
			},
			up(clientPreface+c.headers(1, flagEndStream, ":method", "POST", ":path", "/", "content-length", "0")+
				c.headers(3, flagEndStream, ":method", "GET", ":path", "/")),
			down(s.headers(1, flagEndStream, ":status", "200")+s.headers(3, 0, ":status", "304")+rawFrame(frameData, flagEndStream, 3, "")))
	}
	{
		c, s := newH2Sender(), newH2Sender()
		add("resets", "who reset it, and the code",
			[]fetch.Exchange{
				broken(got2("GET", "/1"), nil, "no response: the server reset the stream: REFUSED_STREAM"),
				broken(got2("GET", "/3"), withBody(answer2(200), "x"), "response cut short: the client reset the stream: CANCEL"),
				spoilt(withRequestBody(got2("POST", "/5"), "ha"), withBody(answer2(413), ""), "request body cut short: the server reset the stream: NO_ERROR"),
			},
			up(clientPreface+c.headers(1, flagEndStream, ":method", "GET", ":path", "/1")+
				c.headers(3, flagEndStream, ":method", "GET", ":path", "/3")+
				c.headers(5, 0, ":method", "POST", ":path", "/5")+rawFrame(frameData, 0, 5, "ha")),
			down(rawFrame(frameRSTStream, 0, 1, "\x00\x00\x00\x07")+s.headers(3, 0, ":status", "200")+rawFrame(frameData, 0, 3, "x")),
			up(rawFrame(frameRSTStream, 0, 3, "\x00\x00\x00\x08")),
			down(s.headers(5, flagEndStream, ":status", "413")+rawFrame(frameRSTStream, 0, 5, "\x00\x00\x00\x00")+
				rawFrame(frameData, flagEndStream, 3, "late")))
	}
	{
		c, s := newH2Sender(), newH2Sender()
		add("server goes away", "each open stream becomes incomplete",
			[]fetch.Exchange{
				broken(withRequestBody(got2("POST", "/1"), ""), withBody(answer2(200), "x"), "response cut short: the server closed the connection, with GOAWAY ENHANCE_YOUR_CALM"),
				broken(got2("GET", "/3"), nil, "no response: the server closed the connection, with GOAWAY ENHANCE_YOUR_CALM"),
				broken(got2("GET", "/5"), nil, "no response: the server closed the connection, with GOAWAY ENHANCE_YOUR_CALM"),
			},
			up(clientPreface+c.headers(1, 0, ":method", "POST", ":path", "/1")+c.headers(3, flagEndStream, ":method", "GET", ":path", "/3")),
			down(s.headers(1, 0, ":status", "200")+rawFrame(frameData, 0, 1, "x")+rawFrame(frameGoAway, 0, 0, "\x00\x00\x00\x01\x00\x00\x00\x0b")), downEnds,
			up(rawFrame(frameData, flagEndStream, 1, "")+c.headers(5, flagEndStream, ":method", "GET", ":path", "/5")))
	}
	{
		c := newH2Sender()
		add("malformed client", "requests may have gone unseen, and the recording says so",
			[]fetch.Exchange{
				broken(withRequestBody(got2("POST", "/1"), "a"), nil, "malformed HTTP/2 from the client: CONTINUATION on stream 1 continues nothing"),
				broken(fetch.SentRequest{Version: "HTTP/2", Headers: fetch.HeaderList{}}, nil, "malformed HTTP/2 from the client: CONTINUATION on stream 1 continues nothing"),
			},
			up(clientPreface+c.headers(1, 0, ":method", "POST", ":path", "/1")+rawFrame(frameData, 0, 1, "a")+rawFrame(frameContinuation, 0, 1, "")+
				c.headers(3, 0, ":method", "GET", ":path", "/")))
		add("bad preface", "likewise",
			[]fetch.Exchange{broken(fetch.SentRequest{Version: "HTTP/2", Headers: fetch.HeaderList{}}, nil, `malformed HTTP/2 from the client: it does not begin with the connection preface`)},
			up("GET / HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	}
	{
		c := newH2Sender()
		add("malformed server", "requests are still read",
			[]fetch.Exchange{
				broken(got2("GET", "/1"), nil, `no response: malformed HTTP/2 from the server: :status "20" on stream 1`),
				broken(got2("GET", "/3"), nil, `no response: malformed HTTP/2 from the server: :status "20" on stream 1`),
			},
			up(clientPreface+c.headers(1, flagEndStream, ":method", "GET", ":path", "/1")),
			down(newH2Sender().headers(1, 0, ":status", "20")),
			up(c.headers(3, flagEndStream, ":method", "GET", ":path", "/3")))
	}
	return cases
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	for _, tc := range http2Cases() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			everySplit(t, http2Parser, tc.portions, tc.want)
		})
	}
}

func TestHTTP2HeaderBomb(t *testing.T) {
	t.Parallel()
	c := newH2Sender()
	bomb := c.encode(":method", "GET", "x", strings.Repeat("x", 4000))
	bomb += strings.Repeat("\xbe", 1<<14) // the newest entry of the table, again and again
	got := parse(http2Parser, []portion{up(clientPreface + rawFrame(frameHeaders, flagEndHeaders, 1, bomb))})
	assert.Len(t, got, 1)
	assert.Equal(t, "malformed HTTP/2 from the client: header block of stream 1: longer than 1048576 bytes", got[0].Incomplete)
}

func TestHTTP2ForgetsStreams(t *testing.T) {
	t.Parallel()
	r := newRecording("test", NewClock())
	p := newHTTP2(r.connection(1, ""))
	c, s := newH2Sender(), newH2Sender()
	p.feed(toServer, []byte(clientPreface))
	for id := uint32(1); id < 100; id += 2 {
		p.feed(toServer, []byte(c.headers(id, flagEndStream, ":method", "GET", ":path", "/")))
		p.feed(toClient, []byte(s.headers(id, flagEndStream, ":status", "200")))
	}
	assert.Empty(t, p.streams)
	assert.Len(t, r.since(0), 50)
}

func FuzzHTTP2(f *testing.F) {
	for _, tc := range http2Cases() {
		var u, d string
		for _, p := range tc.portions {
			if p.dir == toServer {
				u += p.bytes
			} else {
				d += p.bytes
			}
		}
		f.Add(strings.TrimPrefix(u, clientPreface), d, uint8(3), uint8(5))
	}
	check := fuzzParser(http2Parser)
	f.Fuzz(func(t *testing.T, u, d string, first, second uint8) {
		check(t, clientPreface+u, d, first, second) // else it would have to guess the preface
	})
}
