package container

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/corsproof/corsproof/harness/process"
)

// An ownEngine is a dockerd that was started for the run.
type ownEngine struct {
	dir     string // in the run's folder
	child   *process.Child
	network *namespace
	cgroup  string
	release func() // of the lock on its data
}

// findDockerd returns the program, or why an engine can't be started here.
func findDockerd() (string, error) {
	if os.Geteuid() != 0 {
		return "", errors.New("only root can start one")
	}
	if !mayMount() {
		return "", errors.New("root cannot mount in this environment, so it cannot start one")
	}
	for _, name := range []string{"dockerd", "/usr/sbin/dockerd", "/usr/local/sbin/dockerd"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("dockerd is not installed")
}

// mayMount reports whether this process has what mount(2) and the making of
// namespaces take. Root in a container usually hasn't.
func mayMount() bool {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	_, line, _ := strings.Cut(string(status), "\nCapEff:")
	line, _, _ = strings.Cut(line, "\n")
	effective, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	return err == nil && effective&(1<<unix.CAP_SYS_ADMIN) != 0
}

// apart makes the namespaces that it is started in habitable and runs a
// program there. What dockerd and containerd write outside of their own
// folders (a key in /etc, folders in /opt and /run) goes to a memory that ends
// with the namespace.
const apart = `set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs "$1"
for dir in etc opt run; do
	mkdir -p "/$dir" "$1/$dir/upper" "$1/$dir/work"
	mount -t overlay overlay -o "lowerdir=/$dir,upperdir=$1/$dir/upper,workdir=$1/$dir/work" "/$dir"
done
shift
exec "$@"`

// startOwn starts an engine with its images in the cache directory and all else
// in the run's folder.
func (e *Engine) startOwn(ctx context.Context, dockerd string) (err error) {
	began := time.Now()
	data := filepath.Join(e.cfg.Dir, "engine")
	for _, hidden := range []string{"/etc", "/opt", "/run", "/var/run"} {
		for _, dir := range []string{data, e.cfg.Run.Dir()} {
			if strings.HasPrefix(dir, hidden+"/") {
				return fmt.Errorf("%w, and one that corsproof starts cannot use %s; set TMPDIR or CORSPROOF_CACHE to a folder outside %s", ErrNoEngine, dir, hidden)
			}
		}
	}
	if err := os.MkdirAll(data, 0o710); err != nil {
		return err
	}
	own := &ownEngine{cgroup: cgroupOf(data)}
	if own.release, err = takeTurn(ctx, data+".lock", e.cfg.Timeouts); err != nil {
		return err
	}
	e.own = own // from here on Close undoes it
	if err := removeCgroups(own.cgroup, e.cfg.Timeouts); err != nil {
		return err
	}
	if own.dir, err = e.cfg.Run.Mkdir("engine", nil); err != nil {
		return err
	}
	scratch := filepath.Join(own.dir, "scratch")
	config := filepath.Join(own.dir, "none.json") // the machine's own holds for its own engine
	if err := errors.Join(os.MkdirAll(scratch, 0o700), os.WriteFile(config, []byte("{}"), 0o600)); err != nil {
		return err
	}
	endpoint := "unix://" + filepath.Join(own.dir, "s")
	own.child, err = e.cfg.Run.Start(ctx, process.Spec{
		Name: "dockerd", Path: "/bin/sh", Dir: own.dir,
		Args: []string{"-c", apart, "sh", scratch,
			dockerd, "--config-file", config, "--data-root", data, "--exec-root", filepath.Join(own.dir, "x"), "--pidfile", filepath.Join(own.dir, "pid"),
			"-H", endpoint, "--bridge", "none", "--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", "/" + own.cgroup,
			"--shutdown-timeout", "1", "--log-level", "warn"},
		Env:        []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=" + own.dir},
		Namespaces: process.NamespaceMount | process.NamespaceNetwork | process.NamespacePID,
		// When it is stopped nothing runs in it any more, and an orderly end takes
		// a second.
		Stop: syscall.SIGKILL,
	})
	if err != nil {
		return fmt.Errorf("%w, and starting one failed: %w", ErrNoEngine, err)
	}
	if own.network, err = openNetwork(own.child.PID()); err == nil {
		err = own.network.loopbackUp()
	}
	if err != nil {
		return fmt.Errorf("%w, and starting one failed: %w:\n%s", ErrNoEngine, err, own.child.LogTail(logLines))
	}
	starting, cancel := context.WithTimeout(ctx, e.cfg.Timeouts.Engine)
	defer cancel()
	if err := process.WaitReady(starting, own.child, func(ctx context.Context) error { return e.connect(ctx, endpoint) }); err != nil {
		return fmt.Errorf("%w, and starting one failed: %w", ErrNoEngine, err)
	}
	if e.cfg.Progress != nil {
		e.cfg.Progress("a Docker Engine "+e.Version+" of its own", time.Since(began))
	}
	return nil
}

// takeTurn takes the lock on an engine's data.
func takeTurn(ctx context.Context, lock string, t Timeouts) (release func(), err error) {
	waiting, cancel := context.WithTimeout(ctx, t.Turn)
	defer cancel()
	release, err = process.Lock(waiting, lock)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("another corsproof has used the engine of %s for %v; stop it, or set CORSPROOF_CACHE to another cache directory", filepath.Dir(lock), t.Turn)
	}
	return release, err
}

// logLines is how much of a log an error shows.
const logLines = 12

// dial calls an address in the engine's network namespace.
func (o *ownEngine) dial(ctx context.Context, address string) (net.Conn, error) {
	return o.network.dial(ctx, address)
}

func (o *ownEngine) close(t Timeouts) error {
	var errs []error
	if o.child != nil {
		errs = append(errs, o.child.Stop(context.Background())) // bounded by the run's timeouts
	}
	if o.network != nil {
		o.network.close()
	}
	errs = append(errs, removeCgroups(o.cgroup, t), os.RemoveAll(o.dir)) // the run may start another one
	o.release()
	return errors.Join(errs...)
}

// cgroupOf names the control group of the engine with the data. It is one name
// for all its runs: a killed one leaves empty groups behind, the only thing of an
// engine's that is in no namespace, and the next one finds them.
func cgroupOf(data string) string {
	sum := sha256.Sum256([]byte(data))
	return "corsproof-" + hex.EncodeToString(sum[:4])
}

// removeCgroups removes the group and those in it, in each hierarchy. A group
// whose last process has just died may be busy for a moment.
func removeCgroups(name string, t Timeouts) error {
	for deadline := time.Now().Add(t.Cgroups); ; time.Sleep(t.Poll) {
		var errs []error
		for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
			groups, err := filepath.Glob(pattern + name)
			errs = append(errs, err)
			for _, g := range groups {
				errs = append(errs, removeGroup(g))
			}
		}
		err := errors.Join(errs...)
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("remove the control groups of the engine's containers: %w", err)
		}
	}
}

// removeGroup removes a folder of folders: a control group's files go with it.
func removeGroup(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeGroup(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := syscall.Rmdir(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return &os.PathError{Op: "rmdir", Path: dir, Err: err}
	}
	return nil
}
