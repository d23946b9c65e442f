package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"syscall"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/fetch/internal/point"
)

// Limits of the rewritten program, in bytes: a mutant that recurses or appends
// for ever ends soon.
const (
	stackLimit  = 64 << 20
	memoryLimit = 4 << 30
)

// A result is what became of a mutant.
type result struct {
	Mutant int `json:"mutant"`
	// Reached: some case came by the mutant.
	Reached bool `json:"reached,omitempty"`
	// Standard and Chromium are cases that kill the mutant, by the profile that
	// they were run with; empty for none.
	Standard string `json:"standard,omitempty"`
	Chromium string `json:"chromium,omitempty"`
	// Visible is a case that kills it with the profile chromium and that a
	// browser can drive.
	Visible string `json:"visible,omitempty"`
	// Panicked: the first kill was a panic.
	Panicked bool `json:"panicked,omitempty"`
	// Died says how the program ended over the mutant.
	Died string `json:"died,omitempty"`
}

// A ready is what the rewritten program writes first.
type ready struct{}

func (r result) killed() bool { return r.Standard != "" || r.Chromium != "" || r.Died != "" }

// runChild runs the catalogue on each mutant that it is given, and writes its
// result. It ends when its input does, even in the middle of a mutant, so that
// it never outlives its parent.
func runChild(ctx context.Context, in io.Reader, out io.Writer) error {
	debug.SetMaxStack(stackLimit)
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: memoryLimit, Max: memoryLimit}); err != nil {
		return fmt.Errorf("limit the memory: %w", err)
	}
	if point.Sites == 0 {
		return errors.New("this program has the model itself, and no mutants")
	}
	cases, err := catalog.Builtin()
	if err != nil {
		return err
	}
	ids := make(chan int, 1)
	go func() {
		decoder := json.NewDecoder(in)
		for {
			var id int
			if err := decoder.Decode(&id); err != nil {
				os.Exit(0)
			}
			ids <- id
		}
	}()
	encoder := json.NewEncoder(out)
	if err := encoder.Encode(ready{}); err != nil {
		return err
	}
	for id := range ids {
		if err := encoder.Encode(runMutant(ctx, id, cases)); err != nil {
			return err
		}
	}
	return nil
}

// runMutant runs the catalogue on one mutant, 0 being the model as it is.
func runMutant(ctx context.Context, id int, cases []catalog.Case) result {
	r := result{Mutant: id}
	point.Activate(id)
	for i := range cases {
		if ok, panicked := meets(ctx, &cases[i], &fetch.Standard); !ok {
			r.Standard, r.Panicked = cases[i].ID, panicked
			break
		}
	}
	for i := range cases {
		c := &cases[i]
		drivable := len(c.Drivers) == 0 || slices.Contains(c.Drivers, catalog.DriverBrowser)
		if r.Chromium != "" && !drivable {
			continue
		}
		if ok, _ := meets(ctx, c, &fetch.Chromium); ok {
			continue
		}
		if r.Chromium == "" {
			r.Chromium = c.ID
		}
		if drivable {
			r.Visible = c.ID
			break
		}
	}
	r.Reached = point.Reached()
	return r
}

// meets reports whether a profile's model meets a case, or doesn't where the
// case says so.
func meets(ctx context.Context, c *catalog.Case, profile *fetch.Profile) (ok, panicked bool) {
	defer func() {
		if recover() != nil {
			ok, panicked = false, true
		}
	}()
	_, mismatches, err := catalog.RunModel(ctx, c, profile)
	_, excepted := c.Profiles[profile.Name]
	return err == nil && (len(mismatches) > 0) == excepted, false
}
