package fetch_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestPreflight(t *testing.T) {
	t.Parallel()
	put := fetch.Request{Method: "PUT", URL: api + "/a"}
	const options, sent = "OPTIONS " + api + "/a", "PUT " + api + "/a"
	withHeaders := func(req fetch.Request, headers ...fetch.Header) fetch.Request {
		req.Headers = headers
		return req
	}
	include := func(req fetch.Request) fetch.Request {
		req.Credentials = fetch.CredentialsInclude
		return req
	}
	get := fetch.Request{URL: api + "/a"}
	// script answers a preflight, and whatever comes after it with consent.
	script := func(preflight fetch.NetworkResponse) answers {
		return answers{options: one(preflight), api + "/a": one(answer(200, allowCredentials()...))}
	}
	both := []string{options, sent}
	runFlows(t, []flow{
		{"allowed", "", put, script(answer(204, allow("Access-Control-Allow-Methods", "PUT")...)), "cors 200", both,
			"Access-Control-Request-Method", []string{"PUT", "-"}},
		{"no-acrh-without-unsafe-headers", "step 5", put, script(answer(204, allow("Access-Control-Allow-Methods", "PUT")...)), "cors 200", both,
			"Access-Control-Request-Headers", []string{"-", "-"}},
		{"accept-any", "step 2", put, script(answer(204, allow("Access-Control-Allow-Methods", "PUT")...)), "cors 200", both,
			"Accept", []string{"*/*", "*/*"}},
		{"status-200", "any ok status", put, script(answer(200, allow("Access-Control-Allow-Methods", "PUT")...)), "cors 200", both, "", nil},
		{"status-299", "any ok status", put, script(answer(299, allow("Access-Control-Allow-Methods", "PUT")...)), "cors 200", both, "", nil},
		{"status-300", "step 7 wants an ok status", put, script(answer(300, allow("Access-Control-Allow-Methods", "PUT")...)), "cors-preflight-fetch-0 7 status-not-ok", both[:1], "", nil},
		{"status-404", "step 7 wants an ok status", put, script(answer(404, allow("Access-Control-Allow-Methods", "PUT")...)), "cors-preflight-fetch-0 7 status-not-ok", both[:1], "", nil},
		{"redirect", "a preflight follows no redirect", put, script(answer(302, allow("Location", "/b")...)), "cors-preflight-fetch-0 7 status-not-ok", both[:1], "", nil},
		{"check-before-status", "step 7: the CORS check has its say first", put, script(answer(404)), "concept-cors-check 2 missing", both[:1], "", nil},
		{"method-missing", "step 7.5", put, script(answer(204, allow()...)), "cors-preflight-fetch-0 7.5 method-not-allowed", both[:1], "", nil},
		{"method-case", "methods compare byte for byte", put, script(answer(204, allow("Access-Control-Allow-Methods", "put")...)), "cors-preflight-fetch-0 7.5 method-not-allowed", both[:1], "", nil},
		{"method-wildcard", "", put, script(answer(204, allow("Access-Control-Allow-Methods", "*")...)), "cors 200", both, "", nil},
		{"method-wildcard-include", "* counts for no request with credentials mode include", include(put), script(answer(204, allowCredentials("Access-Control-Allow-Methods", "*")...)), "cors-preflight-fetch-0 7.5 method-not-allowed", both[:1], "", nil},
		{"method-grammar", "step 7.3", put, script(answer(204, allow("Access-Control-Allow-Methods", "PUT GET")...)), "cors-preflight-fetch-0 7.3 allow-methods-invalid", both[:1], "", nil},
		{"headers-grammar", "step 7.3, though no header was asked for", put, script(answer(204, allow("Access-Control-Allow-Methods", "PUT", "Access-Control-Allow-Headers", "a b")...)), "cors-preflight-fetch-0 7.3 allow-headers-invalid", both[:1], "", nil},
		{"lowercase-patch", "patch isn't normalized", fetch.Request{Method: "patch", URL: api + "/a"}, script(answer(204, allow("Access-Control-Allow-Methods", "PATCH")...)), "cors-preflight-fetch-0 7.5 method-not-allowed", both[:1],
			"Access-Control-Request-Method", []string{"patch"}},
		{"lowercase-put", "put is normalized", fetch.Request{Method: "put", URL: api + "/a"}, script(answer(204, allow("Access-Control-Allow-Methods", "PUT")...)), "cors 200", both, "", nil},
		{"header-names", "sorted, lower case, a comma without space", withHeaders(get, fetch.Header{"X-B", "1"}, fetch.Header{"X-A", "1"}), script(answer(204, allow("Access-Control-Allow-Headers", "X-A, x-b")...)), "cors 200", []string{options, "GET " + api + "/a"},
			"Access-Control-Request-Headers", []string{"x-a,x-b", "-"}},
		{"header-missing", "step 7.7", withHeaders(get, fetch.Header{"X-B", "1"}, fetch.Header{"X-A", "1"}), script(answer(204, allow("Access-Control-Allow-Headers", "x-a")...)), "cors-preflight-fetch-0 7.7 header-not-allowed", both[:1], "", nil},
		{"header-wildcard", "", withHeaders(get, fetch.Header{"X-B", "1"}), script(answer(204, allow("Access-Control-Allow-Headers", "*")...)), "cors 200", []string{options, "GET " + api + "/a"}, "", nil},
		{"header-wildcard-include", "", include(withHeaders(get, fetch.Header{"X-B", "1"})), script(answer(204, allowCredentials("Access-Control-Allow-Headers", "*")...)), "cors-preflight-fetch-0 7.7 header-not-allowed", both[:1], "", nil},
		{"authorization-wildcard", "step 7.6", withHeaders(get, fetch.Header{"Authorization", "Bearer x"}), script(answer(204, allow("Access-Control-Allow-Headers", "*")...)), "cors-preflight-fetch-0 7.6 authorization-not-listed", both[:1], "", nil},
		{"authorization-listed", "names match in any case", withHeaders(get, fetch.Header{"Authorization", "Bearer x"}), script(answer(204, allow("Access-Control-Allow-Headers", "*, authorization")...)), "cors 200", []string{options, "GET " + api + "/a"}, "", nil},
		{"preflight-without-credentials", "no cookie goes, and yet Access-Control-Allow-Credentials is asked for", include(put), script(answer(204, allow("Access-Control-Allow-Methods", "PUT")...)), "concept-cors-check 8 credentials-missing", both[:1], "", nil},
		{"actual-fails", "the response itself is checked as well", put, answers{options: one(answer(204, allow("Access-Control-Allow-Methods", "PUT")...)), sent: one(answer(200))}, "concept-cors-check 2 missing", both, "", nil},
		{"actual-any-status", "the CORS check passes on any status", put, answers{options: one(answer(204, allow("Access-Control-Allow-Methods", "PUT")...)), sent: one(answer(500, allow()...))}, "cors 500", both, "", nil},
		{"safelisted-method-not-listed", "step 7.5: GET needs no listing", withHeaders(get, fetch.Header{"X-B", "1"}), script(answer(204, allow("Access-Control-Allow-Methods", "PUT", "Access-Control-Allow-Headers", "x-b")...)), "cors 200", []string{options, "GET " + api + "/a"}, "", nil},
		{"report-type", "fetch() preflights report types like any other", fetch.Request{Method: "POST", URL: api + "/a", Body: &fetch.Body{Bytes: "{}"}, Headers: fetch.HeaderList{{"Content-Type", "application/csp-report"}}}, script(answer(204)), "concept-cors-check 2 missing", both[:1],
			"Access-Control-Request-Headers", []string{"content-type"}},
		{"transport", "a failed preflight is a network error", put, answers{options: one(fetch.NetworkResponse{Failed: "connection refused"})}, "concept-http-network-fetch 8.1 transport", both[:1], "", nil},
	})
}

func TestPreflightIsForced(t *testing.T) {
	t.Parallel()
	const options = "OPTIONS " + api + "/a"
	upload := fetch.Request{API: fetch.APIXHR, Method: "POST", URL: api + "/a", UploadListener: true, Body: &fetch.Body{Bytes: "x"}}
	same := upload
	same.URL = page + "/a"
	stream := fetch.Request{Method: "POST", URL: api + "/a", Body: &fetch.Body{Kind: fetch.BodyStream, Bytes: "x"}}
	streamSame := stream
	streamSame.URL = page + "/a"
	runFlows(t, []flow{
		{"upload-listener", "the use-CORS-preflight flag; step 7.4 fills in the method", upload,
			answers{options: one(answer(204, allow()...)), api + "/a": one(answer(200, allow()...))}, "cors 200", []string{options, "POST " + api + "/a"}, "", nil},
		{"upload-listener-refused", "", upload, answers{options: one(answer(204))}, "concept-cors-check 2 missing", []string{options}, "", nil},
		{"upload-listener-same-origin", "forced preflights are cross-origin only", same, answers{page + "/a": one(answer(200))}, "basic 200", []string{"POST " + page + "/a"}, "", nil},
		{"stream-http1", "a stream fails on HTTP/1.1 after its preflight", stream, answers{options: one(answer(204, allow()...))}, "concept-http-network-fetch 8.3 stream-http1", []string{options}, "", nil},
		{"stream-http1-same-origin", "", streamSame, nil, "concept-http-network-fetch 8.3 stream-http1", nil, "", nil},
	})

	t.Run("stream-http2", func(t *testing.T) {
		t.Parallel()
		ua := &fetch.UserAgent{HTTP2: func(o fetch.Origin) bool { return o == api }}
		trace := predictWith(t, ua, stream, answers{options: one(answer(204, allow()...)), api + "/a": one(answer(200, allow()...))})
		assert.Equal(t, "cors 200", verdict(trace))
		assert.Equal(t, "HTTP/2.0", trace.Exchanges[1].Request.Version)
		assert.Equal(t, trace.Exchanges[1].ID, trace.Exchanges[0].Serves)
	})
}

func TestPreflightCache(t *testing.T) {
	t.Parallel()
	put := fetch.Request{Method: "PUT", URL: api + "/a"}
	upload := fetch.Request{API: fetch.APIXHR, Method: "POST", URL: api + "/a", UploadListener: true, Body: &fetch.Body{Bytes: "x"}}
	header := func(name string) fetch.Request {
		return fetch.Request{URL: api + "/a", Headers: fetch.HeaderList{{name, "1"}}}
	}
	with := func(req fetch.Request, change func(*fetch.Request)) fetch.Request {
		change(&req)
		return req
	}
	include := func(req fetch.Request) fetch.Request {
		return with(req, func(r *fetch.Request) { r.Credentials = fetch.CredentialsInclude })
	}
	grant := func(more ...string) fetch.NetworkResponse { return answer(204, allowCredentials(more...)...) }
	putFor := func(seconds string) fetch.NetworkResponse {
		return grant("Access-Control-Allow-Methods", "PUT", "Access-Control-Max-Age", seconds)
	}
	both := grant("Access-Control-Allow-Methods", "PUT, DELETE", "Access-Control-Allow-Headers", "x-a", "Access-Control-Max-Age", "600")
	actual := answer(200, allowCredentials()...)

	// A call is a request after some seconds, and whether it preflights.
	type call struct {
		after     int
		req       fetch.Request
		preflight fetch.NetworkResponse
		actual    fetch.NetworkResponse
		want      bool
	}
	const yes, no = true, false
	for _, tc := range []struct {
		name, why string
		calls     []call
		// chromium is what Chromium's profile does with each call, if not the same.
		chromium []bool
	}{
		{"default-5s", "step 7.9", []call{{0, put, grant("Access-Control-Allow-Methods", "PUT"), actual, yes}, {4, put, both, actual, no}, {1, put, both, actual, yes}}, nil},
		{"max-age", "", []call{{0, put, putFor("600"), actual, yes}, {599, put, both, actual, no}, {1, put, both, actual, yes}}, nil},
		{"max-age-0", "", []call{{0, put, putFor("0"), actual, yes}, {0, put, both, actual, yes}}, nil},
		{"max-age-negative", "failure, so 5 s", []call{{0, put, putFor("-1"), actual, yes}, {4, put, both, actual, no}}, []bool{yes, yes}},
		{"max-age-two-lines", "failure, so 5 s", []call{{0, put, grant("Access-Control-Allow-Methods", "PUT", "Access-Control-Max-Age", "600", "Access-Control-Max-Age", "600"), actual, yes}, {4, put, both, actual, no}, {1, put, both, actual, yes}}, nil},
		{"max-age-huge", "no limit of the standard's own", []call{{0, put, putFor("99999999999999999999"), actual, yes}, {7201, put, both, actual, no}}, []bool{yes, yes}},
		{"per-url", "", []call{{0, put, both, actual, yes}, {0, with(put, func(r *fetch.Request) { r.URL += "?b" }), both, actual, yes}}, nil},
		{"fragment-counts", "the entry's URL is the current URL, fragment included", []call{{0, put, both, actual, yes}, {0, with(put, func(r *fetch.Request) { r.URL += "#b" }), both, actual, yes}}, nil},
		{"method-not-stored", "", []call{{0, put, putFor("600"), actual, yes}, {0, with(put, func(r *fetch.Request) { r.Method = "DELETE" }), both, actual, yes}}, nil},
		{"all-listed-are-stored", "step 7.13: each method in methods", []call{{0, put, both, actual, yes}, {0, with(put, func(r *fetch.Request) { r.Method = "DELETE" }), both, actual, no}, {0, header("X-A"), both, actual, no}}, nil},
		{"entries-add-up", "an entry for A and one for B spare a third preflight", []call{
			{0, header("X-A"), grant("Access-Control-Allow-Headers", "x-a", "Access-Control-Max-Age", "600"), actual, yes},
			{0, header("X-B"), grant("Access-Control-Allow-Headers", "x-b", "Access-Control-Max-Age", "600"), actual, yes},
			{0, fetch.Request{URL: api + "/a", Headers: fetch.HeaderList{{"X-A", "1"}, {"X-B", "1"}}}, grant("Access-Control-Allow-Headers", "x-a, x-b"), actual, no}}, []bool{yes, yes, yes}},
		{"include-covers-omit", "an entry with credentials matches both", []call{{0, include(put), both, actual, yes}, {0, put, both, actual, no}}, nil},
		{"omit-does-not-cover-include", "", []call{{0, put, both, actual, yes}, {0, include(put), both, actual, yes}}, nil},
		{"renewed-max-age-keeps-time", "step 7.12 sets max-age alone: the entry dies 600 s after it was stored", []call{
			{0, put, putFor("100"), actual, yes},
			{50, with(put, func(r *fetch.Request) { r.Headers = fetch.HeaderList{{"X-A", "1"}} }), both, actual, yes},
			{549, put, both, actual, no}, {1, put, both, actual, yes}}, []bool{yes, yes, no, no}},
		{"wildcard-method", "", []call{{0, put, grant("Access-Control-Allow-Methods", "*", "Access-Control-Max-Age", "600"), actual, yes}, {0, with(put, func(r *fetch.Request) { r.Method = "DELETE" }), both, actual, no}}, nil},
		{"wildcard-method-include", "by the letter a stored * matches with credentials too", []call{{0, include(put), grant("Access-Control-Allow-Methods", "*, PUT", "Access-Control-Max-Age", "600"), actual, yes}, {0, include(with(put, func(r *fetch.Request) { r.Method = "DELETE" })), both, actual, no}}, []bool{yes, yes}},
		{"wildcard-header-not-authorization", "", []call{
			{0, header("X-A"), grant("Access-Control-Allow-Headers", "*", "Access-Control-Max-Age", "600"), actual, yes}, {0, header("X-B"), both, actual, no},
			{0, header("Authorization"), grant("Access-Control-Allow-Headers", "authorization"), actual, yes}}, nil},
		{"failed-check-clears", "main fetch, step 12(6).3", []call{{0, put, both, actual, yes}, {0, put, both, answer(200), no}, {0, put, both, actual, yes}}, []bool{yes, no, no}},
		{"failed-check-clears-its-url-alone", "", []call{{0, put, both, actual, yes}, {0, with(put, func(r *fetch.Request) { r.URL += "?b" }), both, answer(200), yes}, {0, put, both, actual, no}}, nil},
		{"failed-preflight-clears", "the preflight's network error is one too", []call{{0, put, both, actual, yes}, {0, with(put, func(r *fetch.Request) { r.Method = "PATCH" }), answer(204), actual, yes}, {0, put, both, actual, yes}}, nil},
		{"failed-simple-clears-nothing", "a fetch that didn't take the branch with preflight clears nothing", []call{{0, put, both, actual, yes}, {0, fetch.Request{URL: api + "/a"}, both, answer(200), no}, {0, put, both, actual, no}}, nil},
		{"cache-modes", "no cache mode touches the CORS-preflight cache", []call{{0, put, both, actual, yes},
			{0, with(put, func(r *fetch.Request) { r.Cache = fetch.CacheNoStore }), both, actual, no},
			{0, with(put, func(r *fetch.Request) { r.Cache = fetch.CacheReload }), both, actual, no},
			{0, with(put, func(r *fetch.Request) { r.Cache = fetch.CacheNoCache }), both, actual, no}}, []bool{yes, yes, yes, yes}},
		{"upload-listener-cached", "step 7.4: the method is stored, so a match spares the forced preflight", []call{
			{0, upload, grant("Access-Control-Max-Age", "600"), actual, yes},
			{0, upload, both, actual, no}}, nil},
		{"other-origin", "", []call{{0, put, both, actual, yes}, {0, with(put, func(r *fetch.Request) { r.Origin = "https://other.example.com" }), both, actual, yes}}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, profile := range []*fetch.Profile{&fetch.Standard, &fetch.Chromium} {
				ua := &fetch.UserAgent{Profile: profile}
				for i, c := range tc.calls {
					ua.Advance(seconds(c.after))
					url, _, _ := strings.Cut(c.req.URL, "#")
					trace := predictWith(t, ua, c.req, answers{"OPTIONS " + c.req.URL: one(c.preflight), c.req.URL: one(c.actual), "OPTIONS " + url: one(c.preflight), url: one(c.actual)})
					want := c.want
					if profile == &fetch.Chromium && tc.chromium != nil {
						want = tc.chromium[i]
					}
					preflighted := len(trace.Exchanges) > 0 && trace.Exchanges[0].Kind == fetch.ExchangePreflight
					assert.Equal(t, want, preflighted, "%s, call %d: %s; %s", profile.Name, i+1, verdict(trace), tc.why)
				}
			}
		})
	}

}
