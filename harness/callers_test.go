package harness_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers"
)

func callersLab(t *testing.T) *harness.Lab {
	t.Helper()
	in, err := servers.Install(t.Context(), servers.InstallConfig{Progress: os.Stderr})
	require.NoError(t, err)
	lab := harness.NewLabT(t, harness.LabConfig{Programs: direct.Programs{Dir: in.Clients, Node: in.Node, Python: in.Python}})
	_, absent, err := lab.Callers(t.Context())
	require.NoError(t, err)
	direct.RequireT(t, absent...)
	return lab
}

// A named https origin, all callers, one of which the server answers otherwise:
// just that caller's cell changes. Serial: it drives the browser.
func TestOneCallerIsAnsweredOtherwise(t *testing.T) {
	chromium.RequireT(t)
	release, err := browser.Turn(t.Context())
	require.NoError(t, err)
	t.Cleanup(release)
	lab := callersLab(t)
	var altered atomic.Value
	altered.Store("no one")
	api := lab.ServeT(t, "api", "https://api.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		if strings.Contains(r.UserAgent(), altered.Load().(string)) {
			io.WriteString(w, "altered")
			return
		}
		io.WriteString(w, "secrets")
	}))
	page, err := lab.Page(t.Context(), "https://app.example.com")
	require.NoError(t, err)
	defer page.Close()
	table := func(userAgent string) report.Differential {
		t.Helper()
		altered.Store(userAgent)
		r := fetch.Request{Origin: page.Origin, URL: api.URL + "/data"}
		inBrowser, err := page.Fetch(t.Context(), r)
		require.NoError(t, err)
		others, err := lab.CallAll(t.Context(), []fetch.Request{r})
		require.NoError(t, err)
		return harness.Differential(inBrowser, others[0]...)
	}
	before := table("no one")
	type cells struct{ Sent, Status, Body, Refused string }
	texts := func(d report.Differential) map[string]cells {
		all := map[string]cells{}
		for _, row := range d.Callers {
			for _, exchanges := range [][]string{row.Sent.Exchanges, row.Status.Exchanges, row.Body.Exchanges, row.Refused.Exchanges} {
				assert.NotEmpty(t, exchanges, "%s: a cell rests on no exchange", row.Caller.Name)
			}
			all[row.Caller.Name] = cells{row.Sent.Text, row.Status.Text, string(row.Body.Fate) + row.Body.Digest, row.Refused.Text}
		}
		return all
	}
	secrets := fetch.PayloadOf([]byte("secrets")).Digest
	want := map[string]cells{
		"chromium":  {"GET", "200", "withheld" + secrets, "the browser"},
		"net/http":  {"GET", "200", "read" + secrets, "nobody"},
		"curl":      {"GET", "200", "read" + secrets, "nobody"},
		"node":      {"GET", "200", "read" + secrets, "nobody"},
		"httpx":     {"GET", "200", "read" + secrets, "nobody"},
		"newman":    {"GET", "200", "read" + secrets, "nobody"},
		"jsdom":     {"GET", "200", "withheld" + secrets, "jsdom's own check"},
		"happy-dom": {"OPTIONS", "", "none", "happy-dom's own check, on its preflight's answer"},
	}
	require.Empty(t, cmp.Diff(want, texts(before)))
	assert.True(t, before.Decisive.Holds(), "%+v", before.Decisive)
	assert.Equal(t, string(harness.EnforcerBrowser), before.Decisive.Enforcer)

	for name, userAgent := range map[string]string{"httpx": "python-httpx", "newman": "PostmanRuntime", "curl": "curl/", "chromium": "HeadlessChrome"} {
		after := table(userAgent)
		other := want[name]
		other.Body = strings.Replace(other.Body, secrets, fetch.PayloadOf([]byte("altered")).Digest, 1)
		expected := map[string]cells{}
		for n, c := range want {
			expected[n] = c
		}
		expected[name] = other
		assert.Empty(t, cmp.Diff(expected, texts(after)), name)
		assert.False(t, after.Decisive.Holds(), "%s: %+v", name, after.Decisive)
		assert.Equal(t, string(harness.EnforcerServer), after.Decisive.Enforcer, name)
	}
	assert.Empty(t, lab.Stray())
}

func TestAbsentCallersAreUnknown(t *testing.T) {
	t.Parallel()
	lab := harness.NewLabT(t, harness.LabConfig{})
	api := lab.ServeT(t, "api", "", http.NotFoundHandler())
	traces, err := lab.CallAll(t.Context(), []fetch.Request{{URL: api.URL}})
	require.NoError(t, err)
	require.Len(t, traces[0], len(direct.Names()))
	for i, trace := range traces[0] {
		assert.Equal(t, direct.Names()[i], trace.Caller.Name)
		assert.Equal(t, direct.KindOf(trace.Caller.Name), trace.Caller.Kind)
		if trace.Caller.Name == direct.NameNetHTTP || trace.Caller.Name == direct.NameCurl {
			assert.Equal(t, 404, trace.Outcome.Response.Status)
			continue
		}
		assert.Equal(t, fetch.OutcomeUnknown, trace.Outcome.Kind)
		assert.Contains(t, trace.Outcome.Error, "corsproof setup", "the cure")
	}
}
