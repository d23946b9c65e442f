package drive

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
)

// A Driver drives one browser. It is not safe for concurrent use. The code that created
// it owns Engine and Pages.
type Driver struct {
	Engine browser.Engine
	Pages  *Pages
	// Timeout bounds each request.
	Timeout time.Duration
}

// Step sends the request with this index of each run that has one, from all pages
// concurrently. A request that could not be observed has an unknown trace, and so has one
// beside which the browser sent something unexpected. The error says what of the evidence
// is not reliable, see [browser.IsEvidenceProblem], or that no more cases can be driven.
func (d *Driver) Step(ctx context.Context, step int, runs []*Run) error {
	byPage := map[string][]*Run{}
	for _, r := range runs {
		if step < len(r.Requests) {
			origin := r.Requests[step].Page
			byPage[origin] = append(byPage[origin], r)
		}
	}
	byID := map[string]*Run{}
	var calls []browser.PageJobs
	for _, origin := range slices.Sorted(maps.Keys(byPage)) {
		page, err := d.Pages.Page(ctx, origin, len(byPage[origin]))
		if err != nil {
			return err
		}
		jobs := make([]browser.Job, len(byPage[origin]))
		for i, r := range byPage[origin] {
			id := strconv.Itoa(len(byID))
			byID[id] = r
			jobs[i] = browser.Job{ID: id, Request: r.Requests[step].Fetch, Timeout: d.Timeout}
		}
		calls = append(calls, browser.PageJobs{Page: page, Jobs: jobs})
	}
	began := time.Now()
	err := d.Engine.Observe(ctx, calls, func(o browser.Observation) { byID[o.ID].came(o.Trace, began) })
	doubt(step, runs, browser.Strays(err))
	return err
}

// doubt makes unknown what the browser sent something beside: the request of the run that
// owns it, or, if none does, all that were made in the step.
func doubt(step int, runs []*Run, strays []fetch.Exchange) {
	for _, x := range strays {
		why := (&browser.StrayError{Exchanges: []fetch.Exchange{x}}).Error()
		concerned := slices.DeleteFunc(slices.Clone(runs), func(r *Run) bool { return r.Owns == nil || !r.Owns(x) })
		if len(concerned) == 0 {
			concerned = slices.DeleteFunc(slices.Clone(runs), func(r *Run) bool { return len(r.Traces) != step+1 })
		}
		for _, r := range concerned {
			r.doubt(why)
		}
	}
}
