package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A ForwarderConfig configures a [Forwarder].
type ForwarderConfig struct {
	// Name is the name of the forwarder, as in Exchange.Server. Required.
	Name string
	// Dial opens a connection to the server in a way that the forwarder's client cannot:
	// with a certificate, or from another network. first is the kind of the first request
	// on the connection. Required.
	Dial func(ctx context.Context, first fetch.ExchangeKind) (net.Conn, error)
	// Clock is the clock of the run. Default: a new one that starts now.
	Clock *Clock
	// Timeouts bound the waits of the forwarder.
	Timeouts Timeouts
}

// A Forwarder connects a browser to a server that the browser cannot call itself. The
// browser sends it plaintext HTTP on loopback, and the forwarder connects to the server
// in its own way. It forwards the bytes unchanged and is the witness of what the browser
// sent ([fetch.WitnessForwarder]); a recorder at the server is the witness of what
// arrived there.
//
// All methods are safe for concurrent use. Close stops it.
type Forwarder struct {
	*Recorder // between the browser and the bridge

	cfg    ForwarderConfig
	bridge net.Listener
	wg     sync.WaitGroup
	ctx    context.Context
	cancel context.CancelFunc

	held heldConns[struct{}]

	mu     sync.Mutex
	failed []string
}

// NewForwarder starts a forwarder. The caller closes it.
func NewForwarder(cfg ForwarderConfig) (*Forwarder, error) {
	if cfg.Dial == nil {
		return nil, fmt.Errorf("start forwarder %s: it has no way to the server: set ForwarderConfig.Dial", cfg.Name)
	}
	cfg.Timeouts = cfg.Timeouts.withDefaults()
	bridge, err := listenLoopback("127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start forwarder %s: %w", cfg.Name, err)
	}
	f := &Forwarder{cfg: cfg, bridge: bridge}
	f.Recorder, err = NewRecorder(RecorderConfig{
		Name: cfg.Name, Clock: cfg.Clock, Timeouts: cfg.Timeouts,
		Upstream: Address{Network: "tcp", Address: bridge.Addr().String()},
	})
	if err != nil {
		bridge.Close()
		return nil, err
	}
	f.recording.witness = fetch.WitnessForwarder // nobody knows the address yet
	f.ctx, f.cancel = context.WithCancel(context.Background())
	f.wg.Go(func() { acceptAll(f.ctx, bridge, cfg.Timeouts.AcceptPause, &f.wg, f.serve) })
	return f, nil
}

// Failed returns the reasons why the server could not be reached, a line for each
// connection, in order.
func (f *Forwarder) Failed() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.failed...)
}

// Close stops the forwarder, its connections and its goroutines. The recording stays
// readable. It is idempotent.
func (f *Forwarder) Close() error {
	f.held.end()
	f.cancel()
	f.bridge.Close()
	f.wg.Wait()
	return f.Recorder.Close()
}

// serve runs one connection of the recorder's to its end.
func (f *Forwarder) serve(client net.Conn) {
	if !f.held.hold(client, struct{}{}) {
		return
	}
	defer f.held.release(client)
	server, head, err := f.connect(client)
	if err != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.failed = append(f.failed, err.Error())
		return
	}
	if !f.held.hold(server, struct{}{}) {
		return
	}
	defer f.held.release(server)
	if _, err := server.Write(head); err != nil {
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { pipe(client, server) })
	pipe(server, client)
	wg.Wait()
}

// connect reads the head of the first request, dials the server for it, and
// returns the bytes that were read.
func (f *Forwarder) connect(client net.Conn) (net.Conn, []byte, error) {
	client.SetReadDeadline(time.Now().Add(f.cfg.Timeouts.Handshake))
	read := &keeper{conn: client}
	request, err := http.ReadRequest(bufio.NewReader(read))
	if err != nil {
		return nil, nil, fmt.Errorf("read the first request: %w", err)
	}
	client.SetReadDeadline(time.Time{})
	first := fetch.ExchangeRequest
	if request.Method == http.MethodOptions && request.Header.Get("Origin") != "" && request.Header.Get("Access-Control-Request-Method") != "" {
		first = fetch.ExchangePreflight
	}
	ctx, cancel := context.WithTimeout(f.ctx, f.cfg.Timeouts.Dial)
	defer cancel()
	server, err := f.cfg.Dial(ctx, first)
	return server, read.bytes, err
}

// A keeper keeps what was read from a connection.
type keeper struct {
	conn  net.Conn
	bytes []byte
}

func (k *keeper) Read(p []byte) (int, error) {
	n, err := k.conn.Read(p)
	k.bytes = append(k.bytes, p[:n]...)
	return n, err
}

// WithIdentity returns a Dial that opens TLS to the address with the name, and presents
// the identity's certificate like a browser that holds it: for every request with
// credentials, so not on the connection of a CORS-preflight request
// (https://fetch.spec.whatwg.org/#cors-protocol-and-credentials). A nil identity is never
// presented. The server is trusted if roots signed its certificate.
func WithIdentity(id *Identity, to Address, name string, roots *CA) func(context.Context, fetch.ExchangeKind) (net.Conn, error) {
	return func(ctx context.Context, first fetch.ExchangeKind) (net.Conn, error) {
		raw, err := new(net.Dialer).DialContext(ctx, to.Network, to.Address)
		if err != nil {
			return nil, err
		}
		cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: name, RootCAs: roots.Pool(), NextProtos: []string{"http/1.1"}}
		if id != nil && first == fetch.ExchangeRequest {
			cfg.Certificates = []tls.Certificate{id.Certificate}
		}
		conn := tls.Client(raw, cfg)
		if err := conn.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
		return conn, nil
	}
}
