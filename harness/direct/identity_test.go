package direct

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
)

// What the certificate and the way out do is seen at the server.
func TestClientsShowTheirIdentityFromElsewhere(t *testing.T) {
	t.Parallel()
	run, err := process.NewRun(process.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, run.Close()) })
	ca, err := wire.NewCA()
	require.NoError(t, err)
	leaf, err := ca.Leaf("127.0.0.1")
	require.NoError(t, err)
	id, err := ca.Identity("spiffe://orders.example/client")
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, shown := range r.TLS.PeerCertificates[:min(1, len(r.TLS.PeerCertificates))] {
			fmt.Fprint(w, shown.URIs[0])
		}
		fmt.Fprint(w, " ", strings.HasPrefix(r.RemoteAddr, "127.0.0.77:"))
	}))
	server.TLS = tlsConfig(leaf)
	server.TLS.ClientAuth = tls.RequestClientCert
	server.StartTLS()
	t.Cleanup(server.Close)
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 77)}}
	for name, tc := range map[string]struct {
		cfg  Config
		want string
	}{
		"none":     {Config{CA: ca}, " false"},
		"identity": {Config{CA: ca, Identity: id}, id.URI + " false"},
		"elsewhere": {Config{CA: ca, Dial: from.DialContext, Wrap: func(s process.Spec) process.Spec {
			s.Args = append(s.Args, "--interface", "127.0.0.77")
			return s
		}}, " true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.cfg.Run = run
			curl, err := NewCurl(t.Context(), tc.cfg)
			require.NoError(t, err)
			netHTTP := NewNetHTTP(tc.cfg)
			defer netHTTP.Close()
			for _, c := range []Client{netHTTP, curl} {
				replies, err := c.Call(t.Context(), []fetch.Request{{URL: server.URL}})
				require.NoError(t, err)
				require.NotNil(t, replies[0].Outcome.Response, "%s: %s", c.Caller().Name, replies[0].Outcome.Error)
				assert.Equal(t, tc.want, replies[0].Outcome.Response.Body.Prefix, c.Caller().Name)
			}
		})
	}
}
