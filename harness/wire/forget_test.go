package wire

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRecorderForgets(t *testing.T) {
	t.Parallel()
	l := scriptedT(t)
	const origin = "http://api.test"
	l.serve(t, origin, ServedHTTP1)
	r := l.Recorder(origin)
	l.set(t, ScriptedAnswer{To: origin + "/0", Status: 200}, ScriptedAnswer{To: origin + "/0", Status: 404})
	// One connection, whatever the machine's speed: net/http opens another one if
	// writing a request took it long.
	conn := l.dial(t, origin)
	in := bufio.NewReader(conn)
	call := func(n int) {
		_, err := fmt.Fprintf(conn, "GET /%d HTTP/1.1\r\nHost: api.test\r\n\r\n", n)
		require.NoError(t, err)
		response, err := http.ReadResponse(in, nil)
		readAll(t, response, err)
	}
	call(0)
	call(0)
	call(1)
	mark := r.Mark()
	call(2)
	up, down := r.Bytes()

	r.Forget(mark - 1)
	assert.Len(t, r.Since(0), 2)
	assert.Len(t, r.Since(mark), 1)
	r.Forget(mark)
	r.Forget(0)
	assert.Equal(t, "/2", r.Since(0)[0].Request.Target)
	assert.Equal(t, mark+1, r.Mark(), "marks stay true")
	call(3)
	assert.Equal(t, "/3", r.Since(mark + 1)[0].Request.Target)
	assert.Equal(t, "scripted-http#1.5", r.Since(mark + 1)[0].ID)
	assert.Equal(t, "/2", waitT(t, r, mark, settledExchange).Request.Target)
	r.Forget(mark + 100)
	assert.Empty(t, r.Since(0))
	assert.Equal(t, mark+2, r.Mark())

	asked := Asked{Client: l.router.Source(r.Addr()), Method: "GET", Authority: "api.test", Target: "/0"}
	assert.Equal(t, []int{200, 404}, r.Statuses(asked))
	for _, other := range []Asked{
		{Client: "127.0.0.1", Method: "GET", Authority: "api.test", Target: "/0"},
		{Client: asked.Client, Method: "HEAD", Authority: "api.test", Target: "/0"},
		{Client: asked.Client, Method: "GET", Authority: "api.test:80", Target: "/0"},
		{Client: asked.Client, Method: "GET", Authority: "api.test", Target: "/4"},
	} {
		assert.Empty(t, r.Statuses(other), other)
	}

	// A connection that is open is kept, one that is over counts.
	require.Len(t, r.Connections(), 1)
	conn.Close()
	require.Eventually(t, func() bool { return r.Connections()[0].Closed != nil }, patience, 1)
	nowUp, nowDown := r.Bytes()
	assert.Greater(t, nowUp, up)
	assert.Greater(t, nowDown, down)
	r.Forget(r.Mark())
	assert.Empty(t, r.Connections())
	gotUp, gotDown := r.Bytes()
	assert.Equal(t, []int64{nowUp, nowDown}, []int64{gotUp, gotDown})
	conn = l.dial(t, origin)
	in.Reset(conn)
	call(4)
	assert.Equal(t, "scripted-http#2.1", r.Since(0)[0].ID, "a number is never given again")
}

// A redirect is remembered until another answer comes to the same request.
func TestRedirectIsRemembered(t *testing.T) {
	t.Parallel()
	l := scriptedT(t)
	l.serve(t, "http://api.test", ServedHTTP1)
	r := l.Recorders()[0]
	asked := Asked{l.router.Source(r.Addr()), "GET", "api.test", "/a"}
	_, ok := r.Redirect(asked)
	assert.False(t, ok)
	for _, step := range []struct {
		answer ScriptedAnswer
		want   Redirect
	}{
		{ScriptedAnswer{To: "http://api.test/a", Status: 301, RawHeaders: []string{"Location: /b"}}, Redirect{301, "/b"}},
		{ScriptedAnswer{To: "http://api.test/a", Status: 308, RawHeaders: []string{"Location: /c"}}, Redirect{308, "/c"}},
		{ScriptedAnswer{To: "http://api.test/a", Status: 201, RawHeaders: []string{"Location: /d"}}, Redirect{}},
	} {
		require.NoError(t, l.Set(step.answer))
		_, err := l.ask(t, "http://api.test", "GET /a HTTP/1.1\r\nHost: api.test\r\n\r\n")
		require.NoError(t, err)
		r.Forget(r.Mark())
		got, ok := r.Redirect(asked)
		assert.Equal(t, step.want, got)
		assert.Equal(t, step.want != Redirect{}, ok)
		l.Remove("http://api.test/a")
	}
}

func TestStatusesLeaveOutPreflights(t *testing.T) {
	t.Parallel()
	l := scriptedT(t)
	l.serve(t, "http://api.test", ServedHTTP1)
	got, err := l.ask(t, "http://api.test", "OPTIONS / HTTP/1.1\r\nHost: api.test\r\nOrigin: https://p.test\r\nAccess-Control-Request-Method: PUT\r\n\r\n")
	require.NoError(t, err)
	assert.Contains(t, got, "404")
	r := l.Recorders()[0]
	assert.Empty(t, r.Statuses(Asked{l.router.Source(r.Addr()), "OPTIONS", "api.test", "/"}))
}

func TestRouterForgets(t *testing.T) {
	t.Parallel()
	r := routerT(t)
	a, b := greeterT(t, "a"), greeterT(t, "b")
	r.Route("A.test:80", a.Address)
	r.Route("b.test:80", b.Address)
	first, err := throughT(t, r, "a.test:80")
	require.NoError(t, err)
	second, err := throughT(t, r, "b.test:80")
	require.NoError(t, err)
	mark := r.Mark()
	third, err := throughT(t, r, "b.test:80")
	require.NoError(t, err)
	all := r.Connections()
	require.Len(t, all, 3)
	for _, c := range all {
		assert.Equal(t, []RoutedConnection{c}, r.ConnectionsOf(c.Peer))
		host, _, err := net.SplitHostPort(c.Peer)
		require.NoError(t, err)
		assert.Equal(t, r.Source(c.Address), host)
	}
	assert.Empty(t, r.ConnectionsOf("127.0.0.1:1"))
	assert.Equal(t, "::1", r.Source("[::1]:80"))

	first.Close()
	third.Close()
	require.Eventually(t, func() bool { c := r.Connections(); return c[0].Closed != nil && c[2].Closed != nil }, patience, 1)
	r.Forget(mark)
	left := r.Connections()
	require.Len(t, left, 2, "one that is open is kept, and one since the mark")
	assert.Equal(t, []string{all[1].Peer, all[2].Peer}, []string{left[0].Peer, left[1].Peer})
	assert.Empty(t, r.ConnectionsOf(all[0].Peer))
	assert.Len(t, r.ConnectionsOf(all[2].Peer), 1)
	assert.Equal(t, []string{a.Address}, r.Reached("a.test:80"))
	r.Route("b.test:80", a.Address)
	_, err = throughT(t, r, "B.test:80")
	require.NoError(t, err)
	assert.Equal(t, []string{b.Address, a.Address}, r.Reached("B.TEST:80"))
	assert.Empty(t, r.Reached("c.test:80"))
	assert.Equal(t, mark+2, r.Mark())
	_ = second
}

// A long run that forgets what it has looked at keeps at most 2 KiB of a case,
// with a connection, a host and a URL of its own for each.
func TestForgettingBoundsMemory(t *testing.T) {
	// Not parallel: it measures the heap.
	l := scriptedT(t)
	const cases, batch = 3000, 100
	run := func(from, to int) {
		for n := from; n < to; n++ {
			origin := fmt.Sprintf("http://case-%d.api.test", n)
			l.serve(t, origin, ServedHTTP1)
			l.set(t, ScriptedAnswer{To: origin + "/path/of/a/case", Status: 200, Body: "body"})
			c := l.dial(t, origin)
			fmt.Fprintf(c, "GET /path/of/a/case HTTP/1.1\r\nHost: case-%d.api.test\r\nUser-Agent: %0200d\r\nAccept: */*\r\n\r\n", n, 0)
			response, err := http.ReadResponse(bufio.NewReader(c), nil)
			require.NoError(t, err)
			io.Copy(io.Discard, response.Body)
			c.Close()
			l.Remove(origin + "/path/of/a/case")
			if n%batch == batch-1 {
				for _, r := range l.Recorders() {
					r.Forget(r.Mark())
				}
				l.router.Forget(l.router.Mark())
			}
		}
	}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	run(0, batch)
	before := heap()
	run(batch, cases)
	each := (heap() - before) / (cases - batch)
	t.Logf("%d bytes a case", each)
	assert.Less(t, each, int64(2<<10))
}
