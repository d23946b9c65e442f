package policy_test

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/harness/policy"
)

var update = flag.Bool("update", false, "rewrite policy.schema.json")

// shop returns the example policy.
func shop(t *testing.T) *policy.Policy {
	t.Helper()
	data, err := fixtures.Files.ReadFile("policies/shop.yaml")
	require.NoError(t, err)
	p, err := policy.Parse("shop.yaml", data)
	require.NoError(t, err)
	return p
}

// TestSchemaIsCurrent compares the committed schema with the Go types. A
// difference is a change of the policy file's form; -update writes it down.
func TestSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	const file = "policy.schema.json"
	if *update {
		require.NoError(t, os.WriteFile(file, policy.Schema(), 0o644))
	}
	committed, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(committed), string(policy.Schema()), "run go test ./harness/policy -run Schema -update")
}

func TestParseFindsAllMistakes(t *testing.T) {
	t.Parallel()
	const file = `targets:
  Edge: {gateway: NGINX, file: nginx.conf}
  staging: {url: https://staging.example.net/api}
origins:
  shop:
    - https://shop.example.com/
    - shop.example.com
    - https://Shop.example.com
    - https://shop.example.com:443
    - https://bücher.example
    - https://shop-*.example.com
    - {origin: "https://pr-*.example.net", examples: [https://pr-.example.net, https://pr-1.example.org]}
    - https://a.example, https://b.example
    - https://(a|b).example.com
    - https://user@c.example
  empty: []
  partners: {alow: [https://partner.example]}
  everywhere: {allow: [https://x.example], targets: [prod, stagin]}
defaults:
  origins: [shopp, https://shop.example.com]
  methods: [GET, "GET, POST", GET]
  max_age: 10m
  readable_errors: [200, 404, 404]
routes:
  - path: orders
  - path: /orders/{id}
  - {path: "/orders/{key}", sample: {key: a/b, other: x}}
  - {path: /orders-key, cors: nothing}
  - {path: /a b}
  - {path: /secret, auth: {bearer: s3cr3t-token}}
  - {path: /both, auth: {bearer: {env: TOKEN}, cookie: {env: "not a name"}}}
  - {path: /none, cors: none, origins: [shop]}
unlisted: open
accepted_risks:
  any-subdomian: because
`
	_, err := policy.Parse("bad.yaml", []byte(file))
	require.Error(t, err)
	got := strings.Split(err.Error(), "\n")
	want := []string{
		`bad.yaml:2:3: targets.Edge: is "Edge"; expected a name in kebab-case, as it stands in the ids of cases; write "edge"`,
		`bad.yaml:2:19: targets.Edge.gateway: is "NGINX"; expected a kind of gateway, such as nginx`,
		`bad.yaml:3:18: targets.staging.url: is not an origin alone; write "https://staging.example.net"; paths stand in the routes`,
		`bad.yaml:6:7: origins.shop[0]: "https://shop.example.com/" has a path, and an origin has none, not even a slash; write "https://shop.example.com"`,
		`bad.yaml:7:7: origins.shop[1]: "shop.example.com" has no scheme; write "https://shop.example.com"`,
		`bad.yaml:8:7: origins.shop[2]: "https://Shop.example.com" has capitals, and a browser sends none; write "https://shop.example.com"`,
		`bad.yaml:9:7: origins.shop[3]: "https://shop.example.com:443" names the default port, and a browser leaves it out; write "https://shop.example.com"`,
		`bad.yaml:10:7: origins.shop[4]: "https://bücher.example" is not what a browser sends for this name; write "https://xn--bcher-kva.example"`,
		`bad.yaml:11:7: origins.shop[5]: "https://shop-*.example.com" has a wildcard and no examples; expected origins that it stands for, each of which is tested: {origin: "https://shop-*.example.com", examples: [https://shop-17.example.com]}`,
		`bad.yaml:12:55: origins.shop[6].examples[0]: "https://pr-.example.net" is no origin that "https://pr-*.example.net" stands for`,
		`bad.yaml:12:80: origins.shop[6].examples[1]: "https://pr-1.example.org" is no origin that "https://pr-*.example.net" stands for`,
		`bad.yaml:13:7: origins.shop[7]: "https://a.example, https://b.example" is more than one origin; write each as an entry of its own`,
		`bad.yaml:14:7: origins.shop[8]: "https://(a|b).example.com" looks like a regular expression; the only wildcard is *, which stands for a part of one label`,
		`bad.yaml:15:7: origins.shop[9]: "https://user@c.example" has a user name, and an origin has none; write "https://c.example"`,
		`bad.yaml:17:14: origins.partners.alow: unknown key (did you mean "allow"?); known are allow, deny, targets`,
		`bad.yaml:18:54: origins.everywhere.targets[0]: is no target; known are Edge, staging`,
		`bad.yaml:18:60: origins.everywhere.targets[1]: is no target (did you mean "staging"?); known are Edge, staging`,
		`bad.yaml:20:13: defaults.origins[0]: is no group of origins (did you mean "shop"?); known are shop, empty, partners, everywhere`,
		`bad.yaml:20:20: defaults.origins[1]: "https://shop.example.com" is an origin; expected the name of a group: write the origin into a group below origins`,
		`bad.yaml:21:18: defaults.methods[1]: "GET, POST" is no token, so no browser could ask for it; expected one name`,
		`bad.yaml:21:31: defaults.methods[2]: "GET" is at bad.yaml:21 already`,
		`bad.yaml:22:12: defaults.max_age: is "10m"; expected a number of seconds; write 600`,
		`bad.yaml:23:21: defaults.readable_errors[0]: 200 is no error status; expected 400 to 599: every other response is readable where the request is allowed`,
		`bad.yaml:23:31: defaults.readable_errors[2]: 404 is there twice`,
		`bad.yaml:25:11: routes[0].path: "orders" is no path; write "/orders"`,
		`bad.yaml:26:11: routes[1].path: has {id} without a sample; expected sample: {id: "…"}, which is what requests are made with`,
		`bad.yaml:27:12: routes[2].path: matches the same paths as "/orders/{id}" at bad.yaml:26`,
		`bad.yaml:27:38: routes[2].sample.key: is "a/b"; expected one segment of a path`,
		`bad.yaml:27:48: routes[2].sample.other: is in no part of the path "/orders/{key}"`,
		`bad.yaml:28:31: routes[3].cors: is "nothing"; expected none`,
		`bad.yaml:29:12: routes[4].path: "/a b" is not what a browser sends: no spaces, no letters beyond ASCII unless percent-encoded, no dot segments`,
		`bad.yaml:30:36: routes[5].auth.bearer: is a string; expected a mapping with env, file`,
		`bad.yaml:31:62: routes[6].auth.cookie.env: is no name of an environment variable; a secret is never written here`,
		`bad.yaml:32:25: routes[7].cors: stands beside origins; expected either`,
		`bad.yaml:33:11: unlisted: is "open"; expected denied or not-found or unjudged`,
		`bad.yaml:35:3: accepted_risks.any-subdomian: is no concern of the lint (did you mean "any-subdomain"?)`,
	}
	assert.Equal(t, want, got)
	assert.NotContains(t, err.Error(), "s3cr3t")
	for _, mistake := range err.(interface{ Unwrap() []error }).Unwrap() {
		var e *policy.Error
		require.True(t, errors.As(mistake, &e))
		assert.NotContains(t, e.Value, "s3cr3t")
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, want string }{
		{"everything", "unlisted: denied\n", "has no targets"},
		{"routes", "targets: {a: {url: https://a.example}}\norigins: {b: [https://b.example]}\n", "has no routes"},
		{"origins of a route", "targets: {a: {url: https://a.example}}\norigins: {b: [https://b.example]}\nroutes: [{path: /}]\n", "has no origins, nor have the defaults"},
		{"url", "targets: {a: {}}\n", "has no url"},
		{"a gateway's url", "targets: {a: {gateway: nginx, file: nginx.conf}}\n", "has no url"},
		{"targets of a group", "origins: {b: {allow: [https://b.example], targets: []}}\n", "names no target"},
		{"a sample of one's own", "routes: [{path: \"/a/{id}\", sample: {id: b}, cors: none}, {path: /a/b, cors: none}]\n", `makes /a/b of the path, which is that of "/a/b" at p.yaml:1`},
		{"a sample of one's own, below", "routes: [{path: \"/a/{x...}\", sample: {x: b/c}, cors: none}, {path: \"/a/{id}/c\", sample: {id: d}, cors: none}]\n", `makes /a/b/c of the path`},
		{"a query that no browser sends", "routes: [{path: /a, sample: {query: \"x y\"}, cors: none}]\n", `"x y" is not what a browser sends as a query; expected one such as download=1`},
		{"an empty query", "routes: [{path: /a, sample: {query: \"\"}, cors: none}]\n", "as a query"},
		{"a cookie that http can't set", "targets: {a: {url: \"http://a.example\"}}\nroutes: [{path: /, auth: {cookie: {name: __Host-sid, env: T}}}]\n", "from https alone"},
		{"file", "targets: {a: {gateway: nginx}}\n", "names a gateway without a file"},
		{"secret", "routes: [{path: /, auth: {bearer: {}}}]\n", "needs env or file"},
		{"auth", "defaults: {auth: {}}\n", "says 0 ways to authenticate"},
		{"a readable 404", "defaults: {origins: [b]}\nunlisted: not-found\n", "404 is not in the readable_errors of the defaults"},
		{"who reads the 404", "defaults: {readable_errors: [404]}\nunlisted: not-found\n", "the defaults name no origins"},
		{"reason", "accepted_risks: {any-port: \"\"}\n", "has no reason"},
		{"name", "routes: [{path: /a/b, cors: none}, {path: /a-b, cors: none}]\n", `has the name "a-b", and so has "/a/b" at p.yaml:1`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := policy.Parse("p.yaml", []byte(tc.file))
			assert.ErrorContains(t, err, tc.want)
		})
	}
}

// What stands where a secret's place belongs may be the secret, and isn't repeated.
func TestMisplacedSecret(t *testing.T) {
	t.Parallel()
	for _, auth := range []string{"ghp_realtoken", "{bearer: ghp_realtoken}", "{bearer: {env: ghp_real-token}}", "{api_key: ghp_realtoken}", "[ghp_realtoken]"} {
		_, err := policy.Parse("p.yaml", []byte("defaults: {auth: "+auth+"}\n"))
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "ghp_real", auth)
	}
}

// TestDocumentedPolicyIsOne reads the example out of the package's own words.
func TestDocumentedPolicyIsOne(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var example strings.Builder
	for line := range strings.SplitSeq(string(doc), "\n") {
		if text, ok := strings.CutPrefix(line, "//\t"); ok {
			example.WriteString(text + "\n")
		}
	}
	p, err := policy.Parse("doc.yaml", []byte(example.String()))
	require.NoError(t, err)
	assert.Len(t, p.Routes, 2)
	assert.False(t, policy.Refused(p.Lint()))
}

// FuzzParse looks for a panic or a hang, and for a policy that can't be used.
func FuzzParse(f *testing.F) {
	data, err := fixtures.Files.ReadFile("policies/shop.yaml")
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte("targets: {a: {url: https://a.example}}\norigins: {b: [{origin: 'http://**.b.example:*', examples: ['http://x.b.example:1']}]}\nroutes: [{path: '/{x...}', sample: {x: y}, origins: [b]}]"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		p, err := policy.Parse("fuzz.yaml", data)
		if err != nil {
			return
		}
		p.Lint()
		for _, target := range p.Targets {
			view, _ := p.On(target.Name)
			for _, e := range view.Routes {
				e.Origin("https://a.example")
				e.PreflightHeaders("null", "PUT", nil)
			}
		}
	})
}
