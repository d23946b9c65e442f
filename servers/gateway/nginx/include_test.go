package nginx

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

// A file that isn't beside the config may be included in more than one place, directly
// or by a file that is: it is copied, runs, and in a fix it is one file.
func TestFileOutsideIncludedTwice(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, config, snippet string }{
		{"directly", "location /a { include %s/proxy.conf; }\n location /b { include %s/proxy.conf; }", ""},
		{"by a file beside the config", "location /a { include p.conf; }\n location /b { include p.conf; }", "include %s/proxy.conf;\n"},
		{"by its name and a pattern", "location /a { include %s/proxy.conf; }\n location /b { include %s/*.conf; }", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			outside, dir := t.TempDir(), t.TempDir()
			write := func(path, text string) {
				t.Helper()
				require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(text, "%s", outside)), 0o644))
			}
			write(filepath.Join(outside, "proxy.conf"), "proxy_pass http://app.internal;\nproxy_set_header X-A b;\n")
			write(filepath.Join(dir, "nginx.conf"), "events {}\nhttp { server { listen 80;\n "+tc.config+"\n} }\n")
			write(filepath.Join(dir, "p.conf"), tc.snippet)
			c := readT(t, dir, "nginx.conf").(*conf)
			assert.Empty(t, newNginxPatch(c).wordings(c), "without a change nothing is to be done")
			_, endpoint := gatewaytest.StartT(t, "nginx", filepath.Join(dir, "nginx.conf"), gatewaytest.ConfigT(t))
			for _, path := range []string{"/a", "/b"} {
				assert.Regexp(t, "^200 app.internal GET", gatewaytest.Get(t, gatewaytest.ClientT(t, endpoint), "http://a.test"+path))
			}
			hide := nginxWithout(locationOf(t, c, "/b").has("proxy_set_header"))
			patch := newNginxPatch(c).with(hide)
			require.NotNil(t, patch)
			all := patch.wordings(c)
			require.Len(t, all, 1)
			assert.Equal(t, policy.Wording{Change: policy.Remove, File: filepath.Join(outside, "proxy.conf"), Line: 2}, all[0])
		})
	}
}

func locationOf(t *testing.T, c *conf, path string) *directive {
	t.Helper()
	var found *directive
	each(c.top, func(d *directive) {
		if d.name.value == "location" && d.arg(0) == path {
			found = d
		}
	})
	require.NotNil(t, found)
	return found
}

// A pattern means what it means for nginx: no file whose name begins with a dot, unless
// the pattern begins with one.
func TestIncludedDotFiles(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string][]string{"sites/*": {"seen"}, "sites/*.conf": {"seen"}, "sites/.*.conf": {"hidden"}, "sites/.api.conf": {"hidden"}} {
		dir := gatewaytest.Unpack(t, "-- nginx.conf --\nevents {}\nhttp { include "+pattern+"; }\n"+
			"-- sites/api.conf --\nserver { listen 80; server_name seen; return 200 seen; }\n-- sites/.api.conf --\nserver { listen 80; server_name hidden; return 200 hidden; }\n")
		p, err := readT(t, dir, "nginx.conf").Plan(gatewaytest.Place)
		require.NoError(t, err)
		assert.Equal(t, want, p.Hosts, pattern)
		_, endpoint := gatewaytest.StartT(t, "nginx", filepath.Join(dir, "nginx.conf"), gatewaytest.ConfigT(t))
		assert.Equal(t, "200 "+want[0], gatewaytest.Get(t, gatewaytest.ClientT(t, endpoint), "http://"+want[0]+"/"), pattern)
	}
}

// A file may become one that can't be read while a fix is looked for: then there is none.
func TestIncludedFileThatIsUnreadable(t *testing.T) {
	t.Parallel()
	dir := gatewaytest.Unpack(t, "-- nginx.conf --\nhttp { server { listen 80; location /b { include p.conf; } } }\n-- p.conf --\nproxy_pass http://app.internal;\n")
	c := readT(t, dir, "nginx.conf").(*conf)
	patch := newNginxPatch(c)
	require.NoError(t, os.Truncate(filepath.Join(dir, "p.conf"), adapter.MostRead+1))
	assert.Nil(t, patch.with(inside(locationOf(t, c, "/b"), "add_header X-A b;")))
}
