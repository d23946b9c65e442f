package chromium

import (
	"time"
)

// Timeouts bound the waits of this package. A zero field means its default.
type Timeouts struct {
	// Start bounds the start of the browser, including the canary. Default 30 s.
	Start time.Duration
	// Open bounds opening a page or a view. Default 10 s.
	Open time.Duration
	// Job bounds one call that sets no timeout of its own. Default 10 s.
	Job time.Duration
	// Stall is how long a page may send no report after the deadline of all its jobs;
	// then it is considered hung, and its jobs are unknown. Default 10 s.
	Stall time.Duration
	// Settle bounds the wait, after the calls have ended, for the witnesses to agree:
	// sentinels and late protocol events. Default 5 s.
	Settle time.Duration
	// WaitText bounds [View.WaitText] and the wait before a click. Default 10 s.
	WaitText time.Duration
	// Close bounds the browser's own shutdown; then the remaining processes are killed.
	// Default 1.2 s.
	Close time.Duration
}

func (t Timeouts) withDefaults() Timeouts {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&t.Start, 30*time.Second)
	set(&t.Open, 10*time.Second)
	set(&t.Job, 10*time.Second)
	set(&t.Stall, 10*time.Second)
	set(&t.Settle, 5*time.Second)
	set(&t.WaitText, 10*time.Second)
	set(&t.Close, 1200*time.Millisecond)
	return t
}
