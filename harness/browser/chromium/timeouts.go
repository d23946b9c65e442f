package chromium

import (
	"time"
)

// Timeouts bounds what this package waits for. A zero field means its default.
type Timeouts struct {
	// Start bounds the start of the browser, canary included. Default 30 s.
	Start time.Duration
	// Open bounds opening a page or a view. Default 10 s.
	Open time.Duration
	// Job bounds one call that sets no timeout of its own. Default 10 s.
	Job time.Duration
	// Stall is how long a page may stay silent after the deadline of each job
	// that it has; then it is taken for hung, and its jobs are unknown. Default
	// 10 s.
	Stall time.Duration
	// Settle bounds the wait, after the calls are over, for the witnesses to
	// agree: sentinels and late protocol events. Default 5 s.
	Settle time.Duration
	// WaitText bounds [View.WaitText] and what precedes a click. Default 10 s.
	WaitText time.Duration
	// Close bounds a browser's own shutdown; what remains is killed. Default
	// 1.2 s.
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
