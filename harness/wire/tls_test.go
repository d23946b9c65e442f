package wire

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

func caT(tb testing.TB) *CA {
	tb.Helper()
	ca, err := NewCA()
	require.NoError(tb, err)
	return ca
}

// tlsServerT starts a server with the CA's certificate for the host.
func tlsServerT(tb testing.TB, ca *CA, host string, protocols []string, handler http.HandlerFunc) Address {
	tb.Helper()
	leaf, err := ca.Leaf(host)
	require.NoError(tb, err)
	s := httptest.NewUnstartedServer(handler)
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{Certificates: []tls.Certificate{*leaf}, NextProtos: protocols}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	tb.Cleanup(s.Close)
	return tcp(s.Listener.Addr())
}

// tlsClientT returns a client that calls address whatever the URL's host, and
// verifies with the CA.
func tlsClientT(tb testing.TB, ca *CA, address string, protocols ...string) *http.Client {
	client := clientT(tb)
	transport := client.Transport.(*http.Transport)
	transport.TLSClientConfig = &tls.Config{RootCAs: ca.Pool(), NextProtos: protocols}
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}
	transport.Protocols = new(http.Protocols)
	for _, p := range protocols {
		switch p {
		case "h2":
			transport.Protocols.SetHTTP2(true)
		case "http/1.1":
			transport.Protocols.SetHTTP1(true)
		}
	}
	return client
}

func TestRecorderTLS(t *testing.T) {
	t.Parallel()
	ca := caT(t)
	both := []string{"h2", "http/1.1"}
	for _, tc := range []struct {
		name           string
		client, server []string
		want           string
	}{
		{"both know both", both, both, "HTTP/2"},
		{"old server", both, both[1:], "HTTP/1.1"},
		{"old client", both[1:], both, "HTTP/1.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			upstream := tlsServerT(t, ca, "api.example", tc.server, func(w http.ResponseWriter, q *http.Request) {
				assert.Equal(t, "api.example", q.TLS.ServerName)
				body, err := io.ReadAll(q.Body)
				assert.NoError(t, err)
				w.Header()["X-Twice"] = []string{"1", "2"}
				w.Write(body)
			})
			r := recorderT(t, RecorderConfig{Upstream: upstream, TLS: ca})
			client := tlsClientT(t, ca, r.Addr(), tc.client...)

			// At once, so that HTTP/2 has many streams on one connection.
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					body := strings.Repeat(fmt.Sprint(i), i*3000)
					path := fmt.Sprintf("/%d", i)
					response, err := client.Post("https://api.example"+path, "text/plain", strings.NewReader(body))
					if !assert.NoError(t, err) {
						return
					}
					defer response.Body.Close()
					got, err := io.ReadAll(response.Body)
					assert.NoError(t, err)
					assert.True(t, body == string(got))
					assert.Equal(t, tc.want, response.Proto[:len(tc.want)])
					// Nothing is awaited: what the client has seen is recorded.
					for _, x := range r.Since(0) {
						if x.Request.Target != path {
							continue
						}
						assert.NotNil(t, x.Ended)
						assert.Equal(t, tc.want, x.Request.Version)
						assert.Equal(t, fetch.PayloadOf([]byte(body)), x.Request.Body)
						assert.Equal(t, x.Request.Body, x.Response.Body)
						assert.Equal(t, []string{"1", "2"}, x.Response.Headers.Lines("X-Twice"))
						assert.Empty(t, x.Incomplete)
						return
					}
					assert.Fail(t, "not recorded", path)
				})
			}
			wg.Wait()
			assert.Len(t, r.Since(0), 20)
		})
	}
}

func TestRecorderTLSDeadUpstream(t *testing.T) {
	t.Parallel()
	ca, stranger := caT(t), caT(t)
	strange := tlsServerT(t, stranger, "api.example", nil, nil)
	wrong := tlsServerT(t, ca, "other.example", nil, nil)
	plain := serverT(t, nil)
	for name, tc := range map[string]struct {
		upstream Address
		reason   string
	}{
		"not set":    {Address{}, "no upstream is set"},
		"other CA":   {strange, "certificate signed by unknown authority"},
		"other name": {wrong, "certificate is valid for other.example, not api.example"},
		"no TLS":     {tcp(plain.Listener.Addr()), "first record does not look like a TLS handshake"},
	} {
		for _, protocol := range []string{"h2", "http/1.1"} {
			t.Run(name+"/"+strings.ReplaceAll(protocol, "/", ""), func(t *testing.T) {
				t.Parallel()
				r := recorderT(t, RecorderConfig{Upstream: tc.upstream, TLS: ca})
				_, err := tlsClientT(t, ca, r.Addr(), protocol).Get("https://api.example/x")
				require.Error(t, err)
				x := r.Since(0)[0]
				assert.Equal(t, "/x", x.Request.Target)
				assert.Contains(t, x.Incomplete, "no response: the server can't be reached: ")
				assert.Contains(t, x.Incomplete, tc.reason)
			})
		}
	}
}

func TestRecorderTLSHalfClose(t *testing.T) {
	t.Parallel()
	ca := caT(t)
	leaf, err := ca.Leaf("127.0.0.1")
	require.NoError(t, err)
	upstream := listenT(t, func(raw *net.TCPConn) {
		c := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{*leaf}})
		request, err := io.ReadAll(c)
		assert.NoError(t, err)
		_, err = raw.Read(make([]byte, 1))
		assert.ErrorIs(t, err, io.EOF, "what is beneath TLS is half-closed too")
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"+string(request))
		c.CloseWrite()
	})
	r := recorderT(t, RecorderConfig{Upstream: upstream, TLS: ca})
	// No name is asked for: the certificate is that of the address.
	c := tls.Client(dialT(t, r.Addr()), &tls.Config{RootCAs: ca.Pool(), ServerName: "127.0.0.1"})
	io.WriteString(c, get)
	require.NoError(t, c.CloseWrite())
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 200 OK\r\n\r\n"+get, string(got))
	assert.NotNil(t, r.Since(0)[0].Ended)
}

func TestRecorderTLSHandshakeFails(t *testing.T) {
	t.Parallel()
	ca := caT(t)
	r := recorderT(t, RecorderConfig{TLS: ca})
	c := dialT(t, r.Addr())
	io.WriteString(c, get)
	io.ReadAll(c)
	require.NoError(t, r.Close())
	assert.Contains(t, r.Connections()[0].Error, "TLS handshake with the client: tls: first record does not look like a TLS handshake")
}
