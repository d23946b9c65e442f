package fetch_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestHTTPCache(t *testing.T) {
	t.Parallel()
	const other = "https://other.example.org"
	url := api + "/a"
	get := func(origin string) fetch.Request { return fetch.Request{Origin: origin, URL: url} }
	noCORS := func(r fetch.Request) fetch.Request { r.Mode = fetch.ModeNoCORS; return r }
	mode := func(r fetch.Request, m fetch.CacheMode) fetch.Request { r.Cache = m; return r }
	header := func(r fetch.Request, name, value string) fetch.Request {
		r.Headers = fetch.HeaderList{{name, value}}
		return r
	}
	// A call is a request after some seconds, what the server would answer, what
	// comes of it, and whether anything is sent.
	type call struct {
		after  int
		req    fetch.Request
		answer fetch.NetworkResponse
		want   string
		sent   bool
	}
	plain := answer(200, "Cache-Control", "max-age=60")
	vary := answer(200, "Cache-Control", "max-age=60", "Vary", "Origin")
	shared := answer(200, allow("Cache-Control", "max-age=60")...)
	sharedVary := answer(200, allow("Cache-Control", "max-age=60", "Vary", "Origin")...)
	tagged := answer(200, allow("Cache-Control", "max-age=60", "ETag", `"1"`)...)
	for _, tc := range []struct {
		name, why string
		calls     []call
	}{
		{"fresh", "", []call{{0, get(page), shared, "cors 200", true}, {59, get(page), shared, "cors 200", false}, {1, get(page), shared, "cors 200", true}}},
		{"no-cors-answer-blocks-cors", "the answer without Access-Control-Allow-Origin comes from the cache", []call{{0, noCORS(get(page)), plain, "opaque 0", true}, {0, get(page), shared, "concept-cors-check 2 missing", false}}},
		{"vary-origin-saves", "Vary: Origin, and the no-cors request had none", []call{{0, noCORS(get(page)), vary, "opaque 0", true}, {0, get(page), sharedVary, "cors 200", true}}},
		{"other-page-gets-the-first-page's-answer", "one partition, no Vary", []call{{0, get(page), shared, "cors 200", true}, {0, get(other), answer(200, "Access-Control-Allow-Origin", other), "concept-cors-check 4 mismatch", false}}},
		{"other-page-with-vary", "", []call{{0, get(page), sharedVary, "cors 200", true}, {0, get(other), answer(200, "Access-Control-Allow-Origin", other), "cors 200", true}}},
		{"no-store-response", "", []call{{0, get(page), answer(200, allow("Cache-Control", "no-store")...), "cors 200", true}, {0, get(page), shared, "cors 200", true}}},
		{"vary-star", "", []call{{0, get(page), answer(200, allow("Cache-Control", "max-age=60", "Vary", "*")...), "cors 200", true}, {0, get(page), shared, "cors 200", true}}},
		{"mode-no-store", "neither read nor written", []call{{0, mode(get(page), fetch.CacheNoStore), shared, "cors 200", true}, {0, get(page), shared, "cors 200", true}, {0, mode(get(page), fetch.CacheNoStore), shared, "cors 200", true}}},
		{"mode-reload", "not read, but written", []call{{0, get(page), shared, "cors 200", true}, {0, mode(get(page), fetch.CacheReload), answer(200, allow()...), "cors 200", true}}},
		{"mode-force-cache", "stale will do", []call{{0, get(page), shared, "cors 200", true}, {600, mode(get(page), fetch.CacheForceCache), shared, "cors 200", false}}},
		{"mode-only-if-cached", "", []call{{0, fetch.Request{URL: page + "/a", Mode: fetch.ModeSameOrigin, Cache: fetch.CacheOnlyIfCached}, shared, "concept-http-network-or-cache-fetch 11.1 not-cached", false}}},
		{"mode-no-cache-validates", "", []call{{0, get(page), tagged, "cors 200", true}, {0, mode(get(page), fetch.CacheNoCache), answer(304), "cors 200", true}}},
		{"304-of-the-cache-is-not-checked", "the stored response is, freshened by the 304", []call{{0, get(page), tagged, "cors 200", true}, {60, get(page), answer(304), "cors 200", true}, {59, get(page), shared, "cors 200", false}}},
		{"304-takes-consent-back", "the 304's headers replace the stored ones", []call{{0, get(page), tagged, "cors 200", true}, {60, get(page), answer(304, "Access-Control-Allow-Origin", other), "concept-cors-check 4 mismatch", true}}},
		{"304-to-the-author-is-checked", "If-None-Match of the author's own: cache mode no-store, and the 304 is the response", []call{
			{0, header(get(page), "If-None-Match", `"1"`), answer(304), "concept-cors-check 2 missing", true}}},
		{"put-invalidates", "", []call{{0, get(page), shared, "cors 200", true},
			{0, fetch.Request{Method: "PUT", URL: url}, answer(204, allow("Access-Control-Allow-Methods", "PUT")...), "cors 204", true}, {0, get(page), answer(200), "concept-cors-check 2 missing", true}}},
		{"stale-while-revalidate", "the stale one is used, and a request refreshes it", []call{{0, get(page), answer(200, allow("Cache-Control", "max-age=60, stale-while-revalidate=60")...), "cors 200", true},
			{61, get(page), answer(200, allow("Cache-Control", "max-age=60")...), "cors 200", true}, {59, get(page), shared, "cors 200", false}}},
		{"age", "", []call{{0, get(page), answer(200, allow("Cache-Control", "max-age=60", "Age", "30")...), "cors 200", true}, {30, get(page), shared, "cors 200", true}}},
		{"no-lifetime-validates", "no heuristic freshness", []call{{0, get(page), answer(200, allow("ETag", `"1"`)...), "cors 200", true}, {0, get(page), answer(304), "cors 200", true}}},
		{"fragment-ignored", "the HTTP cache's key has none", []call{{0, get(page), shared, "cors 200", true}, {0, fetch.Request{URL: url + "#b"}, shared, "cors 200", false}}},
		{"range-unrequested", "", []call{{0, header(get(page), "Range", "bytes=0-1"), answer(206, allow("Cache-Control", "max-age=60")...), "cors 206", true}, {0, get(page), shared, "cors 200", true}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ua := new(fetch.UserAgent)
			ua.Client.TopLevelSite = "https://top.example"
			for i, c := range tc.calls {
				ua.Advance(seconds(c.after))
				trace := predictWith(t, ua, c.req, answers{c.req.URL: one(c.answer)})
				assert.Equal(t, c.want, verdict(trace), "call %d: %s", i+1, tc.why)
				assert.Equal(t, c.sent, len(trace.Exchanges) > 0, "call %d sent %v: %s", i+1, wire(trace), tc.why)
			}
		})
	}

	t.Run("partitioned", func(t *testing.T) {
		t.Parallel()
		ua := new(fetch.UserAgent)
		predictWith(t, ua, get(page), answers{url: one(answer(200, "Access-Control-Allow-Origin", "*", "Cache-Control", "max-age=60"))})
		trace := predictWith(t, ua, get(other), answers{url: one(answer(200, "Access-Control-Allow-Origin", "*"))})
		assert.Len(t, trace.Exchanges, 1, "another top-level site has another cache")
	})
}
