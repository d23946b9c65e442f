package container

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/servers"
)

func TestImagesThatWereNotMadeAreMissing(t *testing.T) {
	t.Parallel()
	RequireT(t, t.Name())
	dir := filepath.Join(t.TempDir(), "cache")
	missing := Missing(t.Context(), &servers.Installed{Dir: dir})
	assert.Contains(t, missing, "not built yet")
	assert.Contains(t, missing, "corsproof setup --containers")
	assert.NoDirExists(t, dir, "it made something")
}

func TestNotesOfImages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	has := func(name string) bool {
		there, err := noted(dir, name)
		require.NoError(t, err)
		return there
	}
	assert.False(t, has("corsproof-node:1"))
	require.NoError(t, noteImages(dir, Images{FastAPI: "corsproof-fastapi:1", Node: "corsproof-node:1"}))
	assert.True(t, has("corsproof-node:1"))
	require.NoError(t, noteImages(dir, Images{FastAPI: "corsproof-fastapi:1", Node: "corsproof-node:2"}))
	assert.True(t, has("corsproof-fastapi:1"))
	assert.True(t, has("corsproof-node:2"))
	assert.False(t, has("corsproof-node:1"), "the engine has it no more")
}
