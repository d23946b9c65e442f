package check

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/harness/wire"
)

const checkedPolicy = `targets:
  api: {url: "http://api.shop.test"}
origins:
  shop: ["http://shop.test"]
defaults:
  origins: [shop]
  methods: [PUT]
  headers: [x-request-id]
  credentials: true
  expose: [etag]
  readable_errors: [404, 502]
routes:
  - path: /orders
`

// A goGateway is a gateway in Go that follows a policy, or breaks it on purpose.
type goGateway struct {
	view *policy.View
	// spoil changes what an answer says of CORS.
	spoil func(r *http.Request, h fetch.HeaderList) fetch.HeaderList
	// before is called for each request; it may take as long as it likes.
	before func(r *http.Request)
	// hanging are the signatures of the cases whose upstream hangs; it is given up at once.
	hanging map[string]bool
	// limits reports whether a request is refused for the number of those before it.
	limits func(r *http.Request) bool
	// rejects reports whether a request is one of nobody in particular.
	rejects func(r *http.Request) bool

	server http.Server
}

// giveUp is how long a goGateway waits for an upstream that is known to hang.
const giveUp = 100 * time.Millisecond

func (g *goGateway) Facts() target.Facts {
	return target.Facts{Ours: true, Requests: target.AllRequests, URLs: target.MarkedURLs}
}

func (g *goGateway) Start(_ context.Context, upstream wire.Upstream) (wire.Endpoint, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return wire.Endpoint{}, err
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "upstream"})
	proxy.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, upstream.Plain.Network, upstream.Plain.Address)
	}}
	proxy.ModifyResponse = func(r *http.Response) error {
		for name := range r.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				r.Header.Del(name)
			}
		}
		g.add(r.Header, r.Request, r.StatusCode)
		return nil
	}
	proxy.ErrorHandler = func(w http.ResponseWriter, r *http.Request, _ error) {
		g.add(w.Header(), r, http.StatusBadGateway)
		w.WriteHeader(http.StatusBadGateway)
	}
	g.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.before != nil {
			g.before(r)
		}
		if g.limits != nil && g.limits(r) {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		if g.rejects != nil && g.rejects(r) {
			g.add(w.Header(), r, http.StatusUnauthorized)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		route := g.view.Route(r.URL.Path)
		asked := r.Header.Get("Access-Control-Request-Method")
		if route != nil && r.Method == http.MethodOptions && asked != "" {
			names := strings.Split(r.Header.Get("Access-Control-Request-Headers"), ",")
			g.set(w.Header(), r, route.PreflightHeaders(r.Header.Get("Origin"), asked, names))
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if route == nil {
			g.add(w.Header(), r, http.StatusNotFound)
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, "no such route")
			return
		}
		if g.hanging[signatureIn(r.URL.RequestURI())] {
			ctx, cancel := context.WithTimeout(r.Context(), giveUp) // whatever it is, no answer comes
			defer cancel()
			r = r.WithContext(ctx)
		}
		proxy.ServeHTTP(w, r)
	})
	go g.server.Serve(ln)
	return wire.Endpoint{Listeners: []wire.EndpointListener{{Port: 80, Address: wire.Address{Network: "tcp", Address: ln.Addr().String()}}}}, nil
}

func (g *goGateway) add(h http.Header, r *http.Request, status int) {
	route := g.view.Route(r.URL.Path)
	if route == nil {
		route = g.view.Unlisted
	}
	if route != nil {
		g.set(h, r, route.ResponseHeaders(r.Header.Get("Origin"), status))
	}
}

func (g *goGateway) set(h http.Header, r *http.Request, called fetch.HeaderList) {
	if g.spoil != nil {
		called = g.spoil(r, called)
	}
	for _, one := range called {
		h.Add(one.Name(), one.Value())
	}
}

func (g *goGateway) Close() error { return g.server.Close() }

func checkT(t *testing.T, ctx context.Context, g *goGateway, engine browser.EngineName) ([]*judge.Checked, error) {
	t.Helper()
	p, err := policy.Parse("shop.yaml", []byte(checkedPolicy))
	require.NoError(t, err)
	g.view, err = p.On("api")
	require.NoError(t, err)
	g.hanging = hangingT(t, g.view)
	return checkAll(ctx, Config{Policy: p, On: "api", Target: g, Engine: engine, Timeout: 10 * time.Second})
}

// hangingT returns the signatures of the cases whose upstream hangs.
func hangingT(t *testing.T, view *policy.View) map[string]bool {
	t.Helper()
	cases, err := catalog.Derive(view, catalog.DeriveConfig{OwnURLs: true})
	require.NoError(t, err)
	out := map[string]bool{}
	for i := range cases {
		if mannerOf(&cases[i]) == mannerHanging {
			out[cases[i].Signature] = true
		}
	}
	require.NotEmpty(t, out)
	return out
}

// checkAll is [Check], and returns all cases.
func checkAll(ctx context.Context, cfg Config) (all []*judge.Checked, err error) {
	cfg.Each = func(c *judge.Checked) error {
		all = append(all, c)
		return nil
	}
	_, err = Check(ctx, cfg)
	return all, err
}

func endsOf(checked []*judge.Checked) map[judge.End][]string {
	ends := map[judge.End][]string{}
	for _, c := range checked {
		ends[c.End()] = append(ends[c.End()], c.Case.ID)
	}
	return ends
}

// A gateway that follows the policy has no violation, in the model and in
// Chromium, and the two agree.
func TestCheckOfAFaithfulGateway(t *testing.T) {
	t.Parallel()
	judged := map[browser.EngineName]map[string]int{}
	for _, engine := range []browser.EngineName{"", browser.EngineChromium, browser.EngineModel} {
		checked, err := checkT(t, t.Context(), &goGateway{}, engine)
		require.NoError(t, err)
		ends := endsOf(checked)
		for _, c := range checked {
			if end := c.End(); end != judge.EndPass && end != judge.EndNotRun {
				t.Errorf("%s: %s: %v %v %s %s", c.Case.ID, end, c.Mismatches, c.Differences, c.Unsteady, c.Missing())
			}
		}
		assert.Greater(t, len(ends[judge.EndPass]), 50)
		judged[engine] = map[string]int{}
		for _, c := range checked {
			if c.NotRun == "" {
				judged[engine][c.Judge()]++
			}
			if engine == browser.EngineChromium && c.NotRun == "" && c.Judge() == "model" {
				// What this browser doesn't make: a version of HTTP, a cache between
				// browsers, a page with an opaque origin that calls a target at http.
				assert.True(t, c.Case.Protocol != "" || !slices.Contains(c.Case.Drivers, catalog.DriverBrowser) || strings.Contains(c.Case.ID, "null"), c.Case.ID)
			}
		}
	}
	assert.Greater(t, judged[""]["chromium"], 20)
	assert.Greater(t, judged[browser.EngineChromium]["chromium"], judged[""]["chromium"])
	assert.Zero(t, judged[browser.EngineModel]["chromium"])
	for engine, by := range judged {
		assert.Equal(t, judged[""]["direct"], by["direct"], "what no browser sends: %s", engine)
	}
}

// One with a mistake has violations, each of the rule that it breaks; the browser
// and the model agree on what comes of its answers.
func TestCheckFindsMistakes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		spoil  func(*http.Request, fetch.HeaderList) fetch.HeaderList
		fails  string // some case with this in its ID
		engine browser.EngineName
	}{
		{"reflects every origin", func(r *http.Request, h fetch.HeaderList) fetch.HeaderList {
			if origin := r.Header.Get("Origin"); origin != "" && !h.Contains("Access-Control-Allow-Origin") {
				h = append(h, fetch.Header{"Access-Control-Allow-Origin", origin}, fetch.Header{"Access-Control-Allow-Credentials", "true"})
			}
			return h
		}, "origin/", ""},
		{"says it twice", func(_ *http.Request, h fetch.HeaderList) fetch.HeaderList {
			if v, ok := h.Get("Access-Control-Allow-Origin"); ok {
				h = append(h, fetch.Header{"Access-Control-Allow-Origin", v})
			}
			return h
		}, "route/", browser.EngineModel},
		{"exposes nothing", func(_ *http.Request, h fetch.HeaderList) fetch.HeaderList {
			var kept fetch.HeaderList
			for _, one := range h {
				if one.Name() != "Access-Control-Expose-Headers" {
					kept = append(kept, one)
				}
			}
			return kept
		}, "expose", browser.EngineModel},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			checked, err := checkT(t, t.Context(), &goGateway{spoil: tc.spoil}, tc.engine)
			require.NoError(t, err)
			ends := endsOf(checked)
			assert.Empty(t, ends[judge.EndDivergence], "the browser did otherwise than the model")
			found := false
			for _, id := range ends[judge.EndViolation] {
				found = found || strings.Contains(id, tc.fails)
			}
			assert.True(t, found, "no violation has %q in its ID: %v", tc.fails, ends[judge.EndViolation])
		})
	}
}

// A target that hangs is charged with nothing, and not waited for case by case.
func TestCheckOfAHungTarget(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("shop.yaml", []byte(checkedPolicy))
	require.NoError(t, err)
	view, err := p.On("api")
	require.NoError(t, err)
	for _, tc := range []struct {
		name   string
		engine browser.EngineName
		hangs  func(asked int64, r *http.Request) bool
		asked  string
	}{
		{"from the start", browser.EngineModel, func(int64, *http.Request) bool { return true }, "8 requests in a row"},
		{"in the middle", browser.EngineModel, func(n int64, _ *http.Request) bool { return n > 40 }, "8 requests in a row"},
		{"in the browser", browser.EngineChromium, func(_ int64, r *http.Request) bool { return r.UserAgent() != "corsproof" }, "to requests of the browser"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			g := &goGateway{view: view, before: func(r *http.Request) {
				if tc.hangs(asked.Add(1), r) {
					<-r.Context().Done()
				}
			}}
			began := time.Now()
			checked, err := checkAll(t.Context(), Config{Policy: p, On: "api", Target: g, Engine: tc.engine, Timeout: 2 * time.Second,
				Only: func(id string) bool { return !strings.HasPrefix(id, "error/gateway/") }})
			silent, ok := errors.AsType[*SilentError](err)
			require.True(t, ok, "%v", err)
			assert.ErrorContains(t, silent, tc.asked)
			assert.Empty(t, endsOf(checked)[judge.EndViolation])
			assert.Less(t, time.Since(began), 30*time.Second)
		})
	}
}

// What waits until a target gives its upstream up waits at the same time: one after
// another would take minutes, and the target that gave one up answers the next at once.
func TestCheckOfAHungUpstream(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("shop.yaml", []byte(checkedPolicy+"    readable_errors: [502]\n  - path: /bills\n    readable_errors: [502, 503]\n"))
	require.NoError(t, err)
	view, err := p.On("api")
	require.NoError(t, err)
	hanging := func(id string) bool { return strings.HasPrefix(id, "error/gateway/upstream-hangs/") }
	want := hangingT(t, view)
	require.Greater(t, len(want), 1)
	for _, engine := range []browser.EngineName{browser.EngineModel, browser.EngineChromium} {
		var waiting atomic.Int64
		together := make(chan struct{})
		var all sync.Once
		g := &goGateway{view: view, before: func(r *http.Request) {
			if !want[signatureIn(r.URL.RequestURI())] {
				return
			}
			if engine == browser.EngineChromium && r.UserAgent() == "corsproof" {
				panic(http.ErrAbortHandler)
			}
			if waiting.Add(1) == int64(len(want)) {
				all.Do(func() { close(together) })
			}
			defer waiting.Add(-1)
			select {
			case <-together:
			case <-r.Context().Done():
			}
			panic(http.ErrAbortHandler)
		}}
		_, err = checkAll(t.Context(), Config{Policy: p, On: "api", Target: g, Engine: engine, Timeout: 30 * time.Second, Only: hanging})
		require.NoError(t, err)
		select {
		case <-together:
		default:
			t.Errorf("engine %q: the %d requests were never under way at the same time", engine, len(want))
		}
	}
}

// mortalGateway has ended, as far as it says.
type mortalGateway struct{ *goGateway }

var errDied = errors.New("it ended by itself")

func (m mortalGateway) Facts() target.Facts {
	f := m.goGateway.Facts()
	f.Life = dead{}
	return f
}

// dead is the [target.Life] of what ended.
type dead struct{}

func (dead) Err() error { return errDied }

func (dead) Done() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// What a target that ended answered, or didn't, is no verdict.
func TestCheckOfADeadTarget(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("shop.yaml", []byte(checkedPolicy))
	require.NoError(t, err)
	view, err := p.On("api")
	require.NoError(t, err)
	checked, err := checkAll(t.Context(), Config{Policy: p, On: "api", Target: mortalGateway{&goGateway{view: view}}, Engine: browser.EngineModel,
		Only: func(id string) bool { return strings.HasPrefix(id, "route/") }})
	require.ErrorIs(t, err, errDied)
	assert.Empty(t, checked)
}

func TestCheckEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := checkT(t, ctx, &goGateway{before: func(*http.Request) { cancel() }}, browser.EngineModel)
	require.ErrorIs(t, err, context.Canceled)
}

// A wrappedTarget is a user's own way to a server that runs already, which says nothing
// of itself.
type wrappedTarget struct{ inner Target }

func (w wrappedTarget) Facts() target.Facts { return target.Facts{} }

func (w wrappedTarget) Start(ctx context.Context, upstream wire.Upstream) (wire.Endpoint, error) {
	return w.inner.Start(ctx, upstream)
}

func (w wrappedTarget) Close() error { return w.inner.Close() }

// Against a target that runs already, what could harm it is not run, whoever wraps it;
// nor is anything added to its URLs.
func TestCheckOfAURL(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(*URLTarget) Target{
		"as it is": func(u *URLTarget) Target { return u },
		"wrapped":  func(u *URLTarget) Target { return wrappedTarget{u} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkURL(t, wrap)
		})
	}
}

func checkURL(t *testing.T, wrap func(*URLTarget) Target) {
	t.Helper()
	var mu sync.Mutex
	var methods, queries []string
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		methods, queries = append(methods, r.Method), append(queries, r.URL.RawQuery)
		mu.Unlock()
		w.Header().Set("Access-Control-Allow-Origin", "*")
	})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go server.Serve(ln)
	t.Cleanup(func() { server.Close() })
	origin := "http://" + ln.Addr().String()
	p, err := policy.Parse("shop.yaml", []byte(strings.Replace(checkedPolicy, "http://api.shop.test", origin, 1)))
	require.NoError(t, err)
	checked, err := checkAll(t.Context(), Config{Policy: p, On: "api", Target: wrap(&URLTarget{URL: origin}), Engine: browser.EngineModel, Timeout: DefaultTimeout})
	require.NoError(t, err)
	require.NoError(t, server.Close())
	mu.Lock()
	defer mu.Unlock()
	assert.NotEmpty(t, methods)
	for i, m := range methods {
		assert.Contains(t, []string{"GET", "HEAD", "OPTIONS"}, m)
		assert.NotContains(t, queries[i], "case=")
	}
	ends := endsOf(checked)
	assert.NotEmpty(t, ends[judge.EndViolation], "it allows everybody")
	assert.NotEmpty(t, ends[judge.EndNotRun])
}
