package gateway_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway"
)

// What Envoy says of a config that it doesn't take is told once, without the whole
// config, and with the line that it is about.
func TestEnvoySaysWhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	text, err := os.ReadFile(filepath.Join(b.fixtures, "gateways/orders/envoy.yaml"))
	require.NoError(t, err)
	for _, tc := range []struct {
		name, from, to, mark string
		want                 []string
	}{
		{"a merge key in the place of the type", `                              "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy
                              allow_origin_string_match:
                                - exact: https://shop.example.com
                                - exact: https://www.example.com
                              allow_methods: POST, DELETE
`, "                              <<: *cors\n                              allow_methods: POST, DELETE\n", "<<",
			[]string{"missing @type", ": Envoy does not support merge keys (<<): replace this one with the fields of *cors"}},
		{"a merge key beside the type", "                              allow_methods: POST, DELETE\n", "                              <<: *cors\n                              allow_methods: POST, DELETE\n", "<<",
			[]string{"no such field: '<<'", ": Envoy does not support merge keys (<<): replace this one with the fields of *cors"}},
		{"a misspelt field", "allow_methods: POST, DELETE", "allow_method: POST, DELETE", "allow_method:", []string{"no such field: 'allow_method'", "a field is misspelled"}},
		{"no such cluster", "route: {cluster: stock,", "route: {cluster: stick,", "", []string{"route: unknown cluster 'stick'"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, 1, strings.Count(string(text), tc.from))
			config := strings.Replace(string(text), tc.from, tc.to, 1)
			config = strings.Replace(config, "envoy.filters.http.cors:\n", "envoy.filters.http.cors: &cors\n", 1)
			file := filepath.Join(t.TempDir(), "envoy.yaml")
			require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
			g, err := gateway.New(t.Context(), "envoy", file, gateway.Config{Run: b.run, CA: b.ca, Installed: b.installed})
			require.NoError(t, err)
			defer g.Close()
			nowhere := wire.Address{Network: "tcp", Address: "127.0.0.1:9"}
			_, err = g.Start(t.Context(), wire.Upstream{Plain: nowhere, TLS: nowhere})
			require.Error(t, err)
			for _, want := range tc.want {
				assert.Equal(t, 1, strings.Count(err.Error(), want), "%s: %s", want, err)
			}
			assert.NotContains(t, err.Error(), `{"admin"`)
			assert.Less(t, len(err.Error()), 1500)
			if tc.mark == "" {
				return
			}
			line := 1 + strings.Count(config[:strings.Index(config, tc.mark)], "\n")
			assert.Regexp(t, `at: \S+/envoy\.yaml:\d+\n`, err.Error()+"\n")
			assert.Contains(t, err.Error(), fmt.Sprintf("envoy.yaml:%d", line))
		})
	}
}
