package wire

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A framing says how the body of an HTTP/1 message is delimited:
// https://www.rfc-editor.org/rfc/rfc9112#section-6.3.
type framing int

const (
	framingNone       framing = iota // the message has no body
	framingLength                    // Content-Length
	framingChunked                   // Transfer-Encoding
	framingUntilClose                // the end of the connection
	framingInterim                   // none, and the message is read over
	framingTunnel                    // what follows is not HTTP/1 any more
)

// A messageState is what the next bytes of a direction are.
type messageState int

const (
	stateStartLine messageState = iota
	stateHeaders
	stateLength // body bytes, a known number left
	stateChunkSize
	stateChunk // chunk bytes, a known number left
	stateChunkEnd
	stateTrailers
	stateUntilClose
	stateOpaque
)

// messages reads one direction of an HTTP/1 connection, in portions of any
// size. It knows the syntax; its owner knows what the messages mean.
type messages struct {
	// head is called when a head is complete. It says how the body is
	// delimited, with its length for framingLength.
	head func(start string, headers fetch.HeaderList) (framing, int64, error)
	// done is called when a message is complete.
	done func(body)
	// broken is called when the bytes can't be read as HTTP/1, for the start
	// line and header lines read so far and for the body.
	broken func(cause string)

	state   messageState
	line    []byte // the part of a line that came
	size    int    // of the head so far
	folds   int    // header lines in it that continue others
	start   string
	headers fetch.HeaderList
	left    int64
	body    body
}

// maxFolds bounds the header lines of a head that continue others: each is
// copied together with what it continues.
const maxFolds = 256

// feed takes the next bytes.
func (m *messages) feed(p []byte) {
	for len(p) > 0 && m.state != stateOpaque {
		switch m.state {
		case stateUntilClose:
			m.body.write(p)
			return
		case stateLength, stateChunk:
			n := int64(len(p))
			n = min(n, m.left)
			m.body.write(p[:n])
			p = p[n:]
			m.left -= n
			if m.left > 0 {
				return
			}
			if m.state == stateLength {
				m.finish()
			} else {
				m.state = stateChunkEnd
			}
		default:
			p = m.feedLine(p)
		}
	}
}

// feedLine takes bytes up to the end of a line and returns the rest. A line
// ends in LF, with or without CR before it.
func (m *messages) feedLine(p []byte) (rest []byte) {
	part, rest, whole := bytes.Cut(p, []byte{'\n'})
	if m.size += len(p) - len(rest); m.size > maxHead {
		m.fail(fmt.Sprintf("longer than %d bytes", maxHead))
		return nil
	}
	if !whole {
		m.line = append(m.line, part...)
		return nil
	}
	line := part
	if len(m.line) > 0 {
		m.line = append(m.line, part...)
		line = m.line
	}
	m.take(bytes.TrimSuffix(line, []byte{'\r'}))
	m.line = m.line[:0]
	return rest
}

// take takes one line without its end.
func (m *messages) take(line []byte) {
	switch m.state {
	case stateStartLine:
		m.size = len(line)
		if len(line) > 0 { // empty lines before a message are skipped
			m.start = decode(line)
			m.headers = make(fetch.HeaderList, 0, 16)
			m.state = stateHeaders
		}
	case stateHeaders:
		if len(line) > 0 {
			m.takeHeader(line)
			return
		}
		m.finishHead()
	case stateChunkSize:
		m.size = 0
		digits, _, _ := bytes.Cut(line, []byte{';'})
		n, err := strconv.ParseUint(string(bytes.TrimRight(digits, " \t")), 16, 63)
		switch {
		case err != nil:
			m.fail(fmt.Sprintf("chunk size %s", excerpt(line)))
		case n == 0:
			m.state = stateTrailers
		default:
			m.left, m.state = int64(n), stateChunk
		}
	case stateChunkEnd:
		m.size = 0
		if len(line) > 0 {
			m.fail(fmt.Sprintf("%s after the end of a chunk", excerpt(line)))
			return
		}
		m.state = stateChunkSize
	case stateTrailers:
		if len(line) == 0 {
			m.finish()
		}
	}
}

// takeHeader takes one header line. A line that starts with whitespace
// continues the one before it (obs-fold).
func (m *messages) takeHeader(line []byte) {
	if line[0] == ' ' || line[0] == '\t' {
		last := len(m.headers) - 1
		if last < 0 {
			m.fail(fmt.Sprintf("header line %s continues none", excerpt(line)))
			return
		}
		if m.folds++; m.folds > maxFolds {
			m.fail(fmt.Sprintf("more than %d header lines that continue others", maxFolds))
			return
		}
		m.headers[last] = headerLine(m.headers[last].Name(), m.headers[last].Value()+" "+strings.Trim(decode(line), " \t"))
		return
	}
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || bytes.ContainsAny(line[:colon], " \t") {
		m.fail(fmt.Sprintf("header line %s has no name before a colon", excerpt(line)))
		return
	}
	text := decode(line)
	name, value, _ := strings.Cut(text, ":")
	m.headers = append(m.headers, headerLine(name, value))
}

func (m *messages) finishHead() {
	framing, length, err := m.head(m.start, m.headers)
	if err != nil {
		m.fail(err.Error())
		return
	}
	m.body = body{}
	switch framing {
	case framingTunnel:
		m.state = stateOpaque
	case framingInterim:
		m.reset()
	case framingNone:
		m.finish()
	case framingLength:
		m.body, m.left, m.state = newBody(), length, stateLength
		if length == 0 {
			m.finish()
		}
	case framingChunked:
		m.body, m.state = newBody(), stateChunkSize
	case framingUntilClose:
		m.body, m.state = newBody(), stateUntilClose
	}
}

func (m *messages) finish() {
	b := m.body
	m.reset()
	m.done(b)
}

// reset makes ready for the next message.
func (m *messages) reset() {
	m.state, m.size, m.folds, m.start, m.headers, m.body = stateStartLine, 0, 0, "", nil, body{}
}

// fail gives up. The owner may still ask what was read so far.
func (m *messages) fail(cause string) {
	m.broken(cause)
	m.opaque()
}

// opaque stops reading for good and lets go of what was kept.
func (m *messages) opaque() {
	m.reset()
	m.line = nil
	m.state = stateOpaque
}

// inHead reports whether a part of a head came.
func (m *messages) inHead() bool {
	return m.state == stateHeaders || m.state == stateStartLine && len(m.line) > 0
}

// excerpt quotes the beginning of some bytes for a message.
func excerpt(p []byte) string {
	const shown = 80
	if len(p) > shown {
		return fmt.Sprintf("%q…", p[:shown])
	}
	return fmt.Sprintf("%q", p)
}

// bodyFraming reads the headers that delimit a body. ok is false if there are
// none.
func bodyFraming(headers fetch.HeaderList) (f framing, length int64, ok bool, err error) {
	if codings, found := headers.Get("Transfer-Encoding"); found {
		last := codings[strings.LastIndexByte(codings, ',')+1:]
		if strings.EqualFold(strings.Trim(last, " \t"), "chunked") {
			return framingChunked, 0, true, nil
		}
		return framingUntilClose, 0, true, nil
	}
	lengths, found := headers.Get("Content-Length")
	if !found {
		return framingNone, 0, false, nil
	}
	length = -1
	for v := range strings.SplitSeq(lengths, ",") {
		n, err := strconv.ParseUint(strings.Trim(v, " \t"), 10, 63)
		if err != nil || length >= 0 && length != int64(n) {
			return framingNone, 0, false, fmt.Errorf("Content-Length %s", excerpt([]byte(lengths)))
		}
		length = int64(n)
	}
	return framingLength, length, true, nil
}
