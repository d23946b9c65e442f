package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/ory/dockertest/v3"

	"github.com/corsproof/corsproof/harness/process"
)

// HostVar is the environment variable that names an engine, as for docker(1).
const HostVar = "DOCKER_HOST"

// defaultHost is where an engine that a machine runs for everybody answers.
const defaultHost = "unix:///var/run/docker.sock"

// ErrNoEngine is wrapped by the error of [Open] if there is no engine. The error's text
// says how to get one.
var ErrNoEngine = errors.New("no Docker Engine answers")

// An EngineConfig configures an engine.
type EngineConfig struct {
	// Run owns the processes of an engine that Open starts. Everything created in an
	// engine is labelled with the run's folder. Required.
	Run *process.Run
	// Dir is the cache directory, as in servers.Installed: an engine that Open starts
	// keeps its images there. Required.
	Dir string
	// Progress is called when an engine was started. Nil means that it is not called.
	Progress func(what string, took time.Duration)

	Timeouts Timeouts
}

// An Engine is a Docker Engine that answers. The code that opened it closes it.
type Engine struct {
	// Version is the engine's version.
	Version string
	// Endpoint is the engine's address, as in DOCKER_HOST.
	Endpoint string

	cfg  EngineConfig
	pool *dockertest.Pool
	own  *ownEngine // nil if it is somebody else's

	closing sync.Once
}

// Open finds an engine, or starts one: see the package comment. It removes what earlier,
// killed runs left in it. An engine that it starts can be used by only one process at a
// time; Open waits at most Timeouts.Turn for another process to close it.
func Open(ctx context.Context, cfg EngineConfig) (*Engine, error) {
	cfg.Timeouts = cfg.Timeouts.withDefaults()
	e := &Engine{cfg: cfg}
	err := e.open(ctx)
	if err == nil {
		err = e.sweep()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open a Docker Engine: %w", err), e.Close())
	}
	return e, nil
}

func (e *Engine) open(ctx context.Context) error {
	endpoint, dockerd, err := find(ctx, e.cfg.Timeouts)
	switch {
	case err != nil:
		return err
	case endpoint != "":
		return e.connect(ctx, endpoint)
	}
	return e.startOwn(ctx, dockerd)
}

// find returns where an engine answers, or what starts one.
func find(ctx context.Context, t Timeouts) (endpoint, dockerd string, err error) {
	try := func(endpoint string) error {
		return (&Engine{cfg: EngineConfig{Timeouts: t}}).connect(ctx, endpoint)
	}
	if named := os.Getenv(HostVar); named != "" {
		if u, err := url.Parse(named); err != nil || u.Scheme != "unix" {
			return "", "", fmt.Errorf("%w: %s=%s is not a unix socket; name an engine on this machine as unix:///path, since the containers share a socket and loopback ports with it", ErrNoEngine, HostVar, named)
		}
		if err := try(named); err != nil {
			return "", "", fmt.Errorf("%w at %s=%s: %v; start it, or correct or unset the variable", ErrNoEngine, HostVar, named, err)
		}
		return named, "", nil
	}
	notThere := try(defaultHost)
	if notThere == nil {
		return defaultHost, "", nil
	}
	if err := context.Cause(ctx); err != nil {
		return "", "", err
	}
	dockerd, missing := findDockerd()
	if missing == nil {
		return "", dockerd, nil
	}
	reason := ""
	if !errors.Is(notThere, fs.ErrNotExist) { // something is there
		reason = fmt.Sprintf(" (%v)", notThere)
	}
	return "", "", fmt.Errorf("%w at %s%s, and %v; start one, name one in %s, or install one: as root on Debian, apt-get install --no-install-recommends docker.io",
		ErrNoEngine, defaultHost, reason, missing, HostVar)
}

// connect asks whether an engine answers at the endpoint.
func (e *Engine) connect(ctx context.Context, endpoint string) error {
	pool, err := dockertest.NewPool(endpoint)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, e.cfg.Timeouts.Ping)
	defer cancel()
	if err := pool.Client.PingWithContext(ctx); err != nil {
		return err
	}
	pool.Client.SetTimeout(e.cfg.Timeouts.Call)
	version, err := pool.Client.Version()
	if err != nil {
		return err
	}
	e.pool, e.Endpoint, e.Version = pool, endpoint, version.Get("Version")
	return nil
}

// Own reports whether Open started the engine.
func (e *Engine) Own() bool { return e.own != nil }

// Close removes what the run created in the engine and stops the engine if Open started
// it. It is idempotent.
func (e *Engine) Close() error {
	var errs []error
	e.closing.Do(func() {
		if e.pool != nil {
			errs = append(errs, e.remove(e.ofRun))
		}
		if e.own != nil {
			errs = append(errs, e.own.close(e.cfg.Timeouts))
		}
	})
	return errors.Join(errs...)
}
