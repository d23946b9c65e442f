package chromium

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// scripted starts a scripted server whose recorders are the instrument's.
func (i *instrument) scripted(tb testing.TB) *wire.Scripted {
	tb.Helper()
	s, err := wire.NewScripted(wire.ScriptedConfig{Router: i.router, CA: i.ca, Clock: i.clock})
	require.NoError(tb, err)
	i.mu.Lock()
	i.recorders = append(i.recorders, s.Recorders()...)
	i.mu.Unlock()
	tb.Cleanup(func() {
		i.mu.Lock()
		i.recorders = slices.DeleteFunc(i.recorders, func(r *wire.Recorder) bool { return slices.Contains(s.Recorders(), r) })
		i.mu.Unlock()
		assert.Empty(tb, s.Unexpected())
		assert.NoError(tb, s.Close())
	})
	return s
}

var openToAll = fetch.HeaderList{{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Allow-Headers", "*"}}

// browser.Page and servers are all one scripted server, which the browser takes for
// many.
func TestScriptedServer(t *testing.T) {
	i := start(t)
	s := i.scripted(t)
	n := origins.Add(1) // the browser's caches outlive a run of the test
	page, old := fmt.Sprintf("https://page.s%d.test", n), fmt.Sprintf("https://old.s%d.test", n)
	new, dead := fmt.Sprintf("https://new.s%d.test", n), fmt.Sprintf("http://dead.s%d.test", n)
	for origin, protocol := range map[string]wire.ServedProtocol{
		page: wire.ServedHTTP1, old: wire.ServedHTTP1, new: wire.ServedHTTP2, dead: wire.ServedRefused,
	} {
		require.NoError(t, s.Serve(origin, protocol))
	}
	answer := func(to string, change func(*wire.ScriptedAnswer)) wire.ScriptedAnswer {
		a := wire.ScriptedAnswer{To: to, Status: 200, Headers: openToAll, Body: "read"}
		if change != nil {
			change(&a)
		}
		return a
	}
	behave := func(b wire.Behaviour) func(*wire.ScriptedAnswer) {
		return func(a *wire.ScriptedAnswer) { a.Behaviour = b }
	}
	require.NoError(t, s.Set(
		answer(old+"/plain", nil), answer(new+"/plain", nil), answer(page+"/plain", nil),
		answer(old+"/closed", func(a *wire.ScriptedAnswer) { a.Headers = nil }),
		answer(old+"/stream", nil), answer(new+"/stream", nil),
		answer(old+"/close", behave(wire.BehaviourClose)), answer(new+"/close", behave(wire.BehaviourClose)),
		answer(old+"/reset", behave(wire.BehaviourReset)), answer(new+"/reset", behave(wire.BehaviourReset)),
		answer(old+"/cut", behave(wire.BehaviourCut)), answer(new+"/cut", behave(wire.BehaviourCut)),
		answer(old+"/garbage", behave(wire.BehaviourGarbage)),
		answer(old+"/silent", behave(wire.BehaviourSilent)),
		answer(old+"/late", func(a *wire.ScriptedAnswer) { a.Behaviour, a.Delay = wire.BehaviourLate, 10*time.Millisecond }),
		answer(old+"/redirect", func(a *wire.ScriptedAnswer) {
			a.Status, a.Body, a.RawHeaders = 302, "", []string{"Location:" + new + "/end"}
		}),
		answer(new+"/end", nil),
	))
	p, err := i.chromium.Open(t.Context(), page)
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })

	stream := &fetch.Body{Kind: fetch.BodyStream, Bytes: "streamed"}
	for _, tc := range []struct {
		name    string
		request fetch.Request
		want    fetch.OutcomeKind
		servers string // of the exchanges, in order
	}{
		{"http1", fetch.Request{URL: old + "/plain"}, fetch.OutcomeResponse, old},
		{"http2", fetch.Request{URL: new + "/plain"}, fetch.OutcomeResponse, new},
		{"same origin", fetch.Request{URL: page + "/plain"}, fetch.OutcomeResponse, page},
		{"blocked", fetch.Request{URL: old + "/closed"}, fetch.OutcomeNetworkError, old},
		{"late", fetch.Request{URL: old + "/late"}, fetch.OutcomeResponse, old},
		{"redirect", fetch.Request{URL: old + "/redirect"}, fetch.OutcomeResponse, old + " " + new},
		{"stream over http1", fetch.Request{Method: "POST", URL: old + "/stream", Body: stream}, fetch.OutcomeNetworkError, old},
		{"stream over http2", fetch.Request{Method: "POST", URL: new + "/stream", Body: stream}, fetch.OutcomeResponse, new + " " + new},
		{"close over http2", fetch.Request{URL: new + "/close"}, fetch.OutcomeNetworkError, new},
		{"reset over http2", fetch.Request{URL: new + "/reset"}, fetch.OutcomeNetworkError, new},
		{"garbage", fetch.Request{URL: old + "/garbage"}, fetch.OutcomeNetworkError, old},
		{"refused", fetch.Request{URL: dead + "/"}, fetch.OutcomeNetworkError, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			trace := observe(t, p, tc.request)[0]
			assert.Equal(t, tc.want, trace.Outcome.Kind, trace.Outcome.Error)
			var servers []string
			for _, x := range trace.Exchanges {
				servers = append(servers, x.Server)
			}
			assert.Equal(t, tc.servers, strings.Join(servers, " "))
			if tc.name == "stream over http2" {
				assert.Equal(t, fetch.PayloadOf([]byte("streamed")), trace.Exchanges[1].Request.Body)
				assert.Equal(t, "HTTP/2", trace.Exchanges[1].Request.Version)
			}
		})
	}

	// A browser asks again where a connection that it has kept is closed under
	// it, so no number is stated.
	for _, name := range []string{"close", "reset"} {
		trace := observe(t, p, fetch.Request{URL: old + "/" + name})[0]
		assert.Equal(t, fetch.OutcomeNetworkError, trace.Outcome.Kind, name)
		require.NotEmpty(t, trace.Exchanges, name)
		for _, x := range trace.Exchanges {
			assert.Contains(t, x.Incomplete, "no response", name)
		}
	}
	for _, origin := range []string{old, new} {
		trace := observe(t, p, fetch.Request{URL: origin + "/cut"})[0]
		assert.Equal(t, fetch.OutcomeNetworkError, trace.Outcome.Kind, origin)
		require.Len(t, trace.Exchanges, 1)
		assert.Contains(t, trace.Exchanges[0].Incomplete, "response cut short", origin)
	}

	// What hangs ends at its deadline.
	var got browser.Observation
	err = p.Observe(t.Context(), []browser.Job{{ID: "silent", Request: fetch.Request{URL: old + "/silent"}, Timeout: 3 * time.Second}}, // long enough to be sent
		func(o browser.Observation) { got = o })
	require.NoError(t, err)
	assert.Equal(t, fetch.OutcomeUnknown, got.Trace.Outcome.Kind)
	require.Len(t, got.Trace.Exchanges, 1)
	assert.Equal(t, fetch.OutcomeResponse, observe(t, p, fetch.Request{URL: old + "/plain"})[0].Outcome.Kind)
}

func TestOpaquePage(t *testing.T) {
	i := start(t)
	s := i.scripted(t)
	require.NoError(t, s.Serve("https://opaque.scripted.test", wire.ServedHTTP1))
	served, err := i.pages.Serve(fmt.Sprintf("https://opaque%d.pages.test", origins.Add(1)), nil)
	require.NoError(t, err)
	for _, origin := range []string{"https://opaque.scripted.test", served} {
		tab, err := i.chromium.openTab(t.Context())
		require.NoError(t, err)
		t.Cleanup(tab.close)
		require.NoError(t, tab.navigate(t.Context(), origin+wire.OpaquePath))
		got, err := eval[string](t.Context(), tab, evaluate("self.origin"))
		require.NoError(t, err)
		assert.Equal(t, "null", got, "scripts run, at an opaque origin")
	}
}

// A response that the browser has from its HTTP cache is known from before,
// though the recording was made to forget it.
func TestCacheHitAfterForgetting(t *testing.T) {
	i := start(t)
	s := i.scripted(t)
	origin := fmt.Sprintf("https://api%d.cached.test", origins.Add(1))
	require.NoError(t, s.Serve(origin, wire.ServedHTTP1))
	require.NoError(t, s.Set(wire.ScriptedAnswer{
		To: "GET " + origin + "/a", Status: 200, Body: "cached",
		Headers: fetch.HeaderList{{"Access-Control-Allow-Origin", "*"}, {"Cache-Control", "max-age=600"}},
	}))
	p, _ := i.open(t, "https://app%d.cached.test")
	job := fetch.Request{URL: origin + "/a"}
	require.Len(t, observe(t, p, job)[0].Exchanges, 1)
	for _, r := range i.all() {
		r.Forget(r.Mark())
	}
	i.router.Forget(i.router.Mark())
	trace := observe(t, p, job)[0]
	assert.Equal(t, fetch.OutcomeResponse, trace.Outcome.Kind, trace.Outcome.Error)
	assert.Empty(t, trace.Exchanges)
}
