package story_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/story"
)

const api, page = "https://api.test/orders", "https://app.test"

func head(status int, lines ...string) fetch.SentResponse {
	r := fetch.SentResponse{Status: status, Headers: fetch.HeaderList{}}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Headers = append(r.Headers, fetch.Header{name, value})
	}
	return r
}

// Recorded responses are judged on paper, in the order in which a browser would get them.
func TestTellOfHeads(t *testing.T) {
	t.Parallel()
	const allow = "access-control-allow-origin: " + page
	put := fetch.Request{Method: "PUT", Headers: fetch.HeaderList{{"X-Trace", "1"}}}
	for _, tc := range []struct {
		name     string
		request  fetch.Request
		heads    []fetch.SentResponse
		end      story.End
		headline string
		instead  []string // the lines that have to come back
	}{
		{"readable", fetch.Request{}, []fetch.SentResponse{head(200, allow)}, story.EndReadable, "can read the response, status 200", nil},
		{"informational responses come first", fetch.Request{}, []fetch.SentResponse{head(103), head(200, allow)}, story.EndReadable, "status 200", nil},
		{"headers without a status line", fetch.Request{}, []fetch.SentResponse{head(0, allow)}, story.EndReadable, "can read", nil},
		{"missing", fetch.Request{}, []fetch.SentResponse{head(200)}, story.EndBlocked, "the GET response has no Access-Control-Allow-Origin header", []string{"Access-Control-Allow-Origin: " + page}},
		{"a preflight alone consents", put, []fetch.SentResponse{head(204, allow, "access-control-allow-methods: PUT", "access-control-allow-headers: x-trace")}, story.EndUnknown, "no response is recorded to PUT " + api, nil},
		{"a preflight alone refuses", put, []fetch.SentResponse{head(204, allow, "access-control-allow-methods: PUT")}, story.EndBlocked, "does not list x-trace", []string{"Access-Control-Allow-Headers: x-trace", "Access-Control-Allow-Origin: " + page}},
		{"a list keeps what it has", put, []fetch.SentResponse{head(204, allow, "access-control-allow-methods: GET, PATCH", "access-control-allow-headers: *")}, story.EndBlocked, "does not list PUT",
			[]string{`Access-Control-Allow-Methods: GET, PATCH, PUT instead of "GET, PATCH"`, "Access-Control-Allow-Origin: " + page}},
		{"no heads at all", fetch.Request{}, nil, story.EndUnknown, "no response is recorded to GET " + api, nil},
		{"the page's own origin", fetch.Request{Origin: "https://api.test"}, []fetch.SentResponse{head(200)}, story.EndReadable, "CORS does not apply", nil},
		{"mixed content", fetch.Request{URL: "http://api.test/"}, nil, story.EndBlocked, "mixed content", nil},
		{"opaque", fetch.Request{Mode: fetch.ModeNoCORS}, []fetch.SentResponse{head(200)}, story.EndBlocked, "cannot read anything", nil},
		{"an opaque origin", fetch.Request{Origin: "null"}, []fetch.SentResponse{head(200, "access-control-allow-origin: null")}, story.EndReadable, "pages of null", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.request.URL == "" {
				tc.request.URL = api
			}
			if tc.request.Origin == "" {
				tc.request.Origin = page
			}
			s, err := story.Tell(t.Context(), story.Config{Request: tc.request, Heads: tc.heads})
			require.NoError(t, err)
			assert.Equal(t, tc.end, s.End, s.Headline)
			assert.Contains(t, s.Headline, tc.headline)
			var instead []string
			for _, c := range s.Instead {
				instead = append(instead, c.String())
			}
			assert.Equal(t, tc.instead, instead)
			assert.Equal(t, len(tc.instead) > 0, s.Mended)
			assert.Equal(t, story.SourceRecording, s.From)
			if tc.end == story.EndUnknown {
				assert.NotEmpty(t, s.Lacks)
			}
			_, err = json.Marshal(s)
			assert.NoError(t, err)
		})
	}
}

// What a product leaves in its headers says where they are set; other headers don't.
func TestTellGuesses(t *testing.T) {
	t.Parallel()
	for server, product := range map[string]string{
		"server: nginx/1.29": "nginx", "server: istio-envoy": "Istio", "x-powered-by: Express": "Express", "server: cloudflare": "Cloudflare", "server: my own": "",
	} {
		s, err := story.Tell(t.Context(), story.Config{Request: fetch.Request{URL: api, Origin: page}, Heads: []fetch.SentResponse{head(200, server)}})
		require.NoError(t, err)
		if product == "" {
			assert.Nil(t, s.Where, server)
		} else if assert.NotNil(t, s.Where, server) {
			assert.Equal(t, product, s.Where.Product)
		}
	}
}

// Why there is a preflight, or none.
func TestTellOfPreflights(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		request fetch.Request
		needed  bool
		because string
	}{
		{fetch.Request{}, false, "the method GET and all request headers are safelisted"},
		{fetch.Request{Method: "DELETE"}, true, "the method is DELETE"},
		{fetch.Request{Method: "POST", Headers: fetch.HeaderList{{"Content-Type", "application/json"}}, Body: &fetch.Body{Bytes: "{}"}}, true, `Content-Type is "application/json"`},
		{fetch.Request{Headers: fetch.HeaderList{{"X-A", "1"}}}, true, "request header x-a"},
		{fetch.Request{Headers: fetch.HeaderList{{"Accept-Language", `"`}}}, true, "the value of the request header accept-language"},
		{fetch.Request{API: fetch.APIXHR, Method: "POST", UploadListener: true, Body: &fetch.Body{Bytes: "a"}}, true, "upload listener"},
		{fetch.Request{Origin: "https://api.test", Method: "PUT"}, false, "the same origin"},
		{fetch.Request{Mode: fetch.ModeNoCORS}, false, "no-cors"},
	} {
		tc.request.URL = api
		if tc.request.Origin == "" {
			tc.request.Origin = page
		}
		s, err := story.Tell(t.Context(), story.Config{Request: tc.request, Heads: []fetch.SentResponse{head(200)}})
		require.NoError(t, err)
		assert.Equal(t, tc.needed, s.Preflight.Needed, "%+v", tc.request)
		assert.Contains(t, strings.Join(s.Preflight.Because, "; "), tc.because)
	}
}

func TestTellRefuses(t *testing.T) {
	t.Parallel()
	for _, r := range []fetch.Request{{URL: api}, {URL: "/orders", Origin: page}, {URL: "ftp://api.test/", Origin: page}} {
		_, err := story.Tell(t.Context(), story.Config{Request: r})
		assert.Error(t, err, "%+v", r)
	}
}

// A star does not cover Authorization, and Chromium has it do so.
func TestTellOfAStarForAuthorization(t *testing.T) {
	t.Parallel()
	s, err := story.Tell(t.Context(), story.Config{
		Request: fetch.Request{URL: api, Origin: page, Headers: fetch.HeaderList{{"Authorization", "Bearer x"}}},
		Heads:   []fetch.SentResponse{head(204, "access-control-allow-origin: *", "access-control-allow-headers: *"), head(200, "access-control-allow-origin: *")},
	})
	require.NoError(t, err)
	assert.Equal(t, story.EndReadable, s.End)
	assert.Contains(t, strings.Join(s.Hints, " "), "does not cover Authorization")
}

// Secrets of the request and of the recording are in no story.
func TestTellRedacts(t *testing.T) {
	t.Parallel()
	s, err := story.Tell(t.Context(), story.Config{
		Request: fetch.Request{URL: api, Origin: page, Headers: fetch.HeaderList{{"Authorization", "Bearer SECRET-TOKEN"}}},
		Heads:   []fetch.SentResponse{head(204, "access-control-allow-origin: "+page, "access-control-allow-headers: authorization"), head(200, "set-cookie: sid=SECRET-SESSION; Path=/")},
	})
	require.NoError(t, err)
	text, err := json.Marshal(s)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "SECRET")
}
