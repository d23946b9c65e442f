package scenarios

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
)

// serverEnforces puts a guard before a FastAPI without CORS that refuses every
// request that names an origin.
func serverEnforces(t *testing.T, s *Stage) sabotage {
	withoutCORS := func(setup servers.Setup) bool { return setup.FastAPI == servers.CORSOff }
	return guard(t, s, withoutCORS, func(r *http.Request) bool { return r.Header.Get("Origin") != "" }, nil)
}

// refusing puts a guard before FastAPI, whatever its CORS, that refuses one
// client.
func refusing(userAgent string) func(*testing.T, *Stage) sabotage {
	return func(t *testing.T, s *Stage) sabotage {
		return guard(t, s, always, func(r *http.Request) bool { return strings.HasPrefix(r.UserAgent(), userAgent) }, nil)
	}
}

// padding puts a guard before FastAPI, whatever its CORS, that adds a blank to
// what one client is answered.
func padding(userAgent string) func(*testing.T, *Stage) sabotage {
	return func(t *testing.T, s *Stage) sabotage {
		return guard(t, s, always, nil, func(answer *http.Response) error {
			if !strings.HasPrefix(answer.Request.UserAgent(), userAgent) {
				return nil
			}
			body, err := io.ReadAll(answer.Body)
			answer.Body = io.NopCloser(strings.NewReader(string(body) + " "))
			answer.Header.Set("Content-Length", strconv.Itoa(len(body)+1))
			return err
		})
	}
}

func always(servers.Setup) bool { return true }

// guard puts a proxy before FastAPI in the legs with such a setup, which answers
// 403 to what it refuses and alters the other answers.
func guard(t *testing.T, s *Stage, when func(servers.Setup) bool, refuse func(*http.Request) bool, alter func(*http.Response) error) sabotage {
	var behind atomic.Value // FastAPI's own socket: a wire.Address; a dial may outlast its leg
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "fastapi"})
	proxy.Transport = &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		to := behind.Load().(wire.Address)
		return new(net.Dialer).DialContext(ctx, to.Network, to.Address)
	}}
	proxy.ModifyResponse = alter
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse != nil && refuse(r) {
			http.Error(w, "not allowed", http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	standing := false
	t.Cleanup(func() { s.System.FastAPI.SetUpstream(s.System.Behind(s.System.FastAPI)) })
	return sabotage{within: when, after: func(setup servers.Setup) {
		own := s.System.Behind(s.System.FastAPI)
		behind.Store(own)
		switch {
		case when(setup):
			s.System.FastAPI.SetUpstream(wire.Address{Network: "tcp", Address: server.Listener.Addr().String()})
			standing = true
		case standing:
			s.System.FastAPI.SetUpstream(own)
			standing = false
		}
	}}
}
