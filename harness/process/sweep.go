package process

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// A Left is a run whose owner is dead.
type Left struct {
	ID  string
	Dir string
	// OwnerPID is the process that created the run; 0 if it died before it was recorded,
	// or while it removed the folder.
	OwnerPID int
	// Processes are the processes that were alive when the run was found.
	Processes []Found
}

// String returns the run and its processes, a line each.
func (l Left) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, left by process %d", l.Dir, l.OwnerPID)
	for _, f := range l.Processes {
		b.WriteString("\n    " + f.String())
	}
	return b.String()
}

// FindLeft returns the runs of this user under root (default [os.TempDir]) whose owner is
// dead, with their living processes. It changes nothing. It never returns a run whose
// owner is alive, or that is being created.
func FindLeft(root string) ([]Left, error) {
	all, err := runFolders(root)
	if err != nil {
		return nil, err
	}
	var left []Left
	var errs []error
	for _, f := range all {
		switch f.stage {
		case stageMaking: // has neither processes nor files yet
		case stageRuining:
			fd, err := f.tryLock(syscall.LOCK_SH)
			if err == nil {
				unlock(fd)
				left = append(left, Left{ID: f.id, Dir: f.path()})
			}
		default:
			l, dead, err := f.inspect()
			if errs = append(errs, err); dead {
				left = append(left, l)
			}
		}
	}
	return left, errors.Join(errs...)
}

// Sweep kills the processes of the runs that [FindLeft] finds, removes their folders, and
// returns the runs. Several processes may sweep at once: each dead run is swept by one of
// them, and the others wait for it. The error names what remains.
func Sweep(root string) ([]Left, error) {
	return Timeouts{}.withDefaults().sweep(root)
}

func (t Timeouts) sweep(root string) ([]Left, error) {
	all, err := runFolders(root)
	if err != nil {
		return nil, err
	}
	var left []Left
	var errs []error
	for _, f := range all {
		l, swept, err := t.sweepFolder(f)
		if errs = append(errs, err); swept {
			left = append(left, l)
		}
	}
	return left, errors.Join(errs...)
}

func runFolders(root string) ([]folder, error) {
	root, err := realRoot(root)
	if err != nil {
		return nil, err
	}
	return folders(root)
}

// sweepFolder sweeps f if its run is dead, and reports whether it did.
func (t Timeouts) sweepFolder(f folder) (l Left, swept bool, err error) {
	var fd int
	if f.stage == stageRun {
		_, dead, err := f.inspect()
		if err != nil || !dead {
			return Left{}, false, err
		}
		fd, err = f.lock(t.Sweep)
		if errors.Is(err, errGone) { // swept by another process
			return Left{}, false, nil
		}
		if err != nil {
			return Left{}, false, err
		}
	} else {
		fd, err = f.tryLock(syscall.LOCK_EX)
		if err != nil { // being made or removed, or gone
			return Left{}, false, nil
		}
		l = Left{ID: f.id, Dir: f.path()}
	}
	defer unlock(fd)
	if f.stage == stageRun {
		s, err := readState(f.path())
		if err != nil {
			return Left{}, false, err
		}
		find := func() ([]Found, error) { return s.find(f.dir()) }
		found, err := find()
		if err != nil {
			return Left{}, false, err
		}
		l = Left{ID: f.id, Dir: f.dir(), OwnerPID: s.Owner.PID, Processes: found}
		remain, err := t.kill(found, find)
		if err := errors.Join(err, leftError(remain)); err != nil {
			return l, false, fmt.Errorf("sweep %s: %w", f.dir(), err)
		}
	}
	return l, true, f.ruin(t)
}

// inspect reports whether the run in f is dead, and what is left of it. A run
// of another pid namespace is dead if nobody holds its lock.
func (f folder) inspect() (l Left, dead bool, err error) {
	s, err := readState(f.dir())
	if isNotExist(err) { // removed meanwhile
		return Left{}, false, nil
	}
	if err != nil {
		return Left{}, false, err
	}
	reach, err := s.reach()
	if err != nil {
		return Left{}, false, err
	}
	switch reach {
	case reachAll:
		if s.Owner.lives() {
			return Left{}, false, nil
		}
	case reachFolder:
		fd, err := f.tryLock(syscall.LOCK_SH)
		if err != nil {
			return Left{}, false, nil
		}
		unlock(fd)
	}
	found, err := s.find(f.dir())
	return Left{ID: f.id, Dir: f.dir(), OwnerPID: s.Owner.PID, Processes: found}, true, err
}
