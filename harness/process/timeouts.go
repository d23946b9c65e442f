package process

import (
	"cmp"
	"time"
)

// Timeouts bound the waits of this package. A zero field means its default.
type Timeouts struct {
	// Stop is how long [Child.Stop] waits after the stop signal before it kills, unless
	// the child's [Spec] says otherwise. Default 5s.
	Stop time.Duration
	// Close is how long [Run.Close] waits after the stop signals, for all children
	// together, before it kills. A shorter stop timeout of a child applies to that child.
	// Default 1s.
	Close time.Duration
	// Kill is how long a killed process may take to disappear before it is reported as
	// remaining. It takes milliseconds, unless the machine is overloaded or the process
	// waits for a device. Default 2s.
	Kill time.Duration
	// Remove is how long removing a folder is retried. Default 500ms.
	Remove time.Duration
	// Sweep is how long a sweep waits for another process that is sweeping the
	// same dead run. Default 10s.
	Sweep time.Duration
	// PollFirst is the first pause when polling what sends no event: a server's
	// readiness, or a process that is not a child of this one. Pauses double. Default
	// 2ms.
	PollFirst time.Duration
	// PollMost is the longest such pause. Default 50ms.
	PollMost time.Duration
}

func (t Timeouts) withDefaults() Timeouts {
	return Timeouts{
		Stop:      cmp.Or(t.Stop, 5*time.Second),
		Close:     cmp.Or(t.Close, time.Second),
		Kill:      cmp.Or(t.Kill, 2*time.Second),
		Remove:    cmp.Or(t.Remove, 500*time.Millisecond),
		Sweep:     cmp.Or(t.Sweep, 10*time.Second),
		PollFirst: cmp.Or(t.PollFirst, 2*time.Millisecond),
		PollMost:  cmp.Or(t.PollMost, 50*time.Millisecond),
	}
}

// pauses returns a function that gives the pauses of one wait, one after the
// other.
func (t Timeouts) pauses() func() time.Duration {
	next := t.PollFirst
	return func() time.Duration {
		pause := next
		next = min(2*next, t.PollMost)
		return pause
	}
}
