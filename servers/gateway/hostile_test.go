package gateway_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
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
	const ring = "includes itself"
	for _, tc := range []struct {
		name, files string // the first is the config
		want        string
	}{
		{"an alias in what it stands for", "-- e.yaml --\nnode: &n\n  metadata: *n\n" + exampleEnvoy, "e.yaml:2: the alias *n contains itself"},
		{"two aliases for each other", "-- e.yaml --\nnode: &n\n  metadata: {a: &a [*n]}\n" + exampleEnvoy, "e.yaml:2: the alias *n contains itself"},
		{"a transport socket in itself", "-- e.yaml --\n" + exampleEnvoy + "      transport_socket: &t {typed_config: {transport_socket: *t}}\n", "the alias *t contains itself"},
		{"aliases of aliases", "-- e.yaml --\n" + bomb(), "e.yaml:9: the file has more than 1000000 values"},
		{"depth", "-- e.yaml --\nnode: " + strings.Repeat("[", 10_000) + "\n", "e.yaml:1: invalid YAML: values are nested more than 500 deep"},
		{"depth of blocks", "-- a.conf --\n" + strings.Repeat("a{", 10_000), "a.conf:1: blocks are nested more than 500 deep"},
		{"a pattern that has its own file", "-- a.conf --\ninclude *.conf;\n-- b.conf --\ninclude *.conf;\n", "a.conf:1: include *.conf: a.conf " + ring},
		{"itself, three times", "-- a.conf --\ninclude a.conf;\ninclude a.conf;\ninclude a.conf;\n", "a.conf:1: include a.conf: a.conf " + ring},
		{"a ring", "-- a.conf --\nhttp { include b.conf; }\n-- b.conf --\n\ninclude a.conf;\n", "b.conf:2: include a.conf: a.conf " + ring},
		{"a fan", fan, "includes add up to more than 10000 files"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := gatewaytest.Unpack(t, tc.files)
			file := txtar.Parse([]byte(tc.files)).Files[0].Name
			_, err := kindOf(file).Read(filepath.Join(dir, file), adapter.FromSetup)
			require.Error(t, err)
			said := strings.ReplaceAll(err.Error(), dir+"/", "")
			assert.Contains(t, said, tc.want)
			assert.NotContains(t, said, "\n", "one message")
		})
	}
}

// What isn't a regular file might never end, and can't be read twice.
func TestConfigsThatAreNoFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	big := filepath.Join(dir, "big")
	f, err := os.Create(big)
	require.NoError(t, err)
	require.NoError(t, errors.Join(f.Truncate(1<<40), f.Close(), syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))) // a hole
	for name, want := range map[string]string{"pipe": "pipe: not a regular file", "/dev/zero": "/dev/zero: not a regular file", "big": "big: exceeds the limit of 16 MiB"} {
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
					file = gatewaytest.WriteT(t, what, strings.ReplaceAll(text, name, file))
				}
				c, err := kindOf(what).Read(file, adapter.FromSetup)
				if err == nil {
					_, err = c.Plan(gatewaytest.Place)
				}
				require.ErrorContains(t, err, want)
			})
		}
	}
}

// What an editor on Windows adds to a config changes nothing but the bytes that stay.
func TestEnvoyConfigOfOtherEditors(t *testing.T) {
	t.Parallel()
	plan := func(text string) *adapter.Plan {
		t.Helper()
		file := gatewaytest.WriteT(t, "envoy.yaml", text)
		p, err := readT(t, filepath.Dir(file), "envoy.yaml").Plan(gatewaytest.Place)
		require.NoError(t, err)
		gatewaytest.Unchanged(t, p)
		for i := range p.Substitutions {
			p.Substitutions[i].File = ""
		}
		return p
	}
	want := plan(exampleEnvoy)
	const mark = "\ufeff"
	for _, text := range []string{strings.ReplaceAll(exampleEnvoy, "\n", "\r\n"), mark + exampleEnvoy, mark + strings.ReplaceAll(exampleEnvoy, "\n", "\r\n")} {
		got := plan(text)
		assert.Equal(t, want.Substitutions, got.Substitutions)
		assert.Equal(t, string(want.Files[0].Text), strings.TrimPrefix(strings.ReplaceAll(string(got.Files[0].Text), "\r\n", "\n"), mark))
	}
}
