package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// A Gateway is a user's config that a real gateway runs. It is a target of a check:
// [Gateway.Start], [Gateway.Facts], [Gateway.Close]. All methods may be called
// concurrently.
type Gateway struct {
	kind    adapter.Adapter
	file    string
	cfg     Config // with all that it lacked
	config  adapter.Config
	said    func() adapter.Facts // by the config, read once
	dry     *adapter.Plan        // for a place that nothing is at
	runner  Runner
	life    *life
	closers []func() error // of what New made, the first made first

	mu       sync.Mutex // guards what follows
	started  bool
	closed   bool
	plan     *adapter.Plan // nil before the start
	instance Instance      // nil before the start
}

// numbers tells the folders of gateways in one run apart.
var numbers atomic.Int64

// New reads the config with all that it includes, and gets what cfg lacks: the first call
// on a machine installs the program. New starts nothing. The caller closes the gateway.
//
// The error has every mistake of the config and every place that cannot be run, each with
// its file, line and what to do. It is [ErrNoKinds] if no kind is registered.
func New(ctx context.Context, k Kind, file string, cfg Config) (*Gateway, error) {
	a, err := registered.adapter(k)
	if err != nil {
		return nil, err
	}
	if cfg.Image != "" && cfg.Binary != "" {
		return nil, fmt.Errorf("gateway %s: Config.Image and Config.Binary are both set: set only one", k)
	}
	// Who brings somebody to run images needs nothing that is installed.
	install := cfg.Installed == nil && cfg.Binary == "" && (cfg.Image == "" || cfg.Images == nil)
	if cfg.Image != "" && cfg.Images == nil {
		if cfg.Images = registered.opener(); cfg.Images == nil {
			return nil, fmt.Errorf("gateway %s: %w", k, errNoImages)
		}
	}
	cfg.Timeouts = cfg.Timeouts.withDefaults()
	g := &Gateway{kind: a, file: file, cfg: cfg, life: &life{what: fmt.Sprintf("gateway %s with %s", k, file), done: make(chan struct{})}}
	if g.config, err = a.Read(file, cfg.from()); err == nil {
		// Nothing of it is kept: it is to find what can't be run before anything is.
		nowhere := wire.Address{Network: "tcp", Address: "127.0.0.1:1"}
		g.dry, err = g.config.Plan(adapter.Place{Dir: "/nowhere", Sockets: cfg.Image != "", Upstream: wire.Upstream{Plain: nowhere, TLS: nowhere}})
	}
	if err != nil {
		return nil, fmt.Errorf("gateway %s: cannot run %s:\n%w", k, file, err)
	}
	g.said = sync.OnceValue(g.config.Facts)
	if err := g.acquire(ctx, install); err != nil {
		return nil, errors.Join(fmt.Errorf("gateway %s: %w", k, err), g.release())
	}
	return g, nil
}

// acquire gets what the configuration lacks, and who runs the program.
func (g *Gateway) acquire(ctx context.Context, install bool) (err error) {
	c := &g.cfg
	if install {
		if c.Installed, err = servers.Install(ctx, servers.InstallConfig{Progress: c.Progress}); err != nil {
			return err
		}
	}
	if c.CA == nil {
		if c.CA, err = wire.NewCA(); err != nil {
			return err
		}
	}
	if c.Run == nil {
		if c.Run, err = process.NewRun(process.Config{}); err != nil {
			return err
		}
		g.closers = append(g.closers, c.Run.Close)
	}
	if c.Image == "" {
		g.runner = &processRunner{run: c.Run, binary: c.Binary, installed: c.Installed}
		return nil
	}
	image := ImageConfig{Image: c.Image, Run: c.Run, Progress: c.Progress}
	if c.Installed != nil {
		image.CacheDir = c.Installed.Dir
	}
	if g.runner, err = c.Images(ctx, image); err != nil {
		return err
	}
	g.closers = append(g.closers, g.runner.Close)
	return nil
}

// release ends what acquire made, once.
func (g *Gateway) release() error {
	var errs []error
	for ; len(g.closers) > 0; g.closers = g.closers[:len(g.closers)-1] {
		errs = append(errs, g.closers[len(g.closers)-1]())
	}
	return errors.Join(errs...)
}

// ErrClosed is returned by a gateway that was already closed or started.
var ErrClosed = errors.New("the gateway was already started or closed")

// Start starts the gateway, with its upstreams redirected to upstream, and returns where
// it listens once it responds. It can be called only once. On an error, including the end
// of ctx, nothing of it is left running; the error shows the gateway's own log, with the
// user's file names.
func (g *Gateway) Start(ctx context.Context, upstream wire.Upstream) (wire.Endpoint, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.started || g.closed {
		return wire.Endpoint{}, fmt.Errorf("start gateway %s: %w", g.kind.Kind, ErrClosed)
	}
	g.started = true
	listeners, err := g.start(ctx, upstream)
	if err != nil {
		err = errors.Join(err, g.release())
		return wire.Endpoint{}, explain(g.config, g.plan, fmt.Errorf("start gateway %s with %s: %w", g.kind.Kind, g.file, err))
	}
	return wire.Endpoint{Listeners: listeners, Roots: g.cfg.CA.Pool()}, nil
}

func (g *Gateway) start(ctx context.Context, upstream wire.Upstream) ([]wire.EndpointListener, error) {
	if upstream.Plain == (wire.Address{}) {
		return nil, errors.New("wire.Upstream.Plain is not set")
	}
	owner, err := servers.Unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := g.cfg.Run.Mkdir(fmt.Sprintf("gateway-%d", numbers.Add(1)), owner)
	if err != nil {
		return nil, err
	}
	place, err := g.runner.Place(dir, upstream)
	if err != nil {
		return nil, err
	}
	plan, err := g.config.Plan(place)
	if err != nil {
		return nil, err
	}
	g.plan = plan
	if err := write(plan, owner, g.cfg.CA, g.cfg.Hosts); err != nil {
		return nil, err
	}
	var listeners []wire.EndpointListener
	instance, err := g.runner.Run(ctx, Job{
		Kind: g.kind.Kind, Program: g.kind.Program, Args: plan.Args, Dir: dir, Owner: owner, Env: g.cfg.Env, Timeouts: g.cfg.Timeouts,
		Ready: func(ctx context.Context) (err error) {
			listeners, err = plan.Listeners(ctx)
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	g.instance = instance
	g.life.begin(instance, func(err error) error { return explain(g.config, plan, err) })
	return listeners, nil
}

// Close stops the gateway at once, at any time, and closes all that [New] created for it.
// Its folder is removed with the run. Close is idempotent.
func (g *Gateway) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.life.close()
	var err error
	if g.instance != nil {
		err = g.instance.Stop(context.Background()) // bound by the timeouts of its run, or engine
	}
	return errors.Join(err, g.release())
}
