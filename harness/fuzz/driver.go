package fuzz

import (
	"context"
	"fmt"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// A Driver runs cases in an engine and returns an observation for each, in the order of
// the cases. Cases must not share caches. An error means that the engine can no longer be
// used; a problem with a single case is in its observation.
type Driver func(ctx context.Context, cases []catalog.Case) ([]Observation, error)

// drive runs the cases, if there are any.
func (d Driver) drive(ctx context.Context, cases []catalog.Case) ([]Observation, error) {
	if len(cases) == 0 {
		return nil, nil
	}
	out, err := d(ctx, cases)
	if err == nil && len(out) != len(cases) {
		err = fmt.Errorf("the engine ran %d of %d cases", len(out), len(cases))
	}
	return out, err
}

// An Observation is an engine's result of a case.
type Observation struct {
	// Placed is the case as it was run, if its URLs were changed; otherwise nil. The
	// traces are of this case. See [catalog.Case.Place].
	Placed *catalog.Case
	// Traces has one trace for each request of the case.
	Traces []fetch.Trace
	// Err says what could not be observed.
	Err error
	// Doubt says why a divergence of the case would prove nothing, for example if more
	// time has passed than a cache entry lives.
	Doubt error
}

// predict runs a case on the model. It fails for a case that can't be asked
// for, or that has no answer to what is sent.
func predict(ctx context.Context, c *catalog.Case, profile *fetch.Profile) ([]fetch.Trace, error) {
	traces, mismatches, err := catalog.RunModel(ctx, c, profile)
	if err != nil {
		return nil, err
	}
	for _, m := range mismatches {
		if m.What == catalog.UnansweredRequest {
			return nil, fmt.Errorf("case %s has no answer to %s", c.ID, m.Got)
		}
	}
	return traces, nil
}
