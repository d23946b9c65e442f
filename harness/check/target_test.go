package check_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/check"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

var _ check.Target = (*check.URLTarget)(nil)

func TestURLTarget(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) }))
	defer server.Close()
	target := &check.URLTarget{URL: server.URL}
	endpoint, err := target.Start(t.Context(), wire.Upstream{})
	require.NoError(t, err)
	l, err := endpoint.For(server.URL)
	require.NoError(t, err)
	assert.Equal(t, server.Listener.Addr().String(), l.Address.Address)
	assert.False(t, l.TLS)
	assert.NoError(t, target.Close())

	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for url, want := range map[string]string{
		"http://" + closed.Addr().String(): "cannot connect",
		"https://does-not-exist.invalid":   "cannot resolve its host",
		"https://api.example.com/path":     "without a path",
		"ftp://api.example.com:21":         "is not http or https",
	} {
		_, err := (&check.URLTarget{URL: url}).Start(t.Context(), wire.Upstream{})
		assert.ErrorContains(t, err, "target "+url+": ")
		assert.ErrorContains(t, err, want)
	}
	_, err = target.Start(ended, wire.Upstream{})
	assert.ErrorIs(t, err, context.Canceled)
}

// A direct client reaches what is behind a front by the origin alone: with TLS on
// both sides, on one, or on none.
func TestFront(t *testing.T) {
	t.Parallel()
	lab := harness.NewLabT(t, harness.LabConfig{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) })
	plain := httptest.NewServer(handler)
	defer plain.Close()
	leaf, err := lab.CA.Leaf("secure.example.com")
	require.NoError(t, err)
	secure := httptest.NewUnstartedServer(handler)
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{*leaf}}
	secure.StartTLS()
	defer secure.Close()
	endpoint := wire.Endpoint{Roots: lab.CA.Pool(), Listeners: []wire.EndpointListener{
		{Written: "80", Port: 80, Address: wire.Address{Network: "tcp", Address: plain.Listener.Addr().String()}},
	}}
	for _, tc := range []struct {
		name, origin string
		endpoint     wire.Endpoint
	}{
		{"plain", "http://plain.example.com", endpoint},
		{"TLS ended in front", "https://ended.example.com", endpoint},
		{"TLS", "https://secure.example.com", wire.Endpoint{Roots: lab.CA.Pool(), Listeners: []wire.EndpointListener{
			{Written: "443", Port: 443, TLS: true, Address: wire.Address{Network: "tcp", Address: secure.Listener.Addr().String()}},
		}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			front, err := lab.Front("gateway", tc.endpoint, tc.origin)
			require.NoError(t, err)
			traces, err := lab.Direct(t.Context(), fetch.Request{Origin: "https://app.example.com", URL: tc.origin + "/x"})
			require.NoError(t, err)
			require.NotEmpty(t, traces)
			for _, trace := range traces {
				require.NotNil(t, trace.Outcome.Response, "%+v", trace.Outcome)
				assert.EqualValues(t, 200, trace.Outcome.Response.Status)
			}
			all := front.Recorder.Since(0)
			require.NotEmpty(t, all)
			_, host, _ := strings.Cut(tc.origin, "://")
			got, _ := all[0].Request.Headers.Get("Host")
			assert.Equal(t, host, got)
		})
	}
	_, err = lab.Front("gateway", endpoint, "https://a.example.com/x")
	assert.ErrorContains(t, err, "stand in front of gateway")
	_, err = lab.Front("gateway", wire.Endpoint{}, "https://a.example.com")
	assert.ErrorContains(t, err, "listens nowhere")
}
