// Command planted looks for each fault that it is given until a case shows it,
// with the model that has the fault against the one that hasn't. It is built with
// an overlay that plants the faults; see planted_test.go.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/fuzz"
)

func main() {
	cases, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fail(err)
	}
	found := map[string]string{}
	for _, name := range os.Args[2:] {
		if found[name], err = first(name, cases); err != nil {
			fail(err)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		fail(err)
	}
}

// batch is how many cases are made before looking whether one diverged.
const batch = 250

// first returns the ID of the first of so many cases that shows a fault, or "".
func first(name string, cases int) (string, error) {
	for n := 0; n < cases; n += batch {
		r, err := fuzz.Run(context.Background(), fuzz.Config{
			Seed: 1, First: n, Cases: min(batch, cases-n), Profile: &fetch.Chromium, Driver: without(name), Shrink: fuzz.ShrinkNone,
		})
		if err != nil {
			return "", err
		}
		if len(r.Diverged) > 0 {
			return r.Diverged[0].ID, nil
		}
	}
	return "", nil
}

// without is an engine that does what the model says without the fault, which
// is planted whenever the engine is done.
func without(name string) fuzz.Driver {
	fetch.Plant(name)
	return func(ctx context.Context, cases []catalog.Case) ([]fuzz.Observation, error) {
		fetch.Plant("")
		defer fetch.Plant(name)
		out := make([]fuzz.Observation, len(cases))
		for i := range cases {
			traces, _, err := catalog.RunModel(ctx, &cases[i], &fetch.Chromium)
			out[i] = fuzz.Observation{Traces: traces, Err: err}
		}
		return out, nil
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
