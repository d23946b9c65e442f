package gateway_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

// Each file that a config names has a copy of its own, whatever its name and the line
// are that it is named on, and one alone.
func TestCopiesOfFiles(t *testing.T) {
	t.Parallel()
	for _, files := range []string{
		"-- nginx.conf --\nhttp { server { listen 80; include a.conf; include b.conf; include b.conf; } }\n" +
			"-- a.conf --\nlocation /a { auth_basic_user_file auth/a/.htpasswd; }\n-- b.conf --\nlocation /b { auth_basic_user_file auth/b/.htpasswd; }\n" +
			"-- auth/a/.htpasswd --\na\n-- auth/b/.htpasswd --\nb\n",
		"-- envoy.yaml --\nnode: {metadata: {all: [{filename: a/x}, {filename: b/x}, {filename: b/x}]}}\n" + exampleEnvoy + "-- a/x --\na\n-- b/x --\nb\n",
	} {
		dir := gatewaytest.Unpack(t, files)
		p, err := readT(t, dir, txtar.Parse([]byte(files)).Files[0].Name).Plan(gatewaytest.Place)
		require.NoError(t, err)
		read := map[string]string{}
		for _, f := range p.Files {
			if strings.HasPrefix(f.Name, "read/") {
				read[string(f.Text)] = filepath.Join(gatewaytest.Place.Dir, f.Name)
			}
		}
		require.Len(t, read, 2)
		assert.Len(t, p.Reads, 2)
		for text, copy := range read {
			assert.True(t, slices.ContainsFunc(p.Substitutions, func(s adapter.Substitution) bool {
				return strings.Contains(s.From, strings.TrimSpace(text)+"/") && strings.Trim(s.To, `"`) == copy
			}), "%q in %s: %v", text, copy, p.Substitutions)
		}
	}
}
