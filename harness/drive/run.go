package drive

import (
	"math"
	"time"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Request is one that page code makes.
type Request struct {
	// Page is the origin of the page that makes it; [browser.OpaqueOrigin] for an
	// opaque one.
	Page  string
	Fetch fetch.Request
}

// A Run is what a browser does for one case: requests, one after another. It belongs to
// the driver while it drives.
type Run struct {
	// Case is the ID of the case, for its traces.
	Case     string
	Requests []Request
	// Owns, if not nil, reports whether the case must have caused a request that the
	// browser sent beside all that were asked for.
	Owns func(fetch.Exchange) bool

	// Traces has one for each request that was made.
	Traces []fetch.Trace
	// Waited is how many seconds, rounded up, each request came after the one before at
	// most.
	Waited []int

	last time.Time // when the last request was about to be made
}

// Whole reports whether all requests were made.
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
