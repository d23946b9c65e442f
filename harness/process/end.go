package process

import (
	"os"
	"slices"
	"syscall"
	"time"
)

// kill sends SIGKILL to the known processes and to whatever find finds, until
// all are dead or the time for it is over; it returns those that are left. It
// keeps the known in mind: one that lost its parent may have lost its last
// trace.
func (t Timeouts) kill(known []Found, find func() ([]Found, error)) (left []Found, err error) {
	pause := t.pauses()
	for deadline := time.Now().Add(t.Kill); ; time.Sleep(pause()) {
		found, err := find()
		known = merge(alive(known), found)
		if err != nil || len(known) == 0 || time.Now().After(deadline) {
			return known, err
		}
		for _, f := range known {
			f.kill()
		}
	}
}

// await waits until the known processes are dead, at most for bound.
func (t Timeouts) await(known []Found, bound time.Duration) {
	pause := t.pauses()
	for deadline := time.Now().Add(bound); len(alive(known)) > 0 && time.Now().Before(deadline); {
		time.Sleep(pause())
	}
}

// kill ends the process, and its group in the same moment if that is the
// run's. That it may not be allowed to shows in its being left.
func (f Found) kill() {
	if f.group != 0 && f.id.lives() {
		syscall.Kill(-f.group, syscall.SIGKILL)
	}
	f.id.signal(os.Kill)
}

func alive(known []Found) []Found {
	return slices.DeleteFunc(slices.Clone(known), func(f Found) bool { return !f.id.lives() })
}

// merge returns known and those of found that are not in it.
func merge(known, found []Found) []Found {
	for _, f := range found {
		if !slices.ContainsFunc(known, func(k Found) bool { return k.id == f.id }) {
			known = append(known, f)
		}
	}
	return known
}
