package gatewaytest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/servers/gateway"
)

// PlainNginx and PlainEnvoy listen on port 8080 and pass all to app.internal.
const (
	PlainNginx = "events {}\nhttp {\n  server {\n    listen 8080;\n    location / { proxy_pass http://app.internal; }\n  }\n}\n"
	PlainEnvoy = `static_resources:
  listeners:
    - address: {socket_address: {address: 0.0.0.0, port_value: 8080}}
      filter_chains:
        - filters:
            - name: hcm
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: a
                route_config: {virtual_hosts: [{name: a, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: app}}]}]}
                http_filters:
                  - {name: router, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters:
    - {name: app, type: STRICT_DNS, load_assignment: {cluster_name: app, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: app.internal, port_value: 80}}}}]}]}}
`
)

// Plain are the plain configs of all kinds.
var Plain = []struct {
	Kind gateway.Kind
	Name string // of the file
	Text string
}{{"nginx", "nginx.conf", PlainNginx}, {"envoy", "envoy.yaml", PlainEnvoy}}

// FixtureT returns the path of a file of the fixtures, beside all others.
func FixtureT(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, fixtures.Files))
	return filepath.Join(dir, name)
}
