package all_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dependencies returns the import paths of all that a package compiles.
func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", pkg).Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}

// docker are the paths with a Docker client or a part of one.
func docker(all []string) []string {
	var found []string
	for _, path := range all {
		if strings.Contains(path, "docker") || strings.HasSuffix(path, "/servers/container") {
			found = append(found, path)
		}
	}
	return found
}

// Who checks a gateway's config compiles no Docker client, unless it runs images.
func TestNoDockerClient(t *testing.T) {
	t.Parallel()
	const module = "github.com/corsproof/corsproof/"
	for _, pkg := range []string{"harness/...", "servers/gateway", "servers/gateway/all"} {
		assert.Empty(t, docker(dependencies(t, module+pkg)), pkg)
	}
	assert.NotEmpty(t, docker(dependencies(t, module+"servers/gateway/containers")), "it runs images, so that this test looks for the wrong paths")
}
