package nginx

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

// A list of origins may be as long as people's are: what it takes grows with it, not
// with its square. It is serial: what others allocate is counted, too.
func TestLongMap(t *testing.T) {
	half, whole := allocatedByMap(t, 2_000), allocatedByMap(t, 4_000)
	assert.Less(t, whole, 3*half, "bytes; the square would be four times as many")
}

// allocatedByMap is how many bytes it takes to find the origins of a map of that many.
func allocatedByMap(t *testing.T, origins int) uint64 {
	t.Helper()
	var b strings.Builder
	for i := range origins {
		fmt.Fprintf(&b, "\"https://shop-%d.example.com\" $http_origin;\n", i)
	}
	file := gatewaytest.WriteT(t, "nginx.conf", "http { map $http_origin $cors {\n"+b.String()+"} server { listen 80; } }\n")
	c := readT(t, filepath.Dir(file), "nginx.conf").(*conf)
	before := allocated()
	named := c.named()
	assert.Len(t, named.Alone, origins)
	return allocated() - before
}

// allocated is how many bytes were allocated so far, freed ones too.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// What is written is below the place's folder, and no file is where another's folder
// has to be, wherever an error_page leads.
func TestPagesOfErrorsStayInThePlace(t *testing.T) {
	t.Parallel()
	for _, lines := range []string{
		`error_page 500 /../../../../../../home/u/.bashrc; location /api { return 200; }`,
		`root /srv/nowhere; error_page 500 /a/../../../x; location /api { return 200; }`,
		`error_page 500 /a/../../../x; location /a/ { alias /srv/nowhere/; }`,
		`error_page 404 /; error_page 500 502 /50x.html;`,
		`error_page 404 /sorry; error_page 500 /sorry/500.html;`,
	} {
		file := gatewaytest.WriteT(t, "nginx.conf", "http { server { listen 80; "+lines+" } }")
		p, err := readT(t, filepath.Dir(file), "nginx.conf").Plan(gatewaytest.Place)
		require.NoError(t, err)
		for _, f := range p.Files {
			assert.True(t, filepath.IsLocal(f.Name), "%s: %s", lines, f.Name)
			for _, o := range p.Files {
				assert.False(t, strings.HasPrefix(o.Name, f.Name+"/"), "%s: %s is in the way of %s", lines, f.Name, o.Name)
			}
		}
	}
}

// A folder of the user's that is here stays what it is, though it lacks a page.
func TestFolderWithoutThePageOfAnError(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, folder := range []string{"root " + root + "; location /fonts/ { return 200; }", "location /errors/ { alias " + root + "/; }"} {
		file := gatewaytest.WriteT(t, "nginx.conf", "http { server { listen 80; error_page 404 /errors/404.html; "+folder+" } }")
		p, err := readT(t, filepath.Dir(file), "nginx.conf").Plan(gatewaytest.Place)
		require.NoError(t, err)
		assert.Len(t, p.Files, 1)
		require.Len(t, p.Notes, 1)
		assert.Contains(t, p.Notes[0].Text, "/errors/404.html is missing in "+root)
	}
}

// A folder's name is no pattern.
func TestIncludesInAFolderWithBrackets(t *testing.T) {
	t.Parallel()
	for _, include := range []string{"one.conf", "conf.d/*.conf", "/etc/nginx/conf.d/*.conf", "../[p]/conf.d/*.conf"} {
		t.Run(include, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "[p]*?")
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "conf.d"), 0o755))
			if strings.HasPrefix(include, "..") {
				include = filepath.Join("..", adapter.EscapeGlob(filepath.Base(dir)), "conf.d/*.conf")
			}
			for name, text := range map[string]string{"nginx.conf": "http { include " + quote(include) + "; }", "one.conf": "server { server_name found; }", "conf.d/two.conf": "server { server_name found; }"} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
			}
			p, err := readT(t, dir, "nginx.conf").Plan(gatewaytest.Place)
			require.NoError(t, err)
			assert.Contains(t, p.Hosts, "found")
		})
	}
}
