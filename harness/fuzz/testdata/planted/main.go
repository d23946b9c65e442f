// Command planted runs the fuzzer once for each fault that it is given, with the
// model that has the fault against the one that hasn't. It is built with an
// overlay that plants the faults; see planted_test.go.
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
	found := map[string][]string{}
	for _, name := range os.Args[2:] {
		r, err := fuzz.Run(context.Background(), fuzz.Config{
			Seed: 1, Cases: cases, Profile: &fetch.Chromium, Driver: without(name), Shrink: fuzz.ShrinkNone,
		})
		if err != nil {
			fail(err)
		}
		found[name] = []string{}
		for _, d := range r.Diverged {
			found[name] = append(found[name], d.ID)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		fail(err)
	}
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
