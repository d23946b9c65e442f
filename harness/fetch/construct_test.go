package fetch_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestAPIRefuses(t *testing.T) {
	t.Parallel()
	text := &fetch.Body{Bytes: "x"}
	url := api + "/a"
	for _, tc := range []struct {
		name string
		req  fetch.Request
		want string
	}{
		{"forbidden-method", fetch.Request{Method: "trace", URL: url}, "dom-request 25.2 forbidden-method"},
		{"no-method", fetch.Request{Method: "A B", URL: url}, "dom-request 25.2 invalid-method"},
		{"get-with-body", fetch.Request{URL: url, Body: text}, "dom-request 35 body-not-allowed"},
		{"head-with-empty-body", fetch.Request{Method: "head", URL: url, Body: &fetch.Body{}}, "dom-request 35 body-not-allowed"},
		{"no-cors-put", fetch.Request{Method: "PUT", URL: url, Mode: fetch.ModeNoCORS}, "dom-request 32.1 no-cors-method"},
		{"url-credentials", fetch.Request{URL: "https://u:p@api.example.net/"}, "dom-request 5.3 url-credentials"},
		{"url-invalid", fetch.Request{URL: "https://"}, "dom-request 5.2 invalid-url"},
		{"mode-navigate", fetch.Request{URL: url, Mode: fetch.ModeNavigate}, "dom-request 17 mode-navigate"},
		{"only-if-cached", fetch.Request{URL: url, Cache: fetch.CacheOnlyIfCached}, "dom-request 21 only-if-cached"},
		{"stream-without-duplex", fetch.Request{Method: "POST", URL: url, Body: &fetch.Body{Kind: fetch.BodyStream, NoDuplex: true}}, "dom-request 39.1 no-duplex"},
		{"stream-no-cors", fetch.Request{Method: "POST", URL: url, Mode: fetch.ModeNoCORS, Body: &fetch.Body{Kind: fetch.BodyStream}}, "dom-request 39.2 stream-mode"},
		{"stream-keepalive", fetch.Request{Method: "POST", URL: url, Keepalive: true, Body: &fetch.Body{Kind: fetch.BodyStream}}, "concept-bodyinit-extract 10 stream-keepalive"},
		{"header-name", fetch.Request{URL: url, Headers: fetch.HeaderList{{"a b", "x"}}}, "headers-validate 1 invalid-header"},
		{"header-newline", fetch.Request{URL: url, Headers: fetch.HeaderList{{"X-A", "a\nb"}}}, "headers-validate 1 invalid-header"},
		{"xhr-forbidden-method", fetch.Request{API: fetch.APIXHR, Method: "TRACK", URL: url}, "dom-xmlhttprequest-open 3 forbidden-method"},
		{"xhr-header", fetch.Request{API: fetch.APIXHR, URL: url, Headers: fetch.HeaderList{{"", "x"}}}, "dom-xmlhttprequest-setrequestheader 4 invalid-header"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			trace := predict(t, tc.req, nil)
			assert.Equal(t, tc.want, verdict(trace))
			assert.Equal(t, fetch.OutcomeRefused, trace.Outcome.Kind)
			assert.Empty(t, trace.Exchanges)
		})
	}
}

func TestHeadersGuards(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		req       fetch.Request
		header    string
		want      string
	}{
		{"forbidden-dropped", "", fetch.Request{Headers: fetch.HeaderList{{"Cookie", "a=b"}}}, "Cookie", "-"},
		{"value-normalized", "", fetch.Request{Headers: fetch.HeaderList{{"Accept", "\t a \r\n"}}}, "Accept", "a"},
		{"no-cors-drops-unsafe", "", fetch.Request{Mode: fetch.ModeNoCORS, Headers: fetch.HeaderList{{"X-A", "1"}}}, "X-A", "-"},
		{"no-cors-keeps-safe", "", fetch.Request{Mode: fetch.ModeNoCORS, Headers: fetch.HeaderList{{"Content-Language", "en"}}}, "Content-Language", "en"},
		{"no-cors-drops-range", "Range is no no-CORS-safelisted request-header", fetch.Request{Mode: fetch.ModeNoCORS, Headers: fetch.HeaderList{{"Range", "bytes=0-"}}}, "Range", "-"},
		{"no-cors-combined-length", "step 3.3 judges the combined value", fetch.Request{Mode: fetch.ModeNoCORS, Headers: fetch.HeaderList{
			{"Content-Language", strings.Repeat("a", 100)}, {"Content-Language", strings.Repeat("a", 100)}}}, "Content-Language", strings.Repeat("a", 100)},
		{"no-cors-second-type", "", fetch.Request{Mode: fetch.ModeNoCORS, Method: "POST", Headers: fetch.HeaderList{{"Content-Type", "application/json"}}, Body: &fetch.Body{Bytes: "x"}}, "Content-Type", "text/plain;charset=UTF-8"},
		{"no-cors-blob-type", "the body's own type is guarded as well", fetch.Request{Mode: fetch.ModeNoCORS, Method: "POST", Body: &fetch.Body{Kind: fetch.BodyBlob, ContentType: "application/json", Bytes: "x"}}, "Content-Type", "-"},
		{"fetch-appends", "repeats stay fields of their own", fetch.Request{URL: page + "/a", Headers: fetch.HeaderList{{"X-A", "1"}, {"x-a", "2"}}}, "X-A", "1, 2"},
		{"text-type", "", fetch.Request{Method: "POST", Body: &fetch.Body{Bytes: "x"}}, "Content-Type", "text/plain;charset=UTF-8"},
		{"bytes-no-type", "", fetch.Request{Method: "POST", Body: &fetch.Body{Kind: fetch.BodyBytes, Bytes: "x"}}, "Content-Type", "-"},
		{"params-type", "", fetch.Request{Method: "POST", Body: &fetch.Body{Kind: fetch.BodyURLSearchParams, Bytes: "a=b"}}, "Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"},
		{"author-type-wins", "", fetch.Request{Method: "POST", Headers: fetch.HeaderList{{"content-type", "text/plain"}}, Body: &fetch.Body{Bytes: "x"}}, "Content-Type", "text/plain"},
		{"post-without-body", "", fetch.Request{Method: "POST"}, "Content-Length", "0"},
		{"length-in-bytes", "", fetch.Request{Method: "POST", Body: &fetch.Body{Kind: fetch.BodyBytes, Bytes: "\u00ff\u00fe"}}, "Content-Length", "2"},
		{"range-asks-identity", "", fetch.Request{Headers: fetch.HeaderList{{"Range", "bytes=0-"}}}, "Accept-Encoding", "identity"},
		{"no-store", "", fetch.Request{Cache: fetch.CacheNoStore}, "Pragma", "no-cache"},
		{"no-cache", "", fetch.Request{Cache: fetch.CacheNoCache}, "Cache-Control", "max-age=0"},
		{"if-none-match", "turns cache mode default to no-store", fetch.Request{URL: page + "/a", Headers: fetch.HeaderList{{"If-None-Match", `"a"`}}}, "Cache-Control", "no-cache"},
		{"xhr-combines", "", fetch.Request{API: fetch.APIXHR, URL: page + "/a", Headers: fetch.HeaderList{{"X-A", "1"}, {"x-a", "2"}}}, "X-A", "1, 2"},
		{"xhr-get-drops-body", "", fetch.Request{API: fetch.APIXHR, Body: &fetch.Body{Bytes: "x"}}, "Content-Type", "-"},
		{"xhr-charset", "", fetch.Request{API: fetch.APIXHR, Method: "POST", Headers: fetch.HeaderList{{"Content-Type", "text/plain; charset=latin1;a=b"}}, Body: &fetch.Body{Bytes: "x"}}, "Content-Type", "text/plain;charset=UTF-8;a=b"},
		{"xhr-charset-same", "", fetch.Request{API: fetch.APIXHR, Method: "POST", Headers: fetch.HeaderList{{"Content-Type", "text/plain; charset=utf-8"}}, Body: &fetch.Body{Bytes: "x"}}, "Content-Type", "text/plain; charset=utf-8"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			req := tc.req
			if req.URL == "" {
				req.URL = api + "/a"
			}
			trace := predict(t, req, answers{req.URL: one(answer(200, allow()...))})
			require.Len(t, trace.Exchanges, 1, verdict(trace))
			value, ok := trace.Exchanges[0].Request.Headers.Get(tc.header)
			if !ok {
				value = "-"
			}
			assert.Equal(t, tc.want, value, tc.why)
		})
	}
}

func TestXHRCombinesBeforeTheSafelist(t *testing.T) {
	t.Parallel()
	repeated := fetch.HeaderList{{"Content-Language", strings.Repeat("a", 100)}, {"Content-Language", strings.Repeat("b", 100)}}
	script := func() answers {
		return answers{"OPTIONS " + api + "/a": one(answer(204)), api + "/a": one(answer(200, allow()...))}
	}
	viaFetch := fetch.Request{URL: api + "/a", Headers: repeated}
	viaXHR := fetch.Request{API: fetch.APIXHR, URL: api + "/a", Headers: repeated}
	assert.Equal(t, "cors 200", verdict(predict(t, viaFetch, script())), "each field has 100 bytes")
	assert.Equal(t, "concept-cors-check 2 missing", verdict(predict(t, viaXHR, script())), "the one field has 202 bytes")
	chromium := &fetch.UserAgent{Profile: &fetch.Chromium}
	assert.Equal(t, "concept-cors-check 2 missing", verdict(predictWith(t, chromium, viaFetch, script())), "combine-repeated-headers")
}

func TestPredictRejectsImpossibleRequests(t *testing.T) {
	t.Parallel()
	_, err := fetch.Predict(t.Context(), fetch.Request{URL: api}, nil)
	assert.ErrorContains(t, err, "no page origin")
	_, err = fetch.Predict(t.Context(), fetch.Request{Origin: page, URL: api, API: "beacon"}, nil)
	assert.ErrorContains(t, err, "unknown API")
	_, err = fetch.Predict(t.Context(), fetch.Request{Origin: page, URL: api, API: fetch.APIXHR, Mode: fetch.ModeNoCORS}, nil)
	assert.ErrorContains(t, err, "XMLHttpRequest has no mode")

	trace, err := fetch.Predict(t.Context(), fetch.Request{Origin: "https://münchen.example", URL: api}, nil)
	require.NoError(t, err)
	assert.Equal(t, fetch.OutcomeUnknown, trace.Outcome.Kind)
}
