package wire

import (
	"strconv"
	"time"

	h2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/corsproof/corsproof/harness/fetch"
)

// answer answers a request, whose body has come. The lock is held.
func (c *served2) answer(s *servedStream) {
	answers := c.server.book.answersTo(s.question)
	for _, a := range answers {
		if a.delay > 0 {
			c.lateness.Go(func() {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.play(s, answers)
				c.out.Flush()
			})
			return
		}
	}
	c.play(s, answers)
}

// play sends answers in response to one request. The lock is held, but not
// while it waits.
func (c *served2) play(s *servedStream, answers []*preparedAnswer) {
	for _, a := range answers {
		switch a.behaviour {
		case BehaviourSilent:
			return
		case BehaviourClose, BehaviourReset:
			c.reset(s)
			return
		case BehaviourGarbage:
			c.out.Write(a.body)
			c.out.Flush()
			c.garbled = true
			closeWrite(c.conn)
			return
		case BehaviourLate:
			if !c.pause(a.delay) {
				return
			}
		}
		c.send(s, a)
	}
}

// pause waits without the lock. It reports false if the connection is over.
func (c *served2) pause(d time.Duration) bool {
	c.out.Flush()
	c.mu.Unlock()
	defer c.mu.Lock()
	return c.server.pause(d, c.gone)
}

func (c *served2) send(s *servedStream, a *preparedAnswer) {
	if a.informational() {
		c.writeHead(s, a.status, a.lines, streamOpen)
		return
	}
	if !a.hasBody(s.method) || len(a.body) == 0 && a.behaviour != BehaviourLateBody {
		c.writeHead(s, a.status, a.lines, streamEnds)
		delete(c.streams, s.id)
		return
	}
	c.writeHead(s, a.status, a.lines, streamOpen)
	if a.behaviour == BehaviourLateBody && !c.pause(a.delay) {
		return
	}
	s.rest, s.cut = a.body, a.behaviour == BehaviourCut
	if s.cut {
		s.rest = a.body[:len(a.body)/2]
	}
	if s.rest == nil {
		s.rest = []byte{} // late, and empty
	}
	c.pump(s)
}

// pump sends what the windows allow of a body.
func (c *served2) pump(s *servedStream) {
	if s.rest == nil || c.streams[s.id] != s {
		return
	}
	for {
		n := min(int64(len(s.rest)), s.window, c.window, defaultFrameSize)
		if n <= 0 && len(s.rest) > 0 {
			return
		}
		part := s.rest[:n]
		s.rest = s.rest[n:]
		s.window -= n
		c.window -= n
		done := len(s.rest) == 0
		if c.garbled {
			return
		}
		c.framer.WriteData(s.id, done && !s.cut, part)
		if done {
			delete(c.streams, s.id)
			if s.cut {
				c.framer.WriteRSTStream(s.id, h2.ErrCodeInternal)
			}
			return
		}
	}
}

func (c *served2) reset(s *servedStream) {
	if c.streams[s.id] == s && !c.garbled {
		delete(c.streams, s.id)
		c.framer.WriteRSTStream(s.id, h2.ErrCodeInternal)
	}
}

// A streamEnd says whether a head is all of a response.
type streamEnd bool

const (
	streamOpen streamEnd = false
	streamEnds streamEnd = true
)

// writeHead sends a header block.
func (c *served2) writeHead(s *servedStream, status int, headers fetch.HeaderList, end streamEnd) {
	if c.streams[s.id] != s || c.garbled {
		return
	}
	c.block.Reset()
	c.encoder.WriteField(hpack.HeaderField{Name: ":status", Value: strconv.Itoa(status)})
	for _, h := range headers {
		c.encoder.WriteField(hpack.HeaderField{Name: lowerASCII(h.Name()), Value: h.Value()})
	}
	block := c.block.Bytes()
	first := block[:min(len(block), defaultFrameSize)]
	block = block[len(first):]
	c.framer.WriteHeaders(h2.HeadersFrameParam{
		StreamID: s.id, BlockFragment: first, EndStream: bool(end), EndHeaders: len(block) == 0,
	})
	for len(block) > 0 {
		part := block[:min(len(block), defaultFrameSize)]
		block = block[len(part):]
		c.framer.WriteContinuation(s.id, len(block) == 0, part)
	}
}

// lowerASCII lower-cases A to Z, in bytes of any kind.
func lowerASCII(s string) string {
	p := []byte(s)
	for i, c := range p {
		if 'A' <= c && c <= 'Z' {
			p[i] = c + 'a' - 'A'
		}
	}
	return string(p)
}
