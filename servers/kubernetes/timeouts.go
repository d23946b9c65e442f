package kubernetes

import (
	"cmp"
	"time"
)

// Timeouts bound the waits of this package. A zero field means its default.
type Timeouts struct {
	// Look bounds one check whether a cluster answers: 5 s.
	Look time.Duration
	// Call bounds one call of kubectl: 30 s.
	Call time.Duration
	// Rollout bounds the time until changed pods are ready, including the pull of the
	// database's image: 3 min.
	Rollout time.Duration
	// Close bounds the call that removes the namespace: 2 s.
	Close time.Duration
}

func (t Timeouts) withDefaults() Timeouts {
	return Timeouts{
		Look:    cmp.Or(t.Look, 5*time.Second),
		Call:    cmp.Or(t.Call, 30*time.Second),
		Rollout: cmp.Or(t.Rollout, 3*time.Minute),
		Close:   cmp.Or(t.Close, 2*time.Second),
	}
}
