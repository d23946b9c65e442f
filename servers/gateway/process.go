package gateway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// ErrNoProgram is returned if [Config].Binary is not a program of the gateway's kind.
var ErrNoProgram = errors.New("the gateway's program is missing")

// A noProgram is an [ErrNoProgram] that says why.
type noProgram struct{ error }

func (e noProgram) Unwrap() error        { return e.error }
func (e noProgram) Is(target error) bool { return target == ErrNoProgram }

// A processRunner runs a gateway's program as a process of a run.
type processRunner struct {
	run       *process.Run
	binary    string             // as [Config].Binary
	installed *servers.Installed // if that is empty
}

// A processInstance is a program that runs as a process.
type processInstance struct {
	*process.Child
	version string
}

// Version implements [Instance].
func (p processInstance) Version() string { return p.version }

// Place implements [Runner].
func (r *processRunner) Place(dir string, upstream wire.Upstream) (adapter.Place, error) {
	return adapter.Place{Dir: dir, Upstream: upstream}, nil
}

// Close implements [Runner]. It does not close the run, which it does not own.
func (r *processRunner) Close() error { return nil }

// Run implements [Runner].
func (r *processRunner) Run(ctx context.Context, job Job) (Instance, error) {
	binary, err := r.find(job.Program)
	if err != nil {
		return nil, err
	}
	version, err := r.ask(ctx, binary, job)
	if err != nil {
		return nil, err
	}
	// It keeps nothing that an orderly end would save, and ends with its group.
	child, err := r.run.Start(ctx, process.Spec{
		Name: job.Kind, Path: binary, Args: job.Args, Dir: job.Dir, Owner: job.Owner, Stop: syscall.SIGKILL,
		Orphaned: syscall.SIGTERM, // whoever killed us, its workers end
		Env:      append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"}, job.Env...),
	})
	if err != nil {
		return nil, err
	}
	ready, cancel := context.WithTimeout(ctx, job.Timeouts.Ready)
	defer cancel()
	if err := process.WaitReady(ready, child, job.Ready); err != nil {
		return nil, errors.Join(err, child.Stop(context.WithoutCancel(ctx)))
	}
	return processInstance{child, version}, nil
}

// find finds the program that the configuration asks for.
func (r *processRunner) find(p adapter.Program) (string, error) {
	switch b := r.binary; b {
	case "":
		return p.Pinned(r.installed), nil
	case BinarySystem:
		path, err := exec.LookPath(p.Name)
		if err != nil {
			return "", noProgram{fmt.Errorf("%s is not in PATH: %s; or give no binary, to use the one that corsproof installs", p.Name, p.Install)}
		}
		return path, nil
	default:
		path, err := exec.LookPath(b)
		if err != nil && !errors.Is(err, exec.ErrDot) {
			return "", noProgram{fmt.Errorf("no program at %s: %w; %s; or give no binary, to use the one that corsproof installs", b, err, p.Install)}
		}
		return filepath.Abs(path)
	}
}

// versions are what programs said, by the file: to be asked takes some of them as long
// as to start.
var versions sync.Map

// A programFile is a program as it is on the disk, and as what it was asked.
type programFile struct {
	kind     string // of gateway
	path     string
	size     int64
	modified time.Time
}

// ask returns the program's version. It asks each program once.
func (r *processRunner) ask(ctx context.Context, binary string, job Job) (string, error) {
	info, err := os.Stat(binary)
	if err != nil {
		return r.askProgram(ctx, binary, job) // whose error says more
	}
	file := programFile{job.Kind, binary, info.Size(), info.ModTime()}
	if known, ok := versions.Load(file); ok {
		return known.(string), nil
	}
	version, err := r.askProgram(ctx, binary, job)
	if err == nil {
		versions.Store(file, version)
	}
	return version, err
}

// askProgram asks the program for its version.
func (r *processRunner) askProgram(ctx context.Context, binary string, job Job) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, job.Timeouts.Version)
	defer cancel()
	child, err := r.run.Start(ctx, process.Spec{
		Name: job.Kind + "-version", Path: binary, Args: []string{job.Program.VersionArg}, Owner: job.Owner, Stop: syscall.SIGKILL,
	})
	if err != nil {
		return "", err
	}
	select {
	case <-child.Done():
	case <-ctx.Done():
	}
	stopErr := child.Stop(context.WithoutCancel(ctx))
	if err := context.Cause(ctx); err != nil {
		return "", fmt.Errorf("read the version of %s: %w", binary, err)
	}
	said := strings.TrimSpace(string(child.Log()))
	match := job.Program.Version.FindStringSubmatch(said)
	if match == nil {
		return "", noProgram{fmt.Errorf("%s is not %s: with %s it prints %q; give another program", binary, job.Program.Name, job.Program.VersionArg, adapter.OneLine(said))}
	}
	return match[1], stopErr
}
