package harness

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
)

// LabConfig configures a [Lab]. Its zero value works.
type LabConfig struct {
	// Slots is how many concurrent calls a page makes; 0 means the engine's default.
	Slots int

	// Programs says where the callers are that have to be installed, see [Lab.Callers].
	// Default: none.
	Programs direct.Programs

	Timeouts LabTimeouts
}

// LabTimeouts bound the waits of a lab. A zero field means its default.
type LabTimeouts struct {
	Browser chromium.Timeouts
	Direct  direct.Timeouts
	Process process.Timeouts
}

// A Lab has what one experiment needs. Its methods may be called concurrently. The code
// that created it closes it; that stops everything that it started and removes its
// folder.
type Lab struct {
	Run    *process.Run   // owns every process and file
	Clock  *wire.Clock    // times every recording
	CA     *wire.CA       // signs the certificates of named origins
	Router *wire.Router   // the browser's only network access
	Pages  *wire.PageHost // serves the pages

	cfg     LabConfig
	netHTTP *direct.NetHTTP

	mu        sync.Mutex
	recorders []*wire.Recorder
	routes    map[string]string
	origins   []string // that the page host serves
	servers   []*Server
	closed    bool

	chromium   lazy[*chromium.Browser]
	unenforced lazy[*chromium.Browser]
	curl       lazy[*direct.Curl]
	programs   lazy[startedPrograms]
}

// startedPrograms are the callers that are programs of their own.
type startedPrograms struct {
	there  []*direct.Program
	absent []direct.Absent
}

// A lazy value is made when it is first asked for. A failure is not kept: who
// asks next tries again.
type lazy[T any] struct {
	mu    sync.Mutex
	made  atomic.Bool
	ended bool
	value T
}

func (l *lazy[T]) get(produce func() (T, error)) (T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return *new(T), errClosed
	}
	if l.made.Load() {
		return l.value, nil
	}
	value, err := produce()
	if err == nil {
		l.value = value
		l.made.Store(true)
	}
	return value, err
}

// end makes every further get fail, and returns the value if there is one. It
// waits for one that is being made.
func (l *lazy[T]) end() (value T, made bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	return l.value, l.made.Load()
}

// NewLab creates a lab. The browser starts on first use, or with [Lab.Chromium].
func NewLab(cfg LabConfig) (*Lab, error) {
	l := &Lab{cfg: cfg, Clock: wire.NewClock(), routes: map[string]string{}}
	if err := l.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open a lab: %w", err), l.Close())
	}
	return l, nil
}

func (l *Lab) open() (err error) {
	if l.Run, err = process.NewRun(process.Config{Timeouts: l.cfg.Timeouts.Process}); err != nil {
		return err
	}
	if l.CA, err = wire.NewCA(); err != nil {
		return err
	}
	if l.Router, err = wire.NewRouter(l.Clock); err != nil {
		return err
	}
	if l.Pages, err = wire.NewPageHost(wire.PageHostConfig{CA: l.CA, Router: l.Router, Clock: l.Clock}); err != nil {
		return err
	}
	l.netHTTP = direct.NewNetHTTP(l.directConfig())
	return nil
}

// NewLabT creates a lab for a test, which closes it.
func NewLabT(tb testing.TB, cfg LabConfig) *Lab {
	tb.Helper()
	l, err := NewLab(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Errorf("close the lab: %v", err)
		}
	})
	return l
}

func (l *Lab) directConfig() direct.Config {
	return direct.Config{Run: l.Run, Routes: l.Router.Routes, CA: l.CA, Programs: l.cfg.Programs, Timeouts: l.cfg.Timeouts.Direct}
}

// Watch adds a recorder to the lab: the browser may reach the server behind it at the
// recorder's address, and every request there has to belong to a call of the lab. The lab
// does not close the recorder.
func (l *Lab) Watch(r *wire.Recorder) error { return l.WatchAs(r, r.Addr()) }

// WatchAs is [Lab.Watch] for a server with a name: host:port, as in
// "api.example.com:443", is routed to the recorder, for the browser and for the direct
// clients.
func (l *Lab) WatchAs(r *wire.Recorder, hostport string) error {
	hostport = strings.ToLower(hostport)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errClosed
	}
	if to, taken := l.routes[hostport]; taken && to != r.Addr() {
		return fmt.Errorf("%s leads to %s already", hostport, to)
	}
	l.routes[hostport] = r.Addr()
	l.Router.Route(hostport, r.Addr())
	if !slices.Contains(l.recorders, r) {
		l.recorders = append(l.recorders, r)
	}
	return nil
}

// Recorders returns the recorders that the lab watches.
func (l *Lab) Recorders() []*wire.Recorder {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.recorders)
}

// Chromium returns the lab's judging browser. The first call starts it and runs the
// canary; ctx bounds that start.
func (l *Lab) Chromium(ctx context.Context) (*chromium.Browser, error) {
	return l.chromium.get(func() (*chromium.Browser, error) {
		return chromium.Start(ctx, l.chromiumConfig(chromium.EnforcementOn))
	})
}

// RequireChromiumT skips or fails a test that needs a browser if there is none, see
// [chromium.RequireT].
func RequireChromiumT(tb testing.TB) {
	tb.Helper()
	chromium.RequireT(tb)
}

// Unenforced returns the same Chromium with web security disabled, in a separate process
// and profile. It is a control; no verdict may depend on it. The first call starts it,
// and its canary has to fail.
func (l *Lab) Unenforced(ctx context.Context) (*chromium.Browser, error) {
	return l.unenforced.get(func() (*chromium.Browser, error) {
		return chromium.Start(ctx, l.chromiumConfig(chromium.EnforcementOff))
	})
}

func (l *Lab) chromiumConfig(e chromium.Enforcement) chromium.Config {
	return chromium.Config{
		Run: l.Run, Router: l.Router, CA: l.CA, Recorders: l.Recorders, Clock: l.Clock,
		Slots: l.cfg.Slots, Timeouts: l.cfg.Timeouts.Browser, Enforcement: e,
	}
}

// A Page is a page of a real browser at an origin. Close it when it is done.
type Page struct {
	Origin string
	page   browser.Page
}

// Page opens a page at an origin: "https://app.example.com" (any name: it is routed to
// the lab's page host, with a certificate for it), or "" for an http origin on a free
// port of 127.0.0.1.
func (l *Lab) Page(ctx context.Context, origin string) (*Page, error) {
	chromium, err := l.Chromium(ctx)
	if err != nil {
		return nil, err
	}
	served, err := l.App(origin, nil)
	if err != nil {
		return nil, err
	}
	page, err := chromium.Open(ctx, served)
	if err != nil {
		return nil, err
	}
	return &Page{Origin: served, page: page}, nil
}

// App serves the files of a web application at an origin, see [Lab.Page], and
// returns the origin.
func (l *Lab) App(origin string, content fs.FS) (served string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if content == nil && slices.Contains(l.origins, origin) {
		return origin, nil // further pages of an origin share its blank documents
	}
	if served, err = l.Pages.Serve(origin, content); err == nil {
		l.origins = append(l.origins, served)
	}
	return served, err
}

// Fetch sends the request from the page and returns its trace. The request's origin is
// the page's.
func (p *Page) Fetch(ctx context.Context, r fetch.Request) (fetch.Trace, error) {
	traces, err := p.FetchAll(ctx, []fetch.Request{r})
	if err != nil {
		return fetch.Trace{}, err
	}
	return traces[0], nil
}

// FetchAll sends the requests from the page, several concurrently, and returns their
// traces in the order of the requests.
func (p *Page) FetchAll(ctx context.Context, requests []fetch.Request) ([]fetch.Trace, error) {
	jobs := make([]browser.Job, len(requests))
	index := make(map[string]int, len(requests))
	for i, r := range requests {
		r.Origin = p.Origin
		jobs[i] = browser.Job{ID: fmt.Sprintf("call-%d", i+1), Request: r}
		index[jobs[i].ID] = i
	}
	traces := make([]fetch.Trace, len(requests))
	err := p.page.Observe(ctx, jobs, func(o browser.Observation) { traces[index[o.ID]] = o.Trace })
	return traces, err
}

// Close closes the page.
func (p *Page) Close() error { return p.page.Close() }

// Direct sends the same request with the direct clients that need no set-up, Go's
// net/http and curl, and returns a trace for each; [Lab.CallAll] uses all callers. A
// request with an Origin sends it.
func (l *Lab) Direct(ctx context.Context, r fetch.Request) ([]fetch.Trace, error) {
	clients, err := l.Clients(ctx)
	if err != nil {
		return nil, err
	}
	var traces []fetch.Trace
	for _, c := range clients {
		t, err := l.DirectWith(ctx, c, r)
		if err != nil {
			return nil, err
		}
		traces = append(traces, t)
	}
	return traces, nil
}

// Clients returns net/http and curl, in this order. On a machine without curl, the error
// says how to install it.
func (l *Lab) Clients(ctx context.Context) ([]direct.Client, error) {
	curl, err := l.curl.get(func() (*direct.Curl, error) { return direct.NewCurl(ctx, l.directConfig()) })
	if err != nil {
		return nil, err
	}
	return []direct.Client{l.netHTTP, curl}, nil
}

// Stray returns what belongs to no call of the lab: requests at a recorder, and requests
// to the page host for paths that do not exist.
func (l *Lab) Stray() []string {
	var stray []string
	for _, c := range l.Engines() {
		for _, x := range c.Stray() {
			stray = append(stray, fmt.Sprintf("%s: %s %s", x.ID, x.Request.Method, x.Request.Target))
		}
	}
	return append(stray, l.Pages.Unexpected()...)
}

// Close stops everything that the lab started. It is idempotent.
func (l *Lab) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	servers := l.servers
	l.mu.Unlock()

	errs := []error{l.CloseBrowsers()}
	for _, s := range servers {
		errs = append(errs, s.close())
	}
	if l.netHTTP != nil {
		l.netHTTP.Close()
	}
	if l.Pages != nil {
		errs = append(errs, l.Pages.Close())
	}
	if l.Router != nil {
		errs = append(errs, l.Router.Close())
	}
	if l.Run != nil {
		errs = append(errs, l.Run.Close())
	}
	// The run has ended the programs, also one whose start was under way.
	programs, _ := l.programs.end()
	for _, p := range programs.there {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// CloseBrowsers stops the browsers with all pages and views. The lab starts no further
// ones. It is idempotent.
func (l *Lab) CloseBrowsers() error {
	browsers := []*lazy[*chromium.Browser]{&l.chromium, &l.unenforced}
	errs := make([]error, len(browsers))
	var wg sync.WaitGroup
	for i, c := range browsers {
		wg.Go(func() {
			// A start that is under way is waited for: its context has ended.
			if chromium, made := c.end(); made {
				errs[i] = chromium.Close()
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

var errClosed = errors.New("the lab is closed")

// Engines returns the running browsers.
func (l *Lab) Engines() []*chromium.Browser {
	var engines []*chromium.Browser
	for _, c := range []*lazy[*chromium.Browser]{&l.chromium, &l.unenforced} {
		if c.made.Load() {
			engines = append(engines, c.value)
		}
	}
	return engines
}
