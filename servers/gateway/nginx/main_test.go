package nginx

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/servers/gateway"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

func init() { gateway.Register(Adapter) }

// readT reads a config.
func readT(t *testing.T, dir, name string) adapter.Config {
	t.Helper()
	c, err := read(filepath.Join(dir, name), adapter.FromSetup)
	require.NoError(t, err)
	return c
}
