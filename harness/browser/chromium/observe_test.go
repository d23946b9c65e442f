package chromium

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// allowing answers with the header lines that its query names, one "h" for each.
// "status" is the status, "preflight" the status of preflights, "p" a header
// line of preflights alone.
func allowing(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	lines, status := q["h"], q.Get("status")
	if r.Method == http.MethodOptions {
		lines, status = append(q["p"], lines...), q.Get("preflight")
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		w.Header().Add(name, value)
	}
	if status != "" {
		code := 0
		fmt.Sscan(status, &code)
		w.WriteHeader(code)
	}
	if r.Method == http.MethodOptions {
		return
	}
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %q", r.Method, r.URL.Path, body)
}

// at returns a URL of server with the header lines to answer with.
func at(addr, path string, pairs ...string) string {
	var q []string
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		q = append(q, name+"="+strings.NewReplacer("%", "%25", " ", "%20", "&", "%26", "#", "%23", "+", "%2B").Replace(value))
	}
	return "http://" + addr + path + "?" + strings.Join(q, "&")
}

// wireStory says what was on the wire, preflights with what they served.
func wireStory(t fetch.Trace) []string {
	story := []string{}
	methods := map[string]string{}
	for _, x := range t.Exchanges {
		methods[x.ID] = x.Request.Method
	}
	for _, x := range t.Exchanges {
		line := x.Request.Method
		if x.Kind == fetch.ExchangePreflight {
			line = "preflight for nothing sent"
			if x.Serves != "" {
				line = "preflight for " + methods[x.Serves]
			}
		}
		if x.Response != nil {
			line += fmt.Sprint(" ", x.Response.Status)
		}
		story = append(story, line)
	}
	return story
}

func hasSentinel(r *wire.Recorder) bool {
	return slices.ContainsFunc(r.Since(0), func(x fetch.Exchange) bool { return strings.HasPrefix(x.Request.Target, browser.SentinelPath) })
}

func TestObserveJoinsPageAndRecorder(t *testing.T) {
	t.Parallel()
	i := start(t)
	server := i.serve(t, "join", allowing)
	page, origin := i.open(t, "")
	addr := server.Addr()
	const anyOrigin = "h=Access-Control-Allow-Origin: *"
	json := fetch.HeaderList{{"Content-Type", "application/json"}}

	tests := []struct {
		name     string
		request  fetch.Request
		kind     fetch.OutcomeKind
		response fetch.ResponseType
		body     string
		code     string
		wire     []string
	}{
		{
			name:    "redirect blocked, to what another call asks for",
			request: fetch.Request{URL: at(addr, "/0", "status=302", "h=Location: "+at(addr, "/shared"))},
			kind:    fetch.OutcomeNetworkError, code: "MissingAllowOriginHeader", wire: []string{"GET 302"},
		}, {
			name:    "what a blocked redirect leads to",
			request: fetch.Request{URL: at(addr, "/shared")},
			kind:    fetch.OutcomeNetworkError, code: "MissingAllowOriginHeader", wire: []string{"GET 200"},
		}, {
			name:    "readable",
			request: fetch.Request{URL: at(addr, "/a", anyOrigin)},
			kind:    fetch.OutcomeResponse, response: fetch.ResponseCORS, body: `GET /a ""`, wire: []string{"GET 200"},
		}, {
			name:    "blocked",
			request: fetch.Request{URL: at(addr, "/b")},
			kind:    fetch.OutcomeNetworkError, code: "MissingAllowOriginHeader", wire: []string{"GET 200"},
		}, {
			name:    "opaque",
			request: fetch.Request{URL: at(addr, "/c"), Mode: fetch.ModeNoCORS},
			kind:    fetch.OutcomeResponse, response: fetch.ResponseOpaque, wire: []string{"GET 200"},
		}, {
			name:    "preflight refused",
			request: fetch.Request{Method: "POST", URL: at(addr, "/d"), Headers: json, Body: &fetch.Body{Bytes: "{}"}},
			kind:    fetch.OutcomeNetworkError, code: "PreflightMissingAllowOriginHeader", wire: []string{"preflight for nothing sent 200"},
		}, {
			name:    "preflight passed, answer blocked",
			request: fetch.Request{Method: "PUT", URL: at(addr, "/e", "p=Access-Control-Allow-Origin: *", "p=Access-Control-Allow-Methods: PUT")},
			kind:    fetch.OutcomeNetworkError, code: "MissingAllowOriginHeader", wire: []string{"preflight for PUT 200", "PUT 200"},
		}, {
			name:    "preflight passed",
			request: fetch.Request{Method: "POST", URL: at(addr, "/f", anyOrigin, "h=Access-Control-Allow-Headers: content-type"), Headers: json, Body: &fetch.Body{Bytes: "{}"}},
			kind:    fetch.OutcomeResponse, response: fetch.ResponseCORS, body: `POST /f "{}"`, wire: []string{"preflight for POST 200", "POST 200"},
		}, {
			name:    "bytes above ASCII",
			request: fetch.Request{Method: "POST", URL: at(addr, "/g", anyOrigin), Body: &fetch.Body{Kind: fetch.BodyBytes, Bytes: "\u00ff\u0000\u0080"}},
			kind:    fetch.OutcomeResponse, response: fetch.ResponseCORS, body: `POST /g "\xff\x00\x80"`, wire: []string{"POST 200"},
		}, {
			name:    "blob with a type of its own",
			request: fetch.Request{Method: "POST", URL: at(addr, "/h", anyOrigin), Body: &fetch.Body{Kind: fetch.BodyBlob, ContentType: "application/json", Bytes: "{}"}},
			kind:    fetch.OutcomeNetworkError, code: "HeaderDisallowedByPreflightResponse", wire: []string{"preflight for nothing sent 200"},
		}, {
			name:    "refused by the API",
			request: fetch.Request{Method: "TRACE", URL: at(addr, "/i")},
			kind:    fetch.OutcomeRefused, wire: []string{},
		}, {
			name:    "mode same-origin",
			request: fetch.Request{URL: at(addr, "/j"), Mode: fetch.ModeSameOrigin},
			kind:    fetch.OutcomeNetworkError, code: "DisallowedByMode", wire: []string{},
		}, {
			name:    "redirect followed",
			request: fetch.Request{URL: at(addr, "/k", "status=302", anyOrigin, "h=Location: /end?h=Access-Control-Allow-Origin:%20*")},
			kind:    fetch.OutcomeResponse, response: fetch.ResponseCORS, body: `GET /end ""`, wire: []string{"GET 302", "GET 200"},
		}, {
			name:    "redirect's target blocked",
			request: fetch.Request{URL: at(addr, "/l", "status=302", anyOrigin, "h=Location: /blocked-end")},
			kind:    fetch.OutcomeNetworkError, code: "MissingAllowOriginHeader", wire: []string{"GET 302", "GET 200"},
		}, {
			name:    "redirect blocked",
			request: fetch.Request{URL: at(addr, "/m", "status=302", "h=Location: /never")},
			kind:    fetch.OutcomeNetworkError, code: "MissingAllowOriginHeader", wire: []string{"GET 302"},
		}, {
			name:    "redirect mode error",
			request: fetch.Request{URL: at(addr, "/n", "status=302", anyOrigin, "h=Location: /never-2"), Redirect: fetch.RedirectError},
			kind:    fetch.OutcomeNetworkError, wire: []string{"GET 302"},
		}, {
			name:    "redirect mode manual",
			request: fetch.Request{URL: at(addr, "/o", "status=302", anyOrigin, "h=Location: /never-3"), Redirect: fetch.RedirectManual},
			kind:    fetch.OutcomeResponse, response: fetch.ResponseOpaqueRedirect, wire: []string{"GET 302"},
		}, {
			name:    "preflight of a redirect's target",
			request: fetch.Request{Method: "PUT", URL: at(addr, "/p", "status=307", anyOrigin, "h=Access-Control-Allow-Methods: PUT", "h=Location: /put-end?h=Access-Control-Allow-Origin:%20*")},
			kind:    fetch.OutcomeNetworkError, code: "MethodDisallowedByPreflightResponse", wire: []string{"preflight for PUT 200", "PUT 307", "preflight for nothing sent 200"},
		}, {
			name:    "XMLHttpRequest",
			request: fetch.Request{API: fetch.APIXHR, URL: at(addr, "/q", anyOrigin)},
			kind:    fetch.OutcomeResponse, response: fetch.ResponseCORS, body: `GET /q ""`, wire: []string{"GET 200"},
		}, {
			name:    "XMLHttpRequest blocked",
			request: fetch.Request{API: fetch.APIXHR, URL: at(addr, "/r")},
			kind:    fetch.OutcomeNetworkError, code: "MissingAllowOriginHeader", wire: []string{"GET 200"},
		}, {
			name:    "an upload listener asks for a preflight",
			request: fetch.Request{API: fetch.APIXHR, Method: "POST", URL: at(addr, "/s", anyOrigin), Body: &fetch.Body{Bytes: "x"}, UploadListener: true},
			kind:    fetch.OutcomeResponse, response: fetch.ResponseCORS, body: `POST /s "x"`, wire: []string{"preflight for POST 200", "POST 200"},
		}, {
			name:    "keepalive",
			request: fetch.Request{Method: "POST", URL: at(addr, "/t", anyOrigin), Keepalive: true, Body: &fetch.Body{Bytes: "x"}},
			kind:    fetch.OutcomeResponse, response: fetch.ResponseCORS, body: `POST /t "x"`, wire: []string{"POST 200"},
		}, {
			name:    "integrity",
			request: fetch.Request{URL: at(addr, "/u", anyOrigin), Integrity: "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
			kind:    fetch.OutcomeNetworkError, code: "integrity", wire: []string{"GET 200"},
		}, {
			name:    "not modified by the method's case",
			request: fetch.Request{Method: "patch", URL: at(addr, "/v", anyOrigin, "h=Access-Control-Allow-Methods: PATCH")},
			kind:    fetch.OutcomeNetworkError, code: "MethodDisallowedByPreflightResponse", wire: []string{"preflight for nothing sent 200"},
		}, {
			name:    "a fragment is not sent",
			request: fetch.Request{URL: at(addr, "/w", anyOrigin) + "#part"},
			kind:    fetch.OutcomeResponse, response: fetch.ResponseCORS, body: `GET /w ""`, wire: []string{"GET 200"},
		}, {
			name:    "blocked with a fragment",
			request: fetch.Request{URL: at(addr, "/x") + "#part"},
			kind:    fetch.OutcomeNetworkError, code: "MissingAllowOriginHeader", wire: []string{"GET 200"},
		}, {
			name:    "integrity after a redirect",
			request: fetch.Request{URL: at(addr, "/y", "status=302", anyOrigin, "h=Location: /y-end?h=Access-Control-Allow-Origin:%20*"), Integrity: "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
			kind:    fetch.OutcomeNetworkError, code: "integrity", wire: []string{"GET 302", "GET 200"},
		}, {
			name:    "HEAD",
			request: fetch.Request{Method: "HEAD", URL: at(addr, "/head", anyOrigin)},
			kind:    fetch.OutcomeResponse, response: fetch.ResponseCORS, wire: []string{"HEAD 200"},
		}, {
			name:    "a body that a status makes none of",
			request: fetch.Request{URL: at(addr, "/z", "status=205", anyOrigin)},
			kind:    fetch.OutcomeResponse, response: fetch.ResponseCORS, wire: []string{"GET 205"},
		},
	}
	requests := make([]fetch.Request, len(tests))
	for n, tc := range tests {
		requests[n] = tc.request
	}
	// All at once: what is whose must not depend on order.
	traces := observe(t, page, requests...)
	assert.True(t, hasSentinel(server), "nothing proves what was not sent")
	for n, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := traces[n]
			assert.Equal(t, tc.kind, got.Outcome.Kind, "%+v", got.Outcome)
			assert.Equal(t, origin, got.Request.Origin)
			if diff := cmp.Diff(tc.wire, wireStory(got)); diff != "" {
				t.Errorf("on the wire (-want +got):\n%s", diff)
			}
			code := ""
			if got.Outcome.Block != nil {
				code = got.Outcome.Block.Code
			}
			assert.Equal(t, tc.code, code, "%+v", got.Outcome)
			if tc.response == "" {
				return
			}
			require.NotNil(t, got.Outcome.Response)
			assert.Equal(t, tc.response, got.Outcome.Response.Type)
			assert.Equal(t, tc.body, got.Outcome.Response.Body.Prefix)
		})
	}
}

func TestObserveReadsWhatTheStandardExposes(t *testing.T) {
	t.Parallel()
	i := start(t)
	server := i.serve(t, "expose", allowing)
	page, _ := i.open(t, "")
	traces := observe(t, page, fetch.Request{URL: at(server.Addr(), "/", "status=201", "h=Access-Control-Allow-Origin: *",
		"h=Access-Control-Expose-Headers: X-Shown", "h=X-Shown: one", "h=X-Shown: two", "h=X-Hidden: three", "h=Content-Type: text/x")})
	want := &fetch.ReadResponse{
		Type:    fetch.ResponseCORS,
		Status:  201,
		URL:     traces[0].Request.URL,
		Headers: fetch.HeaderList{{"content-length", "8"}, {"content-type", "text/x"}, {"x-shown", "one, two"}},
		Body:    fetch.PayloadOf([]byte(`GET / ""`)),
	}
	if diff := cmp.Diff(want, traces[0].Outcome.Response); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}

func TestObserveDigestsBodiesOfAnySize(t *testing.T) {
	t.Parallel()
	i := start(t)
	big := strings.Repeat("0123456789abcdef", 1<<14)
	server := i.serve(t, "big", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		io.WriteString(w, big)
	})
	// 127.0.0.1 is a secure context, where the page digests; a name is none.
	for _, origin := range []string{"", "http://digest%d.test"} {
		page, _ := i.open(t, origin)
		traces := observe(t, page, fetch.Request{URL: "http://" + server.Addr() + "/"})
		require.NotNil(t, traces[0].Outcome.Response, "%+v", traces[0].Outcome)
		assert.Equal(t, fetch.PayloadOf([]byte(big)), traces[0].Outcome.Response.Body)
	}
}

func TestObserveKeepsCallsToOneURLApart(t *testing.T) {
	t.Parallel()
	i := start(t)
	server := i.serve(t, "same", allowing)
	page, _ := i.open(t, "")
	url := at(server.Addr(), "/same", "h=Access-Control-Allow-Origin: *")
	var requests []fetch.Request
	for n := range 5 {
		requests = append(requests, fetch.Request{Method: "POST", URL: url, Body: &fetch.Body{Bytes: fmt.Sprint(n)}})
	}
	for n, trace := range observe(t, page, requests...) {
		require.Equal(t, []string{"POST 200"}, wireStory(trace))
		assert.Equal(t, fmt.Sprint(n), trace.Exchanges[0].Request.Body.Prefix)
		assert.Equal(t, fmt.Sprintf(`POST /same "%d"`, n), trace.Outcome.Response.Body.Prefix)
	}
}

func TestObserveFromTheCache(t *testing.T) {
	t.Parallel()
	i := start(t)
	server := i.serve(t, "cache", allowing)
	page, _ := i.open(t, "")
	url := at(server.Addr(), "/cached", "h=Access-Control-Allow-Origin: *", "h=Cache-Control: max-age=600")
	traces := observe(t, page, fetch.Request{URL: url}, fetch.Request{URL: url})
	assert.Equal(t, []string{"GET 200"}, wireStory(traces[0]))
	assert.Empty(t, traces[1].Exchanges)
	assert.Equal(t, traces[0].Outcome, traces[1].Outcome)
}

func TestObserveFromNamedOrigins(t *testing.T) {
	t.Parallel()
	i := start(t)
	server := i.serve(t, "named", allowing)
	i.router.Route("api.named.test:80", server.Addr())
	t.Cleanup(func() { i.router.Remove("api.named.test:80") })
	page, origin := i.open(t, "http://app%d.named.test")
	traces := observe(t, page,
		fetch.Request{URL: at("api.named.test", "/open", "h=Access-Control-Allow-Origin: "+origin)},
		fetch.Request{URL: at("api.named.test", "/closed")},
		// A page that is no secure context may call loopback: no Local Network
		// Access check stands in its way behind the proxy.
		fetch.Request{URL: at(server.Addr(), "/loopback", "h=Access-Control-Allow-Origin: *")})
	for n, kind := range []fetch.OutcomeKind{fetch.OutcomeResponse, fetch.OutcomeNetworkError, fetch.OutcomeResponse} {
		assert.Equal(t, kind, traces[n].Outcome.Kind, "%+v", traces[n].Outcome)
		require.Equal(t, []string{"GET 200"}, wireStory(traces[n]))
		sent, _ := traces[n].Exchanges[0].Request.Headers.Get("Origin")
		assert.Equal(t, origin, sent)
	}
}

// TestObserveKnowsTheWholeOfABlockedAnswer: the browser blocks at the head, the
// server's bytes are evidence all the same.
func TestObserveKnowsTheWholeOfABlockedAnswer(t *testing.T) {
	t.Parallel()
	i := start(t)
	looking := make(chan struct{})
	server := i.serve(t, "late", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, browser.SentinelPath) {
			close(looking) // the call is over by now
			return
		}
		w.Header().Set("Content-Length", "4")
		w.(http.Flusher).Flush()
		select {
		case <-looking:
		case <-r.Context().Done():
		}
		io.WriteString(w, "late")
	})
	page, _ := i.open(t, "")
	trace := observe(t, page, fetch.Request{URL: "http://" + server.Addr() + "/"})[0]
	require.Equal(t, "MissingAllowOriginHeader", trace.Outcome.Block.Code)
	require.Equal(t, []string{"GET 200"}, wireStory(trace))
	x := trace.Exchanges[0]
	if x.Incomplete == "" { // else the browser closed the connection, and that is said
		require.NotNil(t, x.Ended)
		assert.Equal(t, fetch.PayloadOf([]byte("late")), x.Response.Body)
	}
}

func TestObserveOverTLS(t *testing.T) {
	t.Parallel()
	i := start(t)
	leaf, err := i.ca.Leaf("api.secure.test")
	require.NoError(t, err)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{*leaf}, NextProtos: []string{"http/1.1"}})
	require.NoError(t, err)
	backend := &http.Server{Handler: http.HandlerFunc(allowing)}
	var wg sync.WaitGroup
	wg.Go(func() { backend.Serve(listener) })
	t.Cleanup(func() { backend.Close(); wg.Wait() })
	server := i.record(t, wire.RecorderConfig{
		Name: "secure", TLS: i.ca,
		Upstream: wire.Address{Network: "tcp", Address: listener.Addr().String()},
	})
	i.router.Route("api.secure.test:443", server.Addr())
	t.Cleanup(func() { i.router.Remove("api.secure.test:443") })
	plain := i.serve(t, "plain", allowing)
	i.router.Route("api.plain.test:80", plain.Addr())
	t.Cleanup(func() { i.router.Remove("api.plain.test:80") })

	page, origin := i.open(t, "https://app%d.secure.test")
	secure := func(url string) string { return strings.Replace(url, "http:", "https:", 1) }
	traces := observe(t, page,
		fetch.Request{URL: secure(at("api.secure.test", "/open", "h=Access-Control-Allow-Origin: "+origin))},
		fetch.Request{Method: "PUT", URL: secure(at("api.secure.test", "/closed"))},
		fetch.Request{URL: at(plain.Addr(), "/loopback", "h=Access-Control-Allow-Origin: *")},
		fetch.Request{URL: at("api.plain.test", "/mixed", "h=Access-Control-Allow-Origin: *")},
	)
	assert.Equal(t, []string{"GET 200"}, wireStory(traces[0]))
	assert.True(t, traces[0].Outcome.Readable(), "%+v", traces[0].Outcome)
	assert.Equal(t, []string{"preflight for nothing sent 200"}, wireStory(traces[1]))
	assert.Equal(t, "PreflightMissingAllowOriginHeader", traces[1].Outcome.Block.Code)
	assert.True(t, traces[2].Outcome.Readable(), "%+v", traces[2].Outcome)
	assert.Empty(t, traces[3].Exchanges)
	require.NotNil(t, traces[3].Outcome.Block, "%+v", traces[3].Outcome)
	assert.Equal(t, "mixed-content", traces[3].Outcome.Block.Code)
}

func TestObserveAServerThatIsDown(t *testing.T) {
	t.Parallel()
	i := start(t)
	dead := i.serve(t, "dead", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	page, _ := i.open(t, "")
	trace := observe(t, page, fetch.Request{URL: "http://" + dead.Addr() + "/"})[0]
	assert.Equal(t, fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: "TypeError: Failed to fetch (net::ERR_EMPTY_RESPONSE)"}, trace.Outcome)
	require.NotEmpty(t, trace.Exchanges)
	assert.NotEmpty(t, trace.Exchanges[0].Incomplete)
}

func TestObserveTimesOutAlone(t *testing.T) {
	t.Parallel()
	i := start(t)
	server := i.serve(t, "slow", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		}
		allowing(w, r)
	})
	page, _ := i.open(t, "")
	got := map[string]fetch.Trace{}
	// Long enough for each to be sent, on any machine.
	const hangs = 5 * time.Second
	// As many as there are slots, so that the rest has to wait.
	var jobs []browser.Job
	for n := range DefaultSlots {
		jobs = append(jobs, browser.Job{ID: fmt.Sprint("hang", n), Request: fetch.Request{URL: fmt.Sprintf("http://%s/hang?%d", server.Addr(), n)}, Timeout: hangs})
	}
	for n := range 40 {
		jobs = append(jobs, browser.Job{ID: fmt.Sprint(n), Request: fetch.Request{URL: at(server.Addr(), fmt.Sprint("/", n), "h=Access-Control-Allow-Origin: *")}})
	}
	require.NoError(t, page.Observe(t.Context(), jobs, func(o browser.Observation) { got[o.ID] = o.Trace }))
	require.Len(t, got, len(jobs))
	for n := range DefaultSlots {
		trace := got[fmt.Sprint("hang", n)]
		assert.Equal(t, fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "no outcome within " + hangs.String()}, trace.Outcome)
		assert.Equal(t, []string{"GET"}, wireStory(trace))
	}
	for n := range 40 {
		assert.Equal(t, fetch.OutcomeResponse, got[fmt.Sprint(n)].Outcome.Kind)
	}
	traces := observe(t, page, fetch.Request{URL: at(server.Addr(), "/after", "h=Access-Control-Allow-Origin: *")})
	assert.Equal(t, fetch.OutcomeResponse, traces[0].Outcome.Kind)
}

func TestObserveEndsWithItsContext(t *testing.T) {
	t.Parallel()
	i := start(t)
	reached, release := make(chan struct{}, 2*DefaultSlots), make(chan struct{})
	server := i.serve(t, "cancel", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			reached <- struct{}{}
			<-release
		}
		allowing(w, r)
	})
	page, _ := i.open(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		// All that the page has sent, so that none arrives while another test looks.
		for range DefaultSlots {
			<-reached
		}
		cancel()
	}()
	var calls []fetch.Request
	for n := range 2 * DefaultSlots {
		calls = append(calls, fetch.Request{URL: fmt.Sprintf("http://%s/hang?%d", server.Addr(), n)})
	}
	_, err := tryObserve(ctx, page, calls...)
	require.ErrorIs(t, err, context.Canceled)
	// What runs, and what waits for a slot, must not disturb what follows.
	close(release)
	for n := range 3 {
		traces := observe(t, page, fetch.Request{URL: at(server.Addr(), fmt.Sprint("/after", n), "h=Access-Control-Allow-Origin: *")})
		assert.Equal(t, fetch.OutcomeResponse, traces[0].Outcome.Kind)
	}
}

func TestObserveRefusesWhatNoPageCanDo(t *testing.T) {
	t.Parallel()
	i := start(t)
	page, origin := i.open(t, "")
	jobs := []browser.Job{
		{ID: "twice", Request: fetch.Request{URL: "http://a.test/"}},
		{ID: "twice", Request: fetch.Request{URL: "http://b.test/"}},
		{ID: "xhr", Request: fetch.Request{API: fetch.APIXHR, URL: "http://a.test/", Redirect: fetch.RedirectManual}},
		{ID: "listener", Request: fetch.Request{URL: "http://a.test/", UploadListener: true}},
		{ID: "origin", Request: fetch.Request{URL: "http://a.test/", Origin: "http://other.test"}},
		{ID: "body", Request: fetch.Request{URL: "http://a.test/", Body: &fetch.Body{Bytes: "€"}}},
	}
	err := page.Observe(t.Context(), jobs, func(browser.Observation) { t.Error("something was observed") })
	require.Error(t, err)
	for _, part := range []string{`job "twice": its ID is not unique`, `job "xhr"`, `job "listener"`, `"http://other.test", the page's "` + origin + `"`, "U+00FF"} {
		assert.ErrorContains(t, err, part)
	}
}
