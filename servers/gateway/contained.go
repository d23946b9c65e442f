package gateway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/container"
)

// startContained runs the gateway's program in a container of the image.
func (g *Gateway) startContained(ctx context.Context, upstream wire.Upstream, owner *process.Owner) ([]wire.EndpointListener, error) {
	dir, err := g.prepare(upstream, owner)
	if err != nil {
		return nil, err
	}
	if err := g.cfg.Engine.Pull(ctx, g.cfg.Image, nil); err != nil {
		return nil, err
	}
	uid, gid := os.Getuid(), os.Getgid()
	if owner != nil {
		uid, gid = owner.UID, owner.GID
	}
	g.program, err = g.cfg.Engine.StartProgram(ctx, container.ProgramConfig{
		Image: g.cfg.Image, Name: filepath.Base(dir), Dir: dir, UID: uid, GID: gid,
		Command: append([]string{g.kind.program}, g.plan.args...), Env: g.cfg.Env,
	})
	if err != nil {
		return nil, err
	}
	listeners, err := g.ready(ctx)
	if err != nil {
		return nil, err
	}
	said, err := g.program.Ask(g.kind.program, g.kind.versionArg)
	if err != nil {
		return nil, fmt.Errorf("ask %s in the image %s for its version: %w", g.kind.program, g.cfg.Image, err)
	}
	match := g.kind.version.FindStringSubmatch(said)
	if match == nil {
		return nil, fmt.Errorf("%s in the image %s is none: to %s it says %q", g.kind.program, g.cfg.Image, g.kind.versionArg, oneLine(said))
	}
	g.version = match[1]
	go g.watch(g.program)
	return listeners, nil
}

// ready waits until the program in the container listens.
func (g *Gateway) ready(ctx context.Context) ([]wire.EndpointListener, error) {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeouts.Ready)
	defer cancel()
	for {
		listeners, last := g.plan.listeners(ctx)
		if last == nil {
			return listeners, nil
		}
		reason := error(nil)
		select {
		case <-g.program.Done():
			if reason = g.program.Err(); reason == nil {
				reason = errors.New("it ended with status 0")
			}
		case <-ctx.Done():
			reason = fmt.Errorf("%w; last try: %v", ctx.Err(), last)
		case <-time.After(g.cfg.Timeouts.Poll):
			continue
		}
		return nil, fmt.Errorf("wait until %s in the image %s is ready: %w; its log ends:\n%s", g.kind.program, g.cfg.Image, reason, g.program.LogTail(logTail))
	}
}

// relay puts sockets into the folder that lead to the upstreams: the container
// reaches no port of this machine.
func (g *Gateway) relay(dir string, to wire.Upstream) (wire.Upstream, error) {
	lead := func(a wire.Address) (wire.Address, error) {
		if a == (wire.Address{}) {
			return a, nil
		}
		path := filepath.Join(dir, fmt.Sprintf("u%d", len(g.relays)+1)) // short: at most 107 bytes
		r, err := container.Relay(path, a)
		if err != nil {
			return a, err
		}
		g.relays = append(g.relays, r)
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
