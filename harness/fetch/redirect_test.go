package fetch_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

// to is a redirect with consent for the page.
func to(status int, location string, more ...string) []fetch.NetworkResponse {
	return one(answer(status, allow(append([]string{"Location", location}, more...)...)...))
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	const third = "https://cdn.example.org"
	get := fetch.Request{URL: api + "/a"}
	same := fetch.Request{URL: page + "/a"}
	body := func(method, url string) fetch.Request {
		return fetch.Request{Method: method, URL: url, Body: &fetch.Body{Bytes: "x"},
			Headers: fetch.HeaderList{{"Content-Language", "en"}}}
	}
	ok := func(more ...string) []fetch.NetworkResponse { return one(answer(200, allow(more...)...)) }
	open := one(answer(200, "Access-Control-Allow-Origin", "*"))
	consent := one(answer(204, "Access-Control-Allow-Origin", "*", "Access-Control-Allow-Methods", "PUT", "Access-Control-Allow-Headers", "authorization, x-a"))
	runFlows(t, []flow{
		{"same-origin-hop-unchecked", "no CORS check while tainting is basic", same, answers{page + "/a": one(answer(302, "Location", "/b")), page + "/b": one(answer(200))}, "basic 200", []string{"GET " + page + "/a", "GET " + page + "/b"},
			"Origin", []string{"-", "-"}},
		{"same-to-cross-keeps-origin", "a redirect from a same-origin URL doesn't taint", same, answers{page + "/a": one(answer(302, "Location", api+"/b")), api + "/b": ok()}, "cors 200", []string{"GET " + page + "/a", "GET " + api + "/b"},
			"Origin", []string{"-", page}},
		{"cross-hop-checked", "the CORS check runs on the redirect too", get, answers{api + "/a": one(answer(302, "Location", "/b"))}, "concept-cors-check 2 missing", []string{"GET " + api + "/a"}, "", nil},
		{"within-other-origin", "", get, answers{api + "/a": to(302, "/b"), api + "/b": ok()}, "cors 200", []string{"GET " + api + "/a", "GET " + api + "/b"},
			"Origin", []string{page, page}},
		{"cross-to-third-taints", "Origin: null", get, answers{api + "/a": to(302, third+"/b"), third + "/b": ok()}, "concept-cors-check 4 mismatch", []string{"GET " + api + "/a", "GET " + third + "/b"},
			"Origin", []string{page, "null"}},
		{"tainted-wildcard", "", get, answers{api + "/a": to(302, third+"/b"), third + "/b": open}, "cors 200", []string{"GET " + api + "/a", "GET " + third + "/b"}, "", nil},
		{"cross-back-to-page", "tainting stays cors and the origin is null", get, answers{api + "/a": to(302, page+"/b"), page + "/b": one(answer(200, "Access-Control-Allow-Origin", "null"))}, "cors 200", []string{"GET " + api + "/a", "GET " + page + "/b"},
			"Origin", []string{page, "null"}},
		{"port-is-another-origin", "", get, answers{api + "/a": to(302, api+":8443/b"), api + ":8443/b": ok()}, "concept-cors-check 4 mismatch", []string{"GET " + api + "/a", "GET " + api + ":8443/b"},
			"Origin", []string{page, "null"}},
		{"mode-same-origin", "each hop runs main fetch again", fetch.Request{URL: page + "/a", Mode: fetch.ModeSameOrigin}, answers{page + "/a": one(answer(302, "Location", api+"/b"))}, "concept-main-fetch 12 mode-same-origin", []string{"GET " + page + "/a"}, "", nil},

		{"no-location", "a 302 without Location is a response", get, answers{api + "/a": one(answer(302, allow()...))}, "cors 302", []string{"GET " + api + "/a"}, "", nil},
		{"two-locations", "failure, though they are equal", get, answers{api + "/a": one(answer(302, allow("Location", "/b", "Location", "/b")...))}, "concept-http-redirect-fetch 5 location-invalid", []string{"GET " + api + "/a"}, "", nil},
		{"bad-location", "", get, answers{api + "/a": to(302, "https://a b/")}, "concept-http-redirect-fetch 5 location-invalid", []string{"GET " + api + "/a"}, "", nil},
		{"location-with-space", "the erratum location-grammar", get, answers{api + "/a": to(302, "/b c"), api + "/b%20c": ok()}, "cors 200", []string{"GET " + api + "/a", "GET " + api + "/b%20c"}, "", nil},
		{"location-data", "", get, answers{api + "/a": to(302, "data:,x")}, "concept-http-redirect-fetch 6 location-scheme", []string{"GET " + api + "/a"}, "", nil},
		{"location-unsupported", "never a guess", get, answers{api + "/a": to(302, "https://ex%C3%A4mple.com/")}, "unknown: Location \"https://ex%C3%A4mple.com/\": URL outside the supported subset", []string{"GET " + api + "/a"}, "", nil},
		{"status-300", "300 is no redirect status", get, answers{api + "/a": to(300, "/b")}, "cors 300", []string{"GET " + api + "/a"}, "", nil},
		{"status-304", "nor is 304; the CORS check runs", get, answers{api + "/a": to(304, "/b")}, "cors 304", []string{"GET " + api + "/a"}, "", nil},

		{"credentials-cross-origin", "step 9", same, answers{page + "/a": one(answer(302, "Location", "https://u:p@api.example.net/b"))}, "concept-http-redirect-fetch 9 location-credentials", []string{"GET " + page + "/a"}, "", nil},
		{"credentials-same-origin", "allowed while tainting is basic", same, answers{page + "/a": one(answer(302, "Location", "https://u:p@app.example.com/b")), "https://u:p@app.example.com/b": one(answer(200))}, "basic 200", []string{"GET " + page + "/a", "GET " + page + "/b"}, "", nil},
		{"credentials-back-to-page", "step 10: tainting is cors already", get, answers{api + "/a": to(302, "https://u@app.example.com/b")}, "concept-http-redirect-fetch 10 location-credentials", []string{"GET " + api + "/a"}, "", nil},
		{"credentials-no-cors", "mode no-cors doesn't mind", fetch.Request{URL: api + "/a", Mode: fetch.ModeNoCORS}, answers{api + "/a": one(answer(302, "Location", "https://u:p@api.example.net/b")), "https://u:p@api.example.net/b": one(answer(200))}, "opaque 0", []string{"GET " + api + "/a", "GET " + api + "/b"}, "", nil},

		{"301-post", "301 changes POST", body("POST", api+"/a"), answers{api + "/a": to(301, "/b"), api + "/b": ok()}, "cors 200", []string{"POST " + api + "/a", "GET " + api + "/b"},
			"Content-Type", []string{"text/plain;charset=UTF-8", "-"}},
		{"302-post-drops-language", "four body headers go", body("POST", api+"/a"), answers{api + "/a": to(302, "/b"), api + "/b": ok()}, "cors 200", []string{"POST " + api + "/a", "GET " + api + "/b"},
			"Content-Language", []string{"en", "-"}},
		{"302-put", "301 and 302 change POST alone", body("PUT", api+"/a"), answers{"OPTIONS " + api + "/a": consent, "OPTIONS " + api + "/b": consent, api + "/a": to(302, "/b"), api + "/b": ok()}, "cors 200",
			[]string{"OPTIONS " + api + "/a", "PUT " + api + "/a", "OPTIONS " + api + "/b", "PUT " + api + "/b"}, "", nil},
		{"303-put", "303 changes all but GET and HEAD; GET needs no second preflight", body("PUT", api+"/a"), answers{"OPTIONS " + api + "/a": consent, api + "/a": to(303, "/b"), api + "/b": ok()}, "cors 200",
			[]string{"OPTIONS " + api + "/a", "PUT " + api + "/a", "GET " + api + "/b"}, "", nil},
		{"303-head", "", fetch.Request{Method: "HEAD", URL: api + "/a"}, answers{api + "/a": to(303, "/b"), api + "/b": ok()}, "cors 200", []string{"HEAD " + api + "/a", "HEAD " + api + "/b"}, "", nil},
		{"307-post", "", body("POST", api+"/a"), answers{api + "/a": to(307, "/b"), api + "/b": ok()}, "cors 200", []string{"POST " + api + "/a", "POST " + api + "/b"},
			"Content-Length", []string{"1", "1"}},
		{"308-stream", "step 11", fetch.Request{Method: "POST", URL: api + "/a", Body: &fetch.Body{Kind: fetch.BodyStream}}, answers{"OPTIONS " + api + "/a": consent}, "concept-http-network-fetch 8.3 stream-http1", []string{"OPTIONS " + api + "/a"}, "", nil},

		{"preflight-each-hop", "the second preflight names null", fetch.Request{URL: api + "/a", Headers: fetch.HeaderList{{"X-A", "1"}}},
			answers{"OPTIONS " + api + "/a": consent, "OPTIONS " + third + "/b": consent, api + "/a": to(307, third+"/b"), third + "/b": open}, "cors 200",
			[]string{"OPTIONS " + api + "/a", "GET " + api + "/a", "OPTIONS " + third + "/b", "GET " + third + "/b"},
			"Origin", []string{page, page, "null", "null"}},
		{"authorization-dropped", "gone at the first hop to another origin, and so is the preflight", fetch.Request{URL: api + "/a", Headers: fetch.HeaderList{{"Authorization", "Bearer x"}}},
			answers{"OPTIONS " + api + "/a": consent, api + "/a": to(302, third+"/b"), third + "/b": open}, "cors 200",
			[]string{"OPTIONS " + api + "/a", "GET " + api + "/a", "GET " + third + "/b"},
			"Authorization", []string{"-", "Bearer [redacted, 1 bytes]", "-"}},
		{"authorization-never-returns", "", fetch.Request{URL: page + "/a", Headers: fetch.HeaderList{{"Authorization", "Bearer x"}}},
			answers{page + "/a": one(answer(302, "Location", api+"/b")), api + "/b": to(302, page+"/c"), page + "/c": open}, "cors 200",
			[]string{"GET " + page + "/a", "GET " + api + "/b", "GET " + page + "/c"},
			"Authorization", []string{"Bearer [redacted, 1 bytes]", "-", "-"}},
		{"authorization-kept-within", "", fetch.Request{URL: page + "/a", Headers: fetch.HeaderList{{"Authorization", "Bearer x"}}},
			answers{page + "/a": one(answer(302, "Location", "/b")), page + "/b": one(answer(200))}, "basic 200",
			[]string{"GET " + page + "/a", "GET " + page + "/b"}, "Authorization", []string{"Bearer [redacted, 1 bytes]", "Bearer [redacted, 1 bytes]"}},

		{"mode-error", "", fetch.Request{URL: api + "/a", Redirect: fetch.RedirectError}, answers{api + "/a": to(302, "/b")}, "concept-http-fetch 6.3(1).1 redirect-mode-error", []string{"GET " + api + "/a"}, "", nil},
		{"mode-manual", "", fetch.Request{URL: api + "/a", Redirect: fetch.RedirectManual}, answers{api + "/a": to(302, "/b")}, "opaqueredirect 0", []string{"GET " + api + "/a"}, "", nil},
		{"mode-manual-unchecked", "the CORS check comes first", fetch.Request{URL: api + "/a", Redirect: fetch.RedirectManual}, answers{api + "/a": one(answer(302, "Location", "/b"))}, "concept-cors-check 2 missing", []string{"GET " + api + "/a"}, "", nil},
		{"no-cors-manual", "fails before anything is sent", fetch.Request{URL: api + "/a", Mode: fetch.ModeNoCORS, Redirect: fetch.RedirectManual}, nil, "concept-main-fetch 12(4).1 no-cors-redirect-mode", nil, "", nil},
		{"no-cors-error-same-origin", "same origin is basic, and has no such rule", fetch.Request{URL: page + "/a", Mode: fetch.ModeNoCORS, Redirect: fetch.RedirectError}, answers{page + "/a": one(answer(200))}, "basic 200", []string{"GET " + page + "/a"}, "", nil},
	})
}

func TestRedirectLimit(t *testing.T) {
	t.Parallel()
	// chain redirects n times and then answers.
	chain := func(n int) answers {
		script := answers{api + "/" + strconv.Itoa(n): one(answer(200, allow()...))}
		for i := range n {
			script[api+"/"+strconv.Itoa(i)] = to(302, "/"+strconv.Itoa(i+1))
		}
		return script
	}
	trace := predict(t, fetch.Request{URL: api + "/0"}, chain(20))
	assert.Equal(t, "cors 200", verdict(trace), "20 redirects are followed")
	assert.Len(t, trace.Exchanges, 21)
	assert.True(t, trace.Outcome.Response.Redirected)
	assert.Equal(t, api+"/20", trace.Outcome.Response.URL)

	trace = predict(t, fetch.Request{URL: api + "/0"}, chain(21))
	assert.Equal(t, "concept-http-redirect-fetch 7 too-many-redirects", verdict(trace))
	assert.Len(t, trace.Exchanges, 21)
}

func TestRedirectKeepsFragment(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{"/b": "#old", "/b#new": "#new", "/b#": "#"} {
		ua := new(fetch.UserAgent)
		trace := predictWith(t, ua, fetch.Request{URL: api + "/a#old", Method: "PUT"}, answers{
			"OPTIONS " + api + "/a#old":    one(answer(204, allow("Access-Control-Allow-Methods", "PUT")...)),
			api + "/a#old":                 to(307, location),
			"OPTIONS " + api + "/b" + want: one(answer(204, allow("Access-Control-Allow-Methods", "PUT")...)),
			api + "/b" + want:              one(answer(200, allow()...)),
		})
		assert.Equal(t, "cors 200", verdict(trace), location)
		assert.False(t, strings.Contains(trace.Outcome.Response.URL, "#"), "response.url has no fragment")
	}
}
