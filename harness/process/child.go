package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Spec says what to start. Name and Path are required.
type Spec struct {
	// Name is used in messages, for the log file and for the default folder: lower-case
	// letters, digits, '-' and '_'. Two children may share it.
	Name string
	// Path is the program. Without a slash it is looked up in this process's
	// PATH, not in Env's.
	Path string
	// Args are the arguments after the program's name.
	Args []string
	// Dir is the working folder. Default: the run's folder for Name, created like by
	// [Run.Mkdir].
	Dir string
	// Env is the exact environment; nothing is inherited.
	Env []string
	// Stdin and Stdout are the child's ends of pipes. Default: an empty input, and the
	// log file. The caller closes them once Start has returned.
	Stdin, Stdout *os.File
	// Owner is the user that runs it, without supplementary groups. Default: the user of
	// this process; another one requires root.
	Owner *Owner
	// PrivateIPC gives the child its own System V IPC objects, which are removed with it:
	// PostgreSQL leaves a shared memory segment behind when it is killed. It has an
	// effect only for root; other users lack the permission.
	PrivateIPC bool
	// Namespaces are new kernel namespaces for the child and its descendants, see
	// [Namespaces]. Default: none. They require root; without it the start fails.
	Namespaces Namespaces
	// Orphaned is the signal that the kernel sends to the program when this process exits
	// without stopping it. Default SIGKILL. A program with processes of its own, which
	// would otherwise keep running, needs a signal on which it stops them.
	Orphaned syscall.Signal
	// Stop is the signal that asks the program to end. Default SIGTERM.
	Stop os.Signal
	// StopTimeout is how long it may take to stop. Default Timeouts.Stop.
	StopTimeout time.Duration
}

// A Child is a process that [Run.Start] started. All methods may be called
// concurrently, also after it has ended.
type Child struct {
	run         *Run
	name        string
	id          processID
	record      record
	handle      *os.Process
	log         string
	stop        os.Signal
	stopTimeout time.Duration

	mu     sync.Mutex
	asked  bool // the stop signal was sent
	killed bool // its time was over
	reaped bool // the pid is the kernel's again
	gone   bool // nothing of the group lives

	done chan struct{}
	err  error // set before done is closed
}

// Start starts a child in its own process group and records it in the state file. Its
// input is empty, and its output and errors go to one log file in the run's folder unless
// the Spec says otherwise. If this process dies in any way, the kernel kills the child,
// also if it was not recorded yet.
//
// ctx bounds only the start; its end later does not affect the child. The child runs
// until it exits, or until [Child.Stop] or [Run.Close]. When it exits, the rest of its
// group is killed.
func (r *Run) Start(ctx context.Context, spec Spec) (*Child, error) {
	if err := checkName(spec.Name); err != nil {
		return nil, fmt.Errorf("start a process: %w", err)
	}
	r.gate.RLock()
	defer r.gate.RUnlock()
	if r.closed {
		return nil, fmt.Errorf("start %s: %w", spec.Name, ErrClosed)
	}
	c, err := r.start(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	return c, nil
}

func (r *Run) start(ctx context.Context, spec Spec) (*Child, error) {
	path, err := lookPath(spec.Path)
	if err != nil {
		return nil, err
	}
	attr := &os.ProcAttr{Dir: spec.Dir, Env: append([]string{}, spec.Env...), Sys: SysProcAttr()}
	if spec.PrivateIPC && os.Geteuid() == 0 {
		attr.Sys.Cloneflags |= syscall.CLONE_NEWIPC
	}
	attr.Sys.Cloneflags |= uintptr(spec.Namespaces)
	if spec.Orphaned != 0 {
		attr.Sys.Pdeathsig = spec.Orphaned
	}
	if attr.Sys.Credential, err = spec.Owner.credential(self()); err != nil {
		return nil, err
	}
	if attr.Dir == "" {
		if attr.Dir, err = r.mkdir(spec.Name, spec.Owner); err != nil {
			return nil, err
		}
	}
	uid := os.Geteuid()
	if spec.Owner != nil {
		uid = spec.Owner.UID
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	log, err := r.openLog(spec.Name, spec.Owner)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	attr.Files = []*os.File{cmp.Or(spec.Stdin, null), cmp.Or(spec.Stdout, log), log}

	var handle *os.Process
	onLauncher(func() {
		if err = ctx.Err(); err == nil {
			handle, err = os.StartProcess(path, append([]string{path}, spec.Args...), attr)
		}
	})
	switch {
	case errors.Is(err, syscall.EPERM) && spec.Namespaces != 0:
		return nil, fmt.Errorf("%w; it needs %s of its own, which only root may make, and in a container only a privileged one", err, spec.Namespaces)
	case errors.Is(err, syscall.EACCES) && !spec.Owner.ours():
		return nil, fmt.Errorf("%w; uid %d must be able to reach %s and %s, so keep them out of /root and of folders with mode 0700", err, uid, path, attr.Dir)
	case err != nil:
		return nil, err
	}
	c := &Child{
		run: r, name: spec.Name, handle: handle, log: log.Name(), done: make(chan struct{}),
		stop: syscall.SIGTERM, stopTimeout: cmp.Or(spec.StopTimeout, r.timeouts.Stop),
	}
	if spec.Stop != nil {
		c.stop = spec.Stop
	}
	p, ok := readProcess(handle.Pid) // there even if it has ended: nobody has waited for it
	if !ok {
		handle.Kill()
		handle.Wait()
		return nil, errNotInProc
	}
	c.id, c.record = p.processID, record{Name: spec.Name, processID: p.processID, Group: p.PID, Session: p.Session}
	if err := r.record(c.record, uid, c); err != nil {
		c.kill()
		go c.wait()
		return nil, err
	}
	go c.wait()
	return c, nil
}

func lookPath(path string) (string, error) {
	if path == "" {
		return "", errors.New("no program; set Spec.Path")
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return "", fmt.Errorf("%w; install it, or set Spec.Path to the program", err)
	}
	return filepath.Abs(found)
}

// wait notes the end of the child. The dead child keeps its pid, and so the
// group its number, until it was waited for: that is when the group is killed.
func (c *Child) wait() {
	for {
		err := unix.Waitid(unix.P_PID, c.handle.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	c.mu.Lock()
	syscall.Kill(-c.handle.Pid, syscall.SIGKILL)
	end, err := c.handle.Wait()
	c.reaped = true
	switch {
	case err != nil:
		c.err = fmt.Errorf("wait for %s (pid %d): %w", c.name, c.handle.Pid, err)
	case c.killed:
		c.err = fmt.Errorf("%s (pid %d) was killed: it did not end in time after signal %q", c.name, c.handle.Pid, c.stop.String())
	case !c.asked && !end.Success():
		c.err = fmt.Errorf("%s (pid %d) ended: %v", c.name, c.handle.Pid, end)
	}
	c.mu.Unlock()
	close(c.done)
	if c.run.isClosed() {
		return // Close looks after what is left, of all children at once
	}
	if left, err := c.run.timeouts.kill(nil, c.family); err == nil && len(left) == 0 {
		c.setGone()
		c.run.forget(c)
	}
}

// PID returns the child's process id, also after it has exited.
func (c *Child) PID() int { return c.handle.Pid }

// Done returns a channel that is closed when the child has exited.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err returns why the child exited. It is nil while the child runs, after status 0, and
// after it stopped on request within its time.
func (c *Child) Err() error {
	if c.ended() {
		return c.err
	}
	return nil
}

func (c *Child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// Stop sends the child its stop signal and waits until it, its whole group and its
// descendants are gone. When the stop timeout is over or ctx ends, it kills all of them;
// it still waits for their end, at most Timeouts.Kill, and [Child.Err] reports the kill.
// The error names the processes that remain. Stop may be called any number of times.
func (c *Child) Stop(ctx context.Context) error {
	left, err := c.end(ctx.Done(), c.stopTimeout)
	if err := errors.Join(err, leftError(left)); err != nil {
		return fmt.Errorf("stop %s: %w", c.name, err)
	}
	return nil
}

// end is Stop with grace for the stop timeout; hurry ends the grace.
func (c *Child) end(hurry <-chan struct{}, grace time.Duration) (left []Found, err error) {
	c.mu.Lock()
	gone := c.gone
	c.mu.Unlock()
	if gone {
		return nil, nil
	}
	known, err := c.family() // later they may have lost their parent
	if err != nil {
		return nil, err
	}
	c.ask()
	c.await(hurry, grace)
	if now, err := c.family(); err == nil {
		known = merge(known, now)
	}
	c.kill()
	left, err = c.run.timeouts.kill(known, c.family)
	if err == nil && len(left) == 0 {
		<-c.done // dead, so about to be closed
		c.setGone()
	}
	return left, err
}

// await waits until the child has ended, the grace is over or hurry is closed.
func (c *Child) await(hurry <-chan struct{}, grace time.Duration) {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
	case <-hurry:
	}
}

func (c *Child) setGone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
}

// family returns what lives of the child, its group and its descendants.
func (c *Child) family() ([]Found, error) {
	s := c.run.snapshot()
	s.Children = []record{c.record}
	return s.family()
}

// ask sends the stop signal, once.
func (c *Child) ask() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked || c.reaped {
		return
	}
	c.asked = true
	c.handle.Signal(c.stop) // only a child that has ended can't be signalled
}

// kill kills the group unless its number may be another's.
func (c *Child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reaped {
		return
	}
	c.killed = true
	syscall.Kill(-c.handle.Pid, syscall.SIGKILL)
}
