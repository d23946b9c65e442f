package gatewaytest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/gateway"
)

// Update rewrites golden files instead of comparing with them.
var Update = flag.Bool("update", false, "rewrite the golden files")

// ConfigT returns a Config with a run of the test's own.
func ConfigT(t *testing.T) gateway.Config {
	t.Helper()
	installed, err := servers.Install(t.Context(), servers.InstallConfig{})
	require.NoError(t, err)
	run, err := process.NewRun(process.Config{})
	require.NoError(t, err)
	t.Cleanup(func() {
		left, err := run.Processes()
		assert.NoError(t, err)
		assert.Empty(t, left, "processes outlive the test")
		assert.NoError(t, run.Close())
	})
	ca, err := wire.NewCA()
	require.NoError(t, err)
	return gateway.Config{Run: run, CA: ca, Installed: installed}
}

// StartT starts a gateway, all of whose upstreams are echoes by their name.
func StartT(t *testing.T, k gateway.Kind, file string, cfg gateway.Config) (*gateway.Gateway, wire.Endpoint) {
	t.Helper()
	g, err := gateway.New(t.Context(), k, file, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, g.Close()) })
	up := wire.Upstream{Plain: Echo(t, "another"), Named: map[string]wire.NamedUpstream{}}
	for _, name := range g.Reading().Upstreams {
		up.Named[name] = wire.NamedUpstream{Plain: Echo(t, name)}
	}
	endpoint, err := g.Start(t.Context(), up)
	require.NoError(t, err)
	return g, endpoint
}

// WriteT writes a config into a folder of its own.
func WriteT(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// Unpack writes the files of an archive into a folder of their own.
func Unpack(t *testing.T, archive string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, f.Name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, f.Data, 0o644))
	}
	return dir
}
