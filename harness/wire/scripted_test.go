package wire

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A scriptedLab is a scripted server with a router and a CA.
type scriptedLab struct {
	*Scripted
	router *Router
	ca     *CA
}

func scriptedT(tb testing.TB) scriptedLab {
	tb.Helper()
	l := scriptedLab{router: routerT(tb), ca: caT(tb)}
	var err error
	l.Scripted, err = NewScripted(ScriptedConfig{Router: l.router, CA: l.ca})
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, l.Close()) })
	return l
}

func (l scriptedLab) serve(tb testing.TB, origin string, protocol ServedProtocol) {
	tb.Helper()
	require.NoError(tb, l.Serve(origin, protocol))
}

func (l scriptedLab) set(tb testing.TB, answers ...ScriptedAnswer) {
	tb.Helper()
	require.NoError(tb, l.Set(answers...))
}

// call opens a connection to an origin, as a browser does.
func (l scriptedLab) dial(tb testing.TB, origin string) net.Conn {
	tb.Helper()
	o, err := parsePageOrigin(origin)
	require.NoError(tb, err)
	c, err := throughT(tb, l.router, o.hostport())
	require.NoError(tb, err)
	if o.scheme == "http" {
		return c
	}
	return tls.Client(c, &tls.Config{RootCAs: l.ca.Pool(), ServerName: o.host})
}

// ask sends bytes on a connection of their own, ends it, and returns all that
// comes back.
func (l scriptedLab) ask(tb testing.TB, origin, request string) (string, error) {
	tb.Helper()
	c := l.dial(tb, origin)
	_, err := io.WriteString(c, request)
	require.NoError(tb, err)
	require.NoError(tb, c.(interface{ CloseWrite() error }).CloseWrite())
	answer, err := io.ReadAll(c)
	return string(answer), err
}

// exchanges returns all exchanges of all recorders that are not the harness's.
func (l scriptedLab) exchanges() []fetch.Exchange {
	var all []fetch.Exchange
	for _, r := range l.Recorders() {
		all = append(all, r.Since(0)...)
	}
	return all
}

func TestScriptedBytes(t *testing.T) {
	t.Parallel()
	const url = "https://api.test/x?q=%C3%A9"
	for _, tc := range []struct {
		name, why string
		method    string
		answer    ScriptedAnswer
		want      string
	}{
		{"framing alone is added", "nothing else may be, not even a Date", "GET",
			ScriptedAnswer{Status: 200, Reason: "OK", Body: "hi"}, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
		{"empty body", "an empty body is one", "GET",
			ScriptedAnswer{Status: 200}, "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"},
		{"order, repeats, case", "a list is what it was written as", "GET",
			ScriptedAnswer{Status: 200, Headers: fetch.HeaderList{{"b", "1"}, {"A", "2"}, {"b", "3"}, {"B", ""}}},
			"HTTP/1.1 200 \r\nb: 1\r\nA: 2\r\nb: 3\r\nB: \r\nContent-Length: 0\r\n\r\n"},
		{"odd spacing", "whitespace around a value is the recipient's to take away", "GET",
			ScriptedAnswer{Status: 200, Headers: fetch.HeaderList{{"a", "  v\t "}}, RawHeaders: []string{"b:v", "c : v", " folded", "no colon"}},
			"HTTP/1.1 200 \r\na:   v\t \r\nb:v\r\nc : v\r\n folded\r\nno colon\r\nContent-Length: 0\r\n\r\n"},
		{"odd bytes", "code points are bytes", "GET",
			ScriptedAnswer{Status: 200, Reason: "\u00fc", Headers: fetch.HeaderList{{"a", "\x00\u00ff\x7f"}}, Body: "\u00e9\n"},
			"HTTP/1.1 200 \xfc\r\na: \x00\xff\x7f\r\nContent-Length: 2\r\n\r\n\xe9\n"},
		{"own length", "the script's framing is left alone", "GET",
			ScriptedAnswer{Status: 200, RawHeaders: []string{"content-length:2"}, Body: "hi"}, "HTTP/1.1 200 \r\ncontent-length:2\r\n\r\nhi"},
		{"own chunks", "the script's framing is left alone", "GET",
			ScriptedAnswer{Status: 200, Headers: fetch.HeaderList{{"Transfer-Encoding", "chunked"}}, Body: "2\r\nhi\r\n0\r\n\r\n"},
			"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"},
		{"204", "it has no body", "GET", ScriptedAnswer{Status: 204, Body: "hi"}, "HTTP/1.1 204 \r\n\r\n"},
		{"304", "it has no body", "GET", ScriptedAnswer{Status: 304, Headers: fetch.HeaderList{{"Content-Length", "7"}}, Body: "hi"},
			"HTTP/1.1 304 \r\nContent-Length: 7\r\n\r\n"},
		{"HEAD", "its answer has no body", "HEAD", ScriptedAnswer{Status: 200, Body: "hi"}, "HTTP/1.1 200 \r\n\r\n"},
		{"999", "any status of three digits", "GET", ScriptedAnswer{Status: 999}, "HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n"},
	} {
		for _, origin := range []string{"http://api.test", "https://api.test"} {
			t.Run(tc.name+"/"+origin[:strings.Index(origin, ":")], func(t *testing.T) {
				t.Parallel()
				l := scriptedT(t)
				l.serve(t, origin, ServedHTTP1)
				target := strings.TrimPrefix(url, "https://api.test")
				answer := tc.answer
				answer.To = origin + target
				l.set(t, answer)
				// Twice on one connection: what follows an answer begins where it ended.
				got, err := l.ask(t, origin, strings.Repeat(tc.method+" "+target+" HTTP/1.1\r\nHost: api.test\r\n\r\n", 2))
				require.NoError(t, err)
				if diff := cmp.Diff(tc.want+tc.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.why, diff)
				}
				assert.Empty(t, l.Unexpected())
				all := l.exchanges()
				require.Len(t, all, 2)
				for _, x := range all {
					assert.Equal(t, origin, x.Server)
					assert.Equal(t, target, x.Request.Target)
				}
			})
		}
	}
}

func TestScriptedKeys(t *testing.T) {
	t.Parallel()
	l := scriptedT(t)
	for _, origin := range []string{"http://api.test", "http://api.test:8080", "https://api.test", "https://other.test:8443"} {
		l.serve(t, origin, ServedHTTP1)
		l.serve(t, origin, ServedHTTP1)
	}
	answer := func(to, body string) ScriptedAnswer { return ScriptedAnswer{To: to, Status: 200, Body: body} }
	l.set(t,
		answer("http://api.test/", "http"),
		answer("http://api.test:8080/", "another port"),
		answer("https://api.test/", "https"),
		answer("https://other.test:8443/a?b=%20c", "other host"),
		answer("PUT https://api.test/", "a method of its own"),
		answer("get https://api.test/", "a lower-case method"),
		answer("GET https://api.test/list", "1"),
		answer("GET https://api.test/list", "2"),
		answer("https://api.test/list", "another method"),
		answer("GET https://api.test/list", "3"),
	)
	got := func(origin, method, target string) string {
		o, err := parsePageOrigin(origin)
		require.NoError(t, err)
		host := strings.ToUpper(o.host)
		if o.port != defaultPorts[o.scheme] {
			host += ":" + o.port
		}
		text, err := l.ask(t, origin, method+" "+target+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
		require.NoError(t, err)
		_, body, _ := strings.Cut(text, "\r\n\r\n")
		return body
	}
	assert.Equal(t, "http", got("http://api.test", "GET", "/"))
	assert.Equal(t, "another port", got("http://api.test:8080", "GET", "/"))
	assert.Equal(t, "https", got("https://api.test", "GET", "/"))
	assert.Equal(t, "https", got("https://api.test", "GET", "https://api.test/"), "the absolute form")
	assert.Equal(t, "other host", got("https://other.test:8443", "OPTIONS", "/a?b=%20c"))
	assert.Equal(t, "a method of its own", got("https://api.test", "PUT", "/"))
	assert.Equal(t, "a lower-case method", got("https://api.test", "get", "/"))
	for _, want := range []string{"1", "2", "3", "3"} {
		assert.Equal(t, want, got("https://api.test", "GET", "/list"))
	}
	assert.Equal(t, "another method", got("https://api.test", "POST", "/list"))

	const none = "no answer is scripted for this request\n"
	assert.Equal(t, none, got("https://api.test", "GET", "/a?b=%20c"))
	assert.Equal(t, none, got("http://api.test", "GET", "/list"))
	l.Remove("GET https://api.test/list", "http://nobody.test/")
	assert.Equal(t, "another method", got("https://api.test", "GET", "/list"))
	l.Remove("https://api.test/list")
	assert.Equal(t, none, got("https://api.test", "GET", "/list"))
	l.set(t, answer("https://api.test/list", "again"))
	assert.Equal(t, "again", got("https://api.test", "GET", "/list"))

	want := []string{"GET https://api.test/a?b=%20c", "GET http://api.test/list", "GET https://api.test/list"}
	assert.Equal(t, want, l.Unexpected())
	assert.Equal(t, want, l.TakeUnexpected())
	assert.Empty(t, l.Unexpected())
	for _, x := range l.exchanges() {
		if x.Response.Status == http.StatusNotFound {
			assert.NotContains(t, strings.ToLower(fmt.Sprint(x.Response.Headers)), "access-control")
		}
	}
}

func TestScriptedOwnPaths(t *testing.T) {
	t.Parallel()
	l := scriptedT(t)
	hosts := pageHostT(t, PageHostConfig{CA: l.ca, Router: l.router})
	_, err := hosts.Serve("https://page.test", nil)
	require.NoError(t, err)
	l.serve(t, "https://api.test", ServedHTTP1)
	l.serve(t, "https://h2.test", ServedHTTP2)
	// An answer can't stand in the harness's way.
	l.set(t, ScriptedAnswer{To: "https://api.test" + PagePath, Status: 500})
	browser := browserT(t, l.router, l.ca)
	for _, origin := range []string{"https://api.test", "https://h2.test", "https://page.test"} {
		for path, policy := range map[string]string{PagePath: "", OpaquePath: "sandbox allow-scripts", OpaquePath + "?a": "sandbox allow-scripts"} {
			response, err := browser.Get(origin + path)
			assert.Equal(t, blankPage, readAll(t, response, err))
			assert.Equal(t, 200, response.StatusCode)
			assert.Equal(t, "no-store", response.Header.Get("Cache-Control"))
			assert.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
			assert.Equal(t, policy, response.Header.Get("Content-Security-Policy"))
			assert.True(t, IsOwnTarget(path))
		}
		if origin == "https://page.test" {
			continue
		}
		for _, method := range []string{"GET", "POST", "OPTIONS"} {
			request, err := http.NewRequest(method, origin+SentinelPath+"abc", nil)
			require.NoError(t, err)
			response, err := browser.Do(request)
			assert.Empty(t, readAll(t, response, err))
			assert.Equal(t, 204, response.StatusCode)
			assert.NotContains(t, fmt.Sprint(response.Header), "Access-Control")
		}
		response, err := browser.Post(origin+OpaquePath, "text/plain", nil)
		readAll(t, response, err)
		assert.Equal(t, 404, response.StatusCode, "pages are read only")
	}
	assert.Equal(t, []string{"POST https://api.test" + OpaquePath, "POST https://h2.test" + OpaquePath}, l.TakeUnexpected())
	for _, target := range []string{"/", "/.corsproof/pages", "/a" + PagePath, "*"} {
		assert.False(t, IsOwnTarget(target), target)
	}
}

func TestScriptedRequestBodies(t *testing.T) {
	t.Parallel()
	l := scriptedT(t)
	const origin = "http://api.test"
	l.serve(t, origin, ServedHTTP1)
	l.set(t, ScriptedAnswer{To: origin + "/", Status: 200, Body: "read"})
	const whole = "HTTP/1.1 200 \r\nContent-Length: 4\r\n\r\nread"
	got, err := l.ask(t, origin,
		"POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 5\r\n\r\nabc\r\n"+
			"PUT / HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\n\r\n\r\n0\r\nTrailer: t\r\n\r\n"+
			"GET / HTTP/1.1\r\nHost: api.test\r\nConnection: x, Close\r\n\r\n"+
			"GET /never HTTP/1.1\r\nHost: api.test\r\n\r\n")
	require.NoError(t, err)
	assert.Equal(t, whole+whole+whole, got, "after Connection: close nothing is answered")
	bodies := l.exchanges()
	assert.Equal(t, fetch.PayloadOf([]byte("abc\r\n")), bodies[0].Request.Body)
	assert.Equal(t, fetch.PayloadOf([]byte("abc\r\n")), bodies[1].Request.Body)
	assert.Empty(t, l.Unexpected())

	// The body comes when it was asked for.
	c := l.dial(t, origin)
	reader := bufio.NewReader(c)
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
	line, err := reader.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
	io.WriteString(c, "hi")
	rest := make([]byte, 2+len(whole))
	_, err = io.ReadFull(reader, rest)
	require.NoError(t, err)
	assert.Equal(t, "\r\n"+whole, string(rest))
	// A part of a body is no request.
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 2\r\n\r\nh")
	c.(*net.TCPConn).CloseWrite()
	left, err := io.ReadAll(reader)
	require.NoError(t, err)
	assert.Empty(t, string(left))
}

func TestScriptedInformational(t *testing.T) {
	t.Parallel()
	l := scriptedT(t)
	const origin = "http://api.test"
	l.serve(t, origin, ServedHTTP1)
	l.set(t,
		ScriptedAnswer{To: origin + "/", Status: 103, Headers: fetch.HeaderList{{"Link", "</a>"}}},
		ScriptedAnswer{To: origin + "/", Status: 102},
		ScriptedAnswer{To: origin + "/", Status: 200, Body: "x"},
		ScriptedAnswer{To: origin + "/alone", Status: 100},
	)
	request := func(target string) string { return "GET " + target + " HTTP/1.1\r\nHost: api.test\r\n\r\n" }
	got, err := l.ask(t, origin, request("/")+request("/")+request("/alone")+request("/"))
	require.NoError(t, err)
	const final = "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx"
	assert.Equal(t, "HTTP/1.1 103 \r\nLink: </a>\r\n\r\nHTTP/1.1 102 \r\n\r\n"+final+final+"HTTP/1.1 100 \r\n\r\n", got)
	all := l.exchanges()
	assert.Equal(t, 200, all[0].Response.Status)
	assert.Nil(t, all[2].Response)
}

func TestScriptedBehaviours(t *testing.T) {
	t.Parallel()
	const head = "HTTP/1.1 200 \r\nContent-Length: 4\r\n\r\n"
	late := 30 * time.Millisecond
	for _, tc := range []struct {
		name       string
		answer     ScriptedAnswer
		want       string
		err        error
		incomplete string
	}{
		{"late", ScriptedAnswer{Behaviour: BehaviourLate, Delay: late}, head + "body", nil, ""},
		{"late body", ScriptedAnswer{Behaviour: BehaviourLateBody, Delay: late}, head + "body", nil, ""},
		{"close", ScriptedAnswer{Behaviour: BehaviourClose}, "", nil, "no response: the server closed the connection"},
		{"reset", ScriptedAnswer{Behaviour: BehaviourReset}, "", syscall.ECONNRESET, "no response: the server reset the connection"},
		{"cut", ScriptedAnswer{Behaviour: BehaviourCut}, head + "bo", nil, "response cut short: the server closed the connection"},
		{"garbage", ScriptedAnswer{Behaviour: BehaviourGarbage}, "body", nil, "no response: response head cut short: the server closed the connection"},
		{"line end", ScriptedAnswer{Behaviour: BehaviourGarbage, Body: decode([]byte(garbage))}, "", nil, "no response: malformed response: status line"},
		{"too short", ScriptedAnswer{RawHeaders: []string{"Content-Length: 5"}}, "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nbody", nil, "response cut short"},
		{"until close", ScriptedAnswer{RawHeaders: []string{"Transfer-Encoding: gzip"}}, "HTTP/1.1 200 \r\nTransfer-Encoding: gzip\r\n\r\nbody", nil, ""},
		{"connection: close", ScriptedAnswer{RawHeaders: []string{"Connection: Close"}},
			"HTTP/1.1 200 \r\nConnection: Close\r\nContent-Length: 4\r\n\r\nbody", nil, ""},
	} {
		for _, origin := range []string{"http://api.test", "https://api.test"} {
			t.Run(tc.name+"/"+origin[:strings.Index(origin, ":")], func(t *testing.T) {
				t.Parallel()
				l := scriptedT(t)
				l.serve(t, origin, ServedHTTP1)
				answer := tc.answer
				answer.To, answer.Status = origin+"/", 200
				if answer.Body == "" {
					answer.Body = "body"
				}
				l.set(t, answer, ScriptedAnswer{To: origin + "/next", Status: 204})
				c := l.dial(t, origin)
				start := time.Now()
				io.WriteString(c, "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n")
				if answer.Delay > 0 {
					reader := bufio.NewReader(c)
					line, err := reader.ReadString('\n')
					require.NoError(t, err)
					assert.Equal(t, "HTTP/1.1 200 \r\n", line)
					if answer.Behaviour == BehaviourLate {
						assert.GreaterOrEqual(t, time.Since(start), late, "the head")
					}
					rest := make([]byte, len(tc.want)-len(line))
					_, err = io.ReadFull(reader, rest)
					require.NoError(t, err)
					assert.Equal(t, tc.want, line+string(rest))
					assert.GreaterOrEqual(t, time.Since(start), late, "the body")
					io.WriteString(c, "GET /next HTTP/1.1\r\nHost: api.test\r\n\r\n")
					line, err = reader.ReadString('\n')
					require.NoError(t, err)
					assert.Equal(t, "HTTP/1.1 204 \r\n", line, "the connection is kept")
					return
				}
				got, err := io.ReadAll(c)
				if tc.err == nil {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, tc.err)
				}
				if tc.want != "" || tc.err != nil || answer.Behaviour == BehaviourClose {
					assert.Equal(t, tc.want, string(got))
				}
				c.Close()
				x := waitT(t, l.Recorder(origin), 0, settledExchange)
				if tc.incomplete == "" {
					assert.Empty(t, x.Incomplete)
				} else {
					assert.Contains(t, x.Incomplete, tc.incomplete)
				}
			})
		}
	}
}

func TestScriptedEndsPromptly(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]ScriptedAnswer{
		"silent":    {Behaviour: BehaviourSilent},
		"late":      {Behaviour: BehaviourLate, Delay: time.Hour, Status: 200},
		"late body": {Behaviour: BehaviourLateBody, Delay: time.Hour, Status: 200, Body: "x"},
		"unread":    {Status: 200, Body: strings.Repeat("x", 64<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := scriptedT(t)
			const origin = "https://api.test"
			l.serve(t, origin, ServedHTTP1)
			answer := answer
			answer.To = origin + "/"
			l.set(t, answer)
			c := l.dial(t, origin)
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n")
			waitT(t, l.Recorder(origin), 0, func(fetch.Exchange) bool { return true })
			start := time.Now()
			require.NoError(t, l.Close())
			require.NoError(t, l.Close())
			assert.Less(t, time.Since(start), patience)
			x := l.exchanges()[0]
			assert.Nil(t, x.Ended)
			assert.Error(t, l.Serve(origin, ServedHTTP1))
			_, err := throughT(t, l.router, "api.test:443")
			assert.Error(t, err, "the route is gone")
		})
	}
}

// A client that gives up frees what waits for it.
func TestScriptedSilentEndsWithTheClient(t *testing.T) {
	t.Parallel()
	l := scriptedT(t)
	const origin = "http://api.test"
	l.serve(t, origin, ServedHTTP1)
	l.set(t, ScriptedAnswer{To: origin + "/", Behaviour: BehaviourSilent})
	c := l.dial(t, origin)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n")
	waitT(t, l.Recorder(origin), 0, func(fetch.Exchange) bool { return true })
	c.Close()
	x := waitT(t, l.Recorder(origin), 0, settledExchange)
	assert.Contains(t, x.Incomplete, "no response")
}

func TestScriptedRefuses(t *testing.T) {
	t.Parallel()
	l := scriptedT(t)
	l.serve(t, "https://dead.test", ServedRefused)
	_, err := throughT(t, l.router, "dead.test:443")
	assert.Error(t, err)
	connections := l.router.Connections()
	require.Len(t, connections, 1)
	assert.Contains(t, connections[0].Error, "connection refused")
	assert.Nil(t, l.Recorder("https://dead.test"))
	assert.Empty(t, l.exchanges())
}

func TestScriptedUnreadableRequests(t *testing.T) {
	t.Parallel()
	for _, request := range []string{
		"nonsense\r\n\r\n",
		"GET / HTTP/2.0\r\n\r\n",
		"GET / HTTP/1.1\r\nno colon\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 1, 2\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: gzip\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"GET / HTTP/1.1\r\nHost: api.test\r\nX: 1\r\n" + strings.Repeat(" more\r\n", maxFolds+1),
		"GET /" + strings.Repeat("x", maxHead),
	} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			l := scriptedT(t)
			l.serve(t, "http://api.test", ServedHTTP1)
			got, err := l.ask(t, "http://api.test", request)
			require.NoError(t, err)
			assert.Contains(t, got, "HTTP/1.1 400 \r\n")
			require.Len(t, l.Unexpected(), 1)
			assert.Contains(t, l.Unexpected()[0], "http: malformed request: ")
		})
	}
}

func TestScriptedRefusesWrongUse(t *testing.T) {
	t.Parallel()
	_, err := NewScripted(ScriptedConfig{})
	assert.ErrorContains(t, err, "ScriptedConfig.Router is not set")
	bare, err := NewScripted(ScriptedConfig{Router: routerT(t)})
	require.NoError(t, err)
	defer bare.Close()
	assert.ErrorContains(t, bare.Serve("https://a.test", ServedHTTP1), "needs ScriptedConfig.CA")
	assert.Len(t, bare.Recorders(), 1)

	l := scriptedT(t)
	l.serve(t, "https://api.test", ServedHTTP1)
	for _, tc := range []struct {
		origin   string
		protocol ServedProtocol
		want     string
	}{
		{"https://api.test:443", ServedHTTP2, "it is served as http/1.1 already"},
		{"http://api.test", ServedHTTP2, `http over "h2"`},
		{"https://x.test", "quic", `https over "quic": use`},
		{"https://x.test/", ServedHTTP1, "more than scheme, host and port"},
		{"ftp://x.test", ServedHTTP1, "neither http nor https"},
	} {
		err := l.Serve(tc.origin, tc.protocol)
		assert.ErrorContains(t, err, `serve scripted origin "`+tc.origin+`": `)
		assert.ErrorContains(t, err, tc.want)
	}
	const ok = "https://api.test/"
	for _, tc := range []struct {
		answer ScriptedAnswer
		want   string
	}{
		{ScriptedAnswer{To: ok}, "status 0: it is from 100 to 999"},
		{ScriptedAnswer{To: ok, Status: 1000}, "status 1000"},
		{ScriptedAnswer{To: ok, Status: 200, Reason: "a\nb"}, "line end"},
		{ScriptedAnswer{To: ok, Status: 200, Headers: fetch.HeaderList{{"a", "b\r"}}}, "line end"},
		{ScriptedAnswer{To: ok, Status: 200, RawHeaders: []string{"a: \u0100"}}, "above U+00FF"},
		{ScriptedAnswer{To: ok, Status: 200, Body: "\u20ac"}, "above U+00FF"},
		{ScriptedAnswer{To: ok, Status: 200, Behaviour: "slow"}, `unknown behaviour "slow"`},
		{ScriptedAnswer{To: ok, Status: 200, Delay: 1}, "a delay has no meaning"},
		{ScriptedAnswer{To: ok, Status: 200, Behaviour: BehaviourLate, Delay: -1}, "a delay of -1ns"},
		{ScriptedAnswer{To: ok, Status: 200, Behaviour: BehaviourCut, Body: "1"}, "needs two bytes"},
		{ScriptedAnswer{To: "https://api.test", Status: 200}, "has no path"},
		{ScriptedAnswer{To: "ftp://x.test/x", Status: 200}, "neither http nor https"},
		{ScriptedAnswer{To: "G\u00cbT https://api.test/", Status: 200}, "is no method"},
		{ScriptedAnswer{To: "https://api.test:443/", Status: 200}, "write it as https://api.test"},
		{ScriptedAnswer{To: "https://API.test/", Status: 200}, "write it as https://api.test"},
		{ScriptedAnswer{To: "https://api.test/#x", Status: 200}, "fragment"},
	} {
		assert.ErrorContains(t, l.Set(ScriptedAnswer{To: ok, Status: 200, Body: "set"}, tc.answer), tc.want)
	}
	got, err := l.ask(t, "https://api.test", "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n")
	require.NoError(t, err)
	assert.Contains(t, got, "404", "a set with a mistake sets nothing")
}

func TestScriptedIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	l := scriptedT(t)
	client := browserT(t, l.router, l.ca)
	const keys = 200
	for i := range 4 {
		origin := fmt.Sprintf("http://h%d.test", i)
		l.serve(t, origin, ServedHTTP1)
		for k := range keys {
			l.set(t, ScriptedAnswer{To: fmt.Sprintf("%s/%d", origin, k), Status: 200, Body: fmt.Sprint(origin, k)})
		}
	}
	var wg sync.WaitGroup
	for i := range 4 {
		origin := fmt.Sprintf("http://h%d.test", i)
		wg.Go(func() {
			for k := range keys {
				url := fmt.Sprintf("%s/%d", origin, k)
				response, err := client.Get(url)
				assert.Equal(t, fmt.Sprint(origin, k), readAll(t, response, err))
				l.Remove(url)
			}
		})
	}
	wg.Wait()
	assert.Empty(t, l.Unexpected())
	assert.Empty(t, l.script.answers)
	assert.Len(t, l.exchanges(), 4*keys)
}

// The recording has requests line by line as they came, and connections in the
// order in which they were opened.
func TestScriptedRecordingKeepsLinesAndConnections(t *testing.T) {
	t.Parallel()
	l := scriptedT(t)
	const origin = "https://api.test"
	l.serve(t, origin, ServedHTTP1)
	l.set(t, ScriptedAnswer{To: origin + "/a//b/../%7e?x=%20y", Status: 200})
	const request = "PATCH /a//b/../%7e?x=%20y HTTP/1.1\r\nhOST: api.test\r\nX: 1\r\nx:  2 \r\nX:\r\n\r\n"
	first, second := l.dial(t, origin), l.dial(t, origin)
	for i, c := range []net.Conn{first, second, first} {
		io.WriteString(c, request)
		_, err := bufio.NewReader(c).ReadString('\n')
		require.NoError(t, err, i)
	}
	all := l.exchanges()
	require.Len(t, all, 3)
	want := fetch.SentRequest{
		Method: "PATCH", Target: "/a//b/../%7e?x=%20y", Version: "HTTP/1.1",
		Headers: fetch.HeaderList{{"hOST", "api.test"}, {"X", "1"}, {"x", "2"}, {"X", ""}},
	}
	for i, x := range all {
		if diff := cmp.Diff(want, x.Request); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		assert.Equal(t, []string{"scripted-https#1.1", "scripted-https#2.1", "scripted-https#1.2"}[i], x.ID)
	}
	connections := l.Recorder(origin).Connections()
	require.Len(t, connections, 2)
	assert.Equal(t, []int{1, 2}, []int{connections[0].Number, connections[1].Number})
	assert.Equal(t, []string{all[0].Peer, all[1].Peer}, []string{connections[0].Peer, connections[1].Peer})
	assert.LessOrEqual(t, connections[0].Opened, connections[1].Opened)
}
