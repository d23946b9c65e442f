package wire

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/proxy"

	"github.com/corsproof/corsproof/harness/fetch"
)

func routerT(tb testing.TB) *Router {
	tb.Helper()
	r, err := NewRouter(nil)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, r.Close()) })
	return r
}

// throughT calls hostport through the router.
func throughT(tb testing.TB, r *Router, hostport string) (*net.TCPConn, error) {
	tb.Helper()
	dialer, err := proxy.SOCKS5("tcp", r.Addr(), nil, proxy.Direct)
	require.NoError(tb, err)
	type onConn interface {
		DialWithConn(context.Context, net.Conn, string, string) (net.Addr, error)
	}
	c := dialT(tb, r.Addr())
	_, err = dialer.(onConn).DialWithConn(tb.Context(), c, "tcp", hostport)
	return c, err
}

// greeterT says its name to who connects, and reads until the client ends.
func greeterT(tb testing.TB, name string) Address {
	return listenT(tb, func(c *net.TCPConn) {
		io.WriteString(c, name)
		io.Copy(io.Discard, c)
	})
}

func TestRouterRoutes(t *testing.T) {
	t.Parallel()
	r := routerT(t)
	a, b := greeterT(t, "a"), greeterT(t, "b")
	r.Route("App.Example.com:443", a.Address)
	r.Route("127.0.0.1:5173", b.Address)
	r.Route("[::1]:80", b.Address)
	for _, tc := range []struct{ hostport, want string }{
		{"app.example.com:443", "a"},
		{"APP.example.COM:443", "a"},
		{"127.0.0.1:5173", "b"},
		{"[::1]:80", "b"},
	} {
		c, err := throughT(t, r, tc.hostport)
		require.NoError(t, err, tc.hostport)
		got := make([]byte, 1)
		_, err = io.ReadFull(c, got)
		require.NoError(t, err)
		assert.Equal(t, tc.want, string(got), tc.hostport)
	}
	for _, hostport := range []string{"app.example.com:80", "example.com:443", "127.0.0.1:5174", b.Address} {
		_, err := throughT(t, r, hostport)
		assert.ErrorContains(t, err, "not allowed", hostport)
	}
	var refused []string
	for _, x := range r.Refused() {
		refused = append(refused, x.HostPort)
		assert.Equal(t, "no route", x.Reason)
	}
	assert.Equal(t, []string{"app.example.com:80", "example.com:443", "127.0.0.1:5174", b.Address}, refused)
	var made []string
	for _, c := range r.Connections() {
		made = append(made, c.HostPort)
		assert.Empty(t, c.Error)
	}
	assert.Equal(t, []string{"app.example.com:443", "app.example.com:443", "127.0.0.1:5173", "[::1]:80"}, made)
}

func TestRouterChange(t *testing.T) {
	t.Parallel()
	r := routerT(t)
	a, b := greeterT(t, "a"), greeterT(t, "b")
	r.Route("x.example:80", a.Address)
	old, err := throughT(t, r, "x.example:80")
	require.NoError(t, err)
	r.Route("x.example:80", a.Address) // no change: the connection stays
	_, err = io.ReadFull(old, make([]byte, 1))
	require.NoError(t, err)

	r.Route("x.example:80", b.Address)
	_, err = io.ReadAll(old)
	assert.NoError(t, err, "an orderly close")
	c, err := throughT(t, r, "x.example:80")
	require.NoError(t, err)
	got := make([]byte, 1)
	_, err = io.ReadFull(c, got)
	require.NoError(t, err)
	assert.Equal(t, "b", string(got))

	r.Remove("X.example:80")
	_, err = io.ReadAll(c)
	assert.NoError(t, err)
	_, err = throughT(t, r, "x.example:80")
	assert.Error(t, err)
	assert.Len(t, r.Refused(), 1)
}

// The router's connection to a recorder has the same address in both accounts.
func TestRouterNamesItsConnections(t *testing.T) {
	t.Parallel()
	r := routerT(t)
	s := serverT(t, func(w http.ResponseWriter, q *http.Request) { io.WriteString(w, q.Host) })
	recorder := recorderT(t, RecorderConfig{Upstream: tcp(s.Listener.Addr())})
	r.Route("api.example:80", recorder.Addr())
	client := clientT(t)
	client.Transport.(*http.Transport).DialContext = func(_ context.Context, _, address string) (net.Conn, error) { return throughT(t, r, address) }
	response, err := client.Get("http://api.example/x")
	assert.Equal(t, "api.example", readAll(t, response, err))
	direct, err := clientT(t).Get("http://" + recorder.Addr() + "/y")
	readAll(t, direct, err)

	connections := r.Connections()
	require.Len(t, connections, 1)
	x := recorder.Since(0)
	require.Len(t, x, 2)
	assert.Equal(t, connections[0].Peer, x[0].Peer)
	assert.NotEqual(t, connections[0].Peer, x[1].Peer)
	// Not only the port differs: a port is given again to others.
	assert.NotEqual(t, host(t, x[0].Peer), host(t, x[1].Peer))
	assert.Equal(t, recorder.Addr(), connections[0].Address)
	assert.Nil(t, connections[0].Closed)
	require.NoError(t, r.Close())
	assert.NotNil(t, r.Connections()[0].Closed)
}

// No two routers call from one address, and each can call what isn't 127.0.0.1.
func TestRouterSources(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"127.0.0.1": true}
	for _, listen := range []string{"127.0.0.1:0", "127.0.0.1:0", "127.0.0.2:0"} {
		r := routerT(t)
		recorder := recorderT(t, RecorderConfig{Listen: listen, Upstream: greeterT(t, "a"), Protocol: ProtocolOpaque})
		r.Route("a.example:80", recorder.Addr())
		c, err := throughT(t, r, "a.example:80")
		require.NoError(t, err)
		_, err = io.ReadFull(c, make([]byte, 1))
		require.NoError(t, err)
		from := host(t, recorder.Connections()[0].Peer)
		assert.False(t, seen[from], from)
		seen[from] = true
	}
}

func host(tb testing.TB, address string) string {
	tb.Helper()
	host, _, err := net.SplitHostPort(address)
	require.NoError(tb, err)
	return host
}

func TestRouterDeadAddress(t *testing.T) {
	t.Parallel()
	r := routerT(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	r.Route("x.example:80", ln.Addr().String())
	_, err = throughT(t, r, "x.example:80")
	assert.ErrorContains(t, err, "host unreachable")
	c := r.Connections()[0]
	assert.Contains(t, c.Error, "connection refused")
	assert.NotNil(t, c.Closed)
	assert.Empty(t, r.Refused(), "the system under proof being down is not a call to elsewhere")
}

func TestRouterHalfCloseAndReset(t *testing.T) {
	t.Parallel()
	r := routerT(t)
	echo := listenT(t, func(c *net.TCPConn) {
		request, err := io.ReadAll(c)
		if err != nil || string(request) != "bye" {
			c.SetLinger(0)
			return
		}
		io.WriteString(c, "goodbye")
	})
	r.Route("x.example:80", echo.Address)
	c, err := throughT(t, r, "x.example:80")
	require.NoError(t, err)
	io.WriteString(c, "bye")
	c.CloseWrite()
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Equal(t, "goodbye", string(got))

	c, err = throughT(t, r, "x.example:80")
	require.NoError(t, err)
	io.WriteString(c, "what?")
	c.CloseWrite()
	_, err = io.ReadAll(c)
	assert.Error(t, err, "a reset is handed on as such")
}

func TestRouterRefusesOtherRequests(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		send, reply string
		want        Refusal
	}{
		"HTTP proxy":     {"CONNECT a:443 HTTP/1.1\r\n\r\n", "", Refusal{"", 0, "not SOCKS5: the first byte is 0x43"}},
		"SOCKS4":         {"\x04\x01\x00\x50\x01\x02\x03\x04\x00", "", Refusal{"", 0, "not SOCKS5: the first byte is 0x04"}},
		"authentication": {"\x05\x01\x02", "\x05\xff", Refusal{"", 0, "the client wants to authenticate itself"}},
		"bind":           {"\x05\x01\x00\x05\x02\x00\x01\x01\x02\x03\x04\x00\x50", "\x05\x00\x05\x07\x00\x01\x00\x00\x00\x00\x00\x00", Refusal{"1.2.3.4:80", 0, "command 2, only CONNECT is served"}},
		"UDP":            {"\x05\x01\x00\x05\x03\x00\x03\x01A\x01\xbb", "\x05\x00\x05\x07\x00\x01\x00\x00\x00\x00\x00\x00", Refusal{"a:443", 0, "command 3, only CONNECT is served"}},
		"address type":   {"\x05\x01\x00\x05\x01\x00\x02", "\x05\x00\x05\x08\x00\x01\x00\x00\x00\x00\x00\x00", Refusal{"", 0, "address type 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := routerT(t)
			c := dialT(t, r.Addr())
			io.WriteString(c, tc.send)
			reply, _ := io.ReadAll(c)
			assert.Equal(t, tc.reply, string(reply))
			require.NoError(t, r.Close())
			got := r.Refused()
			require.Len(t, got, 1)
			got[0].At = fetch.Offset(0)
			assert.Equal(t, tc.want, got[0])
		})
	}
	// Who goes away in the middle asked for nothing.
	r := routerT(t)
	c := dialT(t, r.Addr())
	io.WriteString(c, "\x05\x01\x00\x05\x01")
	c.CloseWrite()
	io.ReadAll(c)
	require.NoError(t, r.Close())
	assert.Empty(t, r.Refused())
}
