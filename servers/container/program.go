package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/ory/dockertest/v3"
	"github.com/ory/dockertest/v3/docker"
)

// A ProgramConfig configures [Engine.StartProgram].
type ProgramConfig struct {
	// Image is any image, see [Engine.Pull]. Required.
	Image string
	// Command is the program, found in the image's PATH, and its arguments. It replaces
	// the image's own entry point. Required.
	Command []string
	// Name is a part of the container's name, unique in the run. Required.
	Name string
	// Dir is a folder of this machine that is mounted into the container at the same
	// path, writable: sockets in it connect the two. Required.
	Dir string
	// UID and GID are the user and group that it runs as.
	UID, GID int
	Env      []string // in addition to the image's, as "NAME=value"
}

// A Program is a container of any image that runs one program. It has no network,
// publishes no port and has no capability: all connections go through sockets in its
// folder. The methods may be called concurrently.
type Program struct {
	engine   *Engine
	name     string
	resource *dockertest.Resource
	done     chan struct{}

	mu      sync.Mutex
	code    int
	waitErr error
	stopped bool
	log     []byte // once it is stopped
}

// StartProgram starts a program in a container. The container is labelled with the run
// and removed with the engine at the latest; the caller stops it.
func (e *Engine) StartProgram(ctx context.Context, cfg ProgramConfig) (*Program, error) {
	p := &Program{engine: e, name: "corsproof-" + e.cfg.Run.ID() + "-" + cfg.Name, done: make(chan struct{})}
	options := &dockertest.RunOptions{
		Name: p.name, Labels: e.labels(), Env: cfg.Env, WorkingDir: cfg.Dir,
		Entrypoint: cfg.Command[:1], Cmd: cfg.Command[1:], User: fmt.Sprintf("%d:%d", cfg.UID, cfg.GID),
	}
	options.Repository, options.Tag = docker.ParseRepositoryTag(cfg.Image)
	if err := context.Cause(ctx); err != nil { // what follows takes no context
		return nil, err
	}
	var err error
	p.resource, err = e.pool.RunWithOptions(options, func(h *docker.HostConfig) {
		h.PublishAllPorts = false // dockertest's default, on all addresses
		h.NetworkMode = "none"
		h.Binds = []string{cfg.Dir + ":" + cfg.Dir}
		h.CapDrop = []string{"ALL"}
		h.SecurityOpt = []string{"no-new-privileges"}
	})
	if err != nil {
		return nil, fmt.Errorf("start %s in a container of %s: %w", cfg.Command[0], cfg.Image, errors.Join(err, e.removeNamed(p.name)))
	}
	go p.wait()
	return p, nil
}

// removeNamed removes a container that was half made.
func (e *Engine) removeNamed(name string) error {
	return gone(e.pool.Client.RemoveContainer(docker.RemoveContainerOptions{ID: name, Force: true, RemoveVolumes: true}))
}

func (p *Program) wait() {
	client, id := p.engine.pool.Client, p.resource.Container.ID
	code, err := client.WaitContainer(id)
	for err != nil { // one call of the interface is bounded, the program's life isn't
		now, inspectErr := client.InspectContainer(id)
		if inspectErr != nil || !now.State.Running {
			break
		}
		code, err = client.WaitContainer(id)
	}
	p.mu.Lock()
	p.code, p.waitErr = code, err
	p.mu.Unlock()
	close(p.done)
}

// Done returns a channel that is closed when the program has exited, or when its state
// can no longer be determined.
func (p *Program) Done() <-chan struct{} { return p.done }

// Err returns why the program exited; nil while it runs, after status 0, and after Stop.
func (p *Program) Err() error {
	select {
	case <-p.done:
	default:
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.stopped:
		return nil
	case p.waitErr != nil:
		return p.waitErr
	case p.code != 0:
		return errors.New("exit status " + strconv.Itoa(p.code))
	}
	return nil
}

// Log returns the end of the program's output.
func (p *Program) Log() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return p.log
	}
	return p.readLog()
}

// logKept is how many lines of a program's log are read.
const logKept = "200"

func (p *Program) readLog() []byte {
	var log bytes.Buffer
	p.engine.pool.Client.Logs(docker.LogsOptions{
		Container: p.resource.Container.ID, OutputStream: &log, ErrorStream: &log, Stdout: true, Stderr: true, Tail: logKept,
	})
	return log.Bytes()
}

// LogTail returns the last n lines of the log, without a newline at the end.
func (p *Program) LogTail(n int) string {
	lines := strings.Split(string(bytes.TrimRight(p.Log(), "\n")), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// Ask runs the program's own binary once more in the container, and returns its output.
func (p *Program) Ask(command ...string) (string, error) {
	var out bytes.Buffer
	_, err := p.resource.Exec(command, dockertest.ExecOptions{StdOut: &out, StdErr: &out})
	return out.String(), err
}

// Kill kills the program as a crash would, and keeps the container.
func (p *Program) Kill() error {
	return p.engine.pool.Client.KillContainer(docker.KillContainerOptions{ID: p.resource.Container.ID, Signal: docker.SIGKILL})
}

// Containers returns the names of the run's containers.
func (e *Engine) Containers() ([]string, error) {
	all, err := e.pool.Client.ListContainers(docker.ListContainersOptions{All: true, Filters: map[string][]string{"label": {labelRun}}})
	var names []string
	for _, c := range all {
		if e.ofRun(c.Labels) {
			names = append(names, strings.TrimPrefix(strings.Join(c.Names, " "), "/"))
		}
	}
	return names, err
}

// Stop stops the program at once and removes the container. It is idempotent.
func (p *Program) Stop(context.Context) error { // bounded by the engine's timeouts
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return nil
	}
	p.log, p.stopped = p.readLog(), true
	return p.engine.removeNamed(p.name)
}
