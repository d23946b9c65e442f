package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A tap forwards the bytes of one connection, and feeds each portion to a
// parser before it passes it on. Who half-closes, closes or resets one side
// does so to the other.
type tap struct {
	recorder *Recorder
	number   int
	peer     string
	opened   fetch.Offset
	ctx      context.Context
	cancel   context.CancelFunc
	bound    bool // to an upstream; guarded by the recorder's lock

	mu     sync.Mutex
	client net.Conn
	server net.Conn // nil before it is dialled
	log    *connLog
	parser parser // nil if nothing is read
	bytes  [2]int64
	closed *fetch.Offset
	err    string
}

func newTap(r *Recorder, number int, client net.Conn) *tap {
	t := &tap{
		recorder: r,
		number:   number,
		peer:     client.RemoteAddr().String(),
		opened:   r.cfg.Clock.Now(),
		client:   client,
	}
	t.ctx, t.cancel = context.WithCancel(r.ctx)
	t.log = r.recording.connection(number, t.peer)
	return t
}

// run serves the connection until both directions have ended.
func (t *tap) run() {
	defer t.finish()
	switch cfg := t.recorder.cfg; {
	case cfg.TerminateAs != "":
		t.terminateTLS()
	case cfg.TLS != nil:
		t.runTLS()
	case cfg.Protocol == ProtocolOpaque:
		if err := t.dial(); err != nil {
			t.abandon(unreachable(err))
			return
		}
		t.forward(nil)
	default:
		t.read(newSniffed(t.log))
		t.runHTTP()
	}
}

// runHTTP dials the server when the client's first bytes come, so that those
// of a dead server are recorded too.
func (t *tap) runHTTP() {
	buf := buffers.Get().(*buffer)
	n, err := t.client.Read(buf[:])
	if n == 0 {
		if err != io.EOF {
			t.abandon(ending(toServer, err))
		}
		buffers.Put(buf)
		return
	}
	first := append([]byte(nil), buf[:n]...)
	buffers.Put(buf)
	t.feed(toServer, first)
	if err := t.dial(); err != nil {
		t.refuse(unreachable(err))
		return
	}
	t.forward(first)
}

// refuse reads what the client asks, so that the recording shows it, and closes
// the connection: its server is dead.
func (t *tap) refuse(cause string) {
	t.client.SetReadDeadline(time.Now().Add(t.recorder.cfg.Timeouts.Handshake))
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	for !t.sawRequest() {
		n, err := t.client.Read(buf[:])
		t.feed(toServer, buf[:n])
		if err != nil {
			break
		}
	}
	t.abandon(cause)
}

func (t *tap) sawRequest() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.log.count > 0
}

// dial calls the upstream of the moment.
func (t *tap) dial() error {
	address, err := t.recorder.bind(t)
	if err != nil {
		return err
	}
	dialer := net.Dialer{Timeout: t.recorder.cfg.Timeouts.Dial}
	// TCP_NODELAY is set on both sides: it is the net package's default.
	server, err := dialer.DialContext(t.ctx, address.Network, address.Address)
	if err != nil {
		return err
	}
	return t.setServer(server)
}

func (t *tap) setServer(server net.Conn) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed != nil {
		server.Close()
		return net.ErrClosed
	}
	t.server = server
	return nil
}

func (t *tap) read(p parser) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.parser = p
}

// forward copies both directions until both have ended. first is what the
// client sent already; it was fed.
func (t *tap) forward(first []byte) {
	client, server := t.client, t.server
	var wg sync.WaitGroup
	wg.Go(func() { t.copy(toClient, client, server) })
	if _, err := server.Write(first); err == nil {
		t.copy(toServer, server, client)
	}
	wg.Wait()
}

// copy forwards one direction until it ends.
func (t *tap) copy(d direction, dst, src net.Conn) {
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	for {
		n, err := src.Read(buf[:])
		if n > 0 {
			t.feed(d, buf[:n])
			if _, err := dst.Write(buf[:n]); err != nil {
				if d == toClient {
					t.reset("the client went away")
				}
				// A server that went away may have sent an answer before: the
				// other direction brings it.
				return
			}
		}
		switch err {
		case nil:
		case io.EOF:
			t.feedEnd(d)
			closeWrite(dst)
			return
		default:
			t.reset(ending(d, err))
			return
		}
	}
}

func (t *tap) feed(d direction, p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes[d] += int64(len(p))
	if t.parser != nil && t.closed == nil {
		t.parser.feed(d, p)
	}
}

func (t *tap) feedEnd(d direction) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.parser != nil && t.closed == nil {
		t.parser.end(d)
	}
}

// finish ends a connection both of whose directions have ended.
func (t *tap) finish() { t.close("", false) }

// abandon closes both sides in an orderly manner and says why.
func (t *tap) abandon(cause string) { t.close(cause, false) }

// reset does the same as abandon, but so that both sides see a broken
// connection.
func (t *tap) reset(cause string) { t.close(cause, true) }

func (t *tap) close(cause string, reset bool) {
	t.mu.Lock()
	if t.closed != nil {
		t.mu.Unlock()
		return
	}
	t.closed, t.err = new(t.recorder.cfg.Clock.Now()), cause
	if t.parser != nil {
		t.parser.abandon(cause)
		t.parser = nil
	}
	client, server := t.client, t.server
	t.mu.Unlock()
	t.cancel()
	for _, c := range []net.Conn{server, client} {
		if c == nil {
			continue
		}
		if tcp, ok := rawConn(c).(*net.TCPConn); ok && reset {
			tcp.SetLinger(0)
			tcp.Close() // without TLS's word that it ended in order
		}
		c.Close()
	}
}

// release lets go of what a connection that has ended doesn't need any more.
func (t *tap) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.client, t.server, t.log = nil, nil, nil
}

func (t *tap) connection() Connection {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := Connection{
		Number:   t.number,
		Peer:     t.peer,
		Opened:   t.opened,
		ToServer: t.bytes[toServer],
		ToClient: t.bytes[toClient],
		Error:    t.err,
	}
	if t.closed != nil {
		c.Closed = new(*t.closed)
	}
	return c
}

type buffer [32 << 10]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// rawConn returns the connection beneath TLS.
func rawConn(c net.Conn) net.Conn {
	if c, ok := c.(interface{ NetConn() net.Conn }); ok {
		return c.NetConn()
	}
	return c
}

// closeWrite ends the direction towards c.
func closeWrite(c net.Conn) {
	type halfCloser interface{ CloseWrite() error }
	if c, ok := c.(halfCloser); ok {
		c.CloseWrite()
	}
	if raw := rawConn(c); raw != c {
		if raw, ok := raw.(halfCloser); ok {
			raw.CloseWrite()
		}
	}
}

// ending says what a read error means, by the side that was read from.
func ending(d direction, err error) string {
	side := "client"
	if d == toClient {
		side = "server"
	}
	switch {
	case errors.Is(err, syscall.ECONNRESET):
		return "the " + side + " reset the connection"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the " + side + " closed the connection within a TLS record"
	}
	return "read from the " + side + ": " + err.Error()
}

func unreachable(err error) string { return "the server can't be reached: " + err.Error() }
