package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/policy"
)

// calm is a policy's settings that no concern is about.
const calm = `, readable_errors: [401, 500]`

func TestLint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		id policy.ConcernID
		// group and settings have the concern; cureGroup and cureSettings are the
		// same without it, where they differ.
		group, settings string
		cureGroup, cure string
	}{
		{policy.AnyOriginWithCredentials, `["*"]`, `, credentials: true`, ``, `, credentials: false`},
		{policy.NullOriginWithCredentials, `["null"]`, `, credentials: true`, `["https://a.example"]`, ``},
		{policy.NullOrigin, `["null"]`, ``, `["*"]`, ``},
		{policy.InsecureOriginWithCredentials, `["http://a.example"]`, `, credentials: true`, `["https://a.example"]`, ``},
		{policy.InsecureOrigin, `["http://a.example"]`, ``, `["http://localhost"]`, ``},
		{policy.WildcardRegistrable, `[{origin: "https://*.github.io", examples: [https://x.github.io]}]`, ``, `[{origin: "https://*.me.github.io", examples: [https://x.me.github.io]}]`, ``},
		{policy.WildcardRegistrable, `[{origin: "https://*.co.uk", examples: [https://x.co.uk]}]`, ``, `[{origin: "https://*.x.co.uk", examples: [https://y.x.co.uk]}]`, ``},
		{policy.WildcardRegistrable, `[{origin: "https://shop-*.vercel.app", examples: [https://shop-1.vercel.app]}]`, ``, `[https://shop-1.vercel.app]`, ``},
		{policy.WildcardRegistrable, `[{origin: "https://example.*", examples: [https://example.com]}]`, ``, `[https://example.com]`, ``},
		{policy.WildcardRegistrable, `[{origin: "https://**.com", examples: [https://a.com]}]`, ``, `[https://a.com]`, ``},
		{policy.AnySubdomain, `[{origin: "https://*.example.com", examples: [https://a.example.com]}]`, `, credentials: true`, `[{origin: "https://a-*.example.com", examples: [https://a-1.example.com]}]`, ``},
		{policy.AnyDepth, `[{origin: "https://**.example.com", examples: [https://a.example.com]}]`, ``, `[{origin: "https://*.example.com", examples: [https://a.example.com]}]`, ``},
		{policy.AnyPort, `[{origin: "https://a.example:*", examples: [https://a.example:1]}]`, ``, `[https://a.example:1]`, ``},
		{policy.DevOrigin, `["http://localhost:3000"]`, ``, `["https://a.example"]`, ``},
		{policy.DevOrigin, `["https://192.168.1.20:5173"]`, ``, `["https://203.0.113.9:5173"]`, ``},
		{policy.DevOrigin, `["https://x.ngrok.io"]`, ``, `["https://x.example"]`, ``},
		{policy.SameOrigin, `["https://api.example.com"]`, ``, `["https://a.example"]`, ``},
		{policy.RedundantOrigin, `[https://a-1.example.com, {origin: "https://a-*.example.com", examples: [https://a-1.example.com]}]`, ``, `[https://a.example.com, {origin: "https://a-*.example.com", examples: [https://a-1.example.com]}]`, ``},
		{policy.DenyWithoutEffect, `{allow: [https://a.example], deny: [https://b.example]}`, ``, `{allow: ["*"], deny: [https://b.example]}`, ``},
		{policy.AllowWithoutEffect, `{allow: [https://a-1.example.com, https://c.example.com], deny: [{origin: "https://a-*.example.com", examples: [https://a-1.example.com]}]}`, ``, `[https://a-1.example.com, https://c.example.com]`, ``},
		{policy.WildcardWithCredentials, `[https://a.example]`, `, credentials: true, headers: ["*", authorization]`, ``, `, headers: ["*", authorization]`},
		{policy.WildcardWithCredentials, `[https://a.example]`, `, credentials: true, expose: ["*"]`, ``, `, expose: ["*"]`},
		{policy.WildcardWithoutAuthorization, `[https://a.example]`, `, headers: ["*"]`, ``, `, headers: ["*", authorization]`},
		{policy.MethodNotSendable, `[https://a.example]`, `, methods: [TRACE]`, ``, `, methods: [PUT]`},
		{policy.MethodCase, `[https://a.example]`, `, methods: [patch]`, ``, `, methods: [PATCH]`},
		{policy.MethodNeedsNoListing, `[https://a.example]`, `, methods: [GET]`, ``, `, methods: [PUT]`},
		{policy.OptionsListed, `[https://a.example]`, `, methods: [OPTIONS]`, ``, `, methods: [PUT]`},
		{policy.HeaderNotSendable, `[https://a.example]`, `, headers: [Cookie]`, ``, `, headers: [X-Cookie]`},
		{policy.HeaderNeedsNoListing, `[https://a.example]`, `, headers: [Accept]`, ``, `, headers: [content-type, range]`},
		{policy.ExposeNeedsNoListing, `[https://a.example]`, `, expose: [content-type]`, ``, `, expose: [etag]`},
		{policy.ExposeNotReadable, `[https://a.example]`, `, expose: [set-cookie]`, ``, `, expose: [x-set-cookie]`},
		{policy.MaxAgeZero, `[https://a.example]`, `, max_age: 0`, ``, `, max_age: 1`},
		{policy.MaxAgeAboveCap, `[https://a.example]`, `, max_age: 601`, ``, `, max_age: 600`},
		{policy.AuthErrorNotReadable, `[https://a.example]`, `, auth: {bearer: {env: T}}, headers: [authorization], readable_errors: [500]`, ``, `, auth: {bearer: {env: T}}, headers: [authorization], readable_errors: [401]`},
		{policy.NoReadableErrors, `[https://a.example]`, `, readable_errors: []`, ``, `, readable_errors: [500]`},
		{policy.SentHeaderNotAllowed, `[https://a.example]`, `, sends: {x-tenant: acme}`, ``, `, sends: {x-tenant: acme}, headers: [X-Tenant]`},
		{policy.AuthHeaderNotAllowed, `[https://a.example]`, `, auth: {bearer: {env: T}}`, ``, `, auth: {bearer: {env: T}}, headers: [authorization]`},
		{policy.AuthHeaderNotAllowed, `[https://a.example]`, `, auth: {api_key: {header: x-key, env: T}}`, ``, `, auth: {api_key: {header: x-key, env: T}}, headers: [X-Key]`},
		{policy.CookieWithoutCredentials, `[https://a.example]`, `, auth: {cookie: {name: sid, env: T}}`, ``, `, auth: {cookie: {name: sid, env: T}}, credentials: true`},
	}
	for i, tc := range tests {
		t.Run(fmt.Sprintf("%s/%d", tc.id, i), func(t *testing.T) {
			t.Parallel()
			settings := func(s string) string {
				if strings.Contains(s, "readable_errors") {
					return s
				}
				return s + calm
			}
			concerns := small(t, tc.group, settings(tc.settings)).Lint()
			assert.Equal(t, []policy.ConcernID{tc.id}, ids(concerns), "with the concern")
			for _, c := range concerns {
				assert.Equal(t, "p.yaml", c.At.File)
				assert.NotZero(t, c.At.Line)
				assert.Equal(t, policy.Refuse == c.Severity, policy.Refused(concerns))
			}
			group, cure := tc.group, tc.cure
			if tc.cureGroup != "" {
				group, cure = tc.cureGroup, tc.settings
			}
			assert.NotContains(t, ids(small(t, group, settings(cure)).Lint()), tc.id, "without it")
		})
	}
}

func ids(concerns []policy.Concern) []policy.ConcernID {
	var out []policy.ConcernID
	for _, c := range concerns {
		out = append(out, c.ID)
	}
	return out
}

func TestLintOfWholeFiles(t *testing.T) {
	t.Parallel()
	const file = `targets: {edge: {url: "http://api.example.com"}}
origins:
  pages: [https://a.example, https://b.example]
  unused: [https://c.example]
defaults: {origins: [pages], readable_errors: [500]}
routes: [{path: /a}, {path: /b}]
accepted_risks: {any-port: there is none}
`
	p, err := policy.Parse("p.yaml", []byte(file))
	require.NoError(t, err)
	var got []string
	for _, c := range p.Lint() {
		got = append(got, c.String())
	}
	assert.Equal(t, []string{
		"p.yaml:1:23: refuse: pages at https://a.example can't call http://api.example.com (mixed-content)",
		`p.yaml:4:3: warn: no route uses the group "unused" (unused-group)`,
		`p.yaml:7:18: warn: the accepted risk "any-port" does not occur in this policy (risk-not-there)`,
	}, got)
}

func TestAcceptedRisk(t *testing.T) {
	t.Parallel()
	const file = `targets: {edge: {url: "https://api.example.com"}}
origins: {pages: ["null"]}
routes: [{path: /a, origins: [pages], credentials: true, readable_errors: [500]}]
accepted_risks: {null-origin-with-credentials: an app in a sandbox}
`
	p, err := policy.Parse("p.yaml", []byte(file))
	require.NoError(t, err)
	concerns := p.Lint()
	require.Equal(t, []policy.ConcernID{policy.NullOriginWithCredentials}, ids(concerns))
	assert.Equal(t, "an app in a sandbox", concerns[0].Accepted)
	assert.False(t, policy.Refused(concerns))
}

// TestEveryConcernIsWorded and tested: each ID has its words, and a row above or
// a file of its own.
func TestEveryConcernIsWorded(t *testing.T) {
	t.Parallel()
	seen := map[policy.ConcernID]bool{}
	for _, k := range policy.Concerns() {
		assert.False(t, seen[k.ID], "%s is there twice", k.ID)
		seen[k.ID] = true
		assert.NotEmpty(t, k.Why)
		assert.NotEmpty(t, k.Instead)
		assert.Contains(t, []policy.Severity{policy.Refuse, policy.Warn, policy.Note}, k.Severity)
	}
	assert.Len(t, seen, 34)
}

func TestExamplePolicyIsCalm(t *testing.T) {
	t.Parallel()
	for _, c := range shop(t).Lint() {
		assert.Equal(t, policy.Note, c.Severity, c.String())
	}
}
