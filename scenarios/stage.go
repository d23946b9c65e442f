package scenarios

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/container"
)

// StageConfig configures a [Stage].
type StageConfig struct {
	Installed *servers.Installed // the result of [servers.Install]; required
	Ports     servers.Ports      // empty means free ports

	// Screenshots is the folder for screenshots; empty means that none are taken.
	Screenshots string

	// Gone is called if a server of the system, or the browser, exits unexpectedly.
	Gone func(error)
	// Progress is called for each part that is ready, possibly concurrently. Nil means
	// that it is not called.
	Progress func(what string, took time.Duration)

	Timeouts Timeouts
}

// Timeouts bound the waits of a stage. A zero field means its default.
type Timeouts struct {
	// Swallowed is how long a client waits on a network that does not answer, as
	// expected: 1 s. The recorder shows that nothing arrived, so this timeout decides
	// nothing.
	Swallowed time.Duration

	Lab        harness.LabTimeouts
	Servers    servers.Timeouts
	Containers container.Timeouts
}

func (t Timeouts) swallowed() time.Duration { return cmp.Or(t.Swallowed, time.Second) }

// A Stage is the running system under proof with a browser and direct clients. The code
// that opened it closes it. It runs one row at a time.
type Stage struct {
	Lab    *harness.Lab
	System *servers.System
	// Page is the origin of the React page.
	Page string

	cfg     StageConfig
	started time.Time
	views   map[*chromium.Browser]*chromium.View // one for each browser, renewed for each click
	pages   map[*chromium.Browser]browser.Page   // blank ones of the page's origin, one for each browser
	fetched int                                  // calls that they made

	forwarders map[string]*wire.Forwarder
	containers containers
	cluster    cluster
	place      servers.Place // of the present setup
	lacking    struct {      // see missingContainers, missingCluster
		once, clusterOnce   sync.Once
		containers, cluster string
	}

	accounted map[string]bool // IDs of exchanges that belong to something that the stage did

	// sabotage stands in for what a test breaks on purpose.
	sabotage sabotage
}

// A sabotage breaks the system for a test. The zero value breaks nothing.
type sabotage struct {
	// setup changes how the servers are configured for every leg.
	setup func(servers.Setup) servers.Setup
	// engine is the browser that judges in place of the lab's.
	engine *chromium.Browser
	// within says whether a setup is one that after breaks; nil means every one is.
	within func(servers.Setup) bool
	// after is called when the servers have been configured for a leg.
	after func(servers.Setup)
	// each is called before each leg.
	each func(context.Context) error
}

// OpenStage starts everything, concurrently, and inserts a few orders into the database.
func OpenStage(ctx context.Context, cfg StageConfig) (*Stage, error) {
	in := cfg.Installed
	lab, err := harness.NewLab(harness.LabConfig{
		Programs: direct.Programs{Dir: in.Clients, Node: in.Node, Python: in.Python}, Timeouts: cfg.Timeouts.Lab,
	})
	if err != nil {
		return nil, err
	}
	s := &Stage{Lab: lab, cfg: cfg, started: time.Now(), views: map[*chromium.Browser]*chromium.View{}, pages: map[*chromium.Browser]browser.Page{}, forwarders: map[string]*wire.Forwarder{}, accounted: map[string]bool{}}
	if err := s.open(ctx); err != nil {
		// What a cancelled start says of itself is less than why it was cancelled.
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Stage) open(ctx context.Context) error {
	// What fails at once is tried first.
	if _, err := s.Lab.Clients(ctx); err != nil {
		return err
	}
	origin := ""
	if s.cfg.Ports == servers.PortsStory {
		origin = servers.StoryPageOrigin
	}
	var err error
	if s.Page, err = s.Lab.App(origin, os.DirFS(s.cfg.Installed.PageDist)); err != nil {
		return err
	}
	together, starting := errgroup.WithContext(ctx)
	together.Go(func() error {
		began := time.Now()
		chromium, err := s.Lab.Chromium(starting)
		if err != nil {
			return err
		}
		s.progress(chromium.Info().Name+", and its canary", began)
		go s.watch(chromium)
		return nil
	})
	together.Go(func() (err error) {
		s.System, err = servers.Start(starting, servers.Config{
			Run: s.Lab.Run, Clock: s.Lab.Clock, CA: s.Lab.CA, Installed: s.cfg.Installed,
			Ports: s.cfg.Ports, Gone: s.cfg.Gone, Progress: s.cfg.Progress,
			Timeouts: s.cfg.Timeouts.Servers,
		})
		return err
	})
	if err := together.Wait(); err != nil {
		return err
	}
	for _, r := range s.System.Recorders() {
		if err := s.Lab.Watch(r); err != nil {
			return err
		}
	}
	return s.seed(ctx, s.nodeOrders(), servers.Order{Name: "espresso", Quantity: 2}, servers.Order{Name: "flat white", Quantity: 1})
}

// seed creates the first orders at the URL, so that a list is never empty.
func (s *Stage) seed(ctx context.Context, url string, orders ...servers.Order) error {
	for _, order := range orders {
		r := jsonPost(order)
		r.URL = url
		trace, err := s.Lab.DirectWith(ctx, s.Lab.NetHTTP(), r)
		if err != nil {
			return fmt.Errorf("create the first orders: %w", err)
		}
		switch read := trace.Outcome.Response; {
		case read == nil:
			return fmt.Errorf("create the first orders: no answer: %s", trace.Outcome.Error)
		case read.Status != 201:
			return fmt.Errorf("create the first orders: the answer is %d: %s", read.Status, read.Body.Prefix)
		}
		s.accounted[trace.Exchanges[0].ID] = true
	}
	return nil
}

// Close stops everything that the stage started.
func (s *Stage) Close() error {
	// Containers and processes end at the same time: each takes about a second.
	var together errgroup.Group
	together.Go(s.CloseContainers)
	// The browsers first: with them go the views and whatever they had under way.
	errs := []error{s.Lab.CloseBrowsers()}
	for _, f := range s.forwarders {
		errs = append(errs, f.Close())
	}
	if s.System != nil {
		errs = append(errs, s.System.Close())
	}
	return errors.Join(append(errs, together.Wait(), s.Lab.Close())...)
}

func (s *Stage) set(ctx context.Context, setup servers.Setup) error {
	if s.sabotage.setup != nil {
		setup = s.sabotage.setup(setup)
	}
	if s.sabotage.each != nil {
		if err := s.sabotage.each(ctx); err != nil {
			return err
		}
	}
	set := s.System.Set
	switch setup.Place {
	case servers.PlaceContainers:
		set = s.setContainers
	case servers.PlaceKubernetes:
		set = s.setKubernetes
	}
	if err := set(ctx, setup); err != nil {
		return err
	}
	s.place = setup.Place
	if s.sabotage.after != nil {
		s.sabotage.after(setup)
	}
	return nil
}

// engine returns the browser that judges.
func (s *Stage) engine(ctx context.Context) (*chromium.Browser, error) {
	if s.sabotage.engine != nil {
		return s.sabotage.engine, nil
	}
	return s.Lab.Chromium(ctx)
}

// watch tells StageConfig.Gone of a browser that ends though nobody closed it.
func (s *Stage) watch(chromium *chromium.Browser) {
	<-chromium.Gone()
	if err := chromium.Err(); err != nil && s.cfg.Gone != nil {
		s.cfg.Gone(fmt.Errorf("%s exited during the run: %w", chromium.Info().Name, err))
	}
}

func (s *Stage) progress(what string, since time.Time) {
	if s.cfg.Progress != nil {
		s.cfg.Progress(what, time.Since(since))
	}
}

// view returns the page in the browser as a user has it who comes for the first
// time. It ends with the browser.
func (s *Stage) view(ctx context.Context, engine *chromium.Browser) (*chromium.View, error) {
	if view, ok := s.views[engine]; ok {
		return view, view.Renew(ctx)
	}
	view, err := engine.OpenView(ctx, s.URL())
	if err == nil {
		s.views[engine] = view
	}
	return view, err
}

// URL returns the URL of the page for a person; it tells the page where the services are.
func (s *Stage) URL() string {
	return fmt.Sprintf("%s/?fastapi=http://%s&node=http://%s&gateway=http://%s",
		s.Page, s.System.FastAPI.Addr(), s.System.Node.Addr(), s.System.Gateway.Addr())
}

func (s *Stage) fastAPIOrders() string { return "http://" + s.System.FastAPI.Addr() + "/orders" }
func (s *Stage) nodeOrders() string    { return "http://" + s.System.Node.Addr() + "/orders" }

// Play configures the system for a person to try: FastAPI allows the page, Node and nginx
// do not. Nothing runs in containers.
func (s *Stage) Play(ctx context.Context) error {
	if err := s.CloseContainers(); err != nil {
		return err
	}
	return s.System.Set(ctx, servers.Setup{FastAPI: servers.CORS(s.Page)})
}

// Report returns the report of the rows of the proof, of the mechanisms and of the
// containers that ran on the stage.
func (s *Stage) Report(ctx context.Context, rows, mechanisms, containers []report.Row) (*report.Report, error) {
	out := &report.Report{
		Schema: report.Schema, Started: s.started.UTC(), TookMillis: time.Since(s.started).Milliseconds(),
		Proof: rows, Mechanisms: mechanisms, Containers: containers, Strays: s.strays(), Refused: []string{},
		Environment: report.Environment{OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version(), Clients: []fetch.Caller{}},
	}
	for _, r := range s.Lab.Router.Refused() {
		out.Refused = append(out.Refused, r.HostPort)
	}
	for _, e := range s.Lab.Engines() {
		info := e.Info()
		// A judging browser that fails its canary doesn't start.
		canary := "passed before the first row"
		if info.Kind != fetch.CallerEngine {
			canary = "not required: a control, see the fact \"canary\" of the leg that uses it"
		}
		out.Environment.Engines = append(out.Environment.Engines, report.Engine{
			Name: info.Name, Kind: info.Kind, Version: info.Version, Path: info.Path, Flags: info.Flags, Preferences: info.Preferences, Sandbox: info.Sandbox, Canary: canary,
		})
	}
	callers, _, err := s.Lab.Callers(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range callers {
		out.Environment.Clients = append(out.Environment.Clients, c.Caller())
	}
	out.Environment.Addresses = append(out.Environment.Addresses, report.Address{Name: "page", URL: s.Page})
	for _, r := range s.System.Recorders() {
		out.Environment.Addresses = append(out.Environment.Addresses, report.Address{Name: r.Name(), URL: "http://" + r.Addr()})
	}
	return out, nil
}
