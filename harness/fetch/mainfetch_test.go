package fetch_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestMainFetch(t *testing.T) {
	t.Parallel()
	url := api + "/a"
	opaque := fetch.Request{URL: url, Mode: fetch.ModeNoCORS}
	big := strings.Repeat("x", 64<<10)
	runFlows(t, []flow{
		{"same-origin", "", fetch.Request{URL: page + "/a"}, answers{page + "/a": one(answer(200))}, "basic 200", []string{"GET " + page + "/a"}, "Origin", []string{"-"}},
		{"same-origin-post", "Origin goes with every method but GET and HEAD", fetch.Request{Method: "POST", URL: page + "/a"}, answers{page + "/a": one(answer(200))}, "basic 200", []string{"POST " + page + "/a"}, "Origin", []string{page}},
		{"no-cors-post-origin", "default referrer policy, https to https", fetch.Request{Method: "POST", URL: url, Mode: fetch.ModeNoCORS}, answers{url: one(answer(200))}, "opaque 0", []string{"POST " + url}, "Origin", []string{page}},
		{"no-cors-post-no-referrer", "the referrer policy has a say outside mode cors", fetch.Request{Method: "POST", URL: url, Mode: fetch.ModeNoCORS, ReferrerPolicy: "no-referrer"}, answers{url: one(answer(200))}, "opaque 0", []string{"POST " + url}, "Origin", []string{"null"}},
		{"cors-no-referrer", "and none in mode cors", fetch.Request{URL: url, ReferrerPolicy: "no-referrer"}, answers{url: one(answer(200, allow()...))}, "cors 200", []string{"GET " + url}, "Origin", []string{page}},
		{"no-cors-same-origin-policy", "", fetch.Request{Method: "POST", URL: url, Mode: fetch.ModeNoCORS, ReferrerPolicy: "same-origin"}, answers{url: one(answer(200))}, "opaque 0", []string{"POST " + url}, "Origin", []string{"null"}},
		{"no-cors-get", "", opaque, answers{url: one(answer(200))}, "opaque 0", []string{"GET " + url}, "Origin", []string{"-"}},
		{"mode-same-origin", "", fetch.Request{URL: url, Mode: fetch.ModeSameOrigin}, nil, "concept-main-fetch 12 mode-same-origin", nil, "", nil},
		{"opaque-origin", "a page with an opaque origin is same origin with nothing", fetch.Request{Origin: "null", URL: page + "/a"}, answers{page + "/a": one(answer(200, "Access-Control-Allow-Origin", "null"))}, "cors 200", []string{"GET " + page + "/a"}, "Origin", []string{"null"}},
		{"bad-port", "", fetch.Request{URL: "https://api.example.net:6667/"}, nil, "block-bad-port 2 bad-port", nil, "", nil},
		{"port-0", "", fetch.Request{URL: "https://api.example.net:0/"}, nil, "block-bad-port 2 bad-port", nil, "", nil},
		{"good-port", "", fetch.Request{URL: "https://api.example.net:6664/"}, answers{"https://api.example.net:6664/": one(answer(200))}, "concept-cors-check 2 missing", []string{"GET https://api.example.net:6664/"}, "", nil},
		{"bad-port-by-redirect", "", fetch.Request{URL: page + "/a"}, answers{page + "/a": one(answer(302, "Location", "https://app.example.com:25/"))}, "block-bad-port 2 bad-port", []string{"GET " + page + "/a"}, "", nil},
		{"mixed-content", "", fetch.Request{URL: "http://api.example.net/"}, nil, "concept-main-fetch 7 mixed-content", nil, "", nil},
		{"mixed-content-loopback", "loopback is potentially trustworthy", fetch.Request{URL: "http://127.0.0.1:8080/"}, answers{"http://127.0.0.1:8080/": one(answer(200, allow()...))}, "cors 200", []string{"GET http://127.0.0.1:8080/"}, "", nil},
		{"ftp", "", fetch.Request{URL: "ftp://api.example.net/"}, nil, "concept-main-fetch 12 not-http", nil, "", nil},
		{"about-blank", "about: isn't same origin, so mode cors refuses it", fetch.Request{URL: "about:blank"}, nil, "concept-main-fetch 12 not-http", nil, "", nil},
		{"data", "", fetch.Request{URL: "data:text/plain,hi"}, nil, "basic 200", nil, "", nil},
		{"data-invalid", "", fetch.Request{URL: "data:text/plain"}, nil, "concept-scheme-fetch 3(3).2 data-url", nil, "", nil},
		{"blob-of-nobody", "", fetch.Request{URL: "blob:https://app.example.com/1"}, nil, "concept-scheme-fetch 3(2).2 blob-missing", nil, "", nil},
		{"blob-of-another", "", fetch.Request{URL: "blob:https://api.example.net/1"}, nil, "concept-main-fetch 12 not-http", nil, "", nil},
		{"keepalive-64k", "", fetch.Request{Method: "POST", URL: url, Keepalive: true, Body: &fetch.Body{Bytes: big}}, answers{url: one(answer(200, allow()...))}, "cors 200", []string{"POST " + url}, "", nil},
		{"keepalive-above", "after the preflight, by the letter", fetch.Request{Method: "PUT", URL: url, Keepalive: true, Body: &fetch.Body{Bytes: big + "x"}},
			answers{"OPTIONS " + url: one(answer(204, allow("Access-Control-Allow-Methods", "PUT")...))}, "concept-http-network-or-cache-fetch 8.10.5 keepalive-limit", []string{"OPTIONS " + url}, "", nil},
		{"corp-same-origin", "", opaque, answers{url: one(answer(200, "Cross-Origin-Resource-Policy", "same-origin"))}, "cross-origin-resource-policy-internal-check 5 same-origin", []string{"GET " + url}, "", nil},
		{"corp-same-site", "", opaque, answers{url: one(answer(200, "Cross-Origin-Resource-Policy", "same-site"))}, "cross-origin-resource-policy-internal-check 5 same-site", []string{"GET " + url}, "", nil},
		{"corp-two-lines", "never match, so they allow", opaque, answers{url: one(answer(200, "Cross-Origin-Resource-Policy", "same-origin", "Cross-Origin-Resource-Policy", "same-origin"))}, "opaque 0", []string{"GET " + url}, "", nil},
		{"corp-case", "", opaque, answers{url: one(answer(200, "Cross-Origin-Resource-Policy", "Same-Origin"))}, "opaque 0", []string{"GET " + url}, "", nil},
		{"corp-not-in-cors", "the check is for opaque responses", fetch.Request{URL: url}, answers{url: one(answer(200, allow("Cross-Origin-Resource-Policy", "same-origin")...))}, "cors 200", []string{"GET " + url}, "", nil},
		{"integrity", "", fetch.Request{URL: url, Integrity: "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}, answers{url: one(answer(200, allow()...))}, "cors 200", []string{"GET " + url}, "", nil},
		{"integrity-mismatch", "", fetch.Request{URL: url, Integrity: "sha256-AAAA"}, answers{url: one(answer(200, allow()...))}, "concept-main-fetch 23.3.1 integrity-mismatch", []string{"GET " + url}, "", nil},
		{"integrity-opaque", "an opaque response has no body to look at", fetch.Request{URL: url, Mode: fetch.ModeNoCORS, Integrity: "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}, answers{url: one(answer(200))}, "concept-main-fetch 23.2 integrity-no-body", []string{"GET " + url}, "", nil},
		{"421", "once more on a new connection", fetch.Request{URL: url}, answers{url: {answer(421), answer(200, allow()...)}}, "cors 200", []string{"GET " + url, "GET " + url}, "", nil},
		{"421-twice", "", fetch.Request{URL: url}, answers{url: {answer(421), answer(421, allow()...)}}, "cors 421", []string{"GET " + url, "GET " + url}, "", nil},
		{"421-preflight", "the second one is like the first", fetch.Request{Method: "PUT", URL: url}, answers{"OPTIONS " + url: {answer(421), answer(204, allow("Access-Control-Allow-Methods", "PUT")...)}, url: one(answer(200, allow()...))}, "cors 200", []string{"OPTIONS " + url, "OPTIONS " + url, "PUT " + url}, "Origin", []string{page, page, page}},
		{"401-cors", "nobody is prompted while tainting is cors", fetch.Request{URL: url, Credentials: "include"}, answers{url: one(answer(401, allowCredentials("WWW-Authenticate", "Basic")...))}, "cors 401", []string{"GET " + url}, "", nil},
		{"401-same-origin", "", fetch.Request{URL: page + "/a"}, answers{page + "/a": one(answer(401, "WWW-Authenticate", "Basic"))}, "unknown: what follows the prompt for a name and password that the 401 opens; set PromptsCancelled", []string{"GET " + page + "/a"}, "", nil},
		{"401-without-challenge", "", fetch.Request{URL: page + "/a"}, answers{page + "/a": one(answer(401))}, "basic 401", []string{"GET " + page + "/a"}, "", nil},
		{"407", "no CORS check", fetch.Request{URL: url}, answers{url: one(answer(407))}, "unknown: what the user agent makes of a 407, and of the password that it may prompt for", []string{"GET " + url}, "", nil},
		{"transport", "", fetch.Request{URL: url}, answers{url: one(fetch.NetworkResponse{Failed: "connection refused"})}, "concept-http-network-fetch 8.1 transport", []string{"GET " + url}, "", nil},
	})
}

func TestReadableHeaders(t *testing.T) {
	t.Parallel()
	headers := []string{"X-B", "2", "Set-Cookie", "a=b", "content-type", "text/plain", "X-A", "1", "x-b", "3"}
	for _, tc := range []struct {
		name   string
		req    fetch.Request
		expose []string
		want   fetch.HeaderList
	}{
		{"safelisted", fetch.Request{}, nil, fetch.HeaderList{{"content-type", "text/plain"}}},
		{"listed", fetch.Request{}, []string{"x-b"}, fetch.HeaderList{{"content-type", "text/plain"}, {"x-b", "2, 3"}}},
		{"lines-add-up", fetch.Request{}, []string{"x-b", "X-A"}, fetch.HeaderList{{"content-type", "text/plain"}, {"x-a", "1"}, {"x-b", "2, 3"}}},
		{"wildcard", fetch.Request{}, []string{"*"}, fetch.HeaderList{{"access-control-allow-origin", page}, {"access-control-allow-credentials", "true"},
			{"access-control-expose-headers", "*"}, {"content-type", "text/plain"}, {"x-a", "1"}, {"x-b", "2, 3"}}},
		{"wildcard-include", fetch.Request{Credentials: "include"}, []string{"*, x-a"}, fetch.HeaderList{{"content-type", "text/plain"}, {"x-a", "1"}}},
		{"failure-is-empty", fetch.Request{}, []string{"x-a, b c"}, fetch.HeaderList{{"content-type", "text/plain"}}},
		{"set-cookie-never", fetch.Request{}, []string{"set-cookie"}, fetch.HeaderList{{"content-type", "text/plain"}}},
		{"same-origin", fetch.Request{URL: page + "/a"}, nil, fetch.HeaderList{{"access-control-allow-credentials", "true"},
			{"access-control-allow-origin", page}, {"content-type", "text/plain"}, {"x-a", "1"}, {"x-b", "2, 3"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.req.URL == "" {
				tc.req.URL = api + "/a"
			}
			response := answer(200, allowCredentials(headers...)...)
			for _, e := range tc.expose {
				response.Headers = append(response.Headers, fetch.Header{"Access-Control-Expose-Headers", e})
			}
			trace := predict(t, tc.req, answers{tc.req.URL: one(response)})
			require.NotNil(t, trace.Outcome.Response, verdict(trace))
			assert.ElementsMatch(t, tc.want, trace.Outcome.Response.Headers)
		})
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	url := api + "/a"
	opaque := fetch.Request{URL: url, Mode: fetch.ModeNoCORS, Credentials: "include"}
	for _, tc := range []struct {
		name   string
		client fetch.Environment
		req    fetch.Request
		script answers
		want   string
	}{
		{"require-corp", fetch.Environment{EmbedderPolicy: fetch.EmbedderPolicyRequireCORP}, opaque, answers{url: one(answer(200))}, "cross-origin-resource-policy-internal-check 5 embedder-policy"},
		{"require-corp-let-in", fetch.Environment{EmbedderPolicy: fetch.EmbedderPolicyRequireCORP}, opaque, answers{url: one(answer(200, "Cross-Origin-Resource-Policy", "cross-origin"))}, "opaque 0"},
		{"credentialless", fetch.Environment{EmbedderPolicy: fetch.EmbedderPolicyCredentialless}, opaque, answers{url: one(answer(200))}, "opaque 0"},
		{"offline", fetch.Environment{Offline: true}, fetch.Request{URL: url}, nil, "concept-http-network-fetch 2 offline"},
		{"worker-401", fetch.Environment{Worker: true}, fetch.Request{URL: page + "/a"}, answers{page + "/a": one(answer(401, "WWW-Authenticate", "Basic"))}, "basic 401"},
		{"worker-407", fetch.Environment{Worker: true}, fetch.Request{URL: url}, answers{url: one(answer(407))}, "concept-http-network-or-cache-fetch 16.1 proxy-authentication"},
		{"prompt-cancelled", fetch.Environment{PromptsCancelled: true}, fetch.Request{URL: page + "/a"}, answers{page + "/a": one(answer(401, "WWW-Authenticate", "Basic"))}, "basic 401"},
		{"same-site-unknown", fetch.Environment{}, fetch.Request{URL: "https://api.example.com/", Mode: fetch.ModeNoCORS}, answers{"https://api.example.com/": one(answer(200, "Cross-Origin-Resource-Policy", "same-site"))},
			"unknown: whether https://app.example.com and https://api.example.com are same site; give RegistrableDomain"},
		{"blob", fetch.Environment{Blobs: map[string]fetch.Blob{"blob:https://app.example.com/1": {Type: "text/plain", Bytes: "hello"}}}, fetch.Request{URL: "blob:https://app.example.com/1#x"}, nil, "basic 200"},
		{"blob-range", fetch.Environment{Blobs: map[string]fetch.Blob{"blob:null/1": {Bytes: "hello"}}}, fetch.Request{Origin: "null", URL: "blob:null/1", Headers: fetch.HeaderList{{"Range", "bytes=-2"}}}, nil, "basic 206"},
		{"blob-range-past-end", fetch.Environment{Blobs: map[string]fetch.Blob{"blob:null/1": {Bytes: "hello"}}}, fetch.Request{Origin: "null", URL: "blob:null/1", Headers: fetch.HeaderList{{"Range", "bytes=5-"}}}, nil, "concept-scheme-fetch 3(2).14.7.1 blob-range"},
		{"blob-post", fetch.Environment{Blobs: map[string]fetch.Blob{"blob:null/1": {}}}, fetch.Request{Origin: "null", Method: "POST", URL: "blob:null/1"}, nil, "concept-scheme-fetch 3(2).2 blob-method"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, verdict(predictWith(t, &fetch.UserAgent{Client: tc.client}, tc.req, tc.script)))
		})
	}
}

func TestKeepaliveInChromiumSendsNothing(t *testing.T) {
	t.Parallel()
	req := fetch.Request{Method: "PUT", URL: api + "/a", Keepalive: true, Body: &fetch.Body{Bytes: strings.Repeat("x", 64<<10+1)}}
	trace := predictWith(t, &fetch.UserAgent{Profile: &fetch.Chromium}, req, nil)
	assert.Equal(t, "concept-http-network-or-cache-fetch 8.10.5 keepalive-limit", verdict(trace))
	assert.Empty(t, trace.Exchanges)
}

// TestTrace holds a whole trace against what it must be, to the last field.
func TestTrace(t *testing.T) {
	t.Parallel()
	req := fetch.Request{Origin: page, Method: "PUT", URL: api + "/a?b", Headers: fetch.HeaderList{{"Authorization", "Bearer secret"}},
		Body: &fetch.Body{Kind: fetch.BodyBytes, Bytes: "x"}}
	trace := predict(t, req, answers{
		"OPTIONS " + api + "/a?b": one(answer(204, allow("Access-Control-Allow-Methods", "PUT", "Access-Control-Allow-Headers", "Authorization")...)),
		api + "/a?b":              one(answer(403, "Access-Control-Allow-Origin", "https://other.example", "Set-Cookie", "sid=secret; Path=/")),
	})
	hello := fetch.PayloadOf([]byte("hello"))
	ended := fetch.Offset(0)
	redactedReq := req
	redactedReq.Headers = fetch.HeaderList{{"Authorization", "Bearer [redacted, 6 bytes]"}}
	want := fetch.Trace{
		Schema:  fetch.TraceSchema,
		Caller:  fetch.Caller{Name: "model", Kind: fetch.CallerModel, Version: "standard"},
		Request: redactedReq,
		Exchanges: []fetch.Exchange{{
			ID: "model#1", Server: api, Witness: fetch.WitnessModel, Kind: fetch.ExchangePreflight, Serves: "model#2", Ended: &ended,
			Request: fetch.SentRequest{Method: "OPTIONS", Target: "/a?b", Version: "HTTP/1.1", Headers: fetch.HeaderList{
				{"Accept", "*/*"}, {"Access-Control-Request-Method", "PUT"}, {"Access-Control-Request-Headers", "authorization"}, {"Origin", page}}},
			Response: &fetch.SentResponse{Status: 204, Version: "HTTP/1.1", Body: hello, Headers: fetch.HeaderList{
				{"Access-Control-Allow-Origin", page}, {"Access-Control-Allow-Methods", "PUT"}, {"Access-Control-Allow-Headers", "Authorization"}}},
		}, {
			ID: "model#2", Server: api, Witness: fetch.WitnessModel, Kind: fetch.ExchangeRequest, Ended: &ended,
			Request: fetch.SentRequest{Method: "PUT", Target: "/a?b", Version: "HTTP/1.1", Body: fetch.PayloadOf([]byte("x")), Headers: fetch.HeaderList{
				{"Authorization", "Bearer [redacted, 6 bytes]"}, {"Accept", "*/*"}, {"Content-Length", "1"}, {"Origin", page}}},
			Response: &fetch.SentResponse{Status: 403, Version: "HTTP/1.1", Body: hello, Headers: fetch.HeaderList{
				{"Access-Control-Allow-Origin", "https://other.example"}, {"Set-Cookie", "sid=[redacted, 6 bytes]; Path=/"}}},
		}},
		Outcome: fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: "TypeError", Block: &fetch.Block{
			Phase: "concept-cors-check", Step: "4", Detail: fetch.DetailMismatch, Exchange: "model#2",
			Sentence: `Access-Control-Allow-Origin is "https://other.example", and the request's Origin is "https://app.example.com".`,
		}},
	}
	if diff := cmp.Diff(want, trace); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
}

func TestAnswererErrors(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	_, err := fetch.Predict(t.Context(), fetch.Request{Origin: page, URL: api}, func(context.Context, fetch.NetworkRequest) (fetch.NetworkResponse, error) {
		return fetch.NetworkResponse{}, boom
	})
	assert.ErrorIs(t, err, boom)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = fetch.Predict(ctx, fetch.Request{Origin: page, URL: api}, network(t, nil))
	assert.ErrorIs(t, err, context.Canceled)
}

func TestContentCoding(t *testing.T) {
	t.Parallel()
	coded := answer(200, allow("Content-Encoding", "gzip")...)
	trace := predict(t, fetch.Request{URL: api + "/a"}, answers{api + "/a": one(coded)})
	assert.Equal(t, fetch.OutcomeUnknown, trace.Outcome.Kind, "the body that page code reads isn't known")

	content := fetch.PayloadOf([]byte("decoded"))
	coded.Content = &content
	trace = predict(t, fetch.Request{URL: api + "/a"}, answers{api + "/a": one(coded)})
	require.NotNil(t, trace.Outcome.Response)
	assert.Equal(t, content, trace.Outcome.Response.Body)
	assert.Equal(t, coded.Body, trace.Exchanges[0].Response.Body)
}

func TestStreamIsNotSentTwice(t *testing.T) {
	t.Parallel()
	req := fetch.Request{Method: "POST", URL: api + "/a", Body: &fetch.Body{Kind: fetch.BodyStream, Bytes: "x"}}
	for status, want := range map[int]string{307: "concept-http-redirect-fetch 11 stream-redirect", 303: "cors 200"} {
		ua := &fetch.UserAgent{HTTP2: func(fetch.Origin) bool { return true }}
		trace := predictWith(t, ua, req, answers{"OPTIONS " + api + "/a": one(answer(204, allow()...)), api + "/a": to(status, "/b"), api + "/b": one(answer(200, allow()...))})
		assert.Equal(t, want, verdict(trace), "%d", status)
	}
}
