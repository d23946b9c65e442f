package chromium

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/process"
)

// endWithin is how soon everything that waits must end once the browser is gone. What
// waits has far longer: see [instrument.ready].
const endWithin = 30 * time.Second

// TestKilledBrowser and its neighbours are serial: each has a browser of its own
// to do away with, and the machine is to run no more than it must at a time.
func TestKilledBrowser(t *testing.T) {
	i := start(t)
	reached := make(chan struct{}, 1)
	server := i.serve(t, "hang", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			reached <- struct{}{}
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		}
	})
	c, err := launch(t.Context(), i.ready(t))
	require.NoError(t, err)
	defer c.Close()
	origin, err := i.pages.Serve("", nil)
	require.NoError(t, err)
	page, err := c.Open(t.Context(), origin)
	require.NoError(t, err)
	view, err := c.OpenView(t.Context(), origin+browser.PagePath)
	require.NoError(t, err)

	// What is pending: an observation in its call, one that waits for it, a view
	// that waits for a text.
	pending := map[string]func() error{
		"observe": func() error {
			_, err := tryObserve(t.Context(), page, fetch.Request{URL: "http://" + server.Addr() + "/hang"})
			return err
		},
		"act": func() error {
			_, err := view.Act(t.Context(), func(context.Context) error { return nil })
			return err
		},
		"wait text": func() error {
			_, err := view.WaitText(t.Context(), "#nothing", func(string) bool { return true })
			return err
		},
	}
	type end struct {
		name string
		err  error
	}
	ended := make(chan end, len(pending))
	begin := func(name string) { go func() { ended <- end{name, pending[name]()} }() }
	begin("observe")
	select {
	case <-reached:
	case e := <-ended:
		t.Fatalf("%s ended before the browser was killed: %v", e.name, e.err)
	}
	begin("act")
	begin("wait text")
	require.NoError(t, syscall.Kill(c.PID(), syscall.SIGKILL))
	killed := time.Now()
	for range pending {
		e := <-ended
		assert.ErrorIs(t, e.err, browser.ErrBrowserGone, e.name)
		assert.ErrorContains(t, e.err, "signal: killed", e.name)
	}
	// Neither does what begins now wait.
	_, err = c.Open(t.Context(), origin)
	assert.ErrorIs(t, err, browser.ErrBrowserGone)
	_, err = c.OpenView(t.Context(), origin)
	assert.ErrorIs(t, err, browser.ErrBrowserGone)
	_, err = view.Text(t.Context(), "body")
	assert.ErrorIs(t, err, browser.ErrBrowserGone)
	assert.ErrorIs(t, c.Canary(t.Context()), browser.ErrBrowserGone)
	assert.NoError(t, page.Close())
	assert.NoError(t, view.Close())
	assert.NoError(t, c.Close())
	assert.Less(t, time.Since(killed), endWithin)
}

// ready is the configuration of a browser with defaults filled in, for launch, but
// that nothing is given up for the time that it takes.
func (i *instrument) ready(tb testing.TB) Config {
	tb.Helper()
	cfg, err := i.config().withDefaults()
	require.NoError(tb, err)
	t := &cfg.Timeouts
	t.Start, t.Open, t.Job, t.Stall, t.Settle, t.WaitText = 4*endWithin, 4*endWithin, 4*endWithin, 4*endWithin, 4*endWithin, 4*endWithin
	return cfg
}

func TestCloseLeavesNothing(t *testing.T) {
	i := start(t)
	run, err := process.NewRun(process.Config{})
	require.NoError(t, err)
	defer run.Close()
	cfg := i.ready(t)
	cfg.Run = run
	c, err := launch(t.Context(), cfg)
	require.NoError(t, err)
	origin, err := i.pages.Serve("", nil)
	require.NoError(t, err)
	_, err = c.Open(t.Context(), origin)
	require.NoError(t, err)
	found, err := run.Processes()
	require.NoError(t, err)
	assert.Greater(t, len(found), 3)

	began := time.Now()
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	assert.Less(t, time.Since(began), endWithin)
	found, err = run.Processes()
	require.NoError(t, err)
	assert.Empty(t, found)
	profiles, err := filepath.Glob(filepath.Join(run.Dir(), "chromium-*"))
	require.NoError(t, err)
	assert.Empty(t, profiles)
	_, err = c.Open(t.Context(), origin)
	assert.ErrorIs(t, err, browser.ErrBrowserGone)
	assert.ErrorContains(t, err, "it was closed")
}

// TestHungPage keeps the page's only thread busy, so that no timer of its own
// can end the call.
func TestHungPage(t *testing.T) {
	i := start(t)
	server := i.serve(t, "hung", allowing)
	cfg := i.ready(t)
	patient := cfg.Timeouts
	c, err := launch(t.Context(), cfg)
	require.NoError(t, err)
	defer c.Close()
	origin, err := i.pages.Serve("", nil)
	require.NoError(t, err)
	p, err := c.openPage(t.Context(), origin, 2, i.all)
	require.NoError(t, err)
	_, err = eval[any](t.Context(), p.tab, evaluate(`setTimeout(() => { for (;;); })`))
	require.NoError(t, err)

	c.cfg.Timeouts.Job, c.cfg.Timeouts.Stall = 300*time.Millisecond, 300*time.Millisecond
	trace := observe(t, p, fetch.Request{URL: at(server.Addr(), "/1", "h=Access-Control-Allow-Origin: *")})[0]
	assert.Equal(t, fetch.OutcomeUnknown, trace.Outcome.Kind)
	c.cfg.Timeouts = patient
	trace = observe(t, p, fetch.Request{URL: at(server.Addr(), "/2", "h=Access-Control-Allow-Origin: *")})[0]
	assert.Equal(t, fetch.OutcomeResponse, trace.Outcome.Kind)
}

// TestStartThatFails is serial: it sets the environment.
func TestStartThatFails(t *testing.T) {
	i := start(t)
	for _, tc := range []struct{ name, script, want string }{
		{"sandbox", `echo "No usable sandbox!" >&2; exit 1`, "unprivileged user namespaces"},
		{"library", `echo "chromium: error while loading shared libraries: libnss3.so: cannot open" >&2; exit 127`, "install the library"},
		{"silent", `exit 3`, "run the program by hand"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "chromium")
			require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n[ \"$1\" = --version ] && { echo Chromium 1.0; exit; }\n"+tc.script+"\n"), 0o755))
			t.Setenv(PathVariable, path)
			_, err := Start(t.Context(), i.config())
			require.ErrorContains(t, err, tc.want)
			assert.ErrorContains(t, err, path)
		})
	}
}

// TestFind is serial: it sets the environment.
func TestFind(t *testing.T) {
	RequireT(t)
	path, version, err := Find()
	require.NoError(t, err)
	assert.False(t, isScript(path), "%s starts another program", path)
	assert.Regexp(t, `\d+\.\d+`, version)

	t.Setenv(PathVariable, path)
	overridden, _, err := Find()
	require.NoError(t, err)
	assert.Equal(t, path, overridden)

	t.Setenv(PathVariable, "/nowhere/chromium")
	_, _, err = Find()
	require.ErrorIs(t, err, ErrNotFound)
	assert.ErrorContains(t, err, PathVariable)

	t.Setenv(PathVariable, "")
	t.Setenv("PATH", t.TempDir())
	_, _, err = Find()
	require.ErrorIs(t, err, ErrNotFound)
	assert.ErrorContains(t, err, "apt-get install")
}
