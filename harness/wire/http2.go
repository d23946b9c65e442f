package wire

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/corsproof/corsproof/harness/fetch"
)

// http2Version is Version of what passed over HTTP/2.
const http2Version = "HTTP/2"

// An http2 reads a connection that speaks HTTP/2: RFC 9113. Pushed responses,
// informational responses and trailers are read over.
type http2 struct {
	log     *connLog
	up      *frames
	down    *frames
	streams map[uint32]*stream // those not complete in both directions

	// lost is why no further response can be told; empty while they can.
	lost       string
	goAway     string // the server's GOAWAY, for the message
	clientGone bool
}

// A stream is one exchange.
type stream struct {
	entry        *entry
	method       string
	request      body
	response     body
	requestDone  bool
	answered     bool // the response head came
	responseDone bool
}

// newHTTP2 returns a parser for HTTP/2.
func newHTTP2(log *connLog) *http2 {
	h := &http2{log: log, streams: map[uint32]*stream{}}
	h.up = newFrames(clientPreface, h.clientFrame, h.requestsBroken)
	h.down = newFrames("", h.serverFrame, h.responsesBroken)
	return h
}

func (h *http2) feed(d direction, p []byte) {
	if d == toServer {
		h.up.feed(p)
	} else {
		h.down.feed(p)
	}
}

func (h *http2) end(d direction) {
	if d == toServer {
		h.clientGone = true
		h.endRequests("request body cut short: the client closed the connection")
		return
	}
	cause := "the server closed the connection" + h.goAway
	if h.clientGone {
		cause += ", after the client had closed its side"
	}
	h.endResponses(cause)
}

func (h *http2) abandon(cause string) {
	h.endRequests("request body cut short: " + cause)
	h.endResponses(cause)
}

// inOrder returns the ids of the open streams, oldest first.
func (h *http2) inOrder() []uint32 { return slices.Sorted(maps.Keys(h.streams)) }

func (h *http2) endRequests(reason string) {
	for _, id := range h.inOrder() {
		h.endRequest(id, reason)
	}
	h.up.stop()
}

// endRequest says that no more of a stream's request comes.
func (h *http2) endRequest(id uint32, reason string) {
	s := h.streams[id]
	if s.requestDone {
		return
	}
	h.log.requestBody(s.entry, s.request.payload())
	h.log.spoil(s.entry, reason)
	s.requestDone = true
	h.drop(id)
}

func (h *http2) endResponses(cause string) {
	if h.lost == "" {
		h.lost = cause
	}
	for _, id := range h.inOrder() {
		h.endResponse(id, cause)
	}
	h.down.stop()
}

// endResponse says that no more of a stream's response comes.
func (h *http2) endResponse(id uint32, cause string) {
	s := h.streams[id]
	if s.responseDone {
		return
	}
	h.log.lose(s.entry, s.response.payload(), cause)
	s.responseDone = true
	h.drop(id)
}

// drop forgets a stream that is complete in both directions.
func (h *http2) drop(id uint32) {
	if s := h.streams[id]; s.requestDone && s.responseDone {
		delete(h.streams, id)
	}
}

// requestsBroken notes that the client's bytes can't be read any more. Requests
// may have gone unseen, which an exchange of its own says.
func (h *http2) requestsBroken(cause string) {
	reason := "malformed HTTP/2 from the client: " + cause
	h.endRequests(reason)
	e := h.log.open(fetch.SentRequest{Version: http2Version, Headers: fetch.HeaderList{}})
	h.log.spoil(e, reason)
}

func (h *http2) responsesBroken(cause string) {
	h.endResponses("malformed HTTP/2 from the server: " + cause)
}

func (h *http2) clientFrame(f frame) error {
	s := h.streams[f.stream]
	switch f.kind {
	case frameHeaders:
		if s == nil {
			return h.openStream(f)
		}
	case frameData:
		if s != nil && !s.requestDone {
			s.request.write(f.payload)
		}
	case frameRSTStream:
		if s != nil {
			h.resetStream(f.stream, "the client reset the stream: "+errorCode(f.payload))
		}
		return nil
	default:
		return nil
	}
	if s != nil && f.endsStream() && !s.requestDone {
		h.log.requestBody(s.entry, s.request.payload())
		s.requestDone = true
		h.drop(f.stream)
	}
	return nil
}

func (h *http2) resetStream(id uint32, cause string) {
	s := h.streams[id]
	h.endRequest(id, "request body cut short: "+cause)
	if h.streams[id] == s {
		h.endResponse(id, cause)
	}
}

// openStream opens an exchange.
func (h *http2) openStream(f frame) error {
	if f.stream == 0 || f.stream%2 == 0 {
		return fmt.Errorf("a request on stream %d", f.stream)
	}
	request := fetch.SentRequest{Version: http2Version, Headers: make(fetch.HeaderList, 0, len(f.headers))}
	for _, line := range f.headers {
		switch line.Name() {
		case ":method":
			request.Method = line.Value()
		case ":path":
			request.Target = line.Value()
		default:
			request.Headers = append(request.Headers, line)
		}
	}
	s := &stream{method: request.Method}
	if length, ok := request.Headers.Get("Content-Length"); !f.endsStream() || ok && length == "0" {
		s.request = newBody()
	}
	if f.endsStream() {
		request.Body = s.request.payload()
		s.requestDone = true
	}
	s.entry = h.log.open(request)
	if request.Method == "" {
		h.log.spoil(s.entry, "malformed request head: no :method")
	}
	h.streams[f.stream] = s
	if h.lost != "" {
		h.endResponse(f.stream, h.lost)
	}
	return nil
}

func (h *http2) serverFrame(f frame) error {
	if f.kind == frameGoAway && len(f.payload) >= 8 {
		h.goAway = ", with GOAWAY " + errorCode(f.payload[4:])
		return nil
	}
	s := h.streams[f.stream]
	switch {
	case s == nil:
		return nil // pushed, or complete already
	case f.kind == frameRSTStream:
		h.resetStream(f.stream, "the server reset the stream: "+errorCode(f.payload))
		return nil
	case s.responseDone:
		return nil
	}
	switch f.kind {
	case frameHeaders:
		if !s.answered {
			return h.answer(s, f)
		}
	case frameData:
		if !s.answered {
			return fmt.Errorf("DATA before the response head on stream %d", f.stream)
		}
		s.response.write(f.payload)
	default:
		return nil
	}
	if f.endsStream() {
		h.complete(s, f.stream)
	}
	return nil
}

// answer gives a stream its response.
func (h *http2) answer(s *stream, f frame) error {
	response := fetch.SentResponse{Version: http2Version, Headers: make(fetch.HeaderList, 0, len(f.headers))}
	status := ""
	for _, line := range f.headers {
		if line.Name() == ":status" {
			status = line.Value()
		} else {
			response.Headers = append(response.Headers, line)
		}
	}
	code, err := strconv.ParseUint(status, 10, 16)
	if err != nil || len(status) != 3 || code < 100 {
		return fmt.Errorf(":status %q on stream %d", status, f.stream)
	}
	response.Status = int(code)
	if response.Status/100 == 1 {
		if f.endsStream() {
			return errors.New("an informational response ends its stream")
		}
		return nil
	}
	s.answered = true
	if s.method != "HEAD" && !isNullBodyStatus(response.Status) {
		s.response = newBody()
	}
	h.log.respond(s.entry, response)
	if f.endsStream() {
		h.complete(s, f.stream)
	}
	return nil
}

func (h *http2) complete(s *stream, id uint32) {
	h.log.complete(s.entry, s.response.payload())
	s.responseDone = true
	h.drop(id)
}
