package wire

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCALeaf(t *testing.T) {
	t.Parallel()
	ca := caT(t)
	for _, tc := range []struct{ host, name string }{
		{"app.example.com", "app.example.com"},
		{"API.Example.com", "api.example.com"},
		{"localhost", "localhost"},
		{"127.0.0.1", "127.0.0.1"},
		{"::1", "::1"},
		{"[::1]", "::1"},
	} {
		t.Run(tc.host, func(t *testing.T) {
			t.Parallel()
			leaf, err := ca.Leaf(tc.host)
			require.NoError(t, err)
			x := leaf.Leaf
			_, err = x.Verify(x509.VerifyOptions{Roots: ca.Pool(), DNSName: tc.name})
			assert.NoError(t, err)
			assert.Error(t, x.VerifyHostname("other.example.com"))
			assert.Equal(t, 1, len(x.DNSNames)+len(x.IPAddresses), "one name: several make HTTP/2 share a connection")
			assert.False(t, x.IsCA)
			assert.Less(t, x.NotAfter.Sub(x.NotBefore), 398*24*time.Hour)
			assert.True(t, x.NotBefore.Before(time.Now().Add(-59*time.Minute)), "clocks differ")
			sum := sha256.Sum256(x.RawSubjectPublicKeyInfo)
			assert.Equal(t, base64.StdEncoding.EncodeToString(sum[:]), ca.SPKIPin(), "one pin for all")
			again, err := ca.Leaf(tc.host)
			require.NoError(t, err)
			assert.Same(t, leaf, again)
		})
	}
	for _, host := range []string{"", "a.example:443", "https://a.example", "*.example", "a b"} {
		_, err := ca.Leaf(host)
		assert.ErrorContains(t, err, "not a host name: leave out scheme, port and wildcard", host)
	}
}

func TestCAPEM(t *testing.T) {
	t.Parallel()
	ca := caT(t)
	chain, key, err := ca.LeafPEM("api.example.com")
	require.NoError(t, err)
	pair, err := tls.X509KeyPair(chain, key)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(ca.PEM()))
	_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "api.example.com"})
	assert.NoError(t, err)
	_, _, err = ca.LeafPEM("")
	assert.Error(t, err)

	block, rest := pem.Decode(ca.PEM())
	assert.Empty(t, rest, "the certificate alone, no key")
	assert.Equal(t, "CERTIFICATE", block.Type)
	other := caT(t)
	assert.NotEqual(t, ca.SPKIPin(), other.SPKIPin(), "each run has keys of its own")
}

func TestServerPEM(t *testing.T) {
	t.Parallel()
	ca := caT(t)
	chain, key, err := ca.ServerPEM("a.example", "*.b.example", "127.0.0.1", "[::1]")
	require.NoError(t, err)
	pair, err := tls.X509KeyPair(chain, key)
	require.NoError(t, err)
	for host, valid := range map[string]bool{
		"a.example": true, "x.b.example": true, "127.0.0.1": true, "::1": true, "b.example": false, "c.example": false,
	} {
		_, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), DNSName: host})
		assert.Equal(t, valid, err == nil, "%s: %v", host, err)
	}
	for _, bad := range []string{"", "https://a.example", "a.example:443", "a.*.example"} {
		_, _, err := ca.ServerPEM(bad)
		assert.ErrorContains(t, err, "not a host name", bad)
	}
}
