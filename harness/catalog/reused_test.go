package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// TestReusing tells the model of the connections that an engine happened to use: the
// model then does as that engine, be the second answer another one or not.
func TestReusing(t *testing.T) {
	t.Parallel()
	const file = `section: concept-http-network-fetch
cases:
  - id: test/timeout
    why: it is a test
    request: {url: "https://u:p@api.test/a", api: xhr}
    server:
      - {to: "https://u:p@api.test/a", status: 408, headers: ["Access-Control-Allow-Origin: *"]}
      - {to: "https://u:p@api.test/a", status: 200, headers: ["Access-Control-Allow-Origin: *"]}
    expect:
      outcome: response
      type: cors
      status: 408
      exchanges:
        - {send: GET https://api.test/a, origin: https://app.test}
`
	cases, err := catalog.Parse("test.yaml", []byte(file))
	require.NoError(t, err)
	c := cases[0]
	exchange := func(status int) fetch.Exchange {
		return fetch.Exchange{
			Server: "https://api.test", Kind: fetch.ExchangeRequest,
			Request:  fetch.SentRequest{Method: "GET", Target: "/a", Version: "HTTP/1.1", Headers: fetch.HeaderList{{"Origin", "https://app.test"}}},
			Response: &fetch.SentResponse{Status: status},
		}
	}
	for _, tc := range []struct {
		name     string
		statuses []int // of the engine's exchanges, in which the model then follows it
	}{
		{"on a new connection", []int{408}},
		{"on an open one", []int{408, 200}},
	} {
		trace := fetch.Trace{Caller: fetch.Caller{Name: "chromium", Kind: fetch.CallerEngine}}
		for _, status := range tc.statuses {
			trace.Exchanges = append(trace.Exchanges, exchange(status))
		}
		met := c.Reusing([]fetch.Trace{trace})
		predicted, _, err := catalog.RunModel(t.Context(), &met, &fetch.Chromium)
		require.NoError(t, err)
		var statuses []int
		for _, x := range predicted[0].Exchanges {
			statuses = append(statuses, x.Response.Status)
		}
		assert.Equal(t, tc.statuses, statuses, tc.name)
		for _, m := range c.Expect.Judge(trace) {
			assert.NotEqual(t, "exchanges", m.What, "%s: what was sent again counts once: %s", tc.name, m)
		}
	}
	assert.Zero(t, c.Server[0].Reused, "the case is left alone")
}
