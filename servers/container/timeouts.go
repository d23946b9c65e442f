package container

import (
	"cmp"
	"time"
)

// Timeouts bound what this package waits for. A zero field means its default.
type Timeouts struct {
	// Ping bounds one question to an engine whether it is there: 2 s.
	Ping time.Duration
	// Engine bounds the time until an engine that was started answers: 30 s.
	Engine time.Duration
	// Turn bounds the wait for another process to let go of the engine that is
	// started here: 2 minutes.
	Turn time.Duration
	// Call bounds one call of an engine's interface, but for the making of
	// images: 60 s.
	Call time.Duration
	// Ready bounds the time from the start of a container to its first answer: 30 s.
	Ready time.Duration
	// Poll is the pause between two looks at something that sends no event: 20 ms.
	Poll time.Duration
	// Cgroups bounds the time until the control groups of dead containers are
	// empty: 2 s.
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
