package gateway_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/check"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers/gateway"
	_ "github.com/corsproof/corsproof/servers/gateway/all" // the kinds
)

// kindsPolicy is a policy for the configs of kindsOfFault. What stands in braces is a row's.
const kindsPolicy = `targets: {edge: {gateway: %[6]s, file: %[7]s, url: "https://parcels.test"}}
origins: {web: %[1]s}
defaults: {origins: [web], methods: %[2]s, headers: %[5]s, credentials: false, expose: [etag], readable_errors: [401, 404, 500]%[3]s}
routes: [{path: /parcels}, {path: /labels%[4]s}]
unlisted: unjudged
`

// kindsConfig follows it; a row changes it.
const kindsConfig = `events {}
http {
    map $http_origin $from { default ""; "https://web.parcels.test" $http_origin; "https://desk.parcels.example" $http_origin; }
    server {
        listen 443 ssl;
        server_name parcels.test;
        ssl_certificate     parcels.pem;
        ssl_certificate_key parcels.key;
        add_header Access-Control-Allow-Origin $from always;
        add_header Access-Control-Allow-Methods "PUT" always;
        add_header Access-Control-Allow-Headers "content-type, if-match" always;
        add_header Access-Control-Expose-Headers etag always;
        add_header Vary Origin always;
        proxy_hide_header Access-Control-Allow-Origin;
        location /parcels { if ($request_method = OPTIONS) { return 204; } proxy_pass http://127.0.0.1:9000; }
        location /labels { if ($request_method = OPTIONS) { return 204; } proxy_pass http://127.0.0.1:9000; }
    }
}
`

// kindsEnvoy follows it, too.
const kindsEnvoy = `static_resources:
  listeners:
  - address: {socket_address: {address: 0.0.0.0, port_value: 443}}
    filter_chains:
    - transport_socket:
        name: tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          common_tls_context: {tls_certificates: [{certificate_chain: {filename: /certs/parcels.pem}, private_key: {filename: /certs/parcels.key}}]}
      filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: parcels
          http_filters:
          - name: envoy.filters.http.cors
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors}
          - name: envoy.filters.http.ext_authz
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
              http_service: {server_uri: {uri: http://gate.internal, cluster: gate, timeout: 1s}}
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
          route_config:
            virtual_hosts:
            - name: parcels
              domains: [parcels.test]
              response_headers_to_add: [{header: {key: vary, value: Origin}, append_action: APPEND_IF_EXISTS_OR_ADD}]
              routes:
              - match: {prefix: /parcels}
                route: {cluster: parcels}
                typed_per_filter_config: &cors
                  envoy.filters.http.cors:
                    "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy
                    allow_origin_string_match: [{exact: "https://web.parcels.test"}, {exact: "https://desk.parcels.example"}]
                    allow_methods: PUT
                    allow_headers: content-type, if-match
                    expose_headers: etag
                    forward_not_matching_preflights: false
              - match: {prefix: /labels}
                route: {cluster: parcels}
                typed_per_filter_config: *cors
  clusters:
  - name: parcels
    type: STRICT_DNS
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    load_assignment: {cluster_name: parcels, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: parcels.internal, port_value: 50051}}}}]}]}
  - name: gate
    type: STRICT_DNS
    load_assignment: {cluster_name: gate, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: gate.internal, port_value: 9191}}}}]}]}
`

// A kindOfFault is a change of the config, or of the policy, with what a check has to say.
type kindOfFault struct {
	name     string
	envoy    bool   // else nginx
	from, to string // in the config
	origins  string
	methods  string
	headers  string
	more     string // of the defaults
	route    string // of /labels
	// want are the findings, as "severity id nginx.conf:line"; none for a right config.
	want  []string
	fixes []string          // lines that the fixes have, and nothing else in their place
	notes []judge.FindingID // beside those that every check of nginx has
	// notRun is what the reasons of the cases say that were not run; sometimes: there may
	// be none, as caches decide.
	notRun    string
	sometimes bool
	chromium  bool // has judged wrongly here, or might
}

var kindsOfFault = []kindOfFault{
	{name: "right", chromium: true},
	{
		name: "right in Envoy, with an auth service and HTTP/2 in the clear", envoy: true,
		notes: []judge.FindingID{judge.UpstreamPassthrough}, // it takes out nothing that the application says
	},
	{
		name: "a route of Envoy's without a policy, whose preflights go on", envoy: true, from: "                typed_per_filter_config: *cors\n", to: "",
		want: []string{"outage policy-scope-mismatch"},
	},
	{name: "right, with HSTS", from: "add_header Vary", to: `add_header Strict-Transport-Security "max-age=600; includeSubDomains" always; add_header Vary`, chromium: true},
	{name: "right, with nosniff", from: "add_header Vary", to: `add_header X-Content-Type-Options nosniff always; add_header Vary`, chromium: true},
	{name: "right, with a resource policy", from: "add_header Vary", to: `add_header Cross-Origin-Resource-Policy same-site always; add_header Vary`, chromium: true},
	{name: "right, and kept by browsers", from: "add_header Vary", to: `expires 5m; add_header Vary`, chromium: true},
	{name: "right, with a cache whose key has the origin", from: "location /parcels {", to: `location /parcels { proxy_cache parcels; proxy_cache_key $uri$http_origin; proxy_cache_valid 200 5m;`, notRun: "proxy_cache parcels", sometimes: true, chromium: true},
	{name: "right, answered by nginx itself", from: "location /labels { if ($request_method = OPTIONS) { return 204; } proxy_pass http://127.0.0.1:9000; }", to: `location /labels { if ($request_method = OPTIONS) { return 204; } return 200 "none"; }`, notRun: `nginx.conf:16: return 200 none`, chromium: true},
	{name: "right, with a limit", from: "location /parcels {", to: `location /parcels { limit_req zone=calm;`, chromium: true},
	{name: "GET is not listed, and Vary is missing", from: "add_header Vary Origin always;\n", to: "\n", methods: "[PUT]", want: []string{"outage missing-vary-origin-cache-poisoning nginx.conf:12"}},
	{
		name: "preflights of a listed method consent to everybody", methods: "[GET, POST]",
		from: "location /parcels { if ($request_method = OPTIONS) {", to: `location /parcels { if ($request_method = OPTIONS) { add_header Access-Control-Allow-Origin $http_origin always; add_header Access-Control-Allow-Headers "content-type, if-match" always; add_header Vary Origin always;`,
		want: []string{"hole preflight-hardcoded-permissive"},
	},
	{
		name: "a star where pages send credentials", more: ", credentials: true",
		from: "add_header Access-Control-Allow-Origin $from always;", to: `add_header Access-Control-Allow-Origin "*" always;`,
		want: []string{"outage wildcard-with-credentials", "hole policy-widened-on-invalid-config nginx.conf:9"},
	},
	{name: "exposed on success alone", from: "Expose-Headers etag always;", to: "Expose-Headers etag;", want: []string{"annoyance expose-headers-missing nginx.conf:12"}},
	{
		name: "a location without the hidden headers", from: "location /labels {", to: "location /labels { proxy_hide_header X-Powered-By;",
		notes: []judge.FindingID{judge.AcaoDuplicated, judge.UpstreamPassthrough},
	},
	{
		name: "the same where the application speaks CORS", more: ", upstream: {cors: true}", from: "location /labels {", to: "location /labels { proxy_hide_header X-Powered-By;",
		want: []string{"outage acao-duplicated-by-upstream nginx.conf:16"},
	},
	{
		name: "a query that nobody asks with", from: "location /labels {", to: "location /labels { if ($arg_print) { add_header X-Print 1; }",
	},
	{
		name: "a query that the policy asks with", route: `, sample: {query: "print=1"}`, from: "location /labels { if ($request_method = OPTIONS) { return 204; }",
		to: "location /labels { if ($request_method = OPTIONS) { return 204; } if ($arg_print) { add_header X-Print 1; }", want: []string{"outage preflight-actual-asymmetry"},
	},
	{
		name: "an auth service whose no becomes a login page", more: ", auth: {bearer: {env: CORSPROOF_TEST_NOT_SET}}", headers: "[content-type, if-match, authorization]",
		from: `"content-type, if-match" always;`, to: `"content-type, if-match, authorization" always;
        location = /_auth { internal; proxy_pass http://10.0.0.2/verify; }
        location @login { return 302 https://login.parcels.example/; }
        auth_request /_auth; error_page 401 = @login;`,
		want: []string{"outage auth-proxy-redirect"}, notRun: "it needs a secret",
	},
	{
		name: "a name of former days in each list", from: `Access-Control-Allow-Methods "PUT" always;
        add_header Access-Control-Allow-Headers "content-type, if-match" always;`, to: `Access-Control-Allow-Methods "PUT, LINK" always;
        add_header Access-Control-Allow-Headers "content-type, if-match, x-old" always;`,
		want: []string{"hole preflight-hardcoded-permissive nginx.conf:10"},
	},
	{
		name: "an origin that is denied by name", origins: `{allow: ["https://web.parcels.test"], deny: ["https://desk.parcels.example"]}`,
		want: []string{"hole origin-beyond-policy nginx.conf:3"},
	},
	{
		name: "a map of paths that lacks one", from: `map $http_origin $from { default ""; "https://web.parcels.test" $http_origin; "https://desk.parcels.example" $http_origin; }`,
		to: `map $request_uri $public { default ""; "~^/labels" 1; }
    map "$public$http_origin" $from { default ""; "1https://web.parcels.test" $http_origin; "1https://desk.parcels.example" $http_origin; }`,
		want: []string{"outage policy-scope-mismatch nginx.conf:3"}, fixes: []string{`"~^/parcels(\\?|$)" 1;`},
	},
	{
		name: "a name is missing in a list, and another is too much", from: `"content-type, if-match" always`, to: `"content-type, x-old" always`,
		want:  []string{"outage allow-headers-missing-header nginx.conf:11", "hole preflight-hardcoded-permissive nginx.conf:11"},
		fixes: []string{`add_header Access-Control-Allow-Headers "content-type, x-old, if-match" always;`, `add_header Access-Control-Allow-Headers content-type always;`},
	},
	{
		name: "an answer of nginx's own with a header of its own", from: "location /parcels { if ($request_method = OPTIONS) { return 204; } proxy_pass http://127.0.0.1:9000; }",
		to: `location /parcels { add_header X-Static 1; return 200 "none"; }`, notRun: "return 200 none",
		want: []string{"outage acao-missing-on-redirect-or-direct-response nginx.conf:15"},
	},
	{
		name: "an answer of Envoy's own without a policy", envoy: true, from: `                route: {cluster: parcels}
                typed_per_filter_config: &cors
                  envoy.filters.http.cors:
                    "@type"`, to: `                direct_response: {status: 200, body: {inline_string: none}}
              - match: {prefix: /none}
                route: {cluster: parcels}
                typed_per_filter_config: &cors
                  envoy.filters.http.cors:
                    "@type"`, notRun: "direct_response",
		notes: []judge.FindingID{judge.UpstreamPassthrough}, want: []string{"outage acao-missing-on-redirect-or-direct-response"},
	},
	{
		name: "a filter of another name than its policies", envoy: true, from: "          - name: envoy.filters.http.cors\n", to: "          - name: parcels.cors\n",
		want: []string{"outage filter-accepted-not-implemented envoy.yaml:16"}, fixes: []string{"- name: envoy.filters.http.cors"},
	},
	{
		name: "a route by a header that no preflight has", envoy: true, from: "match: {prefix: /parcels}", to: "match: {prefix: /parcels, headers: [{name: if-match, present_match: true}]}",
		want: []string{"outage preflight-404-no-route envoy.yaml:30"}, notes: []judge.FindingID{judge.UpstreamPassthrough},
	},
	{
		name: "an if for writes with a header of its own", from: "location /labels { if ($request_method = OPTIONS) { return 204; }",
		to:   `location /labels { if ($request_method = OPTIONS) { return 204; } if ($request_method = PUT) { add_header Cache-Control no-store; }`,
		want: []string{"outage preflight-actual-asymmetry nginx.conf:16"},
	},
	{
		name: "an error page with a header of its own", from: "location /parcels {", to: `error_page 404 500 /sorry.json; proxy_intercept_errors on;
        location = /sorry.json { internal; add_header Retry-After 9 always; return 200 "{}"; }
        location /parcels {`,
		want: []string{"masked acao-missing-on-error nginx.conf:16"},
	},
	{name: "right, with a limit, and kept by browsers", from: "location /parcels {", to: `expires 5m; location /parcels { limit_req zone=calm;`},
	{
		name: "a policy under the name of no filter", envoy: true, from: "                typed_per_filter_config: *cors\n", to: `                typed_per_filter_config:
                  cors.parcels:
                    "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy
                    allow_origin_string_match: [{exact: "https://web.parcels.test"}, {exact: "https://desk.parcels.example"}]
                    allow_methods: PUT
                    allow_headers: content-type, if-match
                    expose_headers: etag
`, want: []string{"outage policy-scope-mismatch envoy.yaml:43"}, fixes: []string{"envoy.filters.http.cors:"},
	},
	{
		name: "the same, where pages always send it", envoy: true, more: `, sends: {if-match: "*"}`, from: "match: {prefix: /parcels}", to: "match: {prefix: /parcels, headers: [{name: if-match, present_match: true}]}",
		want: []string{"outage preflight-404-no-route envoy.yaml:30"},
	},
	{
		name: "right, for pages that always send a header", more: `, sends: {if-match: "*"}`, from: "location /parcels { if ($request_method = OPTIONS) { return 204; }",
		to: "location /parcels { if ($request_method = OPTIONS) { return 204; } if ($http_if_match = \"\") { return 428; }", chromium: true,
	},
	{
		name: "alternations side by side", from: `"https://web.parcels.test" $http_origin; "https://desk.parcels.example" $http_origin;`,
		to:   `"~^https://(web|desk)\.parcels\.(test|example)$" $http_origin;`,
		want: []string{"hole cross-product-pattern-merge nginx.conf:3"},
	},
}

// files writes a row's policy and config, and returns the policy's path.
func (k *kindOfFault) files(t *testing.T) string {
	t.Helper()
	orElse := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	more, kind, name, config := k.more, "nginx", "nginx.conf", kindsConfig
	if k.envoy {
		kind, name, config = "envoy", "envoy.yaml", kindsEnvoy
	}
	text := fmt.Sprintf(kindsPolicy, orElse(k.origins, `["https://web.parcels.test", "https://desk.parcels.example"]`), orElse(k.methods, "[GET, PUT]"), more, k.route, orElse(k.headers, "[content-type, if-match]"), kind, name)
	if strings.Contains(more, "credentials") {
		text = strings.Replace(text, "credentials: false, ", "", 1)
	}
	if k.from != "" {
		require.Equal(t, 1, strings.Count(config, k.from))
		config = strings.Replace(config, k.from, k.to, 1)
	}
	if strings.Contains(config, "zone=calm") {
		config = strings.Replace(config, "    map $http_origin", "    limit_req_zone $binary_remote_addr zone=calm:1m rate=1r/s;\n    map $http_origin", 1)
	}
	if strings.Contains(config, "proxy_cache parcels") {
		config = strings.Replace(config, "    map $http_origin", "    proxy_cache_path /var/cache/parcels keys_zone=parcels:1m;\n    map $http_origin", 1)
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(config), 0o644))
	file := filepath.Join(dir, "cors.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	return file
}

// TestKindsOfFault has a check say of configs what is wrong with them, each one cause, and
// of right ones nothing. Each stands for a kind that came out wrong once.
func TestKindsOfFault(t *testing.T) {
	t.Parallel()
	for _, k := range kindsOfFault {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			k.hold(t, browser.EngineModel)
		})
	}
}

// TestKindsOfFaultInChromium does the same in a browser for those in which browser and
// model saw different things, or might: each day for a third of them,
// CORSPROOF_DEFECTS=all for all.
func TestKindsOfFaultInChromium(t *testing.T) {
	chromium.RequireT(t)
	release, err := browser.Turn(t.Context())
	require.NoError(t, err)
	defer release()
	s, n := selectionT(t), 0
	for _, k := range kindsOfFault {
		if !k.chromium {
			continue
		}
		if n++; s.all || (uint64(n)+s.seed)%3 == 0 {
			t.Run(k.name, func(t *testing.T) { k.hold(t, "") })
		}
	}
}

func (k *kindOfFault) hold(t *testing.T, engine browser.EngineName) {
	t.Helper()
	file := k.files(t)
	p := check.PolicyT(t, file)
	var reasons []string
	s, err := check.Check(t.Context(), check.Config{
		Policy: p, Engine: engine, Target: gateway.NewT(t, gateway.Kind(p.Targets[0].Gateway.Text), filepath.Join(filepath.Dir(file), p.Targets[0].File.Text), "parcels.test"),
		Each: func(c *judge.Checked) error {
			if c.NotRun != "" && !strings.HasPrefix(c.Case.ID, "scope/http2/") {
				reasons = append(reasons, c.NotRun)
			}
			return nil
		},
	})
	require.NoError(t, err)
	var got, fixes, said []string
	for i := range s.Findings {
		f := &s.Findings[i]
		first, _, _ := strings.Cut(report.ExplainFinding(*f), ":")
		line := strings.SplitN(report.ExplainFinding(*f), ":", 3)[1]
		said = append(said, report.ExplainFinding(*f))
		one := fmt.Sprintf("%s %s", f.Severity, f.ID)
		if at := one + " " + filepath.Base(first) + ":" + line; slices.Contains(k.want, at) {
			one = at
		}
		got = append(got, one)
		if f.Wording != nil {
			fixes = append(fixes, f.Wording.Text)
		}
	}
	for _, fix := range k.fixes {
		assert.True(t, slices.ContainsFunc(fixes, func(one string) bool { return strings.Contains(one, fix) }), "no fix has %s: %q", fix, fixes)
	}
	assert.ElementsMatch(t, k.want, got, "%v", said)
	assert.Zero(t, s.Divergent, "%v", s.Divergences)
	assert.Zero(t, s.Unknown, "%v", s.Unknowns)
	var notes []judge.FindingID
	for _, n := range s.Notes {
		if n.ID != judge.OriginCaseFolded && n.ID != judge.AcacForDenied {
			notes = append(notes, n.ID)
		}
	}
	assert.ElementsMatch(t, k.notes, notes)
	for _, r := range reasons {
		require.NotEmpty(t, k.notRun, r)
		assert.Contains(t, r, k.notRun)
	}
	assert.True(t, k.sometimes || len(reasons) > 0 == (k.notRun != ""))
	assert.Empty(t, policy.Refused(p.Lint()))
}
