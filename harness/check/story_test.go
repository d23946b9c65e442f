package check

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/console"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/story"
)

// A mistakenServer answers as somebody configured it by mistake, with the changes that a
// story asks for. PAGE stands for the page's origin, URL for the server's.
type mistakenServer struct {
	preflight, response mistakenAnswer
	page                string
	changes             []story.Change
	urls                []string // that the request itself was sent to
}

type mistakenAnswer struct {
	status int
	lines  []string
}

func (s *mistakenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asks := r.Header.Get("Access-Control-Request-Method") != ""
	a := s.response
	if asks {
		a = s.preflight
	} else {
		s.urls = append(s.urls, r.Method+" "+r.URL.Path)
	}
	if r.URL.Path == "/next" {
		a = mistakenAnswer{200, []string{"Access-Control-Allow-Origin: PAGE"}}
	}
	for _, line := range a.lines {
		name, value, _ := strings.Cut(line, ": ")
		w.Header().Add(name, strings.NewReplacer("PAGE", s.page, "URL", "http://"+r.Host, "HOST", r.Host).Replace(value))
	}
	status := a.status
	for _, c := range s.changes {
		switch {
		case c.Preflight != asks || c.URL != "http://"+r.Host+r.URL.RequestURI():
		case c.Status != 0:
			status = c.Status
		default:
			w.Header().Set(c.Header, c.Value)
		}
	}
	w.WriteHeader(cmp.Or(status, http.StatusOK))
	fmt.Fprint(w, "body")
}

// All mistakes that people make most: the story names the one line that decides, and the
// lines that it asks for make the response readable once the server sends them.
func TestStoriesOfMistakes(t *testing.T) {
	t.Parallel()
	harness.RequireChromiumT(t)
	release, err := browser.Turn(t.Context())
	require.NoError(t, err)
	defer release()
	lab, all := harness.NewLabT(t, harness.LabConfig{}), t
	const allow, credentials = "Access-Control-Allow-Origin: PAGE", "Access-Control-Allow-Credentials: true"
	ok := mistakenAnswer{200, []string{allow}}
	put := fetch.Request{Method: "PUT", Headers: fetch.HeaderList{{"X-Trace", "1"}}}
	include := fetch.Request{Credentials: fetch.CredentialsInclude}
	consents := func(more ...string) mistakenAnswer { return mistakenAnswer{204, append([]string{allow}, more...)} }
	for i, tc := range []struct {
		name      string
		request   fetch.Request
		preflight mistakenAnswer
		response  mistakenAnswer
		// decides is the header of the line, or the status, in the response to a method.
		decides, on string
		missing     bool
		headline    string // a part of it
	}{
		{name: "the header is missing", response: mistakenAnswer{200, nil}, decides: "Access-Control-Allow-Origin", on: "GET", missing: true, headline: "the GET response has no Access-Control-Allow-Origin header"},
		{name: "two lines", response: mistakenAnswer{200, []string{allow, allow}}, decides: "Access-Control-Allow-Origin", on: "GET", headline: "more than one value"},
		{name: "a list of origins", response: mistakenAnswer{200, []string{"Access-Control-Allow-Origin: PAGE, https://other.test"}}, decides: "Access-Control-Allow-Origin", on: "GET", headline: "more than one value"},
		{name: "another origin", response: mistakenAnswer{200, []string{"Access-Control-Allow-Origin: https://other.test"}}, decides: "Access-Control-Allow-Origin", on: "GET", headline: "allows the origin https://other.test"},
		{name: "a slash at the end", response: mistakenAnswer{200, []string{"Access-Control-Allow-Origin: PAGE/"}}, decides: "Access-Control-Allow-Origin", on: "GET", headline: "and the page's origin is"},
		{name: "no origin at all", response: mistakenAnswer{200, []string{"Access-Control-Allow-Origin: app"}}, decides: "Access-Control-Allow-Origin", on: "GET", headline: "is not an origin"},
		{name: "a star with credentials", request: include, response: mistakenAnswer{200, []string{"Access-Control-Allow-Origin: *", credentials}}, decides: "Access-Control-Allow-Origin", on: "GET", headline: "which does not count for a request with credentials"},
		{name: "credentials are not allowed", request: include, response: ok, decides: "Access-Control-Allow-Credentials", on: "GET", missing: true, headline: "no Access-Control-Allow-Credentials: true"},
		{name: "credentials are allowed in capitals", request: include, response: mistakenAnswer{200, []string{allow, "Access-Control-Allow-Credentials: True"}}, decides: "Access-Control-Allow-Credentials", on: "GET", headline: `instead of "true"`},
		{name: "an error without the header", response: mistakenAnswer{500, nil}, decides: "Access-Control-Allow-Origin", on: "GET", missing: true, headline: "no Access-Control-Allow-Origin"},
		{name: "a redirect without the header", response: mistakenAnswer{302, []string{"Location: /next"}}, decides: "Access-Control-Allow-Origin", on: "GET", missing: true, headline: "the redirect (status 302) has no"},
		{name: "a redirect with a password", response: mistakenAnswer{302, []string{allow, "Location: http://user:pass@HOST/next"}}, decides: "Location", on: "GET", headline: "user name or password"},
		{name: "the preflight wants a login", request: put, preflight: mistakenAnswer{401, nil}, response: ok, decides: "Access-Control-Allow-Origin", on: "OPTIONS", missing: true, headline: "the response to the preflight (OPTIONS) has no"},
		{name: "the preflight wants a login, with the header", request: put, preflight: mistakenAnswer{401, []string{allow}}, response: ok, decides: "status", on: "OPTIONS", headline: "status 401; it needs 200 to 299"},
		{name: "nothing answers OPTIONS", request: put, preflight: mistakenAnswer{405, []string{allow, "Allow: GET, PUT"}}, response: ok, decides: "status", on: "OPTIONS", headline: "status 405"},
		{name: "the preflight is redirected", request: put, preflight: mistakenAnswer{301, []string{allow, "Location: URL/next"}}, response: ok, decides: "status", on: "OPTIONS", headline: "status 301"},
		{name: "the method is not listed", request: put, preflight: consents("Access-Control-Allow-Methods: GET, POST", "Access-Control-Allow-Headers: x-trace"), response: ok, decides: "Access-Control-Allow-Methods", on: "OPTIONS", headline: "does not list PUT"},
		{name: "the header is not listed", request: put, preflight: consents("Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: content-type"), response: ok, decides: "Access-Control-Allow-Headers", on: "OPTIONS", headline: "does not list x-trace"},
		{name: "no header is listed", request: put, preflight: consents("Access-Control-Allow-Methods: PUT"), response: ok, decides: "Access-Control-Allow-Headers", on: "OPTIONS", missing: true, headline: "does not list x-trace"},
		{name: "a list that is none", request: put, preflight: consents("Access-Control-Allow-Methods: PUT; POST", "Access-Control-Allow-Headers: x-trace"), response: ok, decides: "Access-Control-Allow-Methods", on: "OPTIONS", headline: "cannot be parsed"},
		{name: "the preflight passes and the response does not", request: put, preflight: consents("Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: x-trace"), response: mistakenAnswer{200, nil}, decides: "Access-Control-Allow-Origin", on: "PUT", missing: true, headline: "the PUT response has no"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			page := fmt.Sprintf("https://app%d.test", i)
			handler := &mistakenServer{preflight: tc.preflight, response: tc.response, page: page}
			tell := func() *story.Story {
				server := httptest.NewServer(handler) // on a port of its own, so that no cache knows it
				all.Cleanup(server.Close)             // the lab keeps the port's route
				handler.urls = nil
				cfg := StoryConfig{Request: tc.request, Send: true, Timeout: StoryTimeout}
				cfg.Request.URL, cfg.Request.Origin = server.URL+"/orders", page
				for n := range handler.changes {
					c := &handler.changes[n]
					host, path, _ := strings.Cut(strings.TrimPrefix(c.URL, "http://"), "/")
					c.URL, c.Value = server.URL+"/"+path, strings.Replace(c.Value, "http://"+host, server.URL, 1)
				}
				url, err := fetch.ParseURL(cfg.Request.URL, nil)
				require.NoError(t, err)
				s, err := tellLive(t.Context(), lab, cfg, url, &redaction{})
				require.NoError(t, err)
				return s
			}
			s := tell()
			require.Equal(t, story.EndBlocked, s.End, s.Headline)
			assert.Contains(t, s.Headline, tc.headline)
			var decides []string
			for _, e := range s.Exchanges {
				if e.StatusDecides {
					decides = append(decides, e.Method+" status")
				}
				for _, l := range e.Received {
					if l.Decides {
						decides = append(decides, fmt.Sprint(e.Method, " ", l.Name))
						assert.Equal(t, tc.missing, l.Missing)
					}
				}
			}
			require.NotEmpty(t, decides)
			for _, d := range decides { // two lines of one header decide together
				assert.Equal(t, tc.on+" "+tc.decides, d)
			}
			if s.Console != "" {
				read := console.Read(s.Console)
				require.Len(t, read, 1, s.Console)
				assert.Equal(t, s.Decides.Block.Detail, read[0].Block.Detail, "what the console says is read as something else: %s", s.Console)
			}
			require.NotEmpty(t, s.Instead)
			assert.True(t, s.Mended)
			handler.changes = s.Instead
			page += ":8443" // a page that no preflight cache knows, either
			handler.page = page
			for n := range handler.changes {
				handler.changes[n].Value = strings.Replace(handler.changes[n].Value, strings.TrimSuffix(page, ":8443"), page, 1)
			}
			again := tell()
			assert.Equal(t, story.EndReadable, again.End, again.Headline)
		})
	}
}

// What a story says beside the reason.
func TestStoriesHints(t *testing.T) {
	t.Parallel()
	harness.RequireChromiumT(t)
	release, err := browser.Turn(t.Context())
	require.NoError(t, err)
	defer release()
	for _, tc := range []struct {
		name    string
		cfg     StoryConfig
		server  mistakenServer
		end     story.End
		hints   string
		reached bool // the request itself reached the server
	}{
		{"a header that is not exposed", StoryConfig{}, mistakenServer{response: mistakenAnswer{200, []string{"Access-Control-Allow-Origin: *", "X-Request-Id: 7"}}}, story.EndReadable, "x-request-id. List a header in Access-Control-Expose-Headers", true},
		{"a cookie that is not sent", StoryConfig{Cookies: "sid=SECRET-SESSION"}, mistakenServer{response: mistakenAnswer{200, []string{"Access-Control-Allow-Origin: *", "X-Echo: SECRET-SESSION"}}}, story.EndReadable, `credentials: "include"`, true},
		{"a method that is withheld", StoryConfig{Request: fetch.Request{Method: "DELETE"}}, mistakenServer{preflight: mistakenAnswer{204, []string{"Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: *"}}}, story.EndUnknown, "The preflight passes", false},
		{"a POST that needs no preflight is withheld", StoryConfig{Request: fetch.Request{Method: "POST", Body: &fetch.Body{Bytes: "a"}}}, mistakenServer{response: mistakenAnswer{200, nil}}, story.EndUnknown, "No preflight protects the server", false},
		{"a response header in the request", StoryConfig{Request: fetch.Request{Headers: fetch.HeaderList{{"Access-Control-Allow-Origin", "*"}}}}, mistakenServer{preflight: mistakenAnswer{204, nil}}, story.EndBlocked, "is a response header", false},
		{"the page's own origin", StoryConfig{Request: fetch.Request{Origin: "OWN"}}, mistakenServer{response: mistakenAnswer{200, nil}}, story.EndReadable, "", true},
		{"an opaque origin", StoryConfig{Request: fetch.Request{Origin: "null"}}, mistakenServer{response: mistakenAnswer{200, nil}}, story.EndBlocked, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := httptest.NewServer(&tc.server)
			defer server.Close()
			tc.cfg.Request.URL = server.URL + "/orders"
			switch tc.cfg.Request.Origin {
			case "":
				tc.cfg.Request.Origin = "https://app.test"
			case "OWN":
				tc.cfg.Request.Origin = server.URL
			}
			s, err := Explain(t.Context(), tc.cfg)
			require.NoError(t, err)
			assert.Equal(t, tc.end, s.End, s.Headline)
			assert.Contains(t, strings.Join(s.Hints, "\n"), tc.hints)
			direct := 0
			if isSafe(tc.cfg.Request.Method) {
				direct = 1 // a direct client asks, too
			}
			assert.Equal(t, tc.reached, len(tc.server.urls) > direct, "%v", tc.server.urls)
			assert.NotContains(t, fmt.Sprint(s), "SECRET-SESSION")
		})
	}
	t.Run("nobody answers", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		url := server.URL
		server.Close()
		s, err := Explain(t.Context(), StoryConfig{Request: fetch.Request{URL: url, Origin: "https://app.test"}})
		require.NoError(t, err)
		assert.Equal(t, story.EndUnknown, s.End)
		assert.Contains(t, s.Headline, "could not be reached")
	})
}
