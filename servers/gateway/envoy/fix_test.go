package envoy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

// As people write it, and right for the policy.
const fixedEnvoy = `static_resources:
  listeners:
  - name: http
    address: {socket_address: {address: 0.0.0.0, port_value: 80}}
    filter_chains:
    - filters:
      - typed_config:
          http_filters:
          - name: envoy.filters.http.cors
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors}
          - name: envoy.filters.http.router
          route_config:
            virtual_hosts:
            - name: other
              domains: ["*"]
              routes: [{match: {path: /me}, route: {cluster: web}}]
            - name: api
              domains: [api.test]
              typed_per_filter_config:
                envoy.filters.http.cors:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy
                  allow_origin_string_match:
                  - exact: https://app.test
                  - safe_regex: {regex: "https://pr-[a-z0-9-]+\\.previews\\.test"}
                  allow_methods: GET, PATCH
                  allow_headers: content-type
                  max_age: "600"
                  allow_credentials: true
              routes:
              - match: {path: /me}
                route: {cluster: api}
              - match: {prefix: /}
                direct_response: {status: 404}
`

// Each fix is lines of the config, those of the entry that is wrong.
func TestEnvoyFixIsLines(t *testing.T) {
	t.Parallel()
	const config = "envoy.yaml"
	parsed, err := policy.Parse("cors.yaml", []byte(gatewaytest.Policy))
	require.NoError(t, err)
	view, err := parsed.On("edge")
	require.NoError(t, err)
	preflight := func(origin, method string) policy.Shown {
		return policy.Shown{
			Request: fetch.HeaderList{{"Origin", origin}, {"Access-Control-Request-Method", method}},
			Method:  "OPTIONS", URL: "https://api.test/me?case=1", Preflight: true,
		}
	}
	get := func(origin string) policy.Shown {
		return policy.Shown{Request: fetch.HeaderList{{"Origin", origin}}, Method: "GET", URL: "https://api.test/me?case=1", Status: 200}
	}
	for _, tc := range []struct {
		name, from, to string
		kind           policy.FixKind
		shown          []policy.Shown
		want           string
	}{
		{"a route that is for other methods alone", `{path: /me}
                route: {cluster: api}`, `{path: /me, headers: [{name: ":method", string_match: {safe_regex: {regex: "GET|PATCH"}}}]}
                route: {cluster: api}`, policy.FixAnswerPreflight, []policy.Shown{preflight("https://app.test", "PATCH")},
			`envoy.yaml:30: replace with: - match: {path: /me, headers: [{name: ":method", string_match: {safe_regex: {regex: OPTIONS|GET|PATCH}}}]}`},
		{"no cors filter", `          - name: envoy.filters.http.cors
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors}
`, "", policy.FixAllowOrigin, []policy.Shown{get("https://app.test")}, `envoy.yaml:8: insert after this line, 10 spaces in: - name: envoy.filters.http.cors
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors`},
		{"a suffix", "exact: https://app.test", "suffix: app.test", policy.FixDenyOrigin, []policy.Shown{get("https://evilapp.test")},
			"envoy.yaml:23: replace with: - exact: https://app.test"},
		{"an expression that matches too much", `safe_regex: {regex: "https://pr-[a-z0-9-]+\\.previews\\.test"}`, `safe_regex: {regex: "https://pr-.*"}`, policy.FixDenyOrigin, []policy.Shown{get("https://pr-1.evil.test")},
			`envoy.yaml:24: replace with: - safe_regex: {regex: "https://pr-[a-z0-9-]+\\.previews\\.test"}`},
		{"two entries for one thing", "exact: https://app.test", "exact: https://app.test\n                  - prefix: https://app.", policy.FixDenyOrigin, []policy.Shown{get("https://app.evil.test")},
			"envoy.yaml:24: remove this line"},
		{"an origin beyond the policy", "exact: https://app.test", "exact: https://app.test\n                  - exact: https://left.test # a partner", policy.FixUnlistOrigin, []policy.Shown{get("https://left.test")},
			"envoy.yaml:24: remove this line"},
		{"a list on one line", `
                  - exact: https://app.test
                  - safe_regex: {regex: "https://pr-[a-z0-9-]+\\.previews\\.test"}`, ` [{exact: "https://app.test"}, {contains: previews.test}]`, policy.FixDenyOrigin, []policy.Shown{get("https://previews.test.evil.test")},
			`envoy.yaml:22: replace with: allow_origin_string_match: [{exact: "https://app.test"}, {safe_regex: {regex: "https://pr-[a-z0-9-]+\\.previews\\.test"}}]`},
		{"an origin that isn't listed", `                  - exact: https://app.test
`, "", policy.FixAllowOrigin, []policy.Shown{get("https://app.test")}, "envoy.yaml:23: insert after this line, 18 spaces in: - exact: https://app.test"},
		{"a method that isn't listed", "allow_methods: GET, PATCH", "allow_methods: GET", policy.FixAllowMethod, []policy.Shown{preflight("https://app.test", "PATCH")},
			"envoy.yaml:25: replace with: allow_methods: GET, PATCH"},
		{"no credentials", "                  allow_credentials: true\n", "", policy.FixAllowCredentials, []policy.Shown{get("https://app.test")},
			"envoy.yaml:27: insert after this line, 18 spaces in: allow_credentials: true"},
		{"a route that is for no page", "match: {prefix: /}\n                direct_response: {status: 404}", "match: {path: /none}\n                route: {cluster: api}", policy.FixScope,
			[]policy.Shown{{Request: fetch.HeaderList{{"Origin", "https://app.test"}}, Method: "GET", URL: "https://api.test/none"}},
			`envoy.yaml:33: insert after this line, 16 spaces in: typed_per_filter_config:
  envoy.filters.http.cors:
    "@type": type.googleapis.com/envoy.config.route.v3.FilterConfig
    disabled: true`},
		{"no Vary", "", "", policy.FixVary, []policy.Shown{get("https://app.test")}, `envoy.yaml:33: insert after this line, 14 spaces in: response_headers_to_add:
  - header:
      key: vary
      value: Origin
    append_action: APPEND_IF_EXISTS_OR_ADD`},
		{"a filter with another name", "              - match: {prefix: /}\n                direct_response: {status: 404}", "              - match: {path: /none}\n                route: {cluster: api}", policy.FixScope,
			[]policy.Shown{{Request: fetch.HeaderList{{"Origin", "https://app.test"}}, Method: "GET", URL: "https://api.test/none"}},
			`envoy.yaml:33: insert after this line, 16 spaces in: typed_per_filter_config:
  cors:
    "@type": type.googleapis.com/envoy.config.route.v3.FilterConfig
    disabled: true`},
		{"a filter with another name, and a method that isn't listed", "allow_methods: GET, PATCH", "allow_methods: GET", policy.FixAllowMethod, []policy.Shown{preflight("https://app.test", "PATCH")},
			"envoy.yaml:25: replace with: allow_methods: GET, PATCH"},
		{"no policy of Envoy's at all", "              typed_per_filter_config:\n                envoy.filters.http.cors:\n", "              metadata:\n                filter_metadata:\n", policy.FixAllowMethod,
			[]policy.Shown{preflight("https://app.test", "PATCH")}, "envoy.yaml:30: # " + policy.Fix{Kind: policy.FixAllowMethod, Values: gatewaytest.FixValues[policy.FixAllowMethod]}.String()},
		{"what isn't said by the config", "", "", policy.FixAnswerPreflight, []policy.Shown{preflight("https://app.test", "PATCH")}, "envoy.yaml:30: # " + policy.Fix{Kind: policy.FixAnswerPreflight}.String()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, fixedEnvoy, tc.from)
			dir := t.TempDir()
			file := filepath.Join(dir, config)
			text := strings.Replace(fixedEnvoy, tc.from, tc.to, 1)
			if strings.HasPrefix(tc.name, "a filter with another name") {
				text = strings.ReplaceAll(text, "envoy.filters.http.cors\n", "cors\n")
				text = strings.ReplaceAll(text, "envoy.filters.http.cors:\n", "cors:\n")
			}
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			c, err := Adapter.Read(file, adapter.FromSetup)
			require.NoError(t, err)
			values := gatewaytest.FixValues[tc.kind]
			if tc.kind == policy.FixAllowMethod && strings.HasPrefix(tc.want, "envoy.yaml:25") {
				values = []string{"PATCH"}
			}
			w := adapter.Word(c, policy.Fix{Kind: tc.kind, Values: values, View: view, Shown: tc.shown})
			assert.Empty(t, cmp.Diff(tc.want, strings.ReplaceAll(w.String(), dir+"/", "")))
			assert.NotContains(t, w.String(), "and the rest")
		})
	}
}
