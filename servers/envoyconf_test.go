package servers

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
)

func TestEnvoyTakesEveryVariant(t *testing.T) {
	t.Parallel()
	in, err := Install(t.Context(), InstallConfig{})
	require.NoError(t, err)
	run, err := process.NewRun(process.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, run.Close()) })
	dir, err := run.Mkdir("envoy", nil)
	require.NoError(t, err)
	ca, err := wire.NewCA()
	require.NoError(t, err)
	id, err := ca.Identity(IdentityNode)
	require.NoError(t, err)
	chain, key, err := id.PEM()
	require.NoError(t, err)
	file := func(name string, text []byte) string {
		path, err := writeFor(nil, filepath.Join(dir, name), text)
		require.NoError(t, err)
		return path
	}
	base := EnvoyConfig{
		Listen: filepath.Join(dir, `s"o\ck`), To: netip.MustParseAddrPort("127.0.0.1:1"),
		Certificate: file("chain.pem", chain), Key: file("key.pem", key), CA: file("ca.pem", ca.PEM()),
	}
	for name, change := range map[string]func(*EnvoyConfig){
		"service": func(c *EnvoyConfig) { c.Sidecar = SidecarService },
		"strict": func(c *EnvoyConfig) {
			c.Sidecar, c.Strict, c.Callers = SidecarService, true, []string{IdentityFastAPI, IdentityNode}
		},
		"caller": func(c *EnvoyConfig) { c.Sidecar, c.Service = SidecarCaller, IdentityNode },
		"IPv6":   func(c *EnvoyConfig) { c.Sidecar, c.To = SidecarService, netip.MustParseAddrPort("[::1]:1") },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := base
			change(&cfg)
			conf, err := cfg.Render()
			require.NoError(t, err)
			path := filepath.Join(dir, name+".yaml")
			require.NoError(t, os.WriteFile(path, conf, 0o600))
			child, err := run.Start(t.Context(), process.Spec{Name: "envoy", Path: in.Envoy, Args: []string{"--mode", "validate", "--config-path", path}})
			require.NoError(t, err)
			<-child.Done()
			assert.NoErrorf(t, child.Err(), "%s", child.Log())
		})
	}
}

func TestEnvoyRefusesValues(t *testing.T) {
	t.Parallel()
	good := EnvoyConfig{
		Sidecar: SidecarService, Listen: "/d/s", To: netip.MustParseAddrPort("127.0.0.1:1"), Certificate: "/c", Key: "/k", CA: "/ca",
		Strict: true, Callers: []string{IdentityFastAPI},
	}
	_, err := good.Render()
	require.NoError(t, err)
	for want, change := range map[string]func(*EnvoyConfig){
		`unknown sidecar ""`:           func(c *EnvoyConfig) { c.Sidecar = "" },
		"strict is true with 0":        func(c *EnvoyConfig) { c.Callers = nil },
		"strict is false with 1":       func(c *EnvoyConfig) { c.Strict = false },
		"service is empty":             func(c *EnvoyConfig) { c.Sidecar = SidecarCaller },
		"key is empty":                 func(c *EnvoyConfig) { c.Key = "" },
		"not an address with a port":   func(c *EnvoyConfig) { c.To = netip.AddrPort{} },
		`"fastapi" is not an identity`: func(c *EnvoyConfig) { c.Callers = []string{"fastapi"} },
		"render envoy config: list":    func(c *EnvoyConfig) { c.Listen = "" },
	} {
		cfg := good
		change(&cfg)
		_, err := cfg.Render()
		assert.ErrorContains(t, err, want)
	}
}
