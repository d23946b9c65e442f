package direct

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
)

// shared are all callers, started by the first test that asks and ended by
// TestMain: the programs among them take a while.
var shared struct {
	once    sync.Once
	err     error
	run     *process.Run
	ca      *wire.CA
	callers []Client
	routes  sync.Map // host:port to address
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.run != nil {
		if err := shared.run.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func startShared(ctx context.Context) (err error) {
	if shared.run, err = process.NewRun(process.Config{}); err != nil {
		return err
	}
	if shared.ca, err = wire.NewCA(); err != nil {
		return err
	}
	installed, err := servers.Install(ctx, servers.InstallConfig{Progress: os.Stderr})
	if err != nil {
		return err
	}
	cfg := Config{Run: shared.run, CA: shared.ca, Routes: func() map[string]string {
		table := map[string]string{}
		shared.routes.Range(func(hostport, address any) bool {
			table[hostport.(string)] = address.(string)
			return true
		})
		return table
	}, Programs: programs(installed), Timeouts: Timeouts{Start: starting}}
	curl, err := NewCurl(ctx, cfg)
	if err != nil {
		return err
	}
	shared.callers = []Client{NewNetHTTP(cfg), curl}
	started, absent := StartPrograms(ctx, cfg)
	for _, a := range absent {
		err = errors.Join(err, fmt.Errorf("%s: %w", a.Name, a.Err))
	}
	for _, p := range started {
		shared.callers = append(shared.callers, p)
	}
	return err
}

func programs(in *servers.Installed) Programs {
	return Programs{Dir: in.Clients, Node: in.Node, Python: in.Python}
}

// callers returns all callers of the kind.
func callers(t *testing.T, kind fetch.CallerKind) []Client {
	t.Helper()
	shared.once.Do(func() { shared.err = startShared(context.Background()) }) // they outlive the test that asks first
	require.NoError(t, shared.err)
	return slices.DeleteFunc(slices.Clone(shared.callers), func(c Client) bool { return c.Caller().Kind != kind })
}

// clients returns the direct clients.
func clients(t *testing.T) []Client { return callers(t, fetch.CallerDirect) }

func recorder(t *testing.T, handler http.HandlerFunc) *wire.Recorder {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	r, err := wire.NewRecorder(wire.RecorderConfig{Name: "server", Upstream: wire.Address{Network: "tcp", Address: server.Listener.Addr().String()}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.Close()) })
	return r
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Seen", r.Header.Get("X-Note"))
	w.WriteHeader(207)
	fmt.Fprintf(w, "%s %s %q %q", r.Method, r.URL.Path, r.Header.Values("X-Two"), body)
}

func TestClientsMakeTheCallAsItIsWritten(t *testing.T) {
	t.Parallel()
	r := recorder(t, echo)
	url := "http://" + r.Addr()
	requests := []fetch.Request{
		{URL: url + "/plain"},
		{URL: url + "/origin", Origin: "https://app.example.com"},
		{URL: url + "/post", Method: "POST", Headers: fetch.HeaderList{{"X-Two", "a"}, {"X-Two", "b"}, {"X-Note", `quote " and \ back`}}, Body: &fetch.Body{Bytes: "x=1\n@not-a-file"}},
		{URL: url + "/typed", Method: "PUT", Headers: fetch.HeaderList{{"Content-Type", "application/json"}}, Body: &fetch.Body{Bytes: "{}"}},
		{URL: url + "/empty", Method: "DELETE"},
		{URL: url + "/head", Method: "HEAD"},
	}
	for _, c := range clients(t) {
		t.Run(c.Caller().Name, func(t *testing.T) {
			t.Parallel()
			traces, err := Observe(t.Context(), c, []*wire.Recorder{r}, requests)
			require.NoError(t, err)
			require.Len(t, traces, len(requests))
			for i, trace := range traces {
				require.Len(t, trace.Exchanges, 1, requests[i].URL)
				x := trace.Exchanges[0]
				assert.Equal(t, method(requests[i]), x.Request.Method)
				assert.Equal(t, strings.TrimPrefix(requests[i].URL, url), x.Request.Target)
				assert.Equal(t, requests[i].Origin, strings.Join(x.Request.Headers.Lines("Origin"), "|"))
				require.NotNil(t, trace.Outcome.Response, trace.Outcome.Error)
				assert.Equal(t, 207, trace.Outcome.Response.Status)
				if x.Request.Method == "HEAD" {
					assert.Zero(t, trace.Outcome.Response.Body.Length)
				} else {
					assert.Equal(t, x.Response.Body, trace.Outcome.Response.Body)
				}
				assert.Equal(t, c.Caller(), trace.Caller)
			}
			post := traces[2].Exchanges[0].Request
			two := []string{"a", "b"}
			if c.Caller().Name == NameNode {
				two = []string{"a, b"} // fetch() has one value for each name: https://fetch.spec.whatwg.org/#concept-header-list-get
			}
			assert.Equal(t, two, post.Headers.Lines("X-Two"))
			assert.Equal(t, []string{`quote " and \ back`}, post.Headers.Lines("X-Note"))
			assert.Equal(t, []string{"text/plain;charset=UTF-8"}, post.Headers.Lines("Content-Type"), "as fetch() types a string")
			if diff := cmp.Diff(fetch.PayloadOf([]byte("x=1\n@not-a-file")), post.Body); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			assert.Equal(t, []string{"application/json"}, traces[3].Exchanges[0].Request.Headers.Lines("Content-Type"))
			assert.Equal(t, fetch.PayloadOf(nil), traces[5].Outcome.Response.Body)
		})
	}
}

func TestBytesOfABody(t *testing.T) {
	t.Parallel()
	r := recorder(t, echo)
	requests := []fetch.Request{{URL: "http://" + r.Addr() + "/", Method: "POST", Body: &fetch.Body{Bytes: "\u00ff\u0000"}}}
	for _, c := range clients(t) {
		t.Run(c.Caller().Name, func(t *testing.T) {
			t.Parallel()
			traces, err := Observe(t.Context(), c, []*wire.Recorder{r}, requests)
			require.NoError(t, err)
			if c.Caller().Name == NameNewman {
				assert.Equal(t, fetch.OutcomeUnknown, traces[0].Outcome.Kind)
				assert.Contains(t, traces[0].Outcome.Error, "no UTF-8")
				assert.Empty(t, traces[0].Exchanges)
				return
			}
			assert.Equal(t, fetch.PayloadOf([]byte("\xff\x00")), traces[0].Exchanges[0].Request.Body)
		})
	}
}

// refusingAddress returns an address that refuses connections and that nobody
// else is given: its port is bound, and nothing listens.
func refusingAddress(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { syscall.Close(fd) })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	bound, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	return fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
}

func TestNoAnswerIsANetworkError(t *testing.T) {
	t.Parallel()
	refusing := refusingAddress(t)
	hangUp := recorder(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	})
	requests := []fetch.Request{{URL: "http://" + refusing + "/"}, {URL: "http://" + hangUp.Addr() + "/"}}
	for _, c := range clients(t) {
		t.Run(c.Caller().Name, func(t *testing.T) {
			t.Parallel()
			traces, err := Observe(t.Context(), c, []*wire.Recorder{hangUp}, requests)
			require.NoError(t, err)
			for _, trace := range traces {
				assert.Equal(t, fetch.OutcomeNetworkError, trace.Outcome.Kind)
				assert.NotEmpty(t, trace.Outcome.Error)
			}
			require.Len(t, traces[1].Exchanges, 1)
			assert.Nil(t, traces[1].Exchanges[0].Response)
		})
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	t.Parallel()
	r := recorder(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) })
	for _, c := range clients(t) {
		t.Run(c.Caller().Name, func(t *testing.T) {
			t.Parallel()
			traces, err := Observe(t.Context(), c, []*wire.Recorder{r}, []fetch.Request{{URL: "http://" + r.Addr() + "/"}})
			require.NoError(t, err)
			assert.Equal(t, 302, traces[0].Outcome.Response.Status)
			assert.Equal(t, "/other", traces[0].Outcome.Response.Headers.Lines("Location")[0])
		})
	}
}

func TestNamedTLSServerIsReachedByItsName(t *testing.T) {
	t.Parallel()
	all := clients(t)
	ca := shared.ca
	leaf, err := ca.Leaf("api.example.com")
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	server.TLS = tlsConfig(leaf)
	server.StartTLS()
	t.Cleanup(server.Close)
	r, err := wire.NewRecorder(wire.RecorderConfig{Name: "api", TLS: ca, Upstream: wire.Address{Network: "tcp", Address: server.Listener.Addr().String()}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.Close()) })
	shared.routes.Store("api.example.com:443", r.Addr())
	for _, c := range all {
		t.Run(c.Caller().Name, func(t *testing.T) {
			t.Parallel()
			traces, err := Observe(t.Context(), c, []*wire.Recorder{r}, []fetch.Request{{URL: "https://api.example.com/x"}})
			require.NoError(t, err)
			require.NotNil(t, traces[0].Outcome.Response, traces[0].Outcome.Error)
			assert.Equal(t, 207, traces[0].Outcome.Response.Status)
		})
	}
}

func TestSecretsAreNotInTheTrace(t *testing.T) {
	t.Parallel()
	r := recorder(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "hunter2"})
		assert.Equal(t, "Bearer hunter2", r.Header.Get("Authorization"), "the server gets it")
	})
	request := fetch.Request{URL: "http://" + r.Addr() + "/", Headers: fetch.HeaderList{{"Authorization", "Bearer hunter2"}}}
	for _, c := range clients(t) {
		t.Run(c.Caller().Name, func(t *testing.T) {
			t.Parallel()
			traces, err := Observe(t.Context(), c, []*wire.Recorder{r}, []fetch.Request{request})
			require.NoError(t, err)
			assert.NotContains(t, fmt.Sprintf("%+v", traces[0].Outcome.Response), "hunter2")
			assert.NotContains(t, fmt.Sprintf("%+v %+v", traces[0].Request, traces[0].Exchanges), "hunter2")
		})
	}
}

var errStopped = errors.New("stopped by the test")

func TestCancelEndsTheCall(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	r := recorder(t, func(w http.ResponseWriter, r *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	for _, c := range clients(t) {
		t.Run(c.Caller().Name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			mark := r.Mark()
			go func() {
				r.Wait(ctx, mark, func(fetch.Exchange) bool { return true })
				cancel(errStopped)
			}()
			_, err := c.Call(ctx, []fetch.Request{{URL: "http://" + r.Addr() + "/"}})
			assert.ErrorIs(t, err, errStopped)
		})
	}
}

func tlsConfig(leaf *tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{*leaf}}
}
