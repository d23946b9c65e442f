package wire

import (
	"io"
	"net"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A served1 is one connection of a [speaker] that speaks HTTP/1.1. It reads
// requests as the recorder does.
type served1 struct {
	server *speaker
	scheme string
	conn   net.Conn
	reader io.Reader
	in     messages

	// Of the request at hand.
	question

	last bool // the request at hand is the connection's last
	over bool
}

func newServed1(s *speaker, scheme string, conn net.Conn, in io.Reader) *served1 {
	c := &served1{server: s, scheme: scheme, conn: conn, reader: in}
	c.in = messages{head: c.head, done: c.done, broken: c.broken}
	return c
}

// run answers requests until either side ends the connection.
func (c *served1) run() {
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	for !c.over {
		n, err := c.reader.Read(buf[:])
		c.in.feed(buf[:n])
		if err != nil {
			return
		}
	}
	c.server.linger(c.conn)
}

// end ends the connection after what was written; requests that were sent
// ahead are not answered.
func (c *served1) end() {
	c.over = true
	c.in.opaque()
}

// head takes the head of a request.
func (c *served1) head(start string, headers fetch.HeaderList) (framing, int64, error) {
	method, target, version, err := parseRequestLine(start)
	if err != nil {
		return framingNone, 0, err
	}
	f, length, _, err := bodyFraming(headers)
	if err != nil {
		return framingNone, 0, err
	}
	if f == framingUntilClose {
		return framingNone, 0, errUntilClose
	}
	request := fetch.SentRequest{Method: method, Target: target, Version: version, Headers: headers}
	c.question = question{method, requestOrigin(c.scheme, authorityOf(request)), target, request.IsPreflight()}
	c.last = version == "HTTP/1.0" || method == "CONNECT" || hasOption(headers, "Connection", "close")
	if f != framingNone && hasOption(headers, "Expect", "100-continue") {
		c.write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	}
	return f, length, nil
}

// done answers the request, whose body has come.
func (c *served1) done(body) {
	for _, a := range c.server.book.answersTo(c.question) {
		c.answer(a)
	}
	if c.last {
		c.end()
	}
}

// broken answers what can't be read, as servers do.
func (c *served1) broken(cause string) {
	c.server.book.note(c.scheme + ": malformed request: " + cause)
	c.answer(unreadable)
	c.end()
}

func (c *served1) answer(a *preparedAnswer) {
	if c.over {
		return
	}
	switch a.behaviour {
	case BehaviourSilent:
		// The end of the client's side is that of its patience.
		io.Copy(io.Discard, c.conn)
		c.end()
		return
	case BehaviourClose:
		c.end()
		return
	case BehaviourReset:
		c.reset()
		return
	case BehaviourGarbage:
		c.write(a.body)
		c.end()
		return
	case BehaviourLate:
		if !c.server.pause(a.delay, nil) {
			c.end()
			return
		}
	}
	head, body := a.message(c.method)
	switch a.behaviour {
	case BehaviourLateBody:
		c.write(head)
		if !c.server.pause(a.delay, nil) {
			c.end()
			return
		}
		c.write(body)
	case BehaviourCut:
		c.write(append(head, body[:len(body)/2]...))
	default:
		c.write(append(head, body...))
	}
	if a.isLast(c.method) {
		c.end()
	}
}

func (c *served1) write(p []byte) {
	if _, err := c.conn.Write(p); err != nil {
		c.end()
	}
}

// reset ends the connection so that the client sees it broken.
func (c *served1) reset() {
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.conn.Close()
	c.end()
}
