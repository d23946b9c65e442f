package pasted

import (
	"io"

	"github.com/corsproof/corsproof/harness/fetch"
)

// longestText bounds a text with heads, the bodies between them included.
const longestText = 16 << 20

// Heads reads the responses of a text: what "curl -i", "curl -sI", "curl -D" and
// "curl -v" print, and what the developer tools of browsers copy as response
// headers. There is one for each head, in order: those of 1xx, of redirects and
// of a proxy's CONNECT too.
//
// Response headers that stand without a status line have Status 0 and Version
// "". A body is what stands behind a head up to the next one, with line feeds
// as line breaks: what a terminal showed, not the bytes of the wire. If nothing
// stands there, the body is absent.
//
// The error is an [*Error]; a text without any response is one. An error of r is
// returned as it is.
func Heads(r io.Reader) ([]fetch.SentResponse, error) {
	messages, err := readMessages(r)
	if err != nil {
		return nil, err
	}
	var out []fetch.SentResponse
	for _, m := range messages {
		if m.response != nil {
			out = append(out, *m.response)
		}
	}
	if len(out) == 0 {
		return nil, &Error{Line: 1, Column: 1, Problem: `no response: expected a status line as in "HTTP/1.1 200 OK", or lines as in "name: value"`}
	}
	return out, nil
}

// A message is one head of a text with what follows it.
type message struct {
	// line is where it starts; lines count from 1.
	line     int
	request  *fetch.SentRequest
	response *fetch.SentResponse
	body     []byte
}

func (m *message) headers() *fetch.HeaderList {
	if m.request != nil {
		return &m.request.Headers
	}
	return &m.response.Headers
}

// readMessages reads all heads of a text, in order.
func readMessages(r io.Reader) ([]message, error) {
	data, err := io.ReadAll(io.LimitReader(r, longestText+1))
	if err != nil {
		return nil, err
	}
	if len(data) > longestText {
		return nil, &Error{Problem: "the text is longer than 16 MB; paste the heads without the bodies"}
	}
	lines := linesOf(string(data))
	s := &headScanner{lines: lines}
	var failed *Error
	switch formOf(lines) {
	case formVerbose:
		failed = s.verbose()
	case formRaw:
		failed = s.raw()
	default:
		failed = s.panel()
	}
	if failed != nil {
		return nil, failed
	}
	for i := range s.messages {
		s.messages[i].finish()
	}
	return s.messages, nil
}

// finish puts the body into the message.
func (m *message) finish() {
	if len(m.body) == 0 {
		return
	}
	payload := fetch.PayloadOf(m.body)
	if m.request != nil {
		m.request.Body = payload
		return
	}
	m.response.Body = payload
}
