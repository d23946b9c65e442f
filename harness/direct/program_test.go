package direct

import (
	"context"
	"net/http"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
)

func TestEveryNamedCallerIsThere(t *testing.T) {
	t.Parallel()
	var names []string
	for _, c := range append(clients(t), callers(t, fetch.CallerUserAgent)...) {
		names = append(names, c.Caller().Name)
		assert.NotEmpty(t, c.Caller().Version, c.Caller().Name)
	}
	assert.Equal(t, Names(), names)
}

func TestUserAgentsCheck(t *testing.T) {
	t.Parallel()
	const page = "http://app.example.com"
	r := recorder(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/allowed" {
			w.Header().Set("Access-Control-Allow-Origin", page)
			w.Header().Set("Access-Control-Allow-Methods", "GET")
		}
		w.Write([]byte("secret"))
	})
	url := "http://" + r.Addr()
	for _, c := range callers(t, fetch.CallerUserAgent) {
		t.Run(c.Caller().Name, func(t *testing.T) {
			t.Parallel()
			traces, err := Observe(t.Context(), c, []*wire.Recorder{r}, []fetch.Request{
				{URL: url + "/allowed", Origin: page}, {URL: url + "/denied", Origin: page}, {URL: url + "/no-page"},
			})
			require.NoError(t, err)
			allowed, denied, noPage := traces[0], traces[1], traces[2]
			require.True(t, allowed.Outcome.Readable(), "%+v", allowed.Outcome)
			assert.Equal(t, fetch.ResponseCORS, allowed.Outcome.Response.Type)
			assert.Equal(t, fetch.PayloadOf([]byte("secret")), allowed.Outcome.Response.Body)

			assert.Equal(t, fetch.OutcomeNetworkError, denied.Outcome.Kind)
			require.NotEmpty(t, denied.Exchanges, "it was blocked, but by whom? Nothing was sent")
			for _, x := range denied.Exchanges {
				assert.Equal(t, []string{page}, x.Request.Headers.Lines("Origin"))
				require.NotNil(t, x.Response, "the server answered")
			}
			assert.Equal(t, fetch.OutcomeUnknown, noPage.Outcome.Kind)
			assert.Empty(t, noPage.Exchanges)
		})
	}
}

// What a program sends must not depend on who listens: the same call by the
// plain interpreter puts the same lines on the wire.
func TestProgramsSendWhatTheirRuntimeSends(t *testing.T) {
	t.Parallel()
	r := recorder(t, echo)
	url := "http://" + r.Addr() + "/"
	installed, err := servers.Install(t.Context(), servers.InstallConfig{})
	require.NoError(t, err)
	plain := map[string][]string{
		NameNode:  {installed.Node, "-e", "fetch(process.argv[1]).then((r) => r.text())", url},
		NameHTTPX: {installed.Python, "-c", "import httpx, sys; httpx.get(sys.argv[1], trust_env=False)", url},
	}
	for _, c := range clients(t) {
		command, ok := plain[c.Caller().Name]
		if !ok {
			continue
		}
		t.Run(c.Caller().Name, func(t *testing.T) {
			t.Parallel()
			traces, err := Observe(t.Context(), c, []*wire.Recorder{r}, []fetch.Request{{URL: url}})
			require.NoError(t, err)
			mark := r.Mark()
			out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput()
			require.NoError(t, err, string(out))
			for _, x := range r.Since(mark) {
				if agent, _ := x.Request.Headers.Get("User-Agent"); agent == traces[0].Exchanges[0].Request.Headers.Lines("User-Agent")[0] {
					if diff := cmp.Diff(x.Request, traces[0].Exchanges[0].Request, cmpopts.EquateEmpty()); diff != "" {
						t.Errorf("(-plain +ours):\n%s", diff)
					}
					return
				}
			}
			t.Error("the plain call was not recorded")
		})
	}
}

// No call leaves for a place in the world, be it named or an address.
func TestNameWithoutARouteIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range clients(t) {
		p, ok := c.(*Program)
		if !ok {
			continue
		}
		t.Run(p.Caller().Name, func(t *testing.T) {
			t.Parallel()
			// The addresses are of documentation: RFC 5737, RFC 3849.
			for _, host := range []string{"elsewhere.example.com", "192.0.2.1", "[2001:db8::1]"} {
				replies, err := p.Call(t.Context(), []fetch.Request{{URL: "http://" + host + "/"}})
				require.NoError(t, err)
				assert.Equal(t, fetch.OutcomeNetworkError, replies[0].Outcome.Kind, host)
				assert.Contains(t, replies[0].Outcome.Error, "no route to "+host+":80")
			}
		})
	}
}

// ownPrograms starts the programs for a test that does them harm.
func ownPrograms(t *testing.T, timeouts Timeouts) []*Program {
	t.Helper()
	run, err := process.NewRun(process.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, run.Close()) })
	installed, err := servers.Install(t.Context(), servers.InstallConfig{})
	require.NoError(t, err)
	started, absent := StartPrograms(t.Context(), Config{Run: run, Programs: programs(installed), Timeouts: timeouts})
	require.Empty(t, absent)
	return started
}

// patience is enough for a call on a machine under load, as the default is, and
// little enough to wait for once.
const patience = 10 * time.Second

// starting is enough for the start of all programs at once, on any machine.
const starting = 3 * time.Minute

func TestProgramsOutliveWhatBefallsThem(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	r := recorder(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.URL.Path == "/hang" {
			<-hang
		}
		echo(w, r)
	})
	t.Cleanup(func() { close(hang) })
	url := "http://" + r.Addr()
	good := []fetch.Request{{URL: url + "/good", Origin: "http://app.example.com"}}
	for _, p := range ownPrograms(t, Timeouts{Call: patience, Start: starting}) {
		t.Run(p.Caller().Name, func(t *testing.T) {
			t.Parallel()
			requireRead := func() {
				t.Helper()
				traces, err := Observe(t.Context(), p, []*wire.Recorder{r}, good)
				require.NoError(t, err)
				require.True(t, traces[0].Outcome.Readable(), "%+v", traces[0].Outcome)
			}
			// A call that takes too long is unknown, and the next one is made.
			both := append([]fetch.Request{{URL: url + "/hang", Origin: "http://app.example.com"}}, good...)
			traces, err := Observe(t.Context(), p, []*wire.Recorder{r}, both)
			require.NoError(t, err)
			assert.Equal(t, fetch.OutcomeUnknown, traces[0].Outcome.Kind)
			assert.Contains(t, traces[0].Outcome.Error, "within "+patience.String())
			assert.NotEmpty(t, traces[0].Exchanges)
			assert.True(t, traces[1].Outcome.Readable(), "%+v", traces[1].Outcome)
			p.cfg.Timeouts = Timeouts{Start: starting}

			// One that is killed is an error, with its name, and starts again.
			require.NoError(t, syscall.Kill(p.alive.child.PID(), syscall.SIGKILL))
			<-p.alive.child.Done()
			_, err = p.Call(t.Context(), good)
			assert.ErrorContains(t, err, p.Caller().Name)
			requireRead()

			// So does one whose call was given up.
			ctx, cancel := context.WithCancelCause(t.Context())
			mark := r.Mark()
			go func() {
				r.Wait(ctx, mark, func(x fetch.Exchange) bool { return x.Request.Target == "/hang" })
				cancel(errStopped)
			}()
			_, err = p.Call(ctx, both[:1])
			assert.ErrorIs(t, err, errStopped)
			requireRead()

			require.NoError(t, p.Close())
			require.NoError(t, p.Close(), "a second Close")
		})
	}
}

func TestAbsentProgramsNameTheirCure(t *testing.T) {
	t.Parallel()
	run, err := process.NewRun(process.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, run.Close()) })

	_, absent := StartPrograms(t.Context(), Config{Run: run})
	require.Len(t, absent, 5)
	for _, a := range absent {
		assert.ErrorIs(t, a.Err, ErrNotInstalled)
		assert.ErrorContains(t, a.Err, "corsproof setup")
	}

	// One that ends at once says its last words.
	installed, err := servers.Install(t.Context(), servers.InstallConfig{})
	require.NoError(t, err)
	empty := Programs{Dir: t.TempDir(), Node: installed.Node, Python: installed.Python}
	_, absent = StartPrograms(t.Context(), Config{Run: run, Programs: empty})
	require.Len(t, absent, 5)
	for _, a := range absent {
		assert.ErrorContains(t, a.Err, filepath.Base(empty.Dir), a.Name)
	}
}

// How long a call may take says nothing of curl's start: who has little patience with
// a network that swallows calls gets a curl all the same.
func TestCurlStartsInItsOwnTime(t *testing.T) {
	t.Parallel()
	curl, err := NewCurl(t.Context(), Config{Timeouts: Timeouts{Call: 1}})
	require.NoError(t, err)
	assert.NotEmpty(t, curl.Caller().Version)
}
