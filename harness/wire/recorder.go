package wire

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	"github.com/corsproof/corsproof/harness/fetch"
)

// An Address is where a server listens.
type Address struct {
	// Network is "tcp" or "unix".
	Network string
	// Address is "host:port", or the path of a unix socket.
	Address string
}

// String returns the address for people.
func (a Address) String() string {
	if a.Network == "unix" {
		return "unix:" + a.Address
	}
	return a.Address
}

// A Protocol is what a recorder reads from the bytes that pass.
type Protocol string

const (
	// ProtocolHTTP is HTTP/1.0, HTTP/1.1, and HTTP/2 if TLS negotiated it. The zero value
	// means the same.
	ProtocolHTTP Protocol = "http"
	// ProtocolOpaque is any other protocol: only connections and bytes are counted.
	ProtocolOpaque Protocol = "opaque"
)

// A Naming says how Exchange.Server is set.
type Naming string

const (
	// NamingConfig is [RecorderConfig].Name, the zero value.
	NamingConfig Naming = ""
	// NamingOrigin is the origin of the request, as a browser writes it:
	// "https://api.test", from TLS and the Host header or :authority. It is for a server
	// with many origins. A request without an origin gets the Name.
	NamingOrigin Naming = "origin"
)

// A RecorderConfig configures a [Recorder].
type RecorderConfig struct {
	// Name is the name of the server, as in Exchange.Server, and the first part of
	// Exchange.ID. Required.
	Name string
	// Naming says how Exchange.Server is set instead of by Name.
	Naming Naming
	// Listen is a loopback address with a port. Default 127.0.0.1:0.
	Listen string
	// Listener, if not nil, accepts the connections instead of Listen, for example on a
	// network that the run created. The recorder closes it.
	Listener net.Listener
	// Upstream is the address of the server. It may be set later, see
	// [Recorder.SetUpstream].
	Upstream Address
	// TLS, if not nil, makes the recorder terminate TLS with the CA's certificate for the
	// requested name, and open TLS to the server with the same name and the same
	// application protocol.
	TLS *CA
	// TerminateAs, if not empty, makes the recorder choose the application protocol, and
	// call the server without TLS, which saves a handshake. It requires TLS.
	TerminateAs ServedProtocol
	// AnswersOwn says that the server itself responds to the harness's own paths, see
	// [IsOwnTarget], and sets no cookie with these responses.
	AnswersOwn bool
	// UpstreamRoots verifies the server's certificate. Default: the CA of TLS.
	UpstreamRoots *x509.CertPool
	// Protocol is the protocol that is read. Default [ProtocolHTTP].
	Protocol Protocol
	// Clock is the clock of the run. Default: a new one that starts now.
	Clock *Clock
	// Timeouts bound the waits of the recorder.
	Timeouts Timeouts
}

// A Recorder runs in front of one server, on its own port. It forwards the bytes of both
// directions unchanged, and reads each portion before it forwards it. So a client that
// has seen a response finds it in the recording without waiting, and every request that a
// server could see is in the recording.
//
// All methods are safe for concurrent use. Close stops it.
type Recorder struct {
	cfg       RecorderConfig
	ln        net.Listener
	recording *recording
	wg        sync.WaitGroup
	ctx       context.Context
	cancel    context.CancelFunc

	mu       sync.Mutex
	upstream Address
	taps     []*tap   // in order of arrival, but those that were forgotten
	accepted int      // how many there were
	bytes    [2]int64 // of those that were forgotten
	live     map[*tap]struct{}
	closed   bool
}

// NewRecorder starts a recorder. The caller closes it. If the port is taken, the error
// wraps syscall.EADDRINUSE.
func NewRecorder(cfg RecorderConfig) (*Recorder, error) {
	switch {
	case cfg.Name == "":
		return nil, errors.New("start a recorder: it has no name: set RecorderConfig.Name")
	case cfg.Protocol == "":
		cfg.Protocol = ProtocolHTTP
	case cfg.Protocol != ProtocolHTTP && cfg.Protocol != ProtocolOpaque:
		return nil, fmt.Errorf("start recorder %s: unknown protocol %q: use %q or %q", cfg.Name, cfg.Protocol, ProtocolHTTP, ProtocolOpaque)
	}
	if cfg.TLS != nil && cfg.Protocol == ProtocolOpaque {
		return nil, fmt.Errorf("start recorder %s: TLS is ended for HTTP only: leave RecorderConfig.TLS empty", cfg.Name)
	}
	switch {
	case cfg.Naming != NamingConfig && cfg.Naming != NamingOrigin:
		return nil, fmt.Errorf("start recorder %s: unknown naming %q: leave it empty or use %q", cfg.Name, cfg.Naming, NamingOrigin)
	case cfg.TerminateAs == "":
	case cfg.TLS == nil:
		return nil, fmt.Errorf("start recorder %s: there is no TLS to terminate: set RecorderConfig.TLS", cfg.Name)
	case cfg.TerminateAs.applicationProtocols() == nil:
		return nil, fmt.Errorf("start recorder %s: can't terminate TLS as %q: use %q or %q", cfg.Name, cfg.TerminateAs, ServedHTTP1, ServedHTTP2)
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.TLS != nil && cfg.UpstreamRoots == nil {
		cfg.UpstreamRoots = cfg.TLS.Pool()
	}
	cfg.Clock = cfg.Clock.orNew()
	cfg.Timeouts = cfg.Timeouts.withDefaults()
	ln := cfg.Listener
	if ln == nil {
		var err error
		if ln, err = listenLoopback(cfg.Listen); err != nil {
			return nil, fmt.Errorf("start recorder %s: %w", cfg.Name, err)
		}
	}
	r := &Recorder{
		cfg:       cfg,
		ln:        ln,
		recording: newRecording(cfg.Name, cfg.Clock),
		upstream:  cfg.Upstream,
		live:      map[*tap]struct{}{},
	}
	if cfg.Naming == NamingOrigin {
		r.recording.scheme = "http"
		if cfg.TLS != nil {
			r.recording.scheme = "https"
		}
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.wg.Go(func() { admitAll(r.ctx, ln, cfg.Timeouts.AcceptPause, &r.wg, r.admit) })
	return r, nil
}

// Name returns the name of the server in the recording.
func (r *Recorder) Name() string { return r.cfg.Name }

// AnswersOwn returns [RecorderConfig].AnswersOwn.
func (r *Recorder) AnswersOwn() bool { return r.cfg.AnswersOwn }

// Addr returns the address that clients call, as in "127.0.0.1:49152".
func (r *Recorder) Addr() string { return r.ln.Addr().String() }

// SetUpstream sends future connections to a. It closes the current ones before it
// returns, so that no connection that was kept alive reaches the old server; their
// exchanges in flight become incomplete.
func (r *Recorder) SetUpstream(a Address) {
	r.mu.Lock()
	r.upstream = a
	var old []*tap
	for t := range r.live {
		if t.bound {
			old = append(old, t)
			delete(r.live, t)
		}
	}
	r.mu.Unlock()
	for _, t := range old {
		t.abandon("the recorder closed the connection, its upstream was changed to " + a.String())
	}
}

// Mark returns the current end of the recording.
func (r *Recorder) Mark() Mark { return r.recording.mark() }

// Forget removes the exchanges before m, and closed connections, to limit the memory of a
// long run. It does not change the results of [Recorder.Statuses] and [Recorder.Bytes].
func (r *Recorder) Forget(m Mark) {
	r.recording.forget(m)
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := make([]*tap, 0, len(r.live))
	for _, t := range r.taps {
		c := t.connection()
		if c.Closed == nil {
			kept = append(kept, t)
			continue
		}
		r.bytes[toServer] += c.ToServer
		r.bytes[toClient] += c.ToClient
	}
	r.taps = kept
}

// Since returns copies of the exchanges whose request heads arrived since m, in that
// order. It includes exchanges in flight, with neither Ended nor Incomplete set.
func (r *Recorder) Since(m Mark) []fetch.Exchange { return r.recording.since(m) }

// Wait returns the first exchange since m for which match returns true, as soon as there
// is one. match is called for each exchange when its request head has arrived and after
// each change; it may call other methods. The error lists what was recorded instead, and
// wraps that of ctx.
func (r *Recorder) Wait(ctx context.Context, m Mark, match func(fetch.Exchange) bool) (fetch.Exchange, error) {
	return r.recording.wait(ctx, m, match)
}

// A Connection is one connection that a recorder accepted.
type Connection struct {
	Number int    // the n of "name#n.m"
	Peer   string // the client's address
	Opened fetch.Offset
	Closed *fetch.Offset // nil while it is open
	// ToServer and ToClient are the numbers of bytes to forward, after TLS was removed.
	ToServer, ToClient int64
	// Error is why it ended, if it did not end normally.
	Error string
}

// Connections returns all connections that were not forgotten, in the order in which they
// were accepted.
func (r *Recorder) Connections() []Connection {
	r.mu.Lock()
	taps := slices.Clone(r.taps)
	r.mu.Unlock()
	out := make([]Connection, len(taps))
	for i, t := range taps {
		out[i] = t.connection()
	}
	return out
}

// Bytes returns the sums of [Connection].ToServer and ToClient over all
// connections since the start.
func (r *Recorder) Bytes() (up, down int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	up, down = r.bytes[toServer], r.bytes[toClient]
	for _, t := range r.taps {
		c := t.connection()
		up += c.ToServer
		down += c.ToClient
	}
	return up, down
}

// Close stops the recorder, its connections and its goroutines. The recording stays
// readable. It is idempotent.
func (r *Recorder) Close() error {
	r.mu.Lock()
	r.closed = true
	live := r.live
	r.live = map[*tap]struct{}{}
	r.mu.Unlock()
	r.cancel()
	r.ln.Close()
	for t := range live {
		t.abandon("the recorder was closed")
	}
	r.wg.Wait()
	r.recording.close()
	return nil
}

// admit takes an accepted connection, and returns what serves it.
func (r *Recorder) admit(client net.Conn) (serve func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		client.Close()
		return nil
	}
	r.accepted++
	t := newTap(r, r.accepted, client)
	r.taps = append(r.taps, t)
	r.live[t] = struct{}{}
	return func() { r.serve(t) }
}

// serve runs a connection to its end.
func (r *Recorder) serve(t *tap) {
	t.run()
	r.mu.Lock()
	delete(r.live, t)
	r.mu.Unlock()
	t.release()
}

// bind returns the upstream that t is to call from now on.
func (r *Recorder) bind(t *tap) (Address, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.bound = true
	if r.upstream == (Address{}) {
		return Address{}, errors.New("no upstream is set")
	}
	return r.upstream, nil
}
