package gateway_test

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/servers/gateway"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

func TestFacts(t *testing.T) {
	t.Parallel()
	file := gatewaytest.WriteT(t, "nginx.conf", "events {}\nhttp {\n  map $http_origin $cors { https://shop.test $http_origin; }\n  limit_req_zone $server_name zone=all:1m rate=10r/s;\n"+
		"  server {\n    listen 443 ssl;\n    ssl_verify_client on;\n    limit_req zone=all;\n    return 204;\n  }\n}\n")
	g, err := gateway.New(t.Context(), "nginx", file, gateway.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, g.Close()) })
	f := g.Facts()
	assert.True(t, f.Ours)
	assert.Equal(t, target.AllRequests, f.Requests)
	assert.Equal(t, target.MarkedURLs, f.URLs)
	assert.Equal(t, []string{file + ":8: limit_req zone=all"}, f.Limits)
	assert.Equal(t, []string{file + ":7: ssl_verify_client on"}, f.ClientCertificates)
	require.Len(t, f.NamedOrigins, 1)
	assert.Equal(t, "https://shop.test", f.NamedOrigins[0].Origin)
	assert.NoError(t, f.Life.Err())
}

// A gateway's own page for a client without a certificate, from its own program: whoever
// knows nothing but the answer recognizes it, too.
func TestRecognizeNoClientCertificate(t *testing.T) {
	t.Parallel()
	file := gatewaytest.WriteT(t, "nginx.conf", "events {}\nhttp {\n  server {\n    listen 443 ssl;\n    server_name a.test;\n    ssl_certificate a.pem;\n    ssl_certificate_key a.key;\n"+
		"    ssl_client_certificate ca.pem;\n    ssl_verify_client on;\n    location / { return 204; }\n    location /bad { return 400 bad; }\n  }\n}\n")
	g, endpoint := gatewaytest.StartT(t, "nginx", file, gatewaytest.ConfigT(t))
	said := gatewaytest.Get(t, gatewaytest.ClientT(t, endpoint), "https://a.test/")
	assert.Equal(t, target.ReasonNoClientCertificate, g.Facts().Reason(http.StatusBadRequest, said), said)
	assert.Equal(t, target.ReasonNoClientCertificate, gateway.Recognize(http.StatusBadRequest, said))
	assert.Equal(t, target.ReasonUnknown, gateway.Recognize(http.StatusBadRequest, "bad"))
	assert.Equal(t, target.ReasonUnknown, gateway.Recognize(http.StatusOK, said))
}

// The facts tell of an end that nobody wanted, and of no other.
func TestLife(t *testing.T) {
	t.Parallel()
	for _, tc := range gatewaytest.Plain {
		t.Run(string(tc.Kind), func(t *testing.T) {
			t.Parallel()
			cfg := gatewaytest.ConfigT(t)
			file := gatewaytest.WriteT(t, tc.Name, tc.Text)
			g, _ := gatewaytest.StartT(t, tc.Kind, file, cfg)
			life := g.Facts().Life
			require.NoError(t, life.Err())
			require.NoError(t, syscall.Kill(childT(t, cfg.Run), syscall.SIGKILL))
			select {
			case <-life.Done():
				assert.ErrorContains(t, life.Err(), "exited unexpectedly")
			case <-time.After(10 * time.Second):
				require.Fail(t, "nobody was told")
			}
			g, _ = gatewaytest.StartT(t, tc.Kind, file, cfg)
			life = g.Facts().Life
			require.NoError(t, g.Close())
			require.NoError(t, life.Err())
			select {
			case <-life.Done():
				assert.Fail(t, "that it was closed is no news")
			default:
			}
		})
	}
}
