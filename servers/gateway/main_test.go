package gateway

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// configT returns a Config with a run of the test's own.
func configT(t *testing.T) Config {
	t.Helper()
	installed, err := servers.Install(t.Context(), servers.InstallConfig{})
	require.NoError(t, err)
	run, err := process.NewRun(process.Config{})
	require.NoError(t, err)
	t.Cleanup(func() {
		left, err := run.Processes()
		assert.NoError(t, err)
		assert.Empty(t, left, "processes outlive the test")
		assert.NoError(t, run.Close())
	})
	ca, err := wire.NewCA()
	require.NoError(t, err)
	return Config{Run: run, CA: ca, Installed: installed}
}

// unpack writes the files of an archive into a folder of their own.
func unpack(t *testing.T, archive string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, f.Name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, f.Data, 0o644))
	}
	return dir
}

// echo is an upstream that says in its body who was asked for what.
func echo(t *testing.T, name string) wire.Address {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s %s", name, r.Method, r.Host, r.RequestURI)
	}))
	t.Cleanup(s.Close)
	return wire.Address{Network: "tcp", Address: s.Listener.Addr().String()}
}

// startT starts a gateway, all of whose upstreams are echoes by their name.
func startT(t *testing.T, k Kind, file string, cfg Config) (*Gateway, wire.Endpoint) {
	t.Helper()
	g, err := New(k, file, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, g.Close()) })
	up := wire.Upstream{Plain: echo(t, "another"), Named: map[string]wire.NamedUpstream{}}
	for _, name := range g.Upstreams() {
		up.Named[name] = wire.NamedUpstream{Plain: echo(t, name)}
	}
	endpoint, err := g.Start(t.Context(), up)
	require.NoError(t, err)
	return g, endpoint
}

// clientT returns a client that reaches an endpoint as pages do: by the URL's
// name and port.
func clientT(t *testing.T, e wire.Endpoint) *http.Client {
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

// get returns the status and the body, or the Location, of an answer.
func get(t *testing.T, c *http.Client, url string) string {
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
