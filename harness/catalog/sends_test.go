package catalog_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// Headers that pages always send are in each request of page code to their route, once, and
// in no preflight that a case writes by hand.
func TestDeriveSends(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("p.yaml", []byte(`targets: {edge: {url: "https://api.test"}}
origins: {app: ["https://app.test"]}
defaults: {origins: [app], methods: [GET, PUT], headers: [x-tenant, x-more]}
routes: [{path: /a, sends: {x-tenant: acme}}, {path: /b}]
`))
	require.NoError(t, err)
	view, err := p.On("edge")
	require.NoError(t, err)
	cases, err := catalog.Derive(view, catalog.DeriveConfig{OwnURLs: true})
	require.NoError(t, err)
	sent := 0
	for _, c := range cases {
		for _, s := range c.Steps {
			u, err := fetch.ParseURL(s.Request.URL, nil)
			require.NoError(t, err)
			var values []string
			for _, line := range s.Request.Headers {
				if h := line.Header(); strings.EqualFold(h.Name(), "x-tenant") {
					values = append(values, h.Value())
				}
			}
			e := view.Route(u.Path)
			if e == nil || len(e.Sends) == 0 || s.Request.Mode == fetch.ModeNoCORS || s.Request.Method == "OPTIONS" {
				continue
			}
			sent++
			assert.Equal(t, []string{"acme"}, values, "%s", c.ID)
		}
	}
	assert.Greater(t, sent, 20)
}
