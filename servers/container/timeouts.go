package container

import (
	"cmp"
	"time"
)

// Timeouts bound the waits of this package. A zero field means its default.
type Timeouts struct {
	// Ping bounds one check whether an engine answers: 2 s.
	Ping time.Duration
	// Engine bounds the time until a started engine answers: 30 s.
	Engine time.Duration
	// Turn bounds the wait for another process to close the engine of the cache
	// directory: 2 minutes.
	Turn time.Duration
	// Call bounds one API call of an engine, except for building images: 60 s.
	Call time.Duration
	// Ready bounds the time from the start of a container to its first response: 30 s.
	Ready time.Duration
	// Poll is the interval for polling what sends no event: 20 ms.
	Poll time.Duration
	// Cgroups bounds the time until the control groups of exited containers are empty: 2
	// s.
	Cgroups time.Duration
}

func (t Timeouts) withDefaults() Timeouts {
	return Timeouts{
		Ping:    cmp.Or(t.Ping, 2*time.Second),
		Engine:  cmp.Or(t.Engine, 30*time.Second),
		Turn:    cmp.Or(t.Turn, 2*time.Minute),
		Call:    cmp.Or(t.Call, time.Minute),
		Ready:   cmp.Or(t.Ready, 30*time.Second),
		Poll:    cmp.Or(t.Poll, 20*time.Millisecond),
		Cgroups: cmp.Or(t.Cgroups, 2*time.Second),
	}
}
