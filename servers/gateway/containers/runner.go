package containers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/container"
	"github.com/corsproof/corsproof/servers/gateway"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
	_ "github.com/corsproof/corsproof/servers/gateway/all" // the kinds
)

func init() { gateway.RegisterImages(Open) }

// Open returns a runner with a container engine of its own, see [container.Open].
func Open(ctx context.Context, cfg gateway.ImageConfig) (gateway.Runner, error) {
	e, err := container.Open(ctx, container.EngineConfig{Run: cfg.Run, Dir: cfg.CacheDir})
	if err != nil {
		return nil, err
	}
	return &runner{engine: e, cfg: cfg, end: e.Close}, nil
}

// On returns a function that runs images with an engine; the caller still owns the
// engine.
func On(e *container.Engine) gateway.ImageOpener {
	return func(_ context.Context, cfg gateway.ImageConfig) (gateway.Runner, error) {
		return &runner{engine: e, cfg: cfg, end: func() error { return nil }}, nil
	}
}

// A runner runs a gateway's program in a container of an image.
type runner struct {
	engine  *container.Engine
	cfg     gateway.ImageConfig
	end     func() error // of the engine
	relays  []io.Closer
	program *container.Program // nil before the start
}

// An instance is a program in a container.
type instance struct {
	*container.Program
	version string
}

// Version implements [gateway.Instance].
func (i instance) Version() string { return i.version }

// Run implements [gateway.Runner].
func (r *runner) Run(ctx context.Context, job gateway.Job) (gateway.Instance, error) {
	if err := r.engine.Pull(ctx, r.cfg.Image, r.cfg.Progress); err != nil {
		return nil, err
	}
	var err error
	r.program, err = r.engine.StartProgram(ctx, container.ProgramConfig{
		Image: r.cfg.Image, Name: filepath.Base(job.Dir), Dir: job.Dir, UID: uid(job.Owner), GID: gid(job.Owner),
		Command: append([]string{job.Program.Name}, job.Args...), Env: job.Env,
	})
	if err != nil {
		return nil, err
	}
	version := ""
	if err = r.ready(ctx, job); err == nil {
		version, err = r.ask(job.Program)
	}
	if err != nil {
		return nil, errors.Join(err, r.program.Stop(context.WithoutCancel(ctx)))
	}
	return instance{r.program, version}, nil
}

func uid(o *process.Owner) int {
	if o == nil {
		return os.Getuid()
	}
	return o.UID
}

func gid(o *process.Owner) int {
	if o == nil {
		return os.Getgid()
	}
	return o.GID
}

// ask asks the program for its version.
func (r *runner) ask(p adapter.Program) (string, error) {
	said, err := r.program.Ask(p.Name, p.VersionArg)
	if err != nil {
		return "", fmt.Errorf("read the version of %s in the image %s: %w", p.Name, r.cfg.Image, err)
	}
	match := p.Version.FindStringSubmatch(said)
	if match == nil {
		return "", fmt.Errorf("%s in the image %s is not that program: with %s it prints %q; choose another image", p.Name, r.cfg.Image, p.VersionArg, adapter.OneLine(said))
	}
	return match[1], nil
}

// logTail is the number of log lines in an error.
const logTail = 12

// ready waits until the program in the container answers.
func (r *runner) ready(ctx context.Context, job gateway.Job) error {
	ctx, cancel := context.WithTimeout(ctx, job.Timeouts.Ready)
	defer cancel()
	for {
		last := job.Ready(ctx)
		if last == nil {
			return nil
		}
		reason := error(nil)
		select {
		case <-r.program.Done():
			if reason = r.program.Err(); reason == nil {
				reason = errors.New("exited with status 0")
			}
		case <-ctx.Done():
			reason = fmt.Errorf("%w; last try: %v", ctx.Err(), last)
		case <-time.After(job.Timeouts.Poll):
			continue
		}
		return fmt.Errorf("wait until %s in the image %s is ready: %w; its log ends:\n%s", job.Program.Name, r.cfg.Image, reason, r.program.LogTail(logTail))
	}
}

// Close implements [gateway.Runner].
func (r *runner) Close() error {
	var errs []error
	for _, relay := range r.relays {
		errs = append(errs, relay.Close())
	}
	r.relays = nil
	return errors.Join(append(errs, r.end())...)
}

// Place implements [gateway.Runner]. It creates sockets in the folder that lead to the
// upstreams, since the container cannot reach ports of this machine.
func (r *runner) Place(dir string, to wire.Upstream) (adapter.Place, error) {
	upstream, err := r.relay(dir, to)
	return adapter.Place{Dir: dir, Sockets: true, Upstream: upstream}, err
}

func (r *runner) relay(dir string, to wire.Upstream) (wire.Upstream, error) {
	lead := func(a wire.Address) (wire.Address, error) {
		if a == (wire.Address{}) {
			return a, nil
		}
		path := filepath.Join(dir, fmt.Sprintf("u%d", len(r.relays)+1)) // short: at most 107 bytes
		relay, err := container.Relay(path, a)
		if err != nil {
			return a, err
		}
		r.relays = append(r.relays, relay)
		return wire.Address{Network: "unix", Address: path}, nil
	}
	out := wire.Upstream{Named: map[string]wire.NamedUpstream{}}
	var errs [4]error
	out.Plain, errs[0] = lead(to.Plain)
	out.TLS, errs[1] = lead(to.TLS)
	for name, u := range to.Named {
		var own wire.NamedUpstream
		own.Plain, errs[2] = lead(u.Plain)
		own.TLS, errs[3] = lead(u.TLS)
		out.Named[name] = own
		if err := errors.Join(errs[:]...); err != nil {
			return out, err
		}
	}
	return out, errors.Join(errs[:]...)
}
