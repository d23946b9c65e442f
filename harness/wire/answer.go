package wire

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Behaviour is how a [Scripted] responds to a request.
type Behaviour string

const (
	// BehaviourAnswer sends the answer at once; it is the zero value.
	BehaviourAnswer Behaviour = ""
	// BehaviourLate sends the answer after Delay.
	BehaviourLate Behaviour = "late"
	// BehaviourLateBody sends the head at once, and the body after Delay.
	BehaviourLateBody Behaviour = "late-body"
	// BehaviourSilent never sends anything: the request ends when the client gives up or
	// Close is called.
	BehaviourSilent Behaviour = "silent"
	// BehaviourClose closes the connection instead. Over HTTP/2 it resets the stream,
	// since other requests share the connection.
	BehaviourClose Behaviour = "close"
	// BehaviourReset resets the connection instead. Over HTTP/2 it resets the
	// stream.
	BehaviourReset Behaviour = "reset"
	// BehaviourCut sends the head and the first half of the body, and closes
	// the connection. Over HTTP/2 it resets the stream.
	BehaviourCut Behaviour = "cut"
	// BehaviourGarbage sends the body's bytes instead of the status line, [garbage] if
	// there is no body, and closes the connection. Over HTTP/2 they replace a frame.
	BehaviourGarbage Behaviour = "garbage"
)

// garbage is neither a status line nor an HTTP/2 frame that a client takes.
const garbage = "\x00\xff\xff no status line \xff\r\n\r\n"

func (b Behaviour) known() bool {
	switch b {
	case BehaviourAnswer, BehaviourLate, BehaviourLateBody, BehaviourSilent, BehaviourClose, BehaviourReset, BehaviourCut, BehaviourGarbage:
		return true
	}
	return false
}

// A ScriptedAnswer is the response of a [Scripted] to a request. Text is isomorphic
// decoded: code points U+0000 to U+00FF are the bytes to write.
type ScriptedAnswer struct {
	// To is "METHOD URL", or a URL alone for every method for which the URL has no other
	// answers. The URL is that of the request as it arrives: scheme, host, port unless it
	// is the default one, path and query.
	To string

	// Status is from 100 to 999. After an informational status (below 200, except 101)
	// the next answer with the same To is sent in response to the same request; if there
	// is none, nothing more is sent.
	Status int
	// Reason is the reason phrase after the status, only over HTTP/1.1.
	Reason string
	// Headers are written in order: a name, ": ", and the value with its spaces.
	Headers fetch.HeaderList
	// RawHeaders are lines exactly as on the wire, without their end, for tests of such
	// details: "Name:value". They are written after Headers.
	//
	// Only a Content-Length is added, if the status and the method allow a body and the
	// lines don't delimit it themselves. After Transfer-Encoding: chunked, Body has the
	// chunks. HTTP/2 lower-cases names and removes the spaces around values.
	RawHeaders []string
	// Body is the bytes of the body. It is not sent if the response cannot have one.
	Body string

	Behaviour Behaviour
	// Delay is the delay of the late behaviours.
	Delay time.Duration
}

// A preparedAnswer is an answer ready to be written.
type preparedAnswer struct {
	status    int
	behaviour Behaviour
	delay     time.Duration
	lines     fetch.HeaderList // as a recipient reads them, but in bytes
	head      []byte           // status line and header lines, each with its end, over HTTP/1.1
	body      []byte
	// framed: the lines delimit the body themselves.
	framed bool
	// closes: the connection is over after the answer; misframed: only if the
	// answer has a body.
	closes, misframed bool
}

func (a ScriptedAnswer) prepare() (*preparedAnswer, error) {
	switch {
	case !a.Behaviour.known():
		return nil, fmt.Errorf("unknown behaviour %q", a.Behaviour)
	case a.Delay < 0:
		return nil, fmt.Errorf("a delay of %v", a.Delay)
	case a.Delay > 0 && a.Behaviour != BehaviourLate && a.Behaviour != BehaviourLateBody:
		return nil, fmt.Errorf("a delay has no meaning unless the behaviour is %q or %q", BehaviourLate, BehaviourLateBody)
	}
	body, ok := fetch.IsomorphicEncode(a.Body)
	if !ok {
		return nil, errors.New("the body holds a code point above U+00FF: write its bytes as U+0000 to U+00FF")
	}
	p := &preparedAnswer{behaviour: a.Behaviour, delay: a.Delay, body: body}
	switch a.Behaviour {
	case BehaviourGarbage:
		if len(body) == 0 {
			p.body = []byte(garbage)
		}
		return p, nil
	case BehaviourSilent, BehaviourClose, BehaviourReset:
		return p, nil
	case BehaviourCut:
		if len(body) < 2 {
			return nil, errors.New("a body to cut short needs two bytes")
		}
		p.closes = true
	}
	if a.Status < 100 || a.Status > 999 {
		return nil, fmt.Errorf("status %d: it is from 100 to 999", a.Status)
	}
	p.status = a.Status
	var head bytes.Buffer
	write := func(what, line string) ([]byte, error) {
		encoded, ok := fetch.IsomorphicEncode(line)
		if !ok || bytes.ContainsAny(encoded, "\r\n") {
			return nil, fmt.Errorf("%s %q holds a line end or a code point above U+00FF", what, line)
		}
		head.Write(encoded)
		head.WriteString("\r\n")
		return encoded, nil
	}
	if _, err := write("reason", fmt.Sprintf("HTTP/1.1 %d %s", a.Status, a.Reason)); err != nil {
		return nil, err
	}
	lines := make([]string, 0, len(a.Headers)+len(a.RawHeaders))
	for _, h := range a.Headers {
		lines = append(lines, h.Name()+": "+h.Value())
	}
	for _, line := range append(lines, a.RawHeaders...) {
		encoded, err := write("header line", line)
		if err != nil {
			return nil, err
		}
		if name, value, ok := strings.Cut(string(encoded), ":"); ok {
			p.lines = append(p.lines, headerLine(name, value))
		}
	}
	p.head = head.Bytes()
	p.frame()
	return p, nil
}

// frame reads how the lines delimit the body, as a client will. If the two of
// them differ about where the next response begins, there can be none.
func (p *preparedAnswer) frame() {
	f, length, found, err := bodyFraming(p.lines)
	p.framed = found || err != nil
	p.misframed = err != nil || f == framingUntilClose || f == framingLength && length != int64(len(p.body))
	if hasOption(p.lines, "Connection", "close") || p.status == http.StatusSwitchingProtocols {
		p.closes = true
	}
}

// hasOption reports whether a header has an option in its list.
func hasOption(headers fetch.HeaderList, name, option string) bool {
	list, _ := headers.Get(name)
	for o := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.Trim(o, " \t"), option) {
			return true
		}
	}
	return false
}

// isLast reports whether the connection is over after the answer.
func (p *preparedAnswer) isLast(method string) bool {
	return p.closes || p.misframed && p.hasBody(method)
}

func (p *preparedAnswer) informational() bool {
	return p.status/100 == 1 && p.status != http.StatusSwitchingProtocols
}

// hasBody reports whether a response to the method has a body.
func (p *preparedAnswer) hasBody(method string) bool {
	return method != http.MethodHead && !isNullBodyStatus(p.status) && (method != http.MethodConnect || p.status/100 != 2)
}

// message returns the whole head for HTTP/1.1, and the body.
func (p *preparedAnswer) message(method string) (head, body []byte) {
	head = append(make([]byte, 0, len(p.head)+len(p.body)+32), p.head...)
	if !p.hasBody(method) {
		return append(head, "\r\n"...), nil
	}
	if !p.framed {
		head = append(head, "Content-Length: "...)
		head = strconv.AppendInt(head, int64(len(p.body)), 10)
		head = append(head, "\r\n"...)
	}
	return append(head, "\r\n"...), p.body
}
