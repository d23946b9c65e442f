package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

func view(t *testing.T, p *policy.Policy, target string) *policy.View {
	t.Helper()
	v, err := p.On(target)
	require.NoError(t, err)
	return v
}

func TestOriginDecisions(t *testing.T) {
	t.Parallel()
	p := shop(t)
	tests := []struct {
		name, target, path, origin string
		allowed                    bool
		because                    string
	}{
		{"listed", "edge", "/orders", "https://shop.example.com", true, "shop.yaml:12  https://shop.example.com"},
		{"pattern", "staging", "/orders", "https://shop-pr-9.example.net", true, "shop.yaml:18  https://shop-pr-*.example.net"},
		{"deny wins", "staging", "/orders", "https://shop-pr-0.example.net", false, "shop.yaml:21  https://shop-pr-0.example.net"},
		{"another target's", "edge", "/orders", "https://shop-pr-9.example.net", false, "shop.yaml:22  targets: [staging]"},
		{"another route's", "edge", "/orders", "https://backoffice.example.com:8443", false, "shop.yaml:26  origins: [shop, previews]"},
		{"the route's own groups", "edge", "/stock/7", "https://backoffice.example.com:8443", true, "shop.yaml:15  https://backoffice.example.com:8443"},
		{"everybody", "edge", "/catalogue/a/b/c", "null", true, `shop.yaml:23  *`},
		{"none", "edge", "/internal/metrics", "https://shop.example.com", false, "shop.yaml:68  cors: none"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e := view(t, p, tc.target).Route(tc.path)
			require.NotNil(t, e)
			got := e.Origin(tc.origin)
			assert.Equal(t, tc.allowed, got.Allowed)
			assert.Equal(t, tc.because, got.Because.String())
		})
	}
}

func TestMostPreciseRouteHolds(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("p.yaml", []byte(`targets: {edge: {url: https://api.example.com}}
origins: {a: [https://a.example]}
defaults: {origins: [a]}
routes:
  - {path: "/{all...}", sample: {all: x}}
  - {path: "/orders/{id}", sample: {id: "1"}}
  - {path: /orders/new}
  - {path: "/orders/{rest...}", sample: {rest: 1/2}}
  - {path: "/{kind}/new", sample: {kind: x}}
`))
	require.NoError(t, err)
	v := view(t, p, "edge")
	for path, want := range map[string]string{
		"/orders/new": "/orders/new", "/orders/17": "/orders/{id}", "/orders/17/items": "/orders/{rest...}", "/orders/": "/orders/{rest...}",
		"/x/new": "/{kind}/new", "/": "/{all...}", "/orders": "/{all...}", "/Orders/new": "/{kind}/new",
	} {
		e := v.Route(path)
		require.NotNil(t, e, path)
		assert.Equal(t, want, e.Route.Path.Text, path)
	}
	assert.Nil(t, view(t, shop(t), "edge").Route("/orders/17/items"))
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	edge := view(t, shop(t), "edge")
	orders, catalogue, metrics := edge.Route("/orders/17"), edge.Route("/catalogue/x"), edge.Route("/internal/metrics")
	const shopOrigin = "https://shop.example.com"
	tests := []struct {
		name, why string
		got, want fetch.HeaderList
	}{
		{"preflight", "all that the page may do", orders.PreflightHeaders(shopOrigin, "PUT", []string{"if-match"}), fetch.HeaderList{
			{"Access-Control-Allow-Origin", shopOrigin}, {"Access-Control-Allow-Credentials", "true"},
			{"Access-Control-Allow-Methods", "GET, PUT, PATCH, DELETE"}, {"Access-Control-Allow-Headers", "content-type, authorization, if-match"},
			{"Access-Control-Max-Age", "600"}, {"Vary", "Origin"},
		}},
		{"preflight denied", "nothing that could be used", orders.PreflightHeaders("https://evil.test", "PUT", nil), fetch.HeaderList{{"Vary", "Origin"}}},
		{"response", "what the page may read", orders.ResponseHeaders(shopOrigin, 201), fetch.HeaderList{
			{"Access-Control-Allow-Origin", shopOrigin}, {"Access-Control-Allow-Credentials", "true"}, {"Access-Control-Expose-Headers", "etag, x-request-id"}, {"Vary", "Origin"},
		}},
		{"readable error", "the page can read why", orders.ResponseHeaders(shopOrigin, 503), fetch.HeaderList{
			{"Access-Control-Allow-Origin", shopOrigin}, {"Access-Control-Allow-Credentials", "true"}, {"Access-Control-Expose-Headers", "etag, x-request-id"}, {"Vary", "Origin"},
		}},
		{"other error", "the policy doesn't promise it", orders.ResponseHeaders(shopOrigin, 418), fetch.HeaderList{{"Vary", "Origin"}}},
		{"no origin", "a cache must tell it from the others", orders.ResponseHeaders("", 200), fetch.HeaderList{{"Vary", "Origin"}}},
		{"everybody", "the same for all, so no Vary", catalogue.ResponseHeaders("https://evil.test", 200), fetch.HeaderList{{"Access-Control-Allow-Origin", "*"}}},
		{"none", "no consent, whoever asks", metrics.ResponseHeaders(shopOrigin, 200), nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

// TestWildcards: by the standard "*" covers nothing with credentials, and
// Authorization never.
func TestWildcards(t *testing.T) {
	t.Parallel()
	e := only(t, small(t, `["*"]`, `, methods: ["*"], headers: ["*"]`))
	assert.True(t, e.AllowsMethod("PATCH") && e.AllowsHeader("x-any") && !e.AllowsHeader("Authorization"))
	want := fetch.HeaderList{{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Allow-Methods", "*"}, {"Access-Control-Allow-Headers", "*"}}
	assert.Equal(t, want, e.PreflightHeaders("https://a.example", "PATCH", []string{"x-any"}))

	e = only(t, small(t, `["*"]`, `, methods: ["*"], headers: ["*"], credentials: true`))
	want = fetch.HeaderList{
		{"Access-Control-Allow-Origin", "https://a.example"}, {"Access-Control-Allow-Credentials", "true"},
		{"Access-Control-Allow-Methods", "PATCH"}, {"Access-Control-Allow-Headers", "x-any"}, {"Vary", "Origin"},
	}
	assert.Equal(t, want, e.PreflightHeaders("https://a.example", "PATCH", []string{"x-any"}))
}

func TestBrowserSDKs(t *testing.T) {
	t.Parallel()
	e := view(t, shop(t), "edge").Route("/orders")
	for _, name := range append(policy.SDKHeaders(), "Content-Type") {
		assert.True(t, e.AllowsHeader(name), name)
	}
	assert.False(t, e.AllowsHeader("x-other"))
	assert.Contains(t, policy.SDKHeaders(), "sentry-trace")
}

func TestWithOrigin(t *testing.T) {
	t.Parallel()
	const preview = "https://pr-5.preview.test"
	p := shop(t)
	with, err := p.WithOrigin(preview, "--origin")
	require.NoError(t, err)
	with, err = with.WithOrigin("https://pr-6.preview.test", "--origin")
	require.NoError(t, err)
	got := view(t, with, "edge").Route("/orders").Origin(preview)
	assert.Equal(t, "--origin  "+preview, got.Because.String())
	for path, want := range map[string]bool{"/orders": true, "/stock/1": true, "/internal/metrics": false} {
		assert.Equal(t, want, view(t, with, "edge").Route(path).Origin(preview).Allowed, path)
		assert.False(t, view(t, p, "edge").Route(path).Origin(preview).Allowed, "the policy itself stays as it is: %s", path)
	}
	assert.True(t, view(t, with, "edge").Route("/orders").Origin("https://pr-6.preview.test").Allowed)
	for _, bad := range []string{"", "*", "pr-5.preview.test", "https://*.preview.test", "https://pr-5.preview.test/"} {
		_, err := p.WithOrigin(bad, "--origin")
		assert.ErrorContains(t, err, "--origin: ", bad)
	}
	_, err = p.On("stagin")
	assert.EqualError(t, err, `shop.yaml has no target "stagin" (did you mean "staging"?); known are edge, staging`)
}

func TestEveryFixHasWords(t *testing.T) {
	t.Parallel()
	for _, kind := range policy.FixKinds() {
		text := policy.Fix{Kind: kind, Values: []string{"PUT"}, Route: "/orders"}.String()
		assert.NotContains(t, text, "%!", string(kind))
		assert.Regexp(t, `[a-z].* on /orders$`, text, string(kind))
	}
	f := policy.Fix{Kind: policy.FixOnErrors, Values: []string{"502", "504"}}
	assert.Equal(t, "send the Access-Control headers with status 502, 504 too, also in responses that the gateway generates", f.String())
}
