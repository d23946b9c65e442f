package wire

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEndpointFor(t *testing.T) {
	t.Parallel()
	var (
		plain  = EndpointListener{Written: "80", Port: 80}
		plain6 = EndpointListener{Written: "[::]:80", Port: 80}
		secure = EndpointListener{Written: "443 ssl", Port: 443, TLS: true}
		odd    = EndpointListener{Written: "8443 ssl", Port: 8443, TLS: true}
		inner  = EndpointListener{Written: "8080", Port: 8080}
		socket = EndpointListener{Written: "unix:/run/s"}
	)
	for _, tc := range []struct {
		name, why string
		listeners []EndpointListener
		origin    string
		want      string // Written
		err       string
	}{
		{"by port", "the port of the URL is the listener's", []EndpointListener{plain, plain6, secure, odd}, "https://a.test:8443", "8443 ssl", ""},
		{"default port", "https has 443", []EndpointListener{plain, odd, secure}, "https://a.test", "443 ssl", ""},
		{"plain", "http has 80", []EndpointListener{secure, plain, plain6}, "http://a.test", "80", ""},
		{"published otherwise", "a container's port has another number outside", []EndpointListener{plain, odd}, "https://a.test", "8443 ssl", ""},
		{"two addresses", "IPv4 and IPv6 of a port are one", []EndpointListener{plain, plain6}, "http://a.test:8080", "80", ""},
		{"behind a load balancer", "TLS ended before the gateway", []EndpointListener{inner}, "https://a.test", "8080", ""},
		{"unix", "a socket has no port", []EndpointListener{socket}, "https://a.test", "unix:/run/s", ""},
		{"same port, other scheme", "80 with TLS is not http", []EndpointListener{{Written: "80 ssl", Port: 80, TLS: true}}, "http://a.test", "", "write the target's URL with https"},
		{"several", "which is meant can't be told", []EndpointListener{secure, odd}, "https://a.test:9", "", `"443 ssl", "8443 ssl"; name the port`},
		{"none", "nothing answers", nil, "https://a.test", "", "listens nowhere"},
		{"no origin", "a path is none", []EndpointListener{plain}, "http://a.test/x", "", "more than scheme, host and port"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := Endpoint{Listeners: tc.listeners}.For(tc.origin)
			if tc.err != "" {
				assert.ErrorContains(t, err, tc.err, tc.why)
				return
			}
			require.NoError(t, err, tc.why)
			assert.Equal(t, tc.want, got.Written, tc.why)
		})
	}
}

func TestUpstreamFor(t *testing.T) {
	t.Parallel()
	all, tls, own := Address{"tcp", "127.0.0.1:1"}, Address{"tcp", "127.0.0.1:2"}, Address{"tcp", "127.0.0.1:3"}
	u := Upstream{Plain: all, TLS: tls, Named: map[string]NamedUpstream{"auth": {Plain: own}}}
	assert.Equal(t, NamedUpstream{own, tls}, u.For("auth"))
	assert.Equal(t, NamedUpstream{all, tls}, u.For("api"))
}
