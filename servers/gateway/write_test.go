package gateway

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

func TestNothingIsWrittenOutsideOfThePlace(t *testing.T) {
	t.Parallel()
	ca, err := wire.NewCA()
	require.NoError(t, err)
	dir := t.TempDir()
	p := &adapter.Plan{Dir: filepath.Join(dir, "in"), Files: []adapter.File{{Name: "../out"}}}
	require.ErrorContains(t, write(p, nil, ca, nil), "../out")
	assert.NoFileExists(t, filepath.Join(dir, "out"))
}
