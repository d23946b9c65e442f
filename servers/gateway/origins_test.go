package gateway_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

func TestNamedOrigins(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, file string
		files      map[string]string
		want       []string
	}{
		{"nginx", "nginx.conf", map[string]string{"nginx.conf": `http {
  map $http_origin $cors {
    default "";
    https://shop.test $http_origin;
    "~^https://(a|bb)\.test$" $http_origin; # not ~^https://cc\.test$
    ~*\.partner\.test$ $http_origin;
    ~^https://(?!x)y\.test$ $http_origin;
    "" "";
    include more.conf;
  }
  map $request_method:$cors $methods {
    default "";
    ~^OPTIONS:h "GET";
    "OPTIONS:https://composed.test" "PUT";
  }
  map $host $fixed { default https://fixed.test; }
  map $cors $unrelated { "https://used.test" https://elsewhere.test; }
  server {
    set $backend https://backend.test;
    location /a { if ($http_origin ~* (^https://in-an-if\.test$)) { set $o $http_origin; } add_header Access-Control-Allow-Origin $o; }
    location /b { if ($http_origin = "https://equal.test") { return 204; } add_header Access-Control-Allow-Origin $fixed; }
    location /c { if ($http_origin !~ "^https://not\.test$") { return 403; } add_header access-control-allow-origin "https://literal.test" always; }
    location /c2 { if ( $http_origin = "https://blanks.test" ) { return 204; } if ( $http_origin ~ ^https://(more|blanks)\.test$ ) { return 204; } }
    location /d { if ($http_origin) { return 204; } add_header X-Of https://no.test; }
  }
}
`, "more.conf": "https://included.test:8443 $http_origin;\n"}, []string{
			"nginx.conf:4: https://shop.test $http_origin: https://shop.test",
			`nginx.conf:5: "~^https://(a|bb)\.test$" $http_origin: https://a.test, matched`,
			`nginx.conf:5: "~^https://(a|bb)\.test$" $http_origin: https://bb.test, matched`,
			`nginx.conf:6: ~*\.partner\.test$ $http_origin: https://x.partner.test, matched`,
			"more.conf:1: https://included.test:8443 $http_origin: https://included.test:8443",
			`nginx.conf:14: "OPTIONS:https://composed.test" "PUT": https://composed.test`,
			"nginx.conf:16: default https://fixed.test: https://fixed.test",
			`nginx.conf:17: "https://used.test" https://elsewhere.test: https://used.test`,
			`nginx.conf:20: if ($http_origin ~* (^https://in-an-if\.test$)): https://in-an-if.test, matched`,
			`nginx.conf:21: if ($http_origin = "https://equal.test"): https://equal.test`,
			`nginx.conf:22: if ($http_origin !~ "^https://not\.test$"): https://not.test`,
			`nginx.conf:22: add_header access-control-allow-origin "https://literal.test" always: https://literal.test`,
			`nginx.conf:23: if ( $http_origin = "https://blanks.test" ): https://blanks.test`,
			`nginx.conf:23: if ( $http_origin ~ ^https://(more|blanks)\.test$ ): https://more.test, matched`,
			`nginx.conf:23: if ( $http_origin ~ ^https://(more|blanks)\.test$ ): https://blanks.test, matched`,
			"note: nginx.conf:7: could not generate test origins from ~^https://(?!x)y\\.test$ $http_origin: cannot parse it: error parsing regexp: invalid or unsupported Perl syntax: `(?!`",
		}},
		{"envoy", "envoy.yaml", map[string]string{"envoy.yaml": `static_resources:
  listeners:
  - filter_chains:
    - filters:
      - typed_config:
          route_config:
            virtual_hosts:
            - typed_per_filter_config:
                envoy.filters.http.cors:
                  allow_origin_string_match: &shared
                  - exact: https://shop.test
                  - {safe_regex: {regex: "https://pr-[a-z]+\\.test"}}
                  - prefix: https://partner.
              routes:
              - match: {prefix: /a}
                typed_per_filter_config:
                  envoy.filters.http.cors: {allow_origin_string_match: *shared}
              - match: {prefix: /b}
                route:
                  cors:
                    allow_origin_string_match: [{suffix: .left.test}, {contains: "://in."}]
              - match: {prefix: /c, headers: [{name: Origin, string_match: {exact: "https://chosen.test"}}, {name: ":method", string_match: {exact: GET}}]}
                response_headers_to_add:
                - header: {key: Access-Control-Allow-Origin, value: "https://literal.test"}
                - header: {key: access-control-allow-origin, value: "%REQ(origin)%"}
              - match: {prefix: /d}
                typed_per_filter_config:
                  envoy.filters.http.cors:
                    allow_origin_string_match:
                    - exact: HTTPS://FOLDED.test
                      ignore_case: true
                    - custom: {name: mine}
                    - safe_regex: {regex: "ftp://.*"}
`}, []string{
			"envoy.yaml:11: exact: https://shop.test: https://shop.test",
			`envoy.yaml:12: {safe_regex: {regex: "https://pr-[a-z]+\\.test"}}: https://pr-x.test, matched`,
			"envoy.yaml:13: prefix: https://partner.: https://partner.test, matched",
			"envoy.yaml:21: {suffix: .left.test}: https://x.left.test, matched",
			`envoy.yaml:21: {contains: "://in."}: https://in.test, matched`,
			`envoy.yaml:22: {name: Origin, string_match: {exact: "https://chosen.test"}}: https://chosen.test`,
			`envoy.yaml:24: header: {key: Access-Control-Allow-Origin, value: "https://literal.test"}: https://literal.test`,
			"envoy.yaml:30: exact: HTTPS://FOLDED.test ignore_case: true: https://folded.test, matched",
			"note: envoy.yaml:32: could not generate test origins from custom: {name: mine}: it is no exact, prefix, suffix, contains or safe_regex",
			`note: envoy.yaml:33: could not generate test origins from safe_regex: {regex: "ftp://.*"}: no origin found that it matches`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, text := range tc.files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
			}
			c, err := kindOf(tc.file).Read(filepath.Join(dir, tc.file), adapter.FromSetup)
			require.NoError(t, err)
			named := c.Facts().Named
			var got []string
			for _, n := range named.All {
				matched := ""
				if n.Matched {
					matched = ", matched"
				}
				got = append(got, fmt.Sprintf("%s:%d: %s: %s%s", filepath.Base(n.At.File), n.At.Line, n.Entry, n.Origin, matched))
			}
			for _, n := range named.Notes {
				n.File = filepath.Base(n.File)
				got = append(got, "note: "+n.String())
			}
			assert.Empty(t, cmp.Diff(tc.want, got))
		})
	}
}
