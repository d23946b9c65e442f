package harness_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/fetch"
)

// The tests that drive the browser are serial: one lab, one browser.
func TestLab(t *testing.T) {
	chromium.RequireT(t)
	release, err := browser.Turn(t.Context())
	require.NoError(t, err)
	t.Cleanup(release)
	lab := harness.NewLabT(t, harness.LabConfig{})
	const app = "https://app.example.com"
	api := lab.ServeT(t, "api", "https://api.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/allowed", "/preflighted":
			w.Header().Set("Access-Control-Allow-Origin", app)
			w.Header().Set("Access-Control-Allow-Methods", "PUT")
		case "/unsteady":
			if r.Header.Get("Sec-Fetch-Mode") != "" { // a browser asks
				io.WriteString(w, "something else")
				return
			}
		}
		fmt.Fprintf(w, "body of %s", r.URL.Path)
	}))
	page, err := lab.Page(t.Context(), app)
	require.NoError(t, err)
	defer page.Close()

	for _, tc := range []struct {
		name    string
		request fetch.Request
		want    harness.Enforcer
	}{
		{"no Access-Control-Allow-Origin", fetch.Request{URL: "/denied"}, harness.EnforcerBrowser},
		{"Access-Control-Allow-Origin", fetch.Request{URL: "/allowed"}, harness.EnforcerNobody},
		{"preflight refused", fetch.Request{URL: "/denied-put", Method: "PUT"}, harness.EnforcerBrowser},
		{"preflight allowed", fetch.Request{URL: "/preflighted", Method: "PUT"}, harness.EnforcerNobody},
		{"the server answers browsers otherwise", fetch.Request{URL: "/unsteady"}, harness.EnforcerServer},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.request.URL = api.URL + tc.request.URL
			tc.request.Origin = page.Origin
			inBrowser, err := page.Fetch(t.Context(), tc.request)
			require.NoError(t, err)
			direct, err := lab.Direct(t.Context(), tc.request)
			require.NoError(t, err)
			require.Len(t, direct, 2)
			who, why := harness.WhoEnforced(inBrowser, direct...)
			assert.Equal(t, tc.want, who, why)
			for _, d := range direct {
				require.Len(t, d.Exchanges, 1)
				origin, _ := d.Exchanges[0].Request.Headers.Get("Origin")
				assert.Equal(t, app, origin, "%s sent the Origin of the page", d.Caller.Name)
			}
		})
	}
	assert.Empty(t, lab.Stray())
}

func TestLabRefusesASecondServerAtAnAddress(t *testing.T) {
	t.Parallel()
	lab := harness.NewLabT(t, harness.LabConfig{})
	lab.ServeT(t, "one", "http://api.example.com", http.NotFoundHandler())
	_, err := lab.Serve("two", "http://api.example.com", http.NotFoundHandler())
	assert.ErrorContains(t, err, "api.example.com:80 leads to")
	_, err = lab.Serve("three", "http://other.example.com/path", http.NotFoundHandler())
	assert.ErrorContains(t, err, "without a path")
}

func TestCloseLeavesNoFolder(t *testing.T) {
	t.Parallel()
	lab, err := harness.NewLab(harness.LabConfig{})
	require.NoError(t, err)
	dir := lab.Run.Dir()
	require.NoError(t, lab.Close())
	_, err = os.Stat(dir)
	assert.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, lab.Close(), "a second Close")
}
