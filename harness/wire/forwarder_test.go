package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

// mutualT starts a TLS server that says who calls, or "nobody".
func mutualT(t *testing.T, ca *CA) Address {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := "nobody"
		if shown := r.TLS.VerifiedChains; len(shown) > 0 {
			name = shown[0][0].URIs[0].String()
		}
		fmt.Fprintf(w, "%s %s", r.Method, name)
	}))
	leaf, err := ca.Leaf("127.0.0.1")
	require.NoError(t, err)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{*leaf}, ClientCAs: ca.Pool(), ClientAuth: tls.VerifyClientCertIfGiven}
	server.StartTLS()
	t.Cleanup(server.Close)
	return tcp(server.Listener.Addr())
}

func forwarderT(t *testing.T, dial func(context.Context, fetch.ExchangeKind) (net.Conn, error)) *Forwarder {
	t.Helper()
	f, err := NewForwarder(ForwarderConfig{Name: "forwarder", Dial: dial})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, f.Close()) })
	return f
}

func TestForwarderShowsItsCertificateForCredentials(t *testing.T) {
	t.Parallel()
	const name = "spiffe://orders.example/client"
	ca := caT(t)
	id, err := ca.Identity(name)
	require.NoError(t, err)
	to := mutualT(t, ca)
	with := forwarderT(t, WithIdentity(id, to, "127.0.0.1", ca))
	without := forwarderT(t, WithIdentity(nil, to, "127.0.0.1", ca))
	preflight := map[string]string{"Origin": "http://a", "Access-Control-Request-Method": "PUT"}
	for _, tc := range []struct {
		name, why string
		f         *Forwarder
		method    string
		headers   map[string]string
		want      string
		kind      fetch.ExchangeKind
	}{
		{"get", "a request has credentials", with, "GET", nil, "GET " + name, fetch.ExchangeRequest},
		{"plain options", "no preflight, so with credentials", with, "OPTIONS", map[string]string{"Origin": "http://a"}, "OPTIONS " + name, fetch.ExchangeRequest},
		{"preflight", "never has credentials", with, "OPTIONS", preflight, "OPTIONS nobody", fetch.ExchangePreflight},
		{"without", "there is none to show", without, "GET", nil, "GET nobody", fetch.ExchangeRequest},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mark := tc.f.Mark()
			request, err := http.NewRequestWithContext(t.Context(), tc.method, "http://"+tc.f.Addr()+"/", nil)
			require.NoError(t, err)
			for name, value := range tc.headers {
				request.Header.Set(name, value)
			}
			response, err := clientT(t).Do(request)
			assert.Equal(t, tc.want, readAll(t, response, err), tc.why)
			seen := tc.f.Since(mark)
			require.Len(t, seen, 1)
			assert.Equal(t, fetch.WitnessForwarder, seen[0].Witness)
			assert.Equal(t, tc.kind, seen[0].Kind)
		})
	}
}

func TestForwarderSaysWhyItReachesNothing(t *testing.T) {
	t.Parallel()
	f := forwarderT(t, func(context.Context, fetch.ExchangeKind) (net.Conn, error) { return nil, errors.New("no way") })
	_, err := clientT(t).Get("http://" + f.Addr() + "/")
	assert.Error(t, err)
	assert.Equal(t, []string{"no way"}, f.Failed())
	seen := f.Since(0)
	require.Len(t, seen, 1)
	assert.Nil(t, seen[0].Response)
	assert.NotEmpty(t, seen[0].Incomplete)

	_, err = NewForwarder(ForwarderConfig{Name: "forwarder"})
	assert.ErrorContains(t, err, "set ForwarderConfig.Dial")
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	ca := caT(t)
	id, err := ca.Identity("spiffe://orders.example/a")
	require.NoError(t, err)
	chain, key, err := id.PEM()
	require.NoError(t, err)
	pair, err := tls.X509KeyPair(chain, key)
	require.NoError(t, err)
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth} {
		_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), KeyUsages: []x509.ExtKeyUsage{usage}})
		assert.NoError(t, err)
	}
	assert.Equal(t, "spiffe://orders.example/a", pair.Leaf.URIs[0].String())
	assert.Empty(t, pair.Leaf.DNSNames)
	id, err = ca.Identity("spiffe://orders.example/a", "127.0.0.1", "a.example")
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(id.Certificate.Certificate[0])
	require.NoError(t, err)
	assert.NoError(t, leaf.VerifyHostname("127.0.0.1"))
	assert.NoError(t, leaf.VerifyHostname("a.example"))
	for _, bad := range []string{"", "fastapi", "spiffe:", "spiffe://", "://a", "a b"} {
		_, err := ca.Identity(bad)
		assert.ErrorContains(t, err, "make an identity for", bad)
	}
}
