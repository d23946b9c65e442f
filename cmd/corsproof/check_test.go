package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/report"
)

const shopPolicy = `targets:
  edge: {gateway: nginx, file: nginx.conf, url: "https://api.shop.example.com"}
origins:
  shop: ["https://shop.example.com"]
defaults:
  origins: [shop]
  methods: [PUT]
  headers: [content-type]
  credentials: true
  max_age: 600
  readable_errors: [404, 502]
routes:
  - path: /orders
`

// As people write it, and right for the policy.
const shopConfig = `events {}
http {
  map $http_origin $allow {
    "https://shop.example.com" "https://shop.example.com";
  }
  map $allow $credentials { "" ""; default "true"; }
  server {
    listen 443 ssl;
    server_name api.shop.example.com;
    ssl_certificate cert.pem;
    ssl_certificate_key key.pem;
    add_header Access-Control-Allow-Origin $allow always;
    add_header Access-Control-Allow-Credentials $credentials always;
    add_header Vary Origin always;
    proxy_hide_header Access-Control-Allow-Origin;
    proxy_hide_header Access-Control-Allow-Credentials;
    location = /orders {
      if ($request_method = OPTIONS) {
        add_header Access-Control-Allow-Origin $allow always;
        add_header Access-Control-Allow-Credentials $credentials always;
        add_header Access-Control-Allow-Methods "PUT" always;
        add_header Access-Control-Allow-Headers "content-type" always;
        add_header Access-Control-Max-Age 600 always;
        add_header Vary Origin always;
        return 204;
      }
      proxy_pass http://orders.internal:8080;
      proxy_read_timeout 3s;
    }
  }
}
`

func TestCheckWrongUse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		files map[string]string
		args  []string
		want  []string
	}{
		{"no such policy", nil, []string{"check", "shop.yaml"}, []string{"shop.yaml"}},
		{"a mistake in the policy", map[string]string{"shop.yaml": strings.Replace(shopPolicy, "methods:", "method:", 1)}, []string{"check", "shop.yaml"}, []string{"shop.yaml:7:3", `"methods"`}},
		{"no such target", map[string]string{"shop.yaml": shopPolicy}, []string{"check", "shop.yaml", "--target", "core"}, []string{`"core"`, "edge"}},
		{"no such gateway", map[string]string{"shop.yaml": shopPolicy}, []string{"check", "shop.yaml", "--gateway", "pound=x"}, []string{"pound", "nginx", "envoy"}},
		{"no config", map[string]string{"shop.yaml": shopPolicy}, []string{"check", "shop.yaml"}, []string{"shop.yaml:2:32: targets.edge.file: nginx.conf: no such file"}},
		{"an empty policy", map[string]string{"shop.yaml": "# later\n"}, []string{"check", "shop.yaml"}, []string{"shop.yaml:1:1: the file is empty"}},
		{"a flag without a value", map[string]string{"shop.yaml": shopPolicy}, []string{"check", "shop.yaml", "--gateway"}, []string{"--gateway", "See 'corsproof check --help'"}},
		{"a config that can't be run", map[string]string{"shop.yaml": shopPolicy, "nginx.conf": "http {"}, []string{"check", "shop.yaml"}, []string{"nginx.conf:1"}},
		{"reports that can't be written", map[string]string{"shop.yaml": shopPolicy, "nginx.conf": shopConfig}, []string{"check", "shop.yaml", "--json", "no/such/x.json", "--junit", "no/such/x.xml", "--markdown", "."},
			[]string{"--json no/such/x.json: cannot write to the folder no/such: no such file", "--junit no/such/x.xml", "--markdown .: is a folder"}},
		{"no time", map[string]string{"shop.yaml": shopPolicy}, []string{"check", "shop.yaml", "--timeout", "-1s"}, []string{"--timeout -1s: must be positive"}},
		{"a gateway without a file", map[string]string{"shop.yaml": shopPolicy}, []string{"check", "shop.yaml", "--gateway", "nginx="}, []string{`gateway "nginx=": must be KIND=FILE`}},
		{"a folder as the program", map[string]string{"shop.yaml": shopPolicy, "nginx.conf": shopConfig}, []string{"check", "shop.yaml", "--binary", "/"}, []string{"--binary /: ", "no program at /: "}},
		{"another program", map[string]string{"shop.yaml": shopPolicy, "nginx.conf": shopConfig}, []string{"check", "shop.yaml", "--binary", "/bin/true"}, []string{"/bin/true is not nginx"}},
		{"a target in the past", map[string]string{"shop.yaml": shopPolicy}, []string{"cases", "shop.yaml", "--latency", "-1s"}, []string{"--latency -1s: must be from 0 to 1h"}},
		{"a target beyond the moon", map[string]string{"shop.yaml": shopPolicy}, []string{"cases", "shop.yaml", "--latency", "99999h"}, []string{"--latency 99999h0m0s: must be"}},
		{"no url", map[string]string{"shop.yaml": strings.Replace(shopPolicy, "https://api.shop.example.com", "", 1)}, []string{"cases", "shop.yaml"}, []string{"shop.yaml:2:", "targets.edge.url: is empty"}},
		{"no url of a gateway", map[string]string{"shop.yaml": strings.Replace(shopPolicy, `, url: "https://api.shop.example.com"`, "", 1)}, []string{"check", "shop.yaml"}, []string{"shop.yaml:2:", "targets.edge: has no url"}},
		{"a gateway that nobody knows", map[string]string{"shop.yaml": strings.Replace(shopPolicy, "gateway: nginx", "gateway: ngnix", 1)}, []string{"check", "shop.yaml"}, []string{`shop.yaml:2:19: targets.edge.gateway: unknown kind of gateway "ngnix" (did you mean "nginx"?); known are envoy, nginx`}},
		{"a program for what runs already", map[string]string{"shop.yaml": strings.Replace(shopPolicy, "gateway: nginx, file: nginx.conf, ", "", 1)}, []string{"check", "shop.yaml", "--binary", "/bin/true"}, []string{"--binary /bin/true: the target edge is a URL"}},
		{"a case that isn't UTF-8", map[string]string{"shop.yaml": shopPolicy}, []string{"check", "shop.yaml", "--case", "\xff*"}, []string{`--case: "\xff*" is not a case ID`}},
		{"a name that a terminal would obey", map[string]string{"shop.yaml": strings.Replace(shopPolicy, "edge:", `"ed\e[31mge":`, 1)}, []string{"cases", "shop.yaml"}, []string{`ed\x1b[31mge`}},
		{"an example in a file", map[string]string{"file": ""}, []string{"example", "file"}, []string{"file is not a folder"}},
		{"engine", map[string]string{"shop.yaml": shopPolicy}, []string{"check", "shop.yaml", "--engine", "webkit"}, []string{"--engine \"webkit\"", "chromium or model"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			code, out := runIn(t, tc.files, tc.args...)
			assert.Equal(t, exitUsage, code, out)
			assert.NotContains(t, out, "\x1b")
			for _, want := range tc.want {
				assert.Contains(t, out, want)
			}
		})
	}
}

// Mistakes in a policy are lines that begin with their place, for editors; what the
// lint remarks on over and over is one line.
func TestCheckTellsOfThePolicy(t *testing.T) {
	t.Parallel()
	wrong := strings.NewReplacer("methods:", "method:", "max_age:", "maxage:").Replace(shopPolicy)
	code, out := runIn(t, map[string]string{"shop.yaml": wrong}, "cases", "shop.yaml")
	assert.Equal(t, exitUsage, code)
	assert.Regexp(t, `^shop.yaml:7:3: .*\nshop.yaml:10:3: .*\n$`, out)
	listed := strings.Replace(shopPolicy, "[PUT]", "[GET, POST, HEAD, PUT]", 1)
	code, out = runIn(t, map[string]string{"shop.yaml": listed}, "cases", "shop.yaml", "--count")
	assert.Zero(t, code)
	assert.Regexp(t, `(?m)^shop.yaml:7:13: note: pages can send GET .*, and 2 more like it$`, out)
	assert.NotContains(t, out, "POST is sent")
}

func TestCheckOfNginx(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, from, to string
		args           []string
		code           int
		want           string
	}{
		{"right", "", "", nil, exitProven, "0 divergent, 0 unknown"},
		{"no always", `Access-Control-Allow-Origin $allow always;`, `Access-Control-Allow-Origin $allow;`, []string{"--engine", "model"}, exitNotProven, "masked: acao-missing-on-error"},
		{"a partner who left", `    "https://shop.example.com" "https://shop.example.com";`, `    "https://shop.example.com" "https://shop.example.com"; "https://legacy.partner.example" "https://legacy.partner.example";`, []string{"--engine", "model"},
			exitNotProven, `nginx.conf:4: replace with: "https://shop.example.com" "https://shop.example.com";`},
		{"a suffix", `"https://shop.example.com" "https://shop.example.com"`, `~shop\.example\.com$ $http_origin`, []string{"--engine", "model"}, exitNotProven, "hole: suffix-match-origin"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			config := strings.Replace(shopConfig, tc.from, tc.to, 1)
			code, out := runIn(t, map[string]string{"shop.yaml": shopPolicy, "nginx.conf": config}, append([]string{"check", "shop.yaml", "--verbose"}, tc.args...)...)
			assert.Equal(t, tc.code, code, out)
			assert.Contains(t, out, tc.want)
			assert.Contains(t, out, "substituted nginx.conf:8: listen address", "what was substituted is said")
		})
	}
}

// Three origins, five routes, credentials, errors: a right nginx config and a right
// Envoy config have no finding, and browser and model agree.
func TestCheckOfOrders(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../../fixtures/policies/orders.yaml")
	require.NoError(t, err)
	targets := []string{"nginx", "envoy"}
	if !full() { // in turn: TestReadmeBlocks has both each day, with a policy that is smaller
		targets = targets[time.Now().YearDay()%2:][:1]
	}
	for _, target := range targets {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			r := start(t, []string{"ORDERS_TOKEN=secret-1", "ORDERS_SESSION=secret-2"}, "check", root, "--target", target, "--json", "report.json")
			assert.Equal(t, exitProven, r.wait(t), r.out)
			assert.Regexp(t, `0 violations in 0 findings, 0 divergent, 0 unknown, \d+ not run; judged by chromium 1\d\d, direct 1\d\d, model 1\d\d; `, r.out)
			text, err := os.ReadFile(filepath.Join(r.cmd.Dir, "report.json"))
			require.NoError(t, err)
			assert.NotContains(t, string(text), "secret-")
			assert.NotContains(t, r.out, "secret-")
			t.Logf("took %.1f s", r.ended.Sub(r.started).Seconds())
		})
	}
}

func TestCheckInterrupted(t *testing.T) {
	t.Parallel()
	r := startWith(t, map[string]string{"shop.yaml": shopPolicy, "nginx.conf": shopConfig}, "check", "shop.yaml", "--verbose")
	r.requireLine(t, "substituted")
	within := r.within()
	sent := time.Now()
	require.NoError(t, r.cmd.Process.Signal(syscall.SIGINT))
	assert.Equal(t, exitUnknown, r.wait(t), r.out)
	assert.Less(t, r.ended.Sub(sent), within)
	r.requireNothingLeft(t)
}

func TestCasesOfAPolicy(t *testing.T) {
	t.Parallel()
	code, out := runIn(t, map[string]string{"shop.yaml": shopPolicy}, "cases", "shop.yaml")
	require.Zero(t, code, out)
	assert.Contains(t, out, "route/orders/")
	assert.Contains(t, out, "shop.yaml:4")
	code, out = runIn(t, map[string]string{"shop.yaml": shopPolicy}, "cases", "shop.yaml", "--count")
	require.Zero(t, code, out)
	assert.NotContains(t, out, "route/")
	assert.Regexp(t, `\d+ cases, \d+ different; \d+ decisions in the browser from \d+ page origins; about \d+s`, out)
	assert.Contains(t, out, "nginx.conf: no such file")
	assert.Contains(t, out, "cases for each origin, method and header that this config lists and the policy doesn't allow")

	stale := strings.Replace(shopConfig, "map $http_origin $allow {", "map $http_origin $allow { https://legacy.partner.example $http_origin;", 1)
	for _, files := range []map[string]string{{"shop.yaml": shopPolicy, "nginx.conf": stale}, {"shop.yaml": shopPolicy, "nginx.conf": shopConfig, "old.conf": stale}} {
		args := []string{"cases", "shop.yaml"}
		if files["old.conf"] != "" {
			code, out = runIn(t, files, args...)
			assert.Zero(t, code, out)
			assert.NotContains(t, out, "origin/named/")
			args = append(args, "--gateway", "nginx=old.conf")
		}
		code, out = runIn(t, files, args...)
		assert.Zero(t, code, out)
		assert.Contains(t, out, "origin/named/legacy.partner.example/shop/plain")
		assert.Contains(t, out, ".conf:3")
		assert.NotContains(t, out, "note:")
	}
}

// The reports of a check that found something, and what the findings say.
func TestCheckReports(t *testing.T) {
	t.Parallel()
	config := strings.Replace(shopConfig, `Access-Control-Allow-Origin $allow always;`, `Access-Control-Allow-Origin $allow;`, 1)
	files := map[string]string{"shop.yaml": shopPolicy, "nginx.conf": config}
	args := []string{"check", "shop.yaml", "--engine", "model", "--json", "c.json", "--junit", "j.xml", "--markdown", "m.md", "--annotations"}
	r := startWith(t, files, args...)
	assert.Equal(t, exitNotProven, r.wait(t), r.out)
	assert.Contains(t, r.out, "nginx.conf:12: replace with: add_header Access-Control-Allow-Origin $allow always;", "the fix, in nginx's words")
	assert.Contains(t, r.out, "::error file=shop.yaml,line=11")
	for file, want := range map[string]string{"c.json": `"schema":"` + report.CheckSchema + `"`, "j.xml": "<testsuites", "m.md": "acao-missing-on-error"} {
		text, err := os.ReadFile(filepath.Join(r.cmd.Dir, file))
		require.NoError(t, err)
		assert.Contains(t, string(text), want, file)
	}

	code, out := runIn(t, files, "check", "shop.yaml", "--engine", "model", "--fail-on", "outage,hole")
	assert.Zero(t, code, "what is only masked doesn't count: %s", out)
	code, out = runIn(t, files, "check", "shop.yaml", "--engine", "model", "--case", "error/application/404/defaults")
	assert.Equal(t, exitNotProven, code)
	assert.Contains(t, out, "1 case: ")
	assert.Contains(t, out, "acao-missing-on-error", "one case by itself has the finding that it has among all")
	code, out = runIn(t, nil, "explain", "acao-missing-on-error")
	assert.Zero(t, code)
	assert.Contains(t, out, "always")
	code, out = runIn(t, nil, "explain", "no-such-thing")
	assert.Equal(t, exitUsage, code, out)
}
