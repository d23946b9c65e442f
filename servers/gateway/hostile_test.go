package gateway

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/corsproof/corsproof/harness/wire"
)

// exampleEnvoy is an Envoy config that can be run.
const exampleEnvoy = `static_resources:
  listeners:
    - name: web
      address: {socket_address: {address: 0.0.0.0, port_value: 80}}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: web
                route_config:
                  virtual_hosts:
                    - {name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: app}}]}
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  clusters:
    - name: app
      type: STRICT_DNS
      load_assignment:
        cluster_name: app
        endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: app, port_value: 80}}}}]}]
`

// bomb is ten lists, each of ten aliases for the one before.
func bomb() string {
	var b strings.Builder
	b.WriteString("node:\n  metadata:\n    x0: &x0 [a, a]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "    x%d: &x%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d, ", i), 10), ", "))
	}
	return b.String() + exampleEnvoy
}

// Configs without an end, or that are more than they look like, are refused at once:
// with one message, which has the place.
func TestConfigsWithoutEnd(t *testing.T) {
	t.Parallel()
	fan := "-- b0.conf --\n"
	for i := range 8 {
		fan += strings.Repeat(fmt.Sprintf("include b%d.conf;\n", i+1), 10) + fmt.Sprintf("-- b%d.conf --\n", i+1)
	}
	const ring = "would include itself without end"
	for _, tc := range []struct {
		name, files string // the first is the config
		want        string
	}{
		{"an alias in what it stands for", "-- e.yaml --\nnode: &n\n  metadata: *n\n" + exampleEnvoy, "e.yaml:2: the alias *n stands within what it stands for"},
		{"two aliases for each other", "-- e.yaml --\nnode: &n\n  metadata: {a: &a [*n]}\n" + exampleEnvoy, "e.yaml:2: the alias *n stands within"},
		{"a transport socket in itself", "-- e.yaml --\n" + exampleEnvoy + "      transport_socket: &t {typed_config: {transport_socket: *t}}\n", "the alias *t stands within"},
		{"aliases of aliases", "-- e.yaml --\n" + bomb(), "e.yaml:9: with what its aliases stand for, the file has more than 1000000 values"},
		{"depth", "-- e.yaml --\nnode: " + strings.Repeat("[", 10_000) + "\n", "e.yaml:1: it is no YAML: values stand more than 500 deep"},
		{"depth of blocks", "-- a.conf --\n" + strings.Repeat("a{", 10_000), "a.conf:1: blocks are nested more than 500 deep"},
		{"a pattern that has its own file", "-- a.conf --\ninclude *.conf;\n-- b.conf --\ninclude *.conf;\n", "a.conf:1: include *.conf: a.conf " + ring},
		{"itself, three times", "-- a.conf --\ninclude a.conf;\ninclude a.conf;\ninclude a.conf;\n", "a.conf:1: include a.conf: a.conf " + ring},
		{"a ring", "-- a.conf --\nhttp { include b.conf; }\n-- b.conf --\n\ninclude a.conf;\n", "b.conf:2: include a.conf: a.conf " + ring},
		{"a fan", fan, "includes add up to more than 10000 files"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := unpack(t, tc.files)
			file := txtar.Parse([]byte(tc.files)).Files[0].Name
			_, err := kindOf(file).read(filepath.Join(dir, file), Config{})
			require.Error(t, err)
			said := strings.ReplaceAll(err.Error(), dir+"/", "")
			assert.Contains(t, said, tc.want)
			assert.NotContains(t, said, "\n", "one message")
		})
	}
}

// A list of origins may be as long as people's are: what it takes grows with it, not
// with its square. It is serial: what others allocate is counted, too.
func TestLongMap(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "\"https://shop-%d.example.com\" $http_origin;\n", i)
	}
	file := writeT(t, "nginx.conf", "http { map $http_origin $cors {\n"+b.String()+"} server { listen 80; } }\n")
	c := readT(t, filepath.Dir(file), "nginx.conf").(*nginxConf)
	before := allocated()
	named := c.named()
	assert.Len(t, named.alone, 20_000)
	assert.Less(t, allocated()-before, uint64(1<<30), "bytes")
}

// allocated is how many bytes were allocated so far, freed ones too.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// What isn't a regular file might never end, and can't be read twice.
func TestConfigsThatAreNoFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	big := filepath.Join(dir, "big")
	f, err := os.Create(big)
	require.NoError(t, err)
	require.NoError(t, errors.Join(f.Truncate(1<<40), f.Close(), syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))) // a hole
	for name, want := range map[string]string{"pipe": "pipe: it is no regular file", "/dev/zero": "/dev/zero: it is no regular file", "big": "big: it has more than 16 MiB"} {
		for what, text := range map[string]string{
			"nginx.conf":   "",
			"include.conf": "http { include " + name + "; server { } }",
			"read.conf":    "http { server { auth_basic_user_file " + name + "; } }",
			"envoy.yaml":   "",
			"read.yaml":    "inline: {filename: " + name + "}\n" + exampleEnvoy,
		} {
			t.Run(what+" "+filepath.Base(name), func(t *testing.T) {
				t.Parallel()
				file := filepath.Join(dir, name)
				if filepath.IsAbs(name) {
					file = name
				}
				if text != "" {
					file = writeT(t, what, strings.ReplaceAll(text, name, file))
				}
				c, err := kindOf(what).read(file, Config{})
				if err == nil {
					_, err = c.plan(goldenPlace)
				}
				require.ErrorContains(t, err, want)
			})
		}
	}
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
		file := writeT(t, "nginx.conf", "http { server { listen 80; "+lines+" } }")
		p, err := readT(t, filepath.Dir(file), "nginx.conf").plan(goldenPlace)
		require.NoError(t, err)
		for _, f := range p.files {
			assert.True(t, filepath.IsLocal(f.name), "%s: %s", lines, f.name)
			for _, o := range p.files {
				assert.False(t, strings.HasPrefix(o.name, f.name+"/"), "%s: %s is in the way of %s", lines, f.name, o.name)
			}
		}
	}
}

// A folder of the user's that is here stays what it is, though it lacks a page.
func TestFolderWithoutThePageOfAnError(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, folder := range []string{"root " + root + "; location /fonts/ { return 200; }", "location /errors/ { alias " + root + "/; }"} {
		file := writeT(t, "nginx.conf", "http { server { listen 80; error_page 404 /errors/404.html; "+folder+" } }")
		p, err := readT(t, filepath.Dir(file), "nginx.conf").plan(goldenPlace)
		require.NoError(t, err)
		assert.Len(t, p.files, 1)
		require.Len(t, p.notes, 1)
		assert.Contains(t, p.notes[0].Text, "/errors/404.html isn't in "+root)
	}
}

func TestNothingIsWrittenOutsideOfThePlace(t *testing.T) {
	t.Parallel()
	ca, err := wire.NewCA()
	require.NoError(t, err)
	dir := t.TempDir()
	g := &Gateway{cfg: Config{CA: ca}, plan: &plan{files: []planned{{"../out", nil}}}}
	require.ErrorContains(t, g.write(filepath.Join(dir, "in"), nil), "../out")
	assert.NoFileExists(t, filepath.Join(dir, "out"))
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
				include = filepath.Join("..", escapeGlob(filepath.Base(dir)), "conf.d/*.conf")
			}
			for name, text := range map[string]string{"nginx.conf": "http { include " + nginxQuote(include) + "; }", "one.conf": "server { server_name found; }", "conf.d/two.conf": "server { server_name found; }"} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
			}
			p, err := readT(t, dir, "nginx.conf").plan(goldenPlace)
			require.NoError(t, err)
			assert.Contains(t, p.hosts, "found")
		})
	}
}

// What an editor on Windows adds to a config changes nothing but the bytes that stay.
func TestEnvoyConfigOfOtherEditors(t *testing.T) {
	t.Parallel()
	plan := func(text string) *plan {
		t.Helper()
		file := writeT(t, "envoy.yaml", text)
		p, err := readT(t, filepath.Dir(file), "envoy.yaml").plan(goldenPlace)
		require.NoError(t, err)
		unchanged(t, p)
		for i := range p.substitutions {
			p.substitutions[i].File = ""
		}
		return p
	}
	want := plan(exampleEnvoy)
	const mark = "\ufeff"
	for _, text := range []string{strings.ReplaceAll(exampleEnvoy, "\n", "\r\n"), mark + exampleEnvoy, mark + strings.ReplaceAll(exampleEnvoy, "\n", "\r\n")} {
		got := plan(text)
		assert.Equal(t, want.substitutions, got.substitutions)
		assert.Equal(t, string(want.files[0].text), strings.TrimPrefix(strings.ReplaceAll(string(got.files[0].text), "\r\n", "\n"), mark))
	}
}
