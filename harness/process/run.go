package process

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// Config configures a run. Its zero value works.
type Config struct {
	// Root is the parent of the run folders. Default: [os.TempDir]. Keep it short, since
	// paths of unix sockets in it are limited to 107 bytes. Every user that children run
	// as must be able to traverse it.
	Root string
	// Timeouts bound the waits of the run.
	Timeouts Timeouts
}

// A Run is a folder and the processes that belong to it. This process owns it. All
// methods may be called concurrently.
type Run struct {
	folder   folder
	lock     int // held on the folder until Close
	timeouts Timeouts

	// gate is held for reading while a child is started, so that Close, which
	// takes it for writing, sees a child either recorded or not begun.
	gate   sync.RWMutex
	closed bool

	mu       sync.Mutex // guards what follows, and the state file
	state    state
	ruined   bool // the folder is gone, no more state is written
	children []*Child

	closing  sync.Once
	closeErr error
}

// ErrClosed is returned if the run accepts no more processes.
var ErrClosed = errors.New("run is closed")

// NewRun sweeps the dead runs under the root like [Sweep], then creates a folder for a
// new run, with mode 0711 so that other users can traverse it. The caller owns the run
// and must close it. An error of the sweep is an error of NewRun, since the remains of a
// dead run could disturb this one.
func NewRun(cfg Config) (*Run, error) {
	t := cfg.Timeouts.withDefaults()
	root, err := realRoot(cfg.Root)
	if err != nil {
		return nil, err
	}
	if _, err := t.sweep(root); err != nil {
		return nil, fmt.Errorf("sweep dead runs: %w", err)
	}
	f, lock, s, err := makeFolder(root)
	if err != nil {
		return nil, err
	}
	return &Run{folder: f, lock: lock, timeouts: t, state: s}, nil
}

// realRoot returns the absolute path of root without symbolic links: the
// kernel shows working folders and open files so.
func realRoot(root string) (string, error) {
	path, err := filepath.Abs(cmp.Or(root, os.TempDir()))
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", fmt.Errorf("find the folder of runs: %w; make it, or set Config.Root to one that exists", err)
	}
	return path, nil
}

// ID returns the random part of the folder's name.
func (r *Run) ID() string { return r.folder.id }

// Dir returns the run's folder, absolute and without symbolic links. It exists
// until Close.
func (r *Run) Dir() string { return r.folder.dir() }

// An Owner is the user and group that a child runs as.
type Owner struct{ UID, GID int }

// ours reports whether o is the user and group of this process already.
func (o *Owner) ours() bool {
	return o == nil || *o == self()
}

// self is the user and group of this process.
func self() Owner { return Owner{UID: os.Geteuid(), GID: os.Getegid()} }

// credential returns what makes a child of by run as o, nil if it does anyway.
func (o *Owner) credential(by Owner) (*syscall.Credential, error) {
	switch {
	case o == nil || *o == by:
		return nil, nil
	case by.UID != 0:
		return nil, fmt.Errorf("run as uid %d: this process has uid %d; run it as root, or leave Spec.Owner nil", o.UID, by.UID)
	case o.UID < 0 || o.GID < 0:
		return nil, fmt.Errorf("run as uid %d, gid %d: want none below 0", o.UID, o.GID)
	}
	return &syscall.Credential{Uid: uint32(o.UID), Gid: uint32(o.GID)}, nil
}

// validName keeps names in one folder and off this package's own entries.
var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

func checkName(name string) error {
	if !validName.MatchString(name) || name == logFolder {
		return fmt.Errorf("name %q: want lower-case letters, digits, '-' and '_', and not %q", name, logFolder)
	}
	return nil
}

// Mkdir creates the folder name in the run's folder, with mode 0711, for owner if it is
// set, and returns its path. It adjusts an existing folder. Close removes it.
func (r *Run) Mkdir(name string, owner *Owner) (string, error) {
	if err := checkName(name); err != nil {
		return "", fmt.Errorf("make a folder of the run: %w", err)
	}
	r.gate.RLock()
	defer r.gate.RUnlock()
	if r.closed {
		return "", fmt.Errorf("make folder %s: %w", name, ErrClosed)
	}
	return r.mkdir(name, owner)
}

func (r *Run) mkdir(name string, owner *Owner) (string, error) {
	path := filepath.Join(r.Dir(), name)
	if err := os.Mkdir(path, 0o711); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("make folder %s: %w", name, err)
	}
	if err := os.Chmod(path, 0o711); err != nil { // whatever the umask
		return "", fmt.Errorf("make folder %s: %w", name, err)
	}
	if owner.ours() {
		return path, nil
	}
	if err := os.Chown(path, owner.UID, owner.GID); err != nil {
		return "", fmt.Errorf("give folder %s to uid %d: %w; only root can", name, owner.UID, err)
	}
	return path, nil
}

// Register adds the process pid to the run, a child that a library started with
// [SysProcAttr]: Close stops it with its group and descendants, and so does the sweep of
// a dead run. Its group counts only if the process leads one. On a closed run the process
// is killed at once and the error wraps [ErrClosed].
func (r *Run) Register(name string, pid int) error {
	if err := checkName(name); err != nil {
		return fmt.Errorf("register process %d: %w", pid, err)
	}
	p, ok := readProcess(pid)
	if !ok || !p.live() {
		return fmt.Errorf("register %s: process %d does not run; look at its own output for the reason", name, pid)
	}
	if pid == os.Getpid() {
		return fmt.Errorf("register %s: process %d is this one", name, pid)
	}
	rec := newRecord(name, p)
	r.gate.RLock()
	defer r.gate.RUnlock()
	if r.closed {
		Found{PID: pid, id: p.processID, group: rec.Group}.kill()
		return fmt.Errorf("register %s: %w", name, ErrClosed)
	}
	uid, _ := userID(pid)
	return r.record(rec, uid, nil)
}

func newRecord(name string, p process) record {
	rec := record{Name: name, processID: p.processID, Session: p.Session}
	if p.Group == p.PID {
		rec.Group = p.PID
	}
	return rec
}

// record puts a child into the state file; c is nil for one that a library
// started.
func (r *Run) record(rec record, uid int, c *Child) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c != nil {
		r.children = append(r.children, c)
	}
	r.state.addUserID(uid)
	r.state.Children = append(r.state.Children, rec)
	return r.state.write(r.Dir())
}

// forget takes a child that is gone off the state file. That the file can't be
// written is no error: a record of a dead process does no harm.
func (r *Run) forget(c *Child) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.children = slices.DeleteFunc(r.children, func(d *Child) bool { return d == c })
	r.state.remove(c.id)
	if !r.ruined {
		r.state.write(r.Dir())
	}
}

// Processes returns the living processes of the run, sorted by pid: children, their
// groups and descendants, and those that are recognized only by the run's folder. It
// excludes this process.
func (r *Run) Processes() ([]Found, error) {
	return r.snapshot().find(r.Dir())
}

func (r *Run) snapshot() state {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.clone()
}

// Close ends every process of the run, all at once: a stop signal to each
// child, SIGTERM to what escaped from them, then SIGKILL to whole groups and
// all the rest. Then it removes the folder. The polite part takes at most
// Timeouts.Close, the rest as long as the kernel needs: see [Timeouts].
//
// The error names what remained; the folder stays then, and is swept when this
// process has ended. A second call returns the first one's result. A start
// that Close overtakes is ended by it, a later one returns [ErrClosed].
func (r *Run) Close() error {
	r.closing.Do(func() { r.closeErr = r.close() })
	return r.closeErr
}

func (r *Run) isClosed() bool {
	r.gate.RLock()
	defer r.gate.RUnlock()
	return r.closed
}

func (r *Run) close() error {
	r.gate.Lock()
	r.closed = true
	r.gate.Unlock()
	defer unlock(r.lock)

	known, findErr := r.Processes()
	r.mu.Lock()
	children := slices.Clone(r.children)
	r.mu.Unlock()
	var ends sync.WaitGroup
	for _, c := range children {
		ends.Go(func() {
			c.ask()
			c.await(nil, min(c.stopTimeout, r.timeouts.Close))
			c.kill()
		})
	}
	askOthers(known, children)
	r.timeouts.await(known, r.timeouts.Close)
	ends.Wait()

	left, err := r.timeouts.kill(known, r.Processes)
	if err := errors.Join(findErr, err, leftError(left)); err != nil {
		return fmt.Errorf("close run %s: %w", r.Dir(), err)
	}
	r.mu.Lock()
	r.ruined = true
	r.mu.Unlock()
	if err := r.folder.ruin(r.timeouts); err != nil {
		return fmt.Errorf("close run %s: %w", r.Dir(), err)
	}
	return nil
}

// askOthers sends SIGTERM to the known processes that no parent will end: not
// to children, which have their own stop signal, nor to what a live leader or
// parent is there to end.
func askOthers(known []Found, children []*Child) {
	leads := map[int]bool{}
	for _, f := range known {
		leads[f.PID] = true
	}
	for _, f := range known {
		child := slices.ContainsFunc(children, func(c *Child) bool { return c.id == f.id })
		if child || f.By == ByDescent || f.By == ByGroup && leads[f.group] {
			continue
		}
		f.id.signal(syscall.SIGTERM)
	}
}

func leftError(left []Found) error {
	if len(left) == 0 {
		return nil
	}
	lines := make([]string, len(left))
	for i, f := range left {
		lines[i] = f.String()
	}
	return fmt.Errorf("%d processes remain, end them by hand: %s", len(left), strings.Join(lines, "; "))
}
