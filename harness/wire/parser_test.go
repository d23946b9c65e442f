package wire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A portion is what passes in one direction before the other has its turn.
// Empty bytes are the direction's end.
type portion struct {
	dir   direction
	bytes string
}

func up(s string) portion   { return portion{toServer, s} }
func down(s string) portion { return portion{toClient, s} }

type parserCase struct {
	name, why string
	portions  []portion
	want      []fetch.Exchange
}

var (
	upEnds   = up("")
	downEnds = down("")
)

const abandoned = "the test abandoned it"

// parse feeds portions to a new parser, each in pieces of the given sizes,
// repeated, and abandons it.
func parse(newParser func(*connLog) parser, portions []portion, sizes ...int) []fetch.Exchange {
	r := newRecording("test", NewClock())
	p := newParser(r.connection(1, "127.0.0.1:1"))
	turn := 0
	for _, part := range portions {
		rest := []byte(part.bytes)
		if len(rest) == 0 {
			p.end(part.dir)
		}
		for len(rest) > 0 {
			n := len(rest)
			if len(sizes) > 0 {
				n = min(n, max(1, sizes[turn%len(sizes)]))
				turn++
			}
			// A parser must not keep what it was fed.
			piece := append([]byte(nil), rest[:n]...)
			p.feed(part.dir, piece)
			clear(piece)
			rest = rest[n:]
		}
	}
	p.abandon(abandoned)
	return stable(r.since(0))
}

// stable takes times out of exchanges, and what names the witness.
func stable(exchanges []fetch.Exchange) []fetch.Exchange {
	for i := range exchanges {
		x := &exchanges[i]
		x.ID, x.Server, x.Witness, x.Peer, x.Started = "", "", "", "", 0
		if x.Ended != nil {
			x.Ended = new(fetch.Offset(0))
		}
	}
	return exchanges
}

// everySplit checks that the exchanges don't depend on how the bytes came.
func everySplit(t *testing.T, newParser func(*connLog) parser, portions []portion, want []fetch.Exchange) {
	t.Helper()
	longest := 0
	for _, p := range portions {
		longest = max(longest, len(p.bytes))
	}
	if !assert.Empty(t, cmp.Diff(want, parse(newParser, portions)), "whole (-want +got)") {
		return
	}
	assert.Empty(t, cmp.Diff(want, parse(newParser, portions, 1)), "byte by byte (-want +got)")
	for at := 1; at < longest; at++ {
		if !assert.Empty(t, cmp.Diff(want, parse(newParser, portions, at, longest)), "split at %d (-want +got)", at) {
			return
		}
	}
}

// settled checks what holds for each exchange of a connection that has ended.
func settled(t *testing.T, exchanges []fetch.Exchange) {
	t.Helper()
	for _, x := range exchanges {
		assert.True(t, x.Ended != nil || x.Incomplete != "", "neither ended nor incomplete: %+v", x)
		assert.False(t, x.Ended != nil && x.Response == nil, "ended without response: %+v", x)
		assert.LessOrEqual(t, len(x.Request.Body.Prefix), 2*fetch.PrefixLimit)
	}
}

// request makes a request with header lines as "Name: value".
func request(line string, headers ...string) fetch.SentRequest {
	parts := strings.SplitN(line, " ", 3)
	return fetch.SentRequest{Method: parts[0], Target: parts[1], Version: parts[2], Headers: lines(headers)}
}

func response(status int, reason string, headers ...string) *fetch.SentResponse {
	return &fetch.SentResponse{Status: status, Reason: reason, Version: "HTTP/1.1", Headers: lines(headers)}
}

func lines(headers []string) fetch.HeaderList {
	list := fetch.HeaderList{}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		list = append(list, fetch.Header{name, value})
	}
	return list
}

func whole(q fetch.SentRequest, r *fetch.SentResponse) fetch.Exchange {
	kind := fetch.ExchangeRequest
	if q.IsPreflight() {
		kind = fetch.ExchangePreflight
	}
	return fetch.Exchange{Kind: kind, Request: q, Response: r, Ended: new(fetch.Offset(0))}
}

func broken(q fetch.SentRequest, r *fetch.SentResponse, incomplete string) fetch.Exchange {
	x := whole(q, r)
	x.Ended, x.Incomplete = nil, incomplete
	return x
}

// spoilt is an exchange with a complete response and an incomplete request.
func spoilt(q fetch.SentRequest, r *fetch.SentResponse, incomplete string) fetch.Exchange {
	x := whole(q, r)
	x.Incomplete = incomplete
	return x
}

func withRequestBody(q fetch.SentRequest, body string) fetch.SentRequest {
	q.Body = fetch.PayloadOf([]byte(body))
	return q
}

func withBody(r *fetch.SentResponse, body string) *fetch.SentResponse {
	r.Body = fetch.PayloadOf([]byte(body))
	return r
}
