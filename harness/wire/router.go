package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Router is a SOCKS5 proxy on loopback (RFC 1928: no authentication, CONNECT) that a
// browser uses for all connections. A table maps "host:port" to addresses; everything
// else is refused and recorded, so that the browser reaches nothing but the system under
// proof. Names are never resolved. All methods are safe for concurrent use.
type Router struct {
	clock    *Clock
	timeouts Timeouts
	ln       net.Listener
	source   net.IP
	wg       sync.WaitGroup
	ctx      context.Context
	cancel   context.CancelFunc

	mu      sync.Mutex
	routes  map[string]string
	refused []Refusal
	routed  []*routed // in order of arrival, but those that were forgotten
	made    int       // how many there were
	byPeer  map[string][]*routed
	reached map[string][]string // addresses that connections for a host:port were made to

	held heldConns[*routed] // nil for one that has no route yet
}

// A Refusal is a requested connection that a [Router] did not open.
type Refusal struct {
	HostPort string
	At       fetch.Offset
	// Reason says why: no route, or a request that the Router does not support.
	Reason string
}

// A RoutedConnection is a connection that a [Router] opened.
type RoutedConnection struct {
	HostPort string // as requested, in lower case
	Address  string // the address that it was routed to
	// Peer is the Router's own address on the connection, which a recorder there has as
	// Exchange.Peer. Towards an IPv4 loopback address, only the Router uses its host in
	// this process.
	Peer   string
	Opened fetch.Offset
	Closed *fetch.Offset // nil while it is open
	// Error is why the address could not be reached; empty if it was.
	Error string
}

type routed struct {
	number     int
	connection RoutedConnection
}

func (c *routed) snapshot() RoutedConnection {
	s := c.connection
	if s.Closed != nil {
		s.Closed = new(*s.Closed)
	}
	return s
}

// NewRouter starts a Router with an empty table. The caller closes it. A nil clock means
// a new one that starts now.
func NewRouter(clock *Clock) (*Router, error) {
	ln, err := listenLoopback("127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the name router: %w", err)
	}
	r := &Router{
		clock:    clock.orNew(),
		timeouts: Timeouts{}.withDefaults(),
		ln:       ln,
		source:   nextSource(),
		routes:   map[string]string{},
		byPeer:   map[string][]*routed{},
		reached:  map[string][]string{},
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.wg.Go(func() { acceptAll(r.ctx, ln, r.timeouts.AcceptPause, &r.wg, r.serve) })
	return r, nil
}

// Addr returns the proxy's address, as in "127.0.0.1:49152".
func (r *Router) Addr() string { return r.ln.Addr().String() }

// Route routes connections for hostport ("app.example.com:443", in any case) to a TCP
// address. If there was another route, its current connections are closed, so that none
// that was kept alive reaches the old address.
func (r *Router) Route(hostport, address string) {
	key := strings.ToLower(hostport)
	r.mu.Lock()
	defer r.mu.Unlock()
	old, existed := r.routes[key]
	r.routes[key] = address
	if existed && old != address {
		r.closeRouted(key)
	}
}

// Routes returns a copy of the table.
func (r *Router) Routes() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.routes)
}

// Remove removes hostport from the table and closes its connections.
func (r *Router) Remove(hostport string) {
	key := strings.ToLower(hostport)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.routes, key)
	r.closeRouted(key)
}

// closeRouted closes the connections of one table entry. The lock is held.
func (r *Router) closeRouted(key string) {
	r.held.closeIf(func(c *routed) bool { return c != nil && c.connection.HostPort == key })
}

// Refused returns the refusals so far, in order.
func (r *Router) Refused() []Refusal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.refused)
}

// Connections returns the routed connections that were not forgotten, in order.
func (r *Router) Connections() []RoutedConnection {
	r.mu.Lock()
	defer r.mu.Unlock()
	return snapshots(r.routed)
}

// ConnectionsOf returns the connections with the address as Peer, in order; there are
// several if the system reused the address.
func (r *Router) ConnectionsOf(peer string) []RoutedConnection {
	r.mu.Lock()
	defer r.mu.Unlock()
	return snapshots(r.byPeer[peer])
}

func snapshots(list []*routed) []RoutedConnection {
	out := make([]RoutedConnection, len(list))
	for i, c := range list {
		out[i] = c.snapshot()
	}
	return out
}

// Reached returns the distinct addresses to which connections for hostport were opened
// since the start; forgotten connections count.
func (r *Router) Reached(hostport string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.reached[strings.ToLower(hostport)])
}

// Source returns the host from which the Router calls an address, as in Exchange.Peer of
// a recorder there.
func (r *Router) Source(address string) string {
	if r.from(address) != nil {
		return r.source.String()
	}
	host, _, _ := net.SplitHostPort(address)
	return host
}

// Mark returns the current end of the connections.
func (r *Router) Mark() Mark {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Mark(r.made)
}

// Forget removes the closed connections before m.
func (r *Router) Forget(m Mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	over := func(c *routed) bool { return c.number < int(m) && c.connection.Closed != nil }
	var kept []*routed
	for _, c := range r.routed {
		if !over(c) {
			kept = append(kept, c)
			continue
		}
		peer := c.connection.Peer
		if left := slices.DeleteFunc(r.byPeer[peer], over); len(left) > 0 {
			r.byPeer[peer] = left
		} else {
			delete(r.byPeer, peer)
		}
	}
	r.routed = kept
}

// Close stops the Router, its connections and its goroutines. It is idempotent.
func (r *Router) Close() error {
	r.held.end()
	r.cancel()
	r.ln.Close()
	r.wg.Wait()
	return nil
}

// serve runs one accepted connection to its end.
func (r *Router) serve(client net.Conn) {
	if !r.held.hold(client, nil) {
		return
	}
	defer r.held.release(client)
	client.SetDeadline(time.Now().Add(r.timeouts.Handshake))
	hostport, err := readSOCKS(client)
	if err != nil {
		if refusal, ok := errors.AsType[*socksError](err); ok {
			r.refuse(hostport, refusal.problem)
			client.Write(refusal.reply)
		}
		return
	}
	server, c, code := r.connect(client, hostport)
	if server == nil {
		client.Write(socksReply(code))
		return
	}
	defer func() {
		r.held.release(server)
		r.mu.Lock()
		defer r.mu.Unlock()
		c.connection.Closed = new(r.clock.Now())
	}()
	if _, err := client.Write(socksReply(socksSucceeded)); err != nil {
		return
	}
	client.SetDeadline(time.Time{})
	var wg sync.WaitGroup
	wg.Go(func() { pipe(client, server) })
	pipe(server, client)
	wg.Wait()
}

// connect calls the address that the table has for hostport. It returns nil and
// a reply code if there is none or it can't be reached.
func (r *Router) connect(client net.Conn, hostport string) (net.Conn, *routed, byte) {
	r.mu.Lock()
	address, ok := r.routes[hostport]
	if !ok {
		r.mu.Unlock()
		r.refuse(hostport, "no route")
		return nil, nil, socksNotAllowed
	}
	c := &routed{r.made, RoutedConnection{HostPort: hostport, Address: address, Opened: r.clock.Now()}}
	r.made++
	r.routed = append(r.routed, c)
	r.held.hold(client, c)
	r.mu.Unlock()

	dialer := net.Dialer{Timeout: r.timeouts.Dial, LocalAddr: r.from(address)}
	server, err := dialer.DialContext(r.ctx, "tcp", address)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil:
	case r.routes[hostport] != address:
		server.Close()
		err = errors.New("the route was changed meanwhile")
	case !r.held.hold(server, c):
		err = errors.New("the router was closed meanwhile")
	}
	if err != nil {
		c.connection.Error = err.Error()
		c.connection.Closed = new(r.clock.Now())
		return nil, nil, socksHostUnreachable
	}
	peer := server.LocalAddr().String()
	c.connection.Peer = peer
	r.byPeer[peer] = append(r.byPeer[peer], c)
	if !slices.Contains(r.reached[hostport], address) {
		r.reached[hostport] = append(r.reached[hostport], address)
	}
	return server, c, socksSucceeded
}

// sources counts the Routers of this process.
var sources atomic.Uint32

// nextSource returns an address of the loopback network for one Router to call
// from. From 127.0.0.1 everybody calls: the system gives a port that a Router
// has done with to the next client, whose exchanges would then seem to be the
// browser's.
func nextSource() net.IP {
	n := sources.Add(1)
	return net.IPv4(127, 111, byte(n>>8), byte(n))
}

// from returns the local address for a connection to address; nil means any.
func (r *Router) from(address string) net.Addr {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !to.Addr().Is4() || !to.Addr().IsLoopback() {
		return nil
	}
	return &net.TCPAddr{IP: r.source}
}

func (r *Router) refuse(hostport, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused = append(r.refused, Refusal{HostPort: hostport, At: r.clock.Now(), Reason: reason})
}

// pipe copies one direction and hands its end on: a half-close as such, a
// reset as a reset of both. What the Router closed itself ends in order.
func pipe(dst, src net.Conn) {
	_, err := io.Copy(dst, src)
	if err == nil {
		closeWrite(dst)
		return
	}
	for _, c := range []net.Conn{dst, src} {
		if tcp, ok := c.(*net.TCPConn); ok && !errors.Is(err, net.ErrClosed) {
			tcp.SetLinger(0)
		}
		c.Close()
	}
}
