package pasted

import (
	"fmt"
	"io"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Transcript reads the requests of a text with their responses, as "curl -v"
// prints them, or as request lines and status lines with headers that follow
// each other. 1xx responses are left out; a CONNECT to a proxy is an exchange of
// its own.
//
// An exchange has the IDs "pasted#1", "pasted#2"…, the Host header as its
// server, no witness and no times. A preflight serves the next request of the
// same URL and origin with the method that it asked for. Where the text has no response,
// Incomplete says so.
//
// The error is an [*Error]; a response without a request before it is one. An
// error of r is returned as it is.
func Transcript(r io.Reader) ([]fetch.Exchange, error) {
	messages, err := readMessages(r)
	if err != nil {
		return nil, err
	}
	var out []fetch.Exchange
	for _, m := range messages {
		switch {
		case m.request != nil:
			x := fetch.Exchange{ID: fmt.Sprintf("pasted#%d", len(out)+1), Kind: fetch.ExchangeRequest, Request: *m.request, Incomplete: "no response in the text"}
			x.Server, _ = m.request.Headers.Get("Host")
			if m.request.IsPreflight() {
				x.Kind = fetch.ExchangePreflight
			}
			out = append(out, x)
		case m.response.Status < 200 && m.response.Status != 101:
			if m.response.Status == 0 {
				return nil, &Error{Line: m.line, Column: 1, Problem: "response headers alone; paste the output of curl -v, which has the request too"}
			}
		case len(out) == 0 || out[len(out)-1].Response != nil:
			return nil, &Error{Line: m.line, Column: 1, Problem: "a response without its request before it; paste the output of curl -v, which has both"}
		default:
			out[len(out)-1].Response, out[len(out)-1].Incomplete = m.response, ""
		}
	}
	if len(out) == 0 {
		return nil, &Error{Line: 1, Column: 1, Problem: `no request: expected lines as of curl -v, "> GET /items HTTP/1.1"`}
	}
	pairPreflights(out)
	return out, nil
}

// pairPreflights tells for each preflight which request it was for.
func pairPreflights(exchanges []fetch.Exchange) {
	waiting := waitingPreflights{}
	for i := range exchanges {
		x := &exchanges[i]
		where := x.Server + x.Request.Target
		if x.Kind == fetch.ExchangePreflight {
			waiting.add(where, x.Request.Headers, i)
		} else if j, ok := waiting.take(where, x.Request.Method, x.Request.Headers); ok {
			exchanges[j].Serves = x.ID
		}
	}
}

// waitingPreflights are the indexes of the preflights that no request has followed
// yet, by URL, method and origin.
type waitingPreflights map[[3]string][]int

func (w waitingPreflights) add(url string, headers fetch.HeaderList, index int) {
	method, _ := headers.Get("Access-Control-Request-Method")
	origin, _ := headers.Get("Origin")
	key := [3]string{url, method, origin}
	w[key] = append(w[key], index)
}

// take returns the first preflight that allows for a request: that of the same
// URL and origin, which asked for its method.
func (w waitingPreflights) take(url, method string, headers fetch.HeaderList) (int, bool) {
	origin, _ := headers.Get("Origin")
	key := [3]string{url, method, origin}
	waiting := w[key]
	if len(waiting) == 0 {
		return 0, false
	}
	w[key] = waiting[1:]
	return waiting[0], true
}
