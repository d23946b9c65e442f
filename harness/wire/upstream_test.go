package wire

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func upstreamT(t *testing.T) *ScriptedUpstream {
	t.Helper()
	u, err := NewScriptedUpstream(ScriptedUpstreamConfig{
		Socket: filepath.Join(t.TempDir(), "s"), Key: func(target string) string { return strings.TrimPrefix(target, "/") },
		Otherwise: ScriptedAnswer{Status: 200, Body: "otherwise"}, Preflight: ScriptedAnswer{Status: 405},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, u.Close()) })
	return u
}

// through returns a client that speaks one protocol with what listens at an address.
func through(t *testing.T, a Address, http2 bool) *http.Client {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols), DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, a.Network, a.Address)
	}}
	transport.Protocols.SetHTTP1(!http2)
	transport.Protocols.SetUnencryptedHTTP2(http2)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// A key's answers come one after another, in both protocols; preflights take none of them.
func TestScriptedUpstreamAnswers(t *testing.T) {
	t.Parallel()
	for name, http2 := range map[string]bool{"http/1.1": false, "h2c": true} {
		u := upstreamT(t)
		require.NoError(t, u.Set("one", ScriptedAnswer{Status: 201, RawHeaders: []string{"x-a:  b"}, Body: "1"}, ScriptedAnswer{Status: 202}))
		client := through(t, u.Address(), http2)
		ask := func(path string, header http.Header) (int, string, http.Header) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, "http://a.test"+path, nil)
			require.NoError(t, err)
			r.Header = header
			response, err := client.Do(r)
			require.NoError(t, err, name)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			return response.StatusCode, string(body), response.Header
		}
		preflight := http.Header{"Origin": {"https://a.test"}, "Access-Control-Request-Method": {"PUT"}}
		status, _, _ := ask("/one", preflight)
		assert.Equal(t, 405, status, name)
		status, body, headers := ask("/one", nil)
		assert.Equal(t, 201, status, name)
		assert.Equal(t, "1", body, name)
		assert.Equal(t, "b", headers.Get("X-A"), name)
		for range 2 {
			status, _, _ = ask("/one", nil)
			assert.Equal(t, 202, status, name)
		}
		u.Remove("one")
		_, body, _ = ask("/one", nil)
		assert.Equal(t, "otherwise", body, name)
	}
}

// It goes away with the connections that it has, and comes back.
func TestScriptedUpstreamRefuses(t *testing.T) {
	t.Parallel()
	u := upstreamT(t)
	client := through(t, u.Address(), false)
	require.NoError(t, u.Set("hang", ScriptedAnswer{Behaviour: BehaviourSilent}))
	ended := make(chan error)
	go func() {
		_, err := client.Get("http://a.test/hang")
		ended <- err
	}()
	conn, err := net.Dial(u.Address().Network, u.Address().Address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = client.Get("http://a.test/")
	require.NoError(t, err)
	u.Refuse()
	assert.Error(t, <-ended)
	_, err = conn.Read(make([]byte, 1))
	assert.Error(t, err)
	_, err = net.Dial(u.Address().Network, u.Address().Address)
	assert.Error(t, err)
	require.NoError(t, u.Listen())
	_, err = client.Get("http://a.test/")
	assert.NoError(t, err)
}

// A recorder in front of it reads what a client sends in either protocol, which nobody
// told it.
func TestRecorderSniffsTheProtocol(t *testing.T) {
	t.Parallel()
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		u := upstreamT(t)
		require.NoError(t, u.Set("one", ScriptedAnswer{Status: 201, Body: "1"}))
		r := recorderT(t, RecorderConfig{Name: "upstream", Upstream: u.Address()})
		client := through(t, Address{Network: "tcp", Address: r.Addr()}, http2)
		response, err := client.Post("http://a.test/one", "text/plain", strings.NewReader("body"))
		readAll(t, response, err)
		x := waitT(t, r, 0, settledExchange)
		assert.Equal(t, "POST", x.Request.Method)
		assert.Equal(t, "/one", x.Request.Target)
		assert.Equal(t, name, x.Request.Version)
		assert.EqualValues(t, 4, x.Request.Body.Length)
		assert.Equal(t, 201, x.Response.Status)
	}
}
