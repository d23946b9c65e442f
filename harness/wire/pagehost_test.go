package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func pageHostT(tb testing.TB, cfg PageHostConfig) *PageHost {
	tb.Helper()
	h, err := NewPageHost(cfg)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, h.Close()) })
	return h
}

// browserT returns a client that goes through the router and trusts the CA.
func browserT(tb testing.TB, r *Router, ca *CA) *http.Client {
	client := clientT(tb)
	transport := client.Transport.(*http.Transport)
	transport.DialContext = func(_ context.Context, _, address string) (net.Conn, error) { return throughT(tb, r, address) }
	transport.TLSClientConfig = &tls.Config{RootCAs: ca.Pool(), NextProtos: []string{"h2", "http/1.1"}}
	transport.ForceAttemptHTTP2 = true
	return client
}

func TestPageHostOrigins(t *testing.T) {
	t.Parallel()
	ca, r := caT(t), routerT(t)
	h := pageHostT(t, PageHostConfig{CA: ca, Router: r})
	browser := browserT(t, r, ca)
	for _, tc := range []struct{ origin, served string }{
		{"", "http://127.0.0.1:"},
		{"http://127.0.0.1:0", "http://127.0.0.1:"},
		{"http://localhost:0", "http://localhost:"},
		{"https://127.0.0.1:0", "https://127.0.0.1:"},
		{"http://[::1]:0", "http://[::1]:"},
		{"http://app.example.com", "http://app.example.com"},
		{"https://app.example.com", "https://app.example.com"},
		{"https://APP.example.com:8443", "https://app.example.com:8443"},
		{"https://other.example:443", "https://other.example"},
		{"http://192.0.2.1", "http://192.0.2.1"},
	} {
		served, err := h.Serve(tc.origin, fstest.MapFS{"index.html": {Data: []byte(tc.origin)}})
		if strings.Contains(tc.origin, "::1") && err != nil {
			t.Logf("no IPv6 here: %v", err)
			continue
		}
		require.NoError(t, err)
		require.Contains(t, served, tc.served)
		response, err := browser.Get(served + "/")
		assert.Equal(t, tc.origin, readAll(t, response, err), "through the router")
		assert.Equal(t, "HTTP/1.1", response.Proto)
		response, err = browser.Get(served + PagePath)
		assert.Contains(t, readAll(t, response, err), `<link rel="icon" href="data:,">`)
		assert.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
		if strings.Contains(tc.origin, "127.0.0.1") && !strings.HasPrefix(tc.origin, "https") {
			response, err := clientT(t).Get(served + "/")
			assert.Equal(t, tc.origin, readAll(t, response, err), "without a router")
		}
	}
	assert.Empty(t, h.Unexpected())
	assert.Empty(t, r.Refused())

	require.NoError(t, h.Close())
	_, err := browser.Get("https://app.example.com/")
	assert.Error(t, err, "the routes are gone")
	assert.NotEmpty(t, r.Refused())
	_, err = h.Serve("", nil)
	assert.ErrorContains(t, err, "the page host is closed")
}

func TestPageHostContent(t *testing.T) {
	t.Parallel()
	h := pageHostT(t, PageHostConfig{})
	content := fstest.MapFS{
		"index.html":        {Data: []byte("<!doctype html>start")},
		"assets/app-1.js":   {Data: []byte("1")},
		"assets/app-1.css":  {Data: []byte("a{}")},
		"assets/font.woff2": {Data: []byte("f")},
		"data.bin":          {Data: []byte("b")},
	}
	origin, err := h.Serve("", content)
	require.NoError(t, err)
	client := clientT(t)
	for path, want := range map[string]string{
		"/":                  "text/html; charset=utf-8",
		"/index.html":        "text/html; charset=utf-8",
		"/?query=1":          "text/html; charset=utf-8",
		"/assets/app-1.js":   "text/javascript; charset=utf-8",
		"/assets/app-1.css":  "text/css; charset=utf-8",
		"/assets/font.woff2": "font/woff2",
		"/data.bin":          "application/octet-stream",
	} {
		response, err := client.Get(origin + path)
		assert.NotEmpty(t, readAll(t, response, err), path)
		assert.Equal(t, 200, response.StatusCode, path)
		assert.Equal(t, want, response.Header.Get("Content-Type"), path)
		assert.Equal(t, "no-store", response.Header.Get("Cache-Control"), path)
	}
	response, err := client.Head(origin + "/")
	assert.Empty(t, readAll(t, response, err))
	assert.Empty(t, h.Unexpected())

	for _, path := range []string{"/favicon.ico", "/assets", "/assets/", "/../pagehost.go", "/.corsproof/other?x=1"} {
		request, err := http.NewRequest(http.MethodGet, origin, nil)
		require.NoError(t, err)
		request.URL.Opaque = path
		response, err := client.Do(request)
		readAll(t, response, err)
		assert.Equal(t, 404, response.StatusCode, path)
		assert.Equal(t, "no-store", response.Header.Get("Cache-Control"), path)
	}
	response, err = client.Post(origin+"/", "text/plain", strings.NewReader("x"))
	readAll(t, response, err)
	assert.Equal(t, 405, response.StatusCode)
	assert.Equal(t, []string{"GET " + origin + "/favicon.ico", "GET " + origin + "/assets", "GET " + origin + "/assets/",
		"GET " + origin + "/../pagehost.go", "GET " + origin + "/.corsproof/other?x=1", "POST " + origin + "/"}, h.Unexpected())

	bare, err := h.Serve("", nil)
	require.NoError(t, err)
	response, err = client.Get(bare + "/")
	readAll(t, response, err)
	assert.Equal(t, 404, response.StatusCode)
	response, err = client.Get(bare + PagePath)
	assert.Equal(t, blankPage, readAll(t, response, err))
}

func TestPageHostRefuses(t *testing.T) {
	t.Parallel()
	ca, r := caT(t), routerT(t)
	full := pageHostT(t, PageHostConfig{CA: ca, Router: r})
	taken, err := full.Serve("", nil)
	require.NoError(t, err)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(taken, "http://"))
	_, err = full.Serve("https://app.example", nil)
	require.NoError(t, err)
	bare := pageHostT(t, PageHostConfig{})
	const cure = ": write it as https://app.example.com or http://127.0.0.1:5173"
	for _, tc := range []struct {
		host         *PageHost
		origin, want string
	}{
		{full, "app.example.com", "its scheme is neither http nor https" + cure},
		{full, "ftp://a", "its scheme is neither http nor https" + cure},
		{full, "https://", "it has no host" + cure},
		{full, "https://a/", "it has more than scheme, host and port" + cure},
		{full, "https://a?", "it has more than scheme, host and port" + cure},
		{full, "https://u@a", "it has more than scheme, host and port" + cure},
		{full, "https://b\u00fccher.example", "its host is not ASCII, as a browser sends it (xn--…)" + cure},
		{full, "http://a b", "not a URL" + cure},
		{full, "https://APP.example:443", "it is served already: choose another, or a page host of its own"},
		{bare, "http://a.example", "a named origin needs PageHostConfig.Router"},
		{bare, "https://127.0.0.1:0", "an https origin needs PageHostConfig.CA"},
		{bare, taken, "port " + port + " is already taken: end the program that listens on 127.0.0.1:" + port},
	} {
		_, err := tc.host.Serve(tc.origin, nil)
		assert.ErrorContains(t, err, tc.want, tc.origin)
		assert.ErrorContains(t, err, `serve page origin "`+tc.origin+`": `, tc.origin)
		assert.Equal(t, tc.origin == taken, errors.Is(err, syscall.EADDRINUSE), tc.origin)
	}
	// The origin that was there before is still served.
	response, err := browserT(t, r, ca).Get("https://app.example" + PagePath)
	assert.Equal(t, blankPage, readAll(t, response, err))
}
