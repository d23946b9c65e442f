package cases

import (
	"context"
	"errors"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/fuzz"
)

// errNotDriven is why a case has no traces though nothing went wrong.
var errNotDriven = errors.New("the browser did not finish the case")

// FuzzDriver returns a driver for [fuzz.Run] that runs cases in the browser of d.
func FuzzDriver(d *Driver) fuzz.Driver {
	return func(ctx context.Context, cases []catalog.Case) ([]fuzz.Observation, error) {
		out := make([]fuzz.Observation, len(cases))
		index := map[string]int{}
		for i, c := range cases {
			index[c.ID], out[i].Err = i, errNotDriven
		}
		var failed error
		err := d.Drive(ctx, cases, func(driven Driven) {
			o, err := observationOf(ctx, driven)
			out[index[driven.Case.ID]] = o
			failed = errors.Join(failed, err)
		})
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case failed != nil:
			return nil, failed
		case err != nil && !browser.IsEvidenceProblem(err):
			return nil, err
		}
		return out, nil
	}
}

func observationOf(ctx context.Context, d Driven) (fuzz.Observation, error) {
	o := fuzz.Observation{Placed: &d.Placed, Traces: d.Traces}
	predicted, _, err := catalog.RunModel(ctx, &d.Placed, &fetch.Chromium)
	if err != nil {
		return o, err
	}
	late, err := d.late(ctx, predicted)
	o.Doubt = late
	return o, err
}
