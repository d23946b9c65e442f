package chromium

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
)

// The binary has one instrument and one browser, started by the first test that
// asks, and ended by TestMain.
var shared instrument

func TestMain(m *testing.M) {
	code := m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// An instrument is what a browser needs around it.
type instrument struct {
	once   sync.Once
	err    error
	unlock func()

	run      *process.Run
	clock    *wire.Clock
	ca       *wire.CA
	router   *wire.Router
	pages    *wire.PageHost
	chromium *Browser

	mu        sync.Mutex
	recorders []*wire.Recorder
	routed    []string // addresses that a test's browser had a route to
	forget    []string // origins where a test asks for what does not exist
}

func (i *instrument) start(ctx context.Context) error {
	var err error
	if i.unlock, err = browser.Turn(ctx); err != nil {
		return err
	}
	if i.run, err = process.NewRun(process.Config{}); err != nil {
		return err
	}
	i.clock = wire.NewClock()
	if i.ca, err = wire.NewCA(); err != nil {
		return err
	}
	if i.router, err = wire.NewRouter(i.clock); err != nil {
		return err
	}
	if i.pages, err = wire.NewPageHost(wire.PageHostConfig{CA: i.ca, Router: i.router, Clock: i.clock}); err != nil {
		return err
	}
	i.chromium, err = Start(ctx, i.config())
	return err
}

func (i *instrument) config() Config {
	return Config{
		Run: i.run, Router: i.router, CA: i.ca, Clock: i.clock, Recorders: i.all,
		Timeouts: Timeouts{Settle: 30 * time.Second}, // of a busy machine
	}
}

func (i *instrument) all() []*wire.Recorder {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.recorders)
}

func (i *instrument) close() error {
	var problems []error
	if i.chromium != nil {
		problems = append(problems, i.chromium.Close())
	}
	if i.pages != nil {
		for _, u := range i.pages.Unexpected() {
			if slices.ContainsFunc(i.forget, func(f string) bool { return strings.Contains(u, f) }) {
				continue
			}
			problems = append(problems, fmt.Errorf("the page host was asked for what does not exist: %s", u))
		}
		problems = append(problems, i.pages.Close())
	}
	if i.router != nil {
		for _, r := range i.router.Refused() {
			// On a busy machine Chromium opens a second connection where the first one is
			// slow; it may come when the test has ended, and carries nothing.
			if slices.Contains(i.routed, r.HostPort) {
				continue
			}
			problems = append(problems, fmt.Errorf("the browser wanted to go where no test sent it: %s (%s)", r.HostPort, r.Reason))
		}
		problems = append(problems, i.router.Close())
	}
	if i.run != nil {
		problems = append(problems, i.run.Close())
	}
	if i.unlock != nil {
		i.unlock()
	}
	return errors.Join(problems...)
}

// start returns the shared instrument with its browser running.
func start(tb testing.TB) *instrument {
	tb.Helper()
	RequireT(tb)
	shared.once.Do(func() { shared.err = shared.start(context.WithoutCancel(tb.Context())) })
	require.NoError(tb, shared.err)
	return &shared
}

// serve starts a server behind a recorder and returns the recorder; the
// server's URL is "http://" + its Addr.
func (i *instrument) serve(tb testing.TB, name string, handler http.HandlerFunc) *wire.Recorder {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	server := &http.Server{Handler: handler}
	var wg sync.WaitGroup
	wg.Go(func() { server.Serve(listener) })
	tb.Cleanup(func() { server.Close(); wg.Wait() })
	return i.record(tb, wire.RecorderConfig{
		Name:     name,
		Upstream: wire.Address{Network: "tcp", Address: listener.Addr().String()},
	})
}

// record starts a recorder that the browser has a route to.
func (i *instrument) record(tb testing.TB, cfg wire.RecorderConfig) *wire.Recorder {
	tb.Helper()
	cfg.Clock = i.clock
	r, err := wire.NewRecorder(cfg)
	require.NoError(tb, err)
	i.router.Route(r.Addr(), r.Addr())
	i.mu.Lock()
	i.recorders, i.routed = append(i.recorders, r), append(i.routed, r.Addr())
	i.mu.Unlock()
	tb.Cleanup(func() {
		i.mu.Lock()
		i.recorders = slices.DeleteFunc(i.recorders, func(x *wire.Recorder) bool { return x == r })
		i.mu.Unlock()
		i.router.Remove(r.Addr())
		r.Close()
	})
	return r
}

var origins atomic.Int64

// open opens a page at an origin of its own: on a free port, or the named one
// with a number in place of its %d.
func (i *instrument) open(tb testing.TB, origin string) (browser.Page, string) {
	tb.Helper()
	if origin != "" {
		origin = fmt.Sprintf(origin, origins.Add(1))
	}
	served, err := i.pages.Serve(origin, nil)
	require.NoError(tb, err)
	page, err := i.chromium.Open(tb.Context(), served)
	require.NoError(tb, err)
	tb.Cleanup(func() { page.Close() })
	return page, served
}

// observe makes the calls and returns a trace for each.
func observe(tb testing.TB, page browser.Page, requests ...fetch.Request) []fetch.Trace {
	tb.Helper()
	traces, err := tryObserve(tb.Context(), page, requests...)
	require.NoError(tb, err)
	return traces
}

func tryObserve(ctx context.Context, page browser.Page, requests ...fetch.Request) ([]fetch.Trace, error) {
	jobs := make([]browser.Job, len(requests))
	index := map[string]int{}
	for n, r := range requests {
		jobs[n] = browser.Job{ID: fmt.Sprint("call-", n), Request: r}
		index[jobs[n].ID] = n
	}
	traces := make([]fetch.Trace, len(requests))
	err := page.Observe(ctx, jobs, func(o browser.Observation) { traces[index[o.ID]] = o.Trace })
	return traces, err
}

func evaluate(expression string) runtime.EvaluateParams {
	return runtime.EvaluateParams{Expression: expression}
}
