package gateway_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"nginx.conf": {
			"http {\n  limit_req_zone $server_name zone=all:1m rate=10r/s;\n  server {\n    limit_req zone=all burst=20;\n    limit_conn all 5;\n    limit_req_status 429;\n  }\n}\n",
			[]string{":4: limit_req zone=all burst=20", ":5: limit_conn all 5"},
		},
		"envoy.yaml": {
			strings.Replace(exampleEnvoy, "                http_filters:\n", "                http_filters:\n                  - name: limit\n                    typed_config:\n"+
				"                      \"@type\": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit\n", 1),
			[]string{":17: LocalRateLimit"},
		},
		"other.yaml": {exampleEnvoy, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := gatewaytest.WriteT(t, name, tc.text)
			got := readT(t, filepath.Dir(file), name).Facts().Limits
			require.Len(t, got, len(tc.want))
			for i, want := range tc.want {
				assert.Equal(t, file+want, got[i])
			}
		})
	}
}
