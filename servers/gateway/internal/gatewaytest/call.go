package gatewaytest

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/wire"
)

// Echo is an upstream that says in its body who was asked for what.
func Echo(t *testing.T, name string) wire.Address {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s %s", name, r.Method, r.Host, r.RequestURI)
	}))
	t.Cleanup(s.Close)
	return wire.Address{Network: "tcp", Address: s.Listener.Addr().String()}
}

// ClientT returns a client that reaches an endpoint as pages do: by the URL's
// name and port.
func ClientT(t *testing.T, e wire.Endpoint) *http.Client {
	t.Helper()
	dial := func(scheme string) func(ctx context.Context, _, hostport string) (net.Conn, error) {
		return func(ctx context.Context, _, hostport string) (net.Conn, error) {
			l, err := e.For(scheme + "://" + hostport)
			if err != nil {
				return nil, err
			}
			conn, err := new(net.Dialer).DialContext(ctx, l.Address.Network, l.Address.Address)
			if err != nil || scheme == "http" || !l.TLS {
				return conn, err
			}
			host, _, _ := net.SplitHostPort(hostport)
			secure := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: e.Roots, NextProtos: []string{"h2", "http/1.1"}})
			return secure, secure.HandshakeContext(ctx)
		}
	}
	transport := &http.Transport{DialContext: dial("http"), DialTLSContext: dial("https"), ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Get returns the status and the body, or the Location, of an answer.
func Get(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := c.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if location := resp.Header.Get("Location"); location != "" {
		body = []byte(location)
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, strings.TrimSpace(string(body)))
}
