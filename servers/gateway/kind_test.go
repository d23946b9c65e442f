package gateway_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/servers/gateway"
	_ "github.com/corsproof/corsproof/servers/gateway/all" // the kinds
)

func TestParseKind(t *testing.T) {
	t.Parallel()
	k, err := gateway.ParseKind("envoy")
	require.NoError(t, err)
	assert.Equal(t, gateway.Kind("envoy"), k)
	_, err = gateway.ParseKind("apache")
	assert.EqualError(t, err, `unknown kind of gateway "apache"; known are envoy, nginx`)
	_, err = gateway.ParseKind("ngnix")
	assert.EqualError(t, err, `unknown kind of gateway "ngnix" (did you mean "nginx"?); known are envoy, nginx`)
	k, file, err := gateway.ParseSpec("nginx=./a=b.conf")
	require.NoError(t, err)
	assert.Equal(t, []string{"nginx", "./a=b.conf"}, []string{k.String(), file})
	for _, bad := range []string{"", "nginx", "nginx=", "apache=x"} {
		_, _, err := gateway.ParseSpec(bad)
		assert.Error(t, err, bad)
	}
	_, err = gateway.New(t.Context(), "apache", "x", gateway.Config{})
	assert.ErrorContains(t, err, "unknown kind of gateway")
}
