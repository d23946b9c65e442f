package wire

import (
	"bufio"
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// A book has the answers to requests. It is safe for concurrent use.
type book interface {
	// answersTo returns what a request is answered with: informational answers, and
	// one that ends them.
	answersTo(question) []*preparedAnswer
	// note takes what of a request could not be read.
	note(text string)
}

// A question is what of a request decides how it is answered.
type question struct {
	method, origin, target string
	preflight              bool
}

// A speaker answers by a book what comes on connections: in HTTP/1.1, or in HTTP/2 to who
// begins with it. A connection has one goroutine, which answers one request after
// another once the whole of it has come; over HTTP/2, requests that are answered late
// don't hold up the others. Safe for concurrent use.
type speaker struct {
	book     book
	timeouts Timeouts
	wg       sync.WaitGroup
	ctx      context.Context
	cancel   context.CancelFunc
	held     heldConns[struct{}]
}

// newSpeaker returns a speaker that hears nobody yet. Its maker ends it.
func newSpeaker(b book, t Timeouts) *speaker {
	s := &speaker{book: b, timeouts: t}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// listen serves each connection of ln, whose owner closes it, in the background. One that
// was accepted and not served yet when gone is closed is not served; nil means never.
func (s *speaker) listen(scheme string, ln net.Listener, gone <-chan struct{}) {
	s.wg.Go(func() {
		acceptAll(s.ctx, ln, s.timeouts.AcceptPause, &s.wg, func(c net.Conn) { s.serve(scheme, c, gone) })
	})
}

// hangUp ends the connections that there are.
func (s *speaker) hangUp() { s.held.closeAll() }

// end ends all connections, whatever was about to be answered, and those to come. It is
// idempotent.
func (s *speaker) end() {
	s.held.end()
	s.cancel()
}

// wait returns once nothing is served any more: after [speaker.end], and once the
// listeners are closed.
func (s *speaker) wait() { s.wg.Wait() }

// serve runs one accepted connection to its end.
func (s *speaker) serve(scheme string, conn net.Conn, gone <-chan struct{}) {
	if !s.held.hold(conn, struct{}{}) {
		return
	}
	defer s.held.release(conn)
	select {
	case <-gone: // before this one was held, so that nobody hung up on it
		return
	default:
	}
	in := bufio.NewReader(conn)
	// No HTTP/1.1 request is as short, and no method of one is PRI.
	if start, _ := in.Peek(4); string(start) == clientPreface[:4] {
		newServed2(s, scheme, conn, in).run()
	} else {
		newServed1(s, scheme, conn, in).run()
	}
}

// linger closes our side of a connection and reads on for a while: to close all
// of it while bytes come would reset it, and the client could lose the answer.
func (s *speaker) linger(conn net.Conn) {
	closeWrite(conn)
	conn.SetReadDeadline(time.Now().Add(s.timeouts.Linger))
	io.Copy(io.Discard, conn)
}

// pause waits. It reports false if the server was closed meanwhile, or gone was.
func (s *speaker) pause(d time.Duration, gone <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	case <-gone:
		return false
	}
}
