package catalog_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// A sloppy gateway follows the policy but for one mistake.
type sloppy struct {
	id string
	// accepts says which Origin is taken for the allowed one.
	accepts func(origin string) bool
	// request and response change what passes; nil for nothing.
	request  func(*fetch.NetworkRequest)
	response func(r fetch.NetworkRequest, preflight bool, resp *fetch.NetworkResponse)
	// found are areas of which a case must come out otherwise, only that no other
	// area may.
	found []string
	only  string
}

// good is the allowed origin of the policy that the gateways are to follow.
const good = "https://app.example.com"

const sloppyPolicy = `
targets: {edge: {url: https://api.example.com}}
origins: {app: [https://app.example.com, https://admin.example.com], old: [https://old.example.net]}
defaults:
  origins: [app]
  methods: [GET, PUT, PATCH]
  headers: [content-type, x-one]
  credentials: true
  expose: [etag]
  max_age: 600
  readable_errors: [401, 404, 429, 500, 502, 504]
routes:
  - {path: /orders}
  - {path: /items, methods: [GET, DELETE], auth: {bearer: {env: T}}, headers: [authorization]}
  - {path: /old, origins: [old], credentials: false}
  - {path: /private, cors: none}
`

func set(headers fetch.HeaderList, name, value string) fetch.HeaderList {
	out := slices.DeleteFunc(slices.Clone(headers), func(h fetch.Header) bool { return strings.EqualFold(h.Name(), name) })
	if value == "" {
		return out
	}
	return append(out, fetch.Header{name, value})
}

// edit changes one header of some answers; an empty value takes it away.
func edit(name, value string, when func(preflight bool, status int) bool) func(fetch.NetworkRequest, bool, *fetch.NetworkResponse) {
	return func(_ fetch.NetworkRequest, preflight bool, resp *fetch.NetworkResponse) {
		if when(preflight, resp.Status) && resp.Headers.Contains(name) {
			resp.Headers = set(resp.Headers, name, value)
		}
	}
}

func always(bool, int) bool                       { return true }
func onPreflight(preflight bool, _ int) bool      { return preflight }
func onResponse(preflight bool, _ int) bool       { return !preflight }
func onErrors(preflight bool, status int) bool    { return !preflight && status >= 400 }
func onRedirects(preflight bool, status int) bool { return !preflight && status >= 300 && status < 400 }
func status(code int) func(fetch.NetworkRequest, bool, *fetch.NetworkResponse) {
	return func(_ fetch.NetworkRequest, preflight bool, resp *fetch.NetworkResponse) {
		if preflight {
			resp.Status = code
		}
	}
}

const host = "app.example.com"

// expression returns an accepts that a regular expression decides.
func expression(text string) func(string) bool { return regexp.MustCompile(text).MatchString }

var sloppies = []sloppy{
	{id: "origin-reflected-any", accepts: func(string) bool { return true }, found: []string{"origin/arbitrary/", "route/"}},
	{id: "null-origin-allowed", accepts: func(o string) bool { return o == "null" }, found: []string{"origin/null/"}, only: "origin/null/"},
	{id: "suffix-match-origin", accepts: func(o string) bool { return strings.HasSuffix(o, host) }, found: []string{"origin/suffix/", "origin/subdomain/", "steady/after-odd-origin/"}},
	{id: "prefix-match-origin", accepts: func(o string) bool { return strings.HasPrefix(o, good) }, found: []string{"origin/prefix/", "origin/prefix-open/", "origin/port/"}, only: "origin/"},
	{id: "substring-match-origin", accepts: func(o string) bool { return strings.Contains(o, host) }, found: []string{"origin/in-query/", "origin/scheme/"}},
	{id: "unescaped-dot-regex", accepts: expression(`^https://app.example.com$`), found: []string{"origin/dot/"}, only: "origin/dot"},
	{id: "unanchored-regex", accepts: expression(`app\.example\.com`), found: []string{"origin/in-path/", "origin/prefix/", "origin/suffix/"}},
	{id: "alternation without a group", accepts: expression(`^https://app\.example\.com|\.test$`), found: []string{"origin/prefix/", "origin/arbitrary/"}},
	{id: "any-subdomain-trusted", accepts: expression(`^https://([a-z]+\.)*example\.com$`), found: []string{"origin/sibling/", "origin/apex/"}, only: "origin/"},
	{id: "http-scheme-trusted", accepts: func(o string) bool { return o == "http://"+host }, found: []string{"origin/scheme/"}, only: "origin/scheme/"},
	{id: "port-ignored", accepts: expression(`^https://app\.example\.com(:\d+)?$`), found: []string{"origin/port/"}, only: "origin/"},
	{id: "origin-case-folded", accepts: func(o string) bool { return strings.EqualFold(o, good) }, found: []string{"origin/upper-case/"}, only: "origin/upper-case/"},
	{id: "special-char-parser-confusion", accepts: expression("^https://app\\.example\\.com[_`].*"), found: []string{"origin/character-underscore/", "origin/character-backtick/"}, only: "origin/character"},
	{id: "trailing dot", accepts: func(o string) bool { return strings.TrimSuffix(o, ".") == good }, found: []string{"origin/trailing-dot/"}, only: "origin/trailing-dot/"},
	{id: "list-contains", accepts: func(o string) bool { return strings.Contains(o, ",") }, found: []string{"origin/list-comma/", "origin/two-lines/"}},
	{id: "dev-origin-in-prod", accepts: expression(`^http://localhost(:\d+)?$`), found: []string{"origin/localhost/"}, only: "origin/localhost"},
	{id: "shared-host-trusted", accepts: expression(`\.github\.io$`), found: []string{"origin/shared-host/"}, only: "origin/shared-host/"},

	{id: "preflight-404-no-route", response: status(404), found: []string{"route/", "method/allowed/", "header/allowed/"}},
	{id: "preflight-redirect", response: status(301), found: []string{"method/allowed/"}},
	{id: "preflight-hardcoded-permissive", response: func(r fetch.NetworkRequest, preflight bool, resp *fetch.NetworkResponse) {
		if method, _ := r.Headers.Get("Access-Control-Request-Method"); preflight {
			resp.Headers = set(resp.Headers, "Access-Control-Allow-Methods", method)
		}
	}, found: []string{"method/outside/", "method/case/"}, only: "method/"},
	{id: "acao-missing-on-error", response: edit("Access-Control-Allow-Origin", "", onErrors), found: []string{"error/application/", "error/gateway/"}},
	{id: "acao-missing-on-redirect", response: edit("Access-Control-Allow-Origin", "", onRedirects), found: []string{"redirect/own", "redirect/elsewhere"}, only: "redirect/"},
	{id: "acao-duplicated-by-upstream", response: edit("Access-Control-Allow-Origin", "*, *", onResponse), found: []string{"origin/allowed/"}},
	{id: "acao-static-mismatch", response: edit("Access-Control-Allow-Origin", good, always), found: []string{"origin/allowed/"}},
	{id: "wildcard-with-credentials", response: edit("Access-Control-Allow-Origin", "*", always), found: []string{"origin/allowed/", "credentials/"}},
	{id: "acac-not-exact-true", response: edit("Access-Control-Allow-Credentials", "True", always), found: []string{"credentials/"}},
	{id: "acac only on the preflight", response: edit("Access-Control-Allow-Credentials", "", onResponse), found: []string{"credentials/"}},
	{id: "allow-methods-missing", response: edit("Access-Control-Allow-Methods", "GET, PUT", always), found: []string{"method/allowed/patch/", "method/allowed/delete/"}},
	{id: "allow-headers-missing-header", response: edit("Access-Control-Allow-Headers", "content-type, authorization", always), found: []string{"header/allowed/x-one/"}},
	{id: "allow-headers-wildcard-with-credentials", response: edit("Access-Control-Allow-Headers", "*", always), found: []string{"header/allowed/"}},
	{id: "allow-list-invalid-token", response: edit("Access-Control-Allow-Methods", "GET PUT", always), found: []string{"method/allowed/"}},
	{id: "expose-headers-missing", response: edit("Access-Control-Expose-Headers", "", onResponse), found: []string{"expose/readable/", "error/application/"}, only: "e"},
	{id: "expose-headers-wildcard-with-credentials", response: edit("Access-Control-Expose-Headers", "*", onResponse), found: []string{"expose/readable/", "error/application/"}, only: "e"},
	{id: "max-age-zero", response: edit("Access-Control-Max-Age", "0", onPreflight), found: []string{"max-age/at-once/"}, only: "max-age/"},
	{id: "max-age-invalid", response: edit("Access-Control-Max-Age", "10m", onPreflight), found: []string{"max-age/past-the-default/"}, only: "max-age/"},
	{id: "max-age-shorter", response: edit("Access-Control-Max-Age", "300", onPreflight), found: []string{"max-age/nearly-over/"}, only: "max-age/nearly-over/"},
	{id: "missing-vary-origin-cache-poisoning", response: edit("Vary", "", func(_ bool, status int) bool { return status == 200 }),
		found: []string{"cache/image-first/", "cache/other-first/", "cache/denied-first/", "cache/vary-kept/"}, only: "cache/"},
	{id: "vary-overwritten", response: edit("Vary", "Origin", always), found: []string{"cache/vary-kept/"}, only: "cache/vary-kept/"},
	{id: "non-cors-request-blocked", response: func(r fetch.NetworkRequest, preflight bool, resp *fetch.NetworkResponse) {
		if !r.Headers.Contains("Origin") {
			resp.Status = 403
		}
	}, found: []string{"scope/no-origin/"}},
	{id: "policy-scope-mismatch", request: func(r *fetch.NetworkRequest) {
		if u, err := fetch.ParseURL("/orders", r.URL); err == nil && r.URL.Path == "/private" {
			r.URL = u
		}
	}, found: []string{"scope/none/"}, only: "scope/none/"},
	{id: "cors-path-match-bypass", request: func(r *fetch.NetworkRequest) {
		if u, err := fetch.ParseURL("/orders", r.URL); err == nil && strings.HasPrefix(r.URL.Path, "/PRIVATE") {
			r.URL = u
		}
	}, found: []string{"scope/spelled-upper-case/"}, only: "scope/spelled-upper-case/"},
	{id: "every path", request: func(r *fetch.NetworkRequest) {
		if u, err := fetch.ParseURL("/orders", r.URL); err == nil && r.URL.Path == "/corsproof-unlisted" {
			r.URL = u
		}
	}, found: []string{"scope/unlisted/"}, only: "scope/unlisted/"},
	{id: "acrh-mangled-in-transit", response: func(r fetch.NetworkRequest, preflight bool, resp *fetch.NetworkResponse) {
		asked := strings.Join(r.Headers.Lines("Access-Control-Request-Headers"), ";")
		if strings.ContainsAny(asked, " ;ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			resp.Headers = set(resp.Headers, "Access-Control-Allow-Origin", "")
		}
	}, found: []string{"header/asked-with-spaces/", "header/asked-with-two-lines/", "header/asked-with-capitals/"}, only: "header/asked-with-"},
}

// answers puts the mistake before and behind the answers that the policy calls
// for.
func (g *sloppy) answers(c *catalog.PolicyCase, right catalog.StepAnswerer) catalog.StepAnswerer {
	return func(step int) fetch.Answerer {
		answer := right(step)
		return func(ctx context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
			origin, has := r.Headers.Get("Origin")
			changed := r
			taken := has && g.accepts != nil && g.accepts(origin)
			if taken {
				changed.Headers = set(r.Headers, "Origin", good)
			}
			if g.request != nil {
				g.request(&changed)
			}
			resp, err := answer(ctx, changed)
			if taken && resp.Headers.Contains("Access-Control-Allow-Origin") {
				resp.Headers = set(resp.Headers, "Access-Control-Allow-Origin", origin)
			}
			if g.response != nil {
				g.response(r, r.Method == "OPTIONS" && r.Headers.Contains("Access-Control-Request-Method"), &resp)
			}
			return resp, err
		}
	}
}

// TestSloppyGatewaysAreFound lets each sloppy gateway answer every case: those
// of the areas that are about its mistake come out otherwise than the policy
// calls for, and a gateway without a mistake changes nothing.
func TestSloppyGatewaysAreFound(t *testing.T) {
	t.Parallel()
	p := parsePolicy(t, sloppyPolicy)
	view, err := p.On("edge")
	require.NoError(t, err)
	cases := derive(t, p, "edge")
	for _, g := range append([]sloppy{{id: "none", only: "nothing"}}, sloppies...) {
		t.Run(g.id, func(t *testing.T) {
			t.Parallel()
			var changed []string
			for _, c := range cases {
				traces, err := c.Run(t.Context(), nil, g.answers(&c, c.Answers(view)))
				require.NoError(t, err)
				if len(c.Compare(expect(t, &c, view), traces)) > 0 {
					changed = append(changed, c.ID)
				}
			}
			for _, area := range g.found {
				assert.True(t, slices.ContainsFunc(changed, func(id string) bool { return strings.HasPrefix(id, area) }), "no case of %s shows it; of %v", area, changed)
			}
			for _, id := range changed {
				assert.True(t, strings.HasPrefix(id, g.only), "%s shows it, too", id)
			}
		})
	}
	t.Logf("%d cases, %d gateways", len(cases), len(sloppies))
}
