package drive

import (
	"math"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Request is a request of page code.
type Request struct {
	// Page is the origin of the page that sends it; [browser.OpaqueOrigin] for an opaque
	// one.
	Page  string
	Fetch fetch.Request
}

// A Run is the sequence of requests of one case in a browser. The driver owns it while it
// drives.
type Run struct {
	// Case is the ID of the case, for its traces.
	Case     string
	Requests []Request
	// Owns, if not nil, reports whether the case must have caused a request that the
	// browser sent in addition to the intended ones.
	Owns func(fetch.Exchange) bool

	// Traces has one trace for each request that was sent.
	Traces []fetch.Trace
	// Waited has the maximum time in seconds, rounded up, between each request and the
	// one before.
	Waited []int

	last time.Time // when the last request was about to be made
}

// Whole reports whether all requests were sent.
func (r *Run) Whole() bool { return len(r.Traces) == len(r.Requests) }

// came takes what came of a request that began later than began.
func (r *Run) came(t fetch.Trace, began time.Time) {
	t.Case = r.Case
	seconds := 0
	if !r.last.IsZero() {
		seconds = int(math.Ceil(time.Since(r.last).Seconds()))
	}
	r.Traces, r.Waited, r.last = append(r.Traces, t), append(r.Waited, seconds), began
}

// doubt makes unknown what came last of the run.
func (r *Run) doubt(why string) {
	if n := len(r.Traces); n > 0 {
		r.Traces[n-1].Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: why}
	}
}
