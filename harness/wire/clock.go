package wire

import (
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Clock measures time since the start of a run. All witnesses in one run share one
// Clock, so that their offsets can be compared. It is monotonic and safe for concurrent
// use.
type Clock struct{ start time.Time }

// NewClock returns a Clock that starts now.
func NewClock() *Clock { return &Clock{start: time.Now()} }

// Now returns the offset since the start of the run.
func (c *Clock) Now() fetch.Offset { return fetch.OffsetOf(time.Since(c.start)) }

// orNew returns c, or a Clock of its own for a nil one.
func (c *Clock) orNew() *Clock {
	if c == nil {
		return NewClock()
	}
	return c
}
