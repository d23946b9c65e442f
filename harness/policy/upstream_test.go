package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/policy"
)

// What a route says of its upstream replaces what the defaults say; a query is a sample
// unless the path has a name like it.
func TestUpstreamAndQuery(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("p.yaml", []byte(`targets: {a: {url: "https://a.example"}}
origins: {b: ["https://b.example"]}
defaults: {origins: [b], methods: [GET], upstream: {cors: true}}
routes:
  - {path: /one, sample: {query: "download=1&x=2"}}
  - {path: /two, upstream: {cors: false}}
  - {path: "/{query}", name: three, sample: {query: q}}
`))
	require.NoError(t, err)
	view, err := p.On("a")
	require.NoError(t, err)
	var got []string
	for _, e := range view.Routes {
		cors := "silent"
		if e.UpstreamCORS {
			cors = "speaks CORS"
		}
		got = append(got, e.Path+"?"+e.Query+" "+cors)
	}
	assert.Equal(t, []string{"/one?download=1&x=2 speaks CORS", "/two? silent", "/q? speaks CORS"}, got)
}
