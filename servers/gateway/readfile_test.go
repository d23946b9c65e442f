package gateway

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
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
		dir := unpack(t, files)
		p, err := readT(t, dir, txtar.Parse([]byte(files)).Files[0].Name).plan(goldenPlace)
		require.NoError(t, err)
		read := map[string]string{}
		for _, f := range p.files {
			if strings.HasPrefix(f.name, "read/") {
				read[string(f.text)] = filepath.Join(goldenPlace.dir, f.name)
			}
		}
		require.Len(t, read, 2)
		assert.Len(t, p.reads, 2)
		for text, copy := range read {
			assert.True(t, slices.ContainsFunc(p.substitutions, func(s Substitution) bool {
				return strings.Contains(s.From, strings.TrimSpace(text)+"/") && strings.Trim(s.To, `"`) == copy
			}), "%q in %s: %v", text, copy, p.substitutions)
		}
	}
}
