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
		`bad.yaml:2:3: targets.Edge: is "Edge"; expected a name in kebab-case, since it becomes part of case ids; write "edge"`,
		`bad.yaml:2:19: targets.Edge.gateway: is "NGINX"; expected a kind of gateway, such as nginx`,
		`bad.yaml:3:18: targets.staging.url: is not just an origin; write "https://staging.example.net"; put paths in the routes`,
		`bad.yaml:6:7: origins.shop[0]: "https://shop.example.com/" has a path or a slash at the end, which no origin has; write "https://shop.example.com"`,
		`bad.yaml:7:7: origins.shop[1]: "shop.example.com" has no scheme; write "https://shop.example.com"`,
		`bad.yaml:8:7: origins.shop[2]: "https://Shop.example.com" has capital letters, but browsers send lower case; write "https://shop.example.com"`,
		`bad.yaml:9:7: origins.shop[3]: "https://shop.example.com:443" has the default port, which browsers leave out; write "https://shop.example.com"`,
		`bad.yaml:10:7: origins.shop[4]: "https://bücher.example" is not this name as browsers send it; write "https://xn--bcher-kva.example"`,
		`bad.yaml:11:7: origins.shop[5]: "https://shop-*.example.com" has a wildcard but no examples; write {origin: "https://shop-*.example.com", examples: [https://shop-17.example.com]} with origins that it matches: every example is tested`,
		`bad.yaml:12:55: origins.shop[6].examples[0]: "https://pr-.example.net" does not match the pattern "https://pr-*.example.net"`,
		`bad.yaml:12:80: origins.shop[6].examples[1]: "https://pr-1.example.org" does not match the pattern "https://pr-*.example.net"`,
		`bad.yaml:13:7: origins.shop[7]: "https://a.example, https://b.example" is more than one origin; write each origin as a separate entry`,
		`bad.yaml:14:7: origins.shop[8]: "https://(a|b).example.com" looks like a regular expression; use the wildcard *, which matches a part of one label`,
		`bad.yaml:15:7: origins.shop[9]: "https://user@c.example" has a user name, which no origin has; write "https://c.example"`,
		`bad.yaml:17:14: origins.partners.alow: unknown key (did you mean "allow"?); known are allow, deny, targets`,
		`bad.yaml:18:54: origins.everywhere.targets[0]: is not a target; known are Edge, staging`,
		`bad.yaml:18:60: origins.everywhere.targets[1]: is not a target (did you mean "staging"?); known are Edge, staging`,
		`bad.yaml:20:13: defaults.origins[0]: is not a group of origins (did you mean "shop"?); known are shop, empty, partners, everywhere`,
		`bad.yaml:20:20: defaults.origins[1]: "https://shop.example.com" is an origin; expected the name of a group; add the origin to a group under origins`,
		`bad.yaml:21:18: defaults.methods[1]: "GET, POST" is not a valid name (an HTTP token); write one name per item`,
		`bad.yaml:21:31: defaults.methods[2]: "GET" is already listed at bad.yaml:21; remove one of the two`,
		`bad.yaml:22:12: defaults.max_age: is "10m"; expected a number of seconds; write 600`,
		`bad.yaml:23:21: defaults.readable_errors[0]: 200 is not an error status; expected 400 to 599, since other responses are readable by every allowed origin`,
		`bad.yaml:23:31: defaults.readable_errors[2]: 404 is listed twice; remove one of the two`,
		`bad.yaml:25:11: routes[0].path: "orders" is not a path; write "/orders"`,
		`bad.yaml:27:12: routes[2].path: matches the same paths as "/orders/{id}" at bad.yaml:26; remove one of the two routes`,
		`bad.yaml:27:38: routes[2].sample.key: is "a/b"; expected one segment of a path`,
		`bad.yaml:27:48: routes[2].sample.other: is not a name in the path "/orders/{key}"`,
		`bad.yaml:28:31: routes[3].cors: is "nothing"; expected "none"`,
		`bad.yaml:29:12: routes[4].path: "/a b" is not a path as browsers send it; percent-encode spaces and non-ASCII letters, remove dot segments`,
		`bad.yaml:30:36: routes[5].auth.bearer: is a string; expected a mapping with env, file`,
		`bad.yaml:31:62: routes[6].auth.cookie.env: is not the name of an environment variable; never write the secret itself here`,
		`bad.yaml:32:25: routes[7].cors: is set together with origins; remove one of the two`,
		`bad.yaml:33:11: unlisted: is "open"; expected "denied" or "not-found" or "unjudged"`,
		`bad.yaml:35:3: accepted_risks.any-subdomian: is not an id of the lint (did you mean "any-subdomain"?)`,
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
		{"origins of a route", "targets: {a: {url: https://a.example}}\norigins: {b: [https://b.example]}\nroutes: [{path: /}]\n", "has no origins, and the defaults have none"},
		{"url", "targets: {a: {}}\n", "has no url"},
		{"a gateway's url", "targets: {a: {gateway: nginx, file: nginx.conf}}\n", "has no url"},
		{"targets of a group", "origins: {b: {allow: [https://b.example], targets: []}}\n", "is an empty list"},
		{"a sample of one's own", "routes: [{path: \"/a/{id}\", sample: {id: b}, cors: none}, {path: /a/b, cors: none}]\n", `makes the path /a/b, which matches the route "/a/b" at p.yaml:1`},
		{"a sample of one's own, below", "routes: [{path: \"/a/{x...}\", sample: {x: b/c}, cors: none}, {path: \"/a/{id}/c\", sample: {id: d}, cors: none}]\n", `makes the path /a/b/c`},
		{"a query that no browser sends", "routes: [{path: /a, sample: {query: \"x y\"}, cors: none}]\n", `"x y" is not a query as browsers send it; expected one such as download=1`},
		{"an empty query", "routes: [{path: /a, sample: {query: \"\"}, cors: none}]\n", "is not a query"},
		{"a cookie that http can't set", "targets: {a: {url: \"http://a.example\"}}\nroutes: [{path: /, auth: {cookie: {name: __Host-sid, env: T}}}]\n", "from https only"},
		{"file", "targets: {a: {gateway: nginx}}\n", "has a gateway but no file"},
		{"secret", "routes: [{path: /, auth: {bearer: {}}}]\n", "needs exactly one of env and file"},
		{"auth", "defaults: {auth: {}}\n", "has 0 ways to authenticate"},
		{"a readable 404", "defaults: {origins: [b]}\nunlisted: not-found\n", "the readable_errors of the defaults lack 404"},
		{"who reads the 404", "defaults: {readable_errors: [404]}\nunlisted: not-found\n", "the defaults have no origins"},
		{"reason", "accepted_risks: {any-port: \"\"}\n", "has no reason"},
		{"name", "routes: [{path: /a/b, cors: none}, {path: /a-b, cors: none}]\n", `has the name "a-b", as does "/a/b" at p.yaml:1`},
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

func TestASampleIsOneByDefault(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("p.yaml", []byte(`targets: {edge: {url: "https://api.test"}}
origins: {app: ["https://app.test"]}
defaults: {origins: [app]}
routes: [{path: "/orders/{id}/files/{rest...}", sample: {id: "17"}}]
`))
	require.NoError(t, err)
	view, err := p.On("edge")
	require.NoError(t, err)
	assert.Equal(t, "/orders/17/files/"+policy.DefaultSample, view.Routes[0].Path)
}
