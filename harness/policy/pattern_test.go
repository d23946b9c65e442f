package policy_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/policy"
)

// small returns a policy with one group, one target and one route, which says
// what settings say.
func small(t *testing.T, group, settings string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("p.yaml", []byte(fmt.Sprintf(`targets: {edge: {url: https://api.example.com}}
origins:
  pages: %s
routes:
  - {path: /a, origins: [pages]%s}
`, group, settings)))
	require.NoError(t, err)
	return p
}

// only returns what holds for the only route.
func only(t *testing.T, p *policy.Policy) *policy.Effective {
	t.Helper()
	view, err := p.On("edge")
	require.NoError(t, err)
	require.Len(t, view.Routes, 1)
	return view.Routes[0]
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		entry, example string
		yes, no        []string
	}{
		{entry: "https://a.example", yes: []string{"https://a.example"}, no: []string{
			"http://a.example", "https://a.example:8443", "https://a.example.", "https://a.example/", "https://A.example", "https://b.a.example",
			"https://a.example.evil.test", "https://xa.example", "null", "", "https://a.example, https://a.example",
		}},
		{entry: "https://*.a.example", example: "https://x.a.example", yes: []string{"https://x-1.a.example", "https://xn--bcher-kva.a.example"}, no: []string{
			"https://a.example", "https://x.y.a.example", "https://.a.example", "https://xa.example", "https://x.a.example:8443",
			"https://x_y.a.example", "https://x.a.example.evil.test", "http://x.a.example", "https://evil.test#x.a.example", "https://evil.test/x.a.example",
		}},
		{entry: "https://pr-*-shop.a.example", example: "https://pr-1-shop.a.example", yes: []string{"https://pr-1-2-shop.a.example"}, no: []string{
			"https://pr--shop.a.example", "https://pr-shop.a.example", "https://pr-1.2-shop.a.example", "https://xpr-1-shop.a.example", "https://pr-1-shopx.a.example",
		}},
		{entry: "https://*a*b*.a.example", example: "https://1a2b3.a.example", yes: []string{"https://aaabbb.a.example"}, no: []string{"https://ab.a.example", "https://1ab3.a.example", "https://1a2b.a.example"}},
		{entry: "https://**.a.example", example: "https://x.y.a.example", yes: []string{"https://x.a.example"}, no: []string{"https://a.example", "https://xa.example"}},
		{entry: "http://localhost:*", example: "http://localhost:3000", yes: []string{"http://localhost", "http://localhost:1"}, no: []string{
			"http://localhost:", "http://localhost:x", "http://localhost:99999", "https://localhost:3000", "http://localhost.evil.test:3000",
		}},
		{entry: "http://[::1]:*", example: "http://[::1]:3000", no: []string{"http://[::2]:3000"}},
		{entry: "https://*.a.example:8443", example: "https://x.a.example:8443", no: []string{"https://x.a.example", "https://x.a.example:84430"}},
		{entry: "null", yes: []string{"null"}, no: []string{"https://null", "Null", ""}},
		{entry: "*", yes: []string{"https://a.example", "null", "anything"}},
		{entry: "capacitor://localhost", yes: []string{"capacitor://localhost"}, no: []string{"capacitor://localhost2", "ionic://localhost"}},
		{entry: "https://xn--bcher-kva.example", yes: []string{"https://xn--bcher-kva.example"}, no: []string{"https://bücher.example"}},
	}
	for _, tc := range tests {
		t.Run(tc.entry, func(t *testing.T) {
			t.Parallel()
			group := fmt.Sprintf("[%q]", tc.entry)
			if tc.example != "" {
				group = fmt.Sprintf("[{origin: %q, examples: [%q]}]", tc.entry, tc.example)
				tc.yes = append(tc.yes, tc.example)
			}
			e := only(t, small(t, group, ""))
			for _, origin := range tc.yes {
				assert.True(t, e.Origin(origin).Allowed, "%s must match %s", tc.entry, origin)
			}
			for _, origin := range tc.no {
				assert.False(t, e.Origin(origin).Allowed, "%s must not match %s", tc.entry, origin)
			}
		})
	}
}

func TestPatternsThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{
		"", "https://", "https://*", "https://**", "https://a.**.example", "https://x**.example", "https://a.example:", "https://a.example:0x1",
		"https://a.example:70000", "app*://localhost", "https://a b.example", "https://1.2.3", "https://[::g]", "https://a..*:x", "*.example.com",
	} {
		_, err := policy.Parse("p.yaml", []byte(fmt.Sprintf("origins: {a: [{origin: %q, examples: [x]}]}", entry)))
		assert.ErrorContains(t, err, "origins.a[0].origin", "%q", entry)
	}
}

// An expression matches the origins that its entry does, and no others.
func TestExpression(t *testing.T) {
	t.Parallel()
	entries := map[string]string{ // with an example
		"https://app.example.com": "", "https://app.example.com:8443": "", "null": "", "app://x": "",
		"https://*.example.com": "https://a.example.com", "https://**.example.com": "https://a.b.example.com",
		"https://pr-*.example.net": "https://pr-1.example.net", "http://localhost:*": "http://localhost:3000",
		"https://*.example.com:*": "https://a.example.com:1",
	}
	origins := []string{
		"null", "app://x", "http://localhost", "http://localhost:3000", "https://example.com", "https://pr-.example.net", "https://a-b.example.net",
		"https://pr-1.example.net", "https://pr-1.a.example.net", "https://pr-1xexample.net", "https://PR-1.example.net", "https://a.b.example.com",
		"https://a.example.com", "https://app.example.com", "https://app.example.com.", "https://app.example.com/", "https://app.example.com:8443",
		"https://app.example.com.evil.test", "https://evil.test,https://app.example.com", "https://app_1.example.com", "http://app.example.com",
	}
	for text, example := range entries {
		entry := fmt.Sprintf("[%q]", text)
		if example != "" {
			entry = fmt.Sprintf("{allow: [{origin: %q, examples: [%q]}]}", text, example)
		}
		e := &small(t, entry, "").Origins[0].Allow[0]
		expression := regexp.MustCompile(e.Expression())
		for _, origin := range origins {
			assert.Equal(t, e.Match(origin), expression.MatchString(origin), "%s: %s: %s", text, expression, origin)
		}
		for _, sample := range e.Samples() {
			assert.True(t, e.Match(sample), "%s: %s", text, sample)
		}
		assert.NotEmpty(t, e.Samples())
	}
	any := &small(t, `["*"]`, "").Origins[0].Allow[0]
	assert.Empty(t, any.Expression())
	assert.Empty(t, any.Samples())
}
