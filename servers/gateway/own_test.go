package gateway

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/wire"
)

// The zero Config works: what it takes the gateway makes itself, and Close ends it.
func TestZeroConfig(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte("events {}\nhttp { server { listen 80; return 204; } }\n"), 0o600))
	g, err := New(t.Context(), "nginx", file, Config{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, g.Close()) })
	endpoint, err := g.Start(t.Context(), wire.Upstream{Plain: wire.Address{Network: "tcp", Address: "127.0.0.1:9"}})
	require.NoError(t, err)
	assert.NotEmpty(t, endpoint.Listeners)
	assert.NotEmpty(t, g.Running().Version)
	require.DirExists(t, g.cfg.Run.Dir())
	require.NoError(t, g.Close())
	assert.NoDirExists(t, g.cfg.Run.Dir())
	left, err := g.cfg.Run.Processes()
	require.NoError(t, err)
	assert.Empty(t, left)
}

// What is given stays, and outlives the gateway.
func TestGivenRunStays(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte("events {}\nhttp { server { listen 80; return 204; } }\n"), 0o600))
	other, err := New(t.Context(), "nginx", file, Config{})
	require.NoError(t, err)
	g, err := New(t.Context(), "nginx", file, Config{Run: other.cfg.Run, CA: other.cfg.CA, Installed: other.cfg.Installed})
	require.NoError(t, err)
	require.NoError(t, g.Close())
	assert.DirExists(t, other.cfg.Run.Dir())
	require.NoError(t, other.Close())
	assert.NoDirExists(t, other.cfg.Run.Dir())
}

// A gateway that didn't start has left nothing, though nobody closes it.
func TestFailedStartLeavesNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte("events {}\nhttp { server { listen 80; nonsense on; } }\n"), 0o600))
	g, err := New(t.Context(), "nginx", file, Config{})
	require.NoError(t, err)
	_, err = g.Start(t.Context(), wire.Upstream{Plain: wire.Address{Network: "tcp", Address: "127.0.0.1:9"}})
	require.ErrorContains(t, err, file+":2")
	assert.NoDirExists(t, g.cfg.Run.Dir())
	assert.NoError(t, g.Close())
}

func TestImageWithoutWhoRunsIt(t *testing.T) {
	t.Parallel()
	_, err := New(t.Context(), "nginx", "nginx.conf", Config{Image: "nginx:1.31"})
	assert.ErrorContains(t, err, "\n\t_ \"github.com/corsproof/corsproof/servers/gateway/containers\"")
}
