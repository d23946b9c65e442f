// Command mutants plants mistakes in the model, one at a time, and holds each
// against the catalogue: a mistake that no expectation notices has survived.
//
//	go run ./harness/fetch/internal/mutants             all mutants
//	go run ./harness/fetch/internal/mutants -only TEXT  those with TEXT in their names, and what kills them
//	go run ./harness/fetch/internal/mutants -steps      write harness/catalog/STEPS.md
//
// It builds itself again with the model rewritten, see package rewrite, and runs
// the result. It ends with 1 if a mutant survives that isn't listed with a
// reason, or if one that is listed is killed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch/internal/rewrite"
)

// The one argument of the rewritten program.
const (
	childArg = "run-mutants"
	waysArg  = "record-ways"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	switch {
	case len(args) == 1 && args[0] == childArg:
		return runChild(ctx, os.Stdin, out)
	case len(args) == 1 && args[0] == waysArg:
		return recordWays(ctx, out)
	}
	flags := flag.NewFlagSet("mutants", flag.ExitOnError)
	only := flags.String("only", "", "run the mutants with this `text` in their names, and print what kills each")
	steps := flags.Bool("steps", false, "write "+stepsFile+", and run no mutant")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("mutants: %q is more than it takes", flags.Args())
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	dir, remove, err := workDir(root, "mutants")
	if err != nil {
		return err
	}
	defer remove()
	model, err := rewriteModel(ctx, root)
	if err != nil {
		return err
	}
	program, err := build(ctx, root, dir, model)
	if err != nil {
		return err
	}
	if *steps {
		return writeSteps(ctx, root, program, model.Decisions)
	}
	return runAll(ctx, root, program, model.Mutants, *only, out)
}

// writeSteps writes the table of decisions; gaps that aren't explained are an
// error all the same.
func writeSteps(ctx context.Context, root, program string, decisions []rewrite.Decision) error {
	gaps, err := readReasons(root, gapsFile)
	if err != nil {
		return err
	}
	ways, err := takenWays(ctx, program)
	if err != nil {
		return err
	}
	table, problems := stepsTable(decisions, ways, gaps)
	return errors.Join(os.WriteFile(filepath.Join(root, stepsFile), []byte(table), 0o644), problems)
}

// runAll runs the mutants whose names have a text in them, and judges the run if
// those are all.
func runAll(ctx context.Context, root, program string, mutants []rewrite.Mutant, only string, out io.Writer) error {
	listed, err := readReasons(root, survivorsFile)
	if err != nil {
		return err
	}
	ids := []int{0} // the model itself, which every case has to meet
	for _, m := range mutants {
		if strings.Contains(m.Name, only) {
			ids = append(ids, m.ID)
		}
	}
	var results []result
	var broken error
	err = runMutants(ctx, program, ids, defaultPatience, func(r result) {
		switch {
		case r.Mutant == 0 && r.killed():
			broken = fmt.Errorf("the model itself fails %s%s%s: mend that first", r.Standard, r.Chromium, r.Died)
		case r.Mutant == 0:
		default:
			results = append(results, r)
			if only != "" {
				m := mutants[r.Mutant-1]
				fmt.Fprintf(out, "%s\n    %s\n    standard %q, chromium %q, visible %q, reached %t %s\n",
					m.Position, m.Name, r.Standard, r.Chromium, r.Visible, r.Reached, r.Died)
			}
		}
	})
	if err := errors.Join(err, broken); err != nil || only != "" {
		return err
	}
	s := summarize(mutants, results, listed)
	s.write(out)
	return s.err()
}
