package wire

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// An http1 reads a connection that speaks HTTP/1.0 or HTTP/1.1: RFC 9112. It
// is lenient where a browser is, in line ends and empty lines, and strict where
// two readers could disagree about where a message ends. Trailers and
// informational responses are read over.
type http1 struct {
	log   *connLog
	up    messages // requests
	down  messages // responses
	queue []pending

	receiving *entry // whose request body comes; nil between requests
	// lost is why no further response can be told; empty while they can.
	lost       string
	clientGone bool
}

// A pending is a request whose response is not complete.
type pending struct {
	entry  *entry
	method string
}

func newHTTP1(log *connLog) *http1 {
	h := &http1{log: log}
	h.up = messages{head: h.requestHead, done: h.requestDone, broken: h.requestBroken}
	h.down = messages{head: h.responseHead, done: h.responseDone, broken: h.responseBroken}
	return h
}

func (h *http1) feed(d direction, p []byte) {
	if d == toServer {
		h.up.feed(p)
	} else {
		h.down.feed(p)
	}
}

func (h *http1) end(d direction) {
	if d == toServer {
		h.clientGone = true
		h.endRequests("the client closed the connection")
		return
	}
	if h.down.state == stateUntilClose {
		h.down.finish()
	}
	cause := "the server closed the connection"
	if h.clientGone {
		cause += ", after the client had closed its side"
	}
	h.endResponses(cause)
}

func (h *http1) abandon(cause string) {
	h.endRequests(cause)
	h.endResponses(cause)
}

// endRequests says that no more request bytes come.
func (h *http1) endRequests(cause string) {
	switch {
	case h.up.inHead():
		h.openBroken("request head cut short: " + cause)
	case h.receiving != nil:
		h.log.requestBody(h.receiving, h.up.body.payload())
		h.log.spoil(h.receiving, "request body cut short: "+cause)
		h.receiving = nil
	}
	h.up.opaque()
}

// endResponses says that no more response bytes come.
func (h *http1) endResponses(cause string) {
	if h.down.inHead() && len(h.queue) > 0 {
		cause = "response head cut short: " + cause
	}
	h.lose(cause)
	h.down.opaque()
}

// lose gives up all pending responses, and those of requests to come.
func (h *http1) lose(cause string) {
	if h.lost == "" {
		h.lost = cause
	}
	for i, p := range h.queue {
		var got fetch.Payload
		if i == 0 {
			got = h.down.body.payload()
		}
		h.log.lose(p.entry, got, cause)
	}
	h.queue = nil
}

func (h *http1) push(e *entry, method string) {
	if h.lost != "" {
		h.log.lose(e, fetch.Payload{}, h.lost)
		return
	}
	h.queue = append(h.queue, pending{e, method})
}

// requestHead opens an exchange.
func (h *http1) requestHead(start string, headers fetch.HeaderList) (framing, int64, error) {
	method, target, version, err := parseRequestLine(start)
	if err != nil {
		return framingNone, 0, err
	}
	f, length, ok, err := bodyFraming(headers)
	if err != nil {
		return framingNone, 0, err
	}
	if f == framingUntilClose {
		return framingNone, 0, errUntilClose
	}
	e := h.log.open(fetch.SentRequest{Method: method, Target: target, Version: version, Headers: headers})
	h.receiving = e
	h.push(e, method)
	switch {
	case method == "CONNECT":
		h.receiving = nil
		return framingTunnel, 0, nil
	case !ok:
		return framingNone, 0, nil
	}
	return f, length, nil
}

// errUntilClose is what a request can't do: nobody could answer it.
var errUntilClose = errors.New("Transfer-Encoding does not end in chunked")

func (h *http1) requestDone(b body) {
	if b.builder != nil {
		h.log.requestBody(h.receiving, b.payload())
	}
	h.receiving = nil
}

// requestBroken notes a request that can't be read. A server may still answer
// it, so its response is awaited like any other.
func (h *http1) requestBroken(cause string) {
	if h.receiving != nil {
		h.log.requestBody(h.receiving, h.up.body.payload())
		h.log.spoil(h.receiving, "malformed request body: "+cause)
		h.receiving = nil
		return
	}
	h.openBroken("malformed request head: " + cause)
}

// openBroken opens an exchange for as much of a request head as could be read.
func (h *http1) openBroken(reason string) {
	request := fetch.SentRequest{Headers: h.up.headers}
	if request.Headers == nil {
		request.Headers = fetch.HeaderList{}
	}
	method, target, version, err := parseRequestLine(h.up.start)
	if err == nil {
		request.Method, request.Target, request.Version = method, target, version
	}
	e := h.log.open(request)
	h.log.spoil(e, reason)
	h.push(e, method)
}

// responseHead gives the oldest pending request its response.
func (h *http1) responseHead(start string, headers fetch.HeaderList) (framing, int64, error) {
	response, err := parseStatusLine(start)
	if err != nil {
		return framingNone, 0, err
	}
	if len(h.queue) == 0 {
		return framingNone, 0, errors.New("a response came without a request")
	}
	if response.Status/100 == 1 && response.Status != 101 {
		return framingInterim, 0, nil
	}
	f, length, ok, err := bodyFraming(headers)
	if err != nil {
		return framingNone, 0, err
	}
	response.Headers = headers
	p := h.queue[0]
	h.log.respond(p.entry, response)
	switch {
	case response.Status == 101, p.method == "CONNECT" && response.Status/100 == 2:
		h.responseDone(body{})
		h.up.opaque()
		return framingTunnel, 0, nil
	case p.method == "HEAD", isNullBodyStatus(response.Status):
		return framingNone, 0, nil
	case !ok:
		return framingUntilClose, 0, nil
	}
	return f, length, nil
}

func (h *http1) responseDone(b body) {
	h.log.complete(h.queue[0].entry, b.payload())
	h.queue = h.queue[1:]
}

// responseBroken gives up telling responses: where the next one starts is not
// known. Requests are still read.
func (h *http1) responseBroken(cause string) { h.lose("malformed response: " + cause) }

func parseRequestLine(line string) (method, target, version string, err error) {
	method, rest, _ := strings.Cut(line, " ")
	space := strings.LastIndexByte(rest, ' ')
	if !isToken(method) || space <= 0 || !isHTTP1(rest[space+1:]) {
		return "", "", "", fmt.Errorf("request line %s", excerpt([]byte(line)))
	}
	return method, rest[:space], rest[space+1:], nil
}

func parseStatusLine(line string) (fetch.SentResponse, error) {
	version, rest, _ := strings.Cut(line, " ")
	code, reason, _ := strings.Cut(rest, " ")
	status, err := strconv.ParseUint(code, 10, 16)
	if err != nil || len(code) != 3 || status < 100 || !isHTTP1(version) {
		return fetch.SentResponse{}, fmt.Errorf("status line %s", excerpt([]byte(line)))
	}
	return fetch.SentResponse{Status: int(status), Reason: reason, Version: version}, nil
}

// isHTTP1 reports whether version is that of a protocol framed as RFC 9112
// says.
func isHTTP1(version string) bool {
	minor, ok := strings.CutPrefix(version, "HTTP/1.")
	return ok && len(minor) == 1 && '0' <= minor[0] && minor[0] <= '9'
}

// isToken is https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
