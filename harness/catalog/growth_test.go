package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/policy"
)

// large returns a policy with so many routes, each with lists of its own, and so
// many origins in two groups.
func large(t testing.TB, routes, origins int) *policy.Policy {
	t.Helper()
	var b strings.Builder
	b.WriteString("targets: {edge: {url: https://api.example.com}}\norigins:\n")
	for g, name := range []string{"apps", "partners"} {
		fmt.Fprintf(&b, "  %s:\n", name)
		for i := range origins / 2 {
			fmt.Fprintf(&b, "    - https://%s-%d.site%d.example.net\n", name, i, 2*i+g)
		}
	}
	b.WriteString(`defaults:
  origins: [apps, partners]
  methods: [GET, POST]
  headers: [content-type, browser-sdks]
  credentials: true
  expose: [etag]
  max_age: 600
  readable_errors: [401, 404, 429, 500, 502, 503, 504]
routes:
`)
	for i := range routes {
		fmt.Fprintf(&b, "  - {path: /route-%d, methods: [GET, PUT, DELETE], headers: [content-type, x-%d], origins: [%s]}\n", i, i,
			[]string{"apps", "partners", "apps, partners"}[i%3])
	}
	return parsePolicy(t, b.String())
}

func TestNumberGrowsWithTheSum(t *testing.T) {
	t.Parallel()
	count := func(routes, origins int) int { return len(derive(t, large(t, routes, origins), "edge")) }
	a, b, c, d := count(30, 20), count(60, 20), count(30, 40), count(60, 40)
	assert.Equal(t, b-a, d-c, "what 30 routes more add doesn't depend on the origins: %d %d %d %d", a, b, c, d)
	assert.Less(t, d, 6700)
	assert.Less(t, (b-a)/30, 32, "for each route that writes two lists")
	assert.Less(t, (c-a)/20, 130, "for each origin of a group that two sets of groups name")

	cases := derive(t, large(t, 60, 40), "edge")
	decisions, requests, browser := map[string]bool{}, map[string]int{}, 0
	for _, c := range cases {
		n := 0
		for _, s := range c.Steps {
			n += max(s.Repeat, 1)
		}
		requests[c.Signature] = n
		if slices.Contains(c.Drivers, catalog.DriverBrowser) {
			browser++
			decisions[c.Decision] = true
		}
	}
	total := 0
	for _, n := range requests {
		total += n
	}
	t.Logf("60 routes, 40 origins: %d cases, %d requests; %d for browsers, %d decisions", len(cases), total, browser, len(decisions))
	assert.Less(t, len(decisions), 1200)
}

// TestIDsAreStable adds to a policy, first and last, and wants every case to be
// there still, about the same rule.
func TestIDsAreStable(t *testing.T) {
	t.Parallel()
	base := shopPolicy(t)
	extra := parsePolicy(t, `
targets: {more: {url: https://more.example.org}}
origins: {others: [https://others.example.org]}
defaults: {origins: [others]}
routes: [{path: /extra, methods: [GET, PUT]}, {path: /orders/extra, origins: [others], credentials: true}]
`)
	add := map[string]func(*policy.Policy){
		"route last":   func(p *policy.Policy) { p.Routes = append(slices.Clone(p.Routes), extra.Routes[1]) },
		"route first":  func(p *policy.Policy) { p.Routes = append(slices.Clone(extra.Routes), p.Routes...) },
		"group":        func(p *policy.Policy) { p.Origins = append(slices.Clone(extra.Origins), p.Origins...) },
		"target":       func(p *policy.Policy) { p.Targets = append(slices.Clone(extra.Targets), p.Targets...) },
		"origin last":  func(p *policy.Policy) { p.Origins = withEntry(p.Origins, extra, 2) },
		"origin first": func(p *policy.Policy) { p.Origins = withEntry(p.Origins, extra, 0) },
		"preview's origin": func(p *policy.Policy) {
			with, err := p.WithOrigin("https://pr-9.preview.test", "--origin")
			require.NoError(t, err)
			*p = *with
		},
	}
	for name, edit := range add {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := *base
			edit(&changed)
			after := map[string]catalog.PolicyCase{}
			for _, c := range derive(t, &changed, "edge") {
				after[c.ID] = c
			}
			before := derive(t, base, "edge")
			for _, c := range before {
				same, ok := after[c.ID]
				if assert.True(t, ok, "%s is gone", c.ID) {
					assert.Equal(t, c.Rule.Kind, same.Rule.Kind, c.ID)
				}
			}
		})
	}
}

// withEntry returns the groups with one more origin in the first.
func withEntry(groups []policy.Group, extra *policy.Policy, at int) []policy.Group {
	out := slices.Clone(groups)
	out[0].Allow = slices.Insert(slices.Clone(out[0].Allow), at, extra.Origins[0].Allow[0])
	return out
}
