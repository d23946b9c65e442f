package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/check"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/gateway"
)

var _ check.Target = (*gateway.Gateway)(nil)

// Pages of a real Chromium call both gateways by the URL of the policy.
func TestInTheBrowser(t *testing.T) {
	chromium.RequireT(t)
	release, err := browser.Turn(t.Context())
	require.NoError(t, err)
	t.Cleanup(release)
	installed, err := servers.Install(t.Context(), servers.InstallConfig{})
	require.NoError(t, err)
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*") // the gateway is to take it out
		if r.URL.Path == "/orders/0" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		fmt.Fprintf(w, "%s %s", r.Method, r.RequestURI)
	}))
	t.Cleanup(up.Close)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, fixtures.Files))

	const origin = "https://api.example.com"
	for _, g := range []struct {
		kind gateway.Kind
		file string
	}{{"nginx", "nginx.conf"}, {"envoy", "envoy.yaml"}} {
		lab := harness.NewLabT(t, harness.LabConfig{}) // one table of routes for each
		target, err := gateway.New(t.Context(), g.kind, filepath.Join(dir, "gateways", "orders", g.file), gateway.Config{Run: lab.Run, CA: lab.CA, Installed: installed})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, target.Close()) })
		endpoint, err := target.Start(t.Context(), wire.Upstream{Plain: wire.Address{Network: "tcp", Address: up.Listener.Addr().String()}})
		require.NoError(t, err)
		front, err := lab.Front(string(g.kind), endpoint, origin)
		require.NoError(t, err)
		pages, parent := map[string]*harness.Page{}, t.Context()
		for _, tc := range []struct {
			name, page string
			request    fetch.Request
			want       string // status, or "blocked"
		}{
			{"listed", "https://shop.example.com", fetch.Request{URL: "/orders"}, "200"},
			{"listed, with a preflight", "https://www.example.com", fetch.Request{URL: "/orders/17", Method: "PUT", Credentials: fetch.CredentialsInclude}, "200"},
			{"an error of the application", "https://shop.example.com", fetch.Request{URL: "/orders/0"}, "500"},
			{"an error of the gateway", "https://shop.example.com", fetch.Request{URL: "/nothing"}, "404"},
			{"a port of its own", "https://backoffice.example.com:8443", fetch.Request{URL: "/stock/A-1"}, "200"},
			{"not listed there", "https://backoffice.example.com:8443", fetch.Request{URL: "/orders"}, "blocked"},
			{"not listed", "https://shop.example.com.evil.test", fetch.Request{URL: "/orders"}, "blocked"},
			{"method not listed", "https://shop.example.com", fetch.Request{URL: "/orders", Method: "PUT"}, "blocked"},
			{"no CORS", "https://shop.example.com", fetch.Request{URL: "/internal/metrics"}, "blocked"},
		} {
			t.Run(string(g.kind)+"/"+tc.name, func(t *testing.T) {
				page := pages[tc.page]
				if page == nil {
					page, err = lab.Page(parent, tc.page)
					require.NoError(t, err)
					pages[tc.page] = page
				}
				mark := front.Recorder.Mark()
				tc.request.URL = origin + tc.request.URL
				trace, err := page.Fetch(t.Context(), tc.request)
				require.NoError(t, err)
				got := "blocked"
				if r := trace.Outcome.Response; r != nil {
					got = fmt.Sprint(r.Status)
				}
				assert.Equal(t, tc.want, got, "%+v", trace.Outcome)
				assert.NotEmpty(t, front.Recorder.Since(mark), "the gateway was not asked")
			})
		}
	}
}
