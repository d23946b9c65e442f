package process

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// A run's folder is <root>/corsproof-<id> from the moment its state file is
// complete until the last process of the run is dead. Before and after it has
// a hidden name, so that a folder with the plain name always has a state file.
// Whoever works on a folder holds the lock on it: the owner for life, a sweep
// while it sweeps.
const (
	prefix  = "corsproof-"
	making  = ".new"
	ruining = ".old"
)

// idLength is short because the folder holds unix sockets, whose paths are
// limited to 107 bytes; 50 random bits are plenty among the runs of a machine.
const idLength = 10

var folderName = regexp.MustCompile(`^(?:` + prefix + `([a-z2-7]{10})|\.` + prefix + `([a-z2-7]{10})(\.new|\.old))$`)

// A stage is where in its life a folder is, by its name.
type stage int

const (
	stageRun stage = iota
	stageMaking
	stageRuining
)

// A folder is a run's folder as its name in the root describes it.
type folder struct {
	root, id string
	stage    stage
}

// folders returns the run folders in root that belong to this user. A folder
// of another user's is none of our business, and its state file could name
// anybody's process.
func folders(root string) ([]folder, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, fmt.Errorf("look for runs: %w", err)
	}
	var found []folder
	for _, e := range entries {
		match := folderName.FindStringSubmatch(e.Name())
		if match == nil || !e.IsDir() {
			continue
		}
		info, err := e.Info()
		if err != nil { // gone meanwhile
			continue
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() {
			continue
		}
		f := folder{root: root, id: match[1] + match[2]}
		switch match[3] {
		case making:
			f.stage = stageMaking
		case ruining:
			f.stage = stageRuining
		}
		found = append(found, f)
	}
	return found, nil
}

// dir is the plain path, whatever the stage: what processes of the run know.
func (f folder) dir() string { return filepath.Join(f.root, prefix+f.id) }

// path is where the folder is at its stage.
func (f folder) path() string {
	switch f.stage {
	case stageMaking:
		return filepath.Join(f.root, "."+prefix+f.id+making)
	case stageRuining:
		return filepath.Join(f.root, "."+prefix+f.id+ruining)
	}
	return f.dir()
}

// errGone says that a folder was renamed or removed before it was locked.
var errGone = errors.New("folder is gone")

// open opens the folder for locking. The error is errGone if it isn't there.
func (f folder) open() (int, error) {
	fd, err := openRetry(f.path(), syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	if errors.Is(err, syscall.ENOENT) {
		return -1, errGone
	}
	if err != nil {
		return -1, fmt.Errorf("open run folder %s: %w", f.path(), err)
	}
	return fd, nil
}

// lock takes the folder's lock for a sweep and waits up to bound for it. It
// returns errGone if there is no such folder any more once the lock is held.
func (f folder) lock(bound time.Duration) (fd int, err error) {
	fd, err = f.open()
	if err != nil {
		return -1, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	if err := flock(ctx, fd); err != nil {
		return -1, fmt.Errorf("wait for the lock of run folder %s: %w; another process is sweeping it or it is in use", f.path(), err)
	}
	if err := f.verify(fd); err != nil {
		unlock(fd)
		return -1, err
	}
	return fd, nil
}

// tryLock takes the lock how if it is free. It returns EWOULDBLOCK if it isn't,
// and errGone as lock does.
func (f folder) tryLock(how int) (fd int, err error) {
	fd, err = f.open()
	if err != nil {
		return -1, err
	}
	if err := tryFlock(fd, how); err != nil {
		syscall.Close(fd)
		return -1, err
	}
	if err := f.verify(fd); err != nil {
		unlock(fd)
		return -1, err
	}
	return fd, nil
}

// verify returns errGone unless fd is the folder that the path names now.
func (f folder) verify(fd int) error {
	var held syscall.Stat_t
	if err := syscall.Fstat(fd, &held); err != nil {
		return fmt.Errorf("look at run folder %s: %w", f.path(), err)
	}
	var named syscall.Stat_t
	err := syscall.Lstat(f.path(), &named)
	if errors.Is(err, syscall.ENOENT) || err == nil && (held.Dev != named.Dev || held.Ino != named.Ino) {
		return errGone
	}
	if err != nil {
		return fmt.Errorf("look at run folder %s: %w", f.path(), err)
	}
	return nil
}

// makeFolder makes a run folder that holds its state file, and its lock.
func makeFolder(root string) (f folder, lock int, s state, err error) {
	for {
		f = folder{root: root, id: strings.ToLower(rand.Text()[:idLength]), stage: stageMaking}
		lock, s, err = f.fill()
		if errors.Is(err, errGone) || errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, fs.ErrExist) {
			continue // a sweep took it between its making and its lock, or the id is in use
		}
		f.stage = stageRun
		return f, lock, s, err
	}
}

// fill makes the folder under its hidden name, locks it, writes the state file
// and gives the folder its plain name. After an error nothing is left of it.
func (f folder) fill() (lock int, s state, err error) {
	if _, err := os.Lstat(f.dir()); err == nil {
		return -1, state{}, fs.ErrExist
	}
	if err := os.Mkdir(f.path(), 0o711); err != nil {
		return -1, state{}, fmt.Errorf("make the run's folder: %w; set Config.Root to a folder that this user can write to", err)
	}
	lock, err = f.tryLock(syscall.LOCK_EX)
	if err != nil {
		return -1, state{}, err // whoever holds the lock removes the folder
	}
	defer func() {
		if err != nil {
			os.RemoveAll(f.path())
			unlock(lock)
		}
	}()
	if err := os.Chmod(f.path(), 0o711); err != nil { // whatever the umask
		return -1, state{}, fmt.Errorf("make the run's folder: %w", err)
	}
	if s, err = newState(f.id); err != nil {
		return -1, state{}, err
	}
	if err := s.write(f.path()); err != nil {
		return -1, state{}, err
	}
	if err := os.Rename(f.path(), f.dir()); err != nil {
		return -1, state{}, fmt.Errorf("make the run's folder: %w", err)
	}
	return lock, s, nil
}

// ruin removes the run's network namespaces and the folder, whose lock the caller
// holds and whose processes are dead. It tries again for as long as t says: a network file system or a
// process in its last moments can put something back.
func (f folder) ruin(t Timeouts) error {
	if f.stage == stageRun {
		old := folder{root: f.root, id: f.id, stage: stageRuining}
		if err := os.Rename(f.path(), old.path()); err != nil && !isNotExist(err) {
			return fmt.Errorf("remove the run's folder: %w", err)
		}
		f = old
	}
	if err := f.removeNamespaces(); err != nil {
		return err
	}
	pause := t.pauses()
	for deadline := time.Now().Add(t.Remove); ; time.Sleep(pause()) {
		err := os.RemoveAll(f.path())
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("remove the run's folder: %w", err)
		}
	}
}
