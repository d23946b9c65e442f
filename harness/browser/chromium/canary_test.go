package chromium

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
)

func TestCanary(t *testing.T) {
	t.Parallel()
	i := start(t)
	require.NoError(t, i.chromium.canary(t.Context(), nil))

	for name, serve := range map[string]http.HandlerFunc{
		"a call that must be blocked is allowed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			fmt.Fprint(w, "canary")
		},
		"a call that must be allowed is blocked": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "canary")
		},
		"the body is another": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/open" {
				w.Header().Set("Access-Control-Allow-Origin", "*")
			}
		},
		"blocked for want of an answer": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/closed" {
				panic(http.ErrAbortHandler)
			}
			w.Header().Set("Access-Control-Allow-Origin", "*")
			fmt.Fprint(w, "canary")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var canary *browser.CanaryError
			require.ErrorAs(t, i.chromium.canary(t.Context(), serve), &canary)
		})
	}
}

// TestUnenforced starts a second browser, so it is serial: the machine is to run
// no more than it must at a time.
func TestUnenforced(t *testing.T) {
	i := start(t)
	cfg := i.config()
	cfg.Enforcement = EnforcementOff
	control, err := Start(t.Context(), cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, control.Close()) }()

	assert.Equal(t, fetch.CallerUnenforced, control.Info().Kind)
	assert.Equal(t, "chromium-unenforced", control.Info().Name)
	assert.Contains(t, control.Info().Flags, "--disable-web-security")
	assert.NotContains(t, i.chromium.Info().Flags, "--disable-web-security")

	var canary *browser.CanaryError
	require.ErrorAs(t, control.Canary(t.Context()), &canary)
	assert.Contains(t, canary.Error(), "response of type basic, status 200")

	// It is good for what it is for: reading what an engine may not.
	server := i.serve(t, "unenforced", allowing)
	origin, err := i.pages.Serve("", nil)
	require.NoError(t, err)
	page, err := control.Open(t.Context(), origin)
	require.NoError(t, err)
	trace := observe(t, page, fetch.Request{Method: "PUT", URL: at(server.Addr(), "/")})[0]
	assert.Equal(t, fetch.ResponseBasic, trace.Outcome.Response.Type)
	assert.Equal(t, []string{"PUT 200"}, wireStory(trace))
}
