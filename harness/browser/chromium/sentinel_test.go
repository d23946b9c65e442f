package chromium

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// A new connection for each sentinel took a tenth of all processor time.
func TestSentinelTakesTheOpenConnection(t *testing.T) {
	i := start(t)
	s := i.scripted(t)
	n := origins.Add(1)
	page := fmt.Sprintf("https://page.sentinel%d.test", n)
	require.NoError(t, s.Serve(page, wire.ServedHTTP1))
	p, err := i.chromium.Open(t.Context(), page)
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	for _, mode := range []fetch.CredentialsMode{fetch.CredentialsOmit, fetch.CredentialsSameOrigin, fetch.CredentialsInclude} {
		origin := fmt.Sprintf("https://%s.sentinel%d.test", mode, n)
		require.NoError(t, s.Serve(origin, wire.ServedHTTP1))
		require.NoError(t, s.Set(wire.ScriptedAnswer{To: origin + "/x", Status: 200, Headers: fetch.HeaderList{
			{"Access-Control-Allow-Origin", page}, {"Access-Control-Allow-Credentials", "true"},
		}}))
		trace := observe(t, p, fetch.Request{URL: origin + "/x", Credentials: mode})[0]
		require.True(t, trace.Outcome.Readable(), trace.Outcome.Error)
		require.Len(t, trace.Exchanges, 1)
		peers := map[string]string{} // of sentinels, by origin
		for _, r := range s.Recorders() {
			for _, x := range r.Since(0) {
				if strings.HasPrefix(x.Request.Target, browser.SentinelPath) {
					peers[x.Server] = x.Peer
				}
			}
		}
		assert.Equal(t, trace.Exchanges[0].Peer, peers[origin], mode)
	}
}

// A server may set a cookie with whatever it answers, so its sentinels have none, or
// they would change what later calls send.
func TestSentinelBringsNoCookieFromAServer(t *testing.T) {
	i := start(t)
	calls, sentinels := make(chan string, 2), make(chan string, 2) // their cookies
	server := i.serve(t, "cookies", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		if strings.HasPrefix(r.URL.Path, browser.SentinelPath) {
			w.Header().Set("Set-Cookie", "by=sentinel")
			sentinels <- r.Header.Get("Cookie")
			return
		}
		w.Header().Set("Set-Cookie", "by=call")
		calls <- r.Header.Get("Cookie")
	})
	p, origin := i.open(t, "http://page.cookies%d.test")
	host := "api" + strings.TrimPrefix(origin, "http://page")
	i.router.Route(host+":80", server.Addr())
	for _, want := range []string{"", "by=call"} {
		trace := observe(t, p, fetch.Request{URL: "http://" + host + "/x", Credentials: fetch.CredentialsInclude})[0]
		require.True(t, trace.Outcome.Readable(), trace.Outcome.Error)
		assert.Equal(t, want, <-calls)
		assert.Empty(t, <-sentinels)
	}
}
