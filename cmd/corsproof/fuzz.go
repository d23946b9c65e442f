package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/cases"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/fuzz"
)

type fuzzCases struct {
	cases int
	first int
	seed  uint64
	out   string
	json  string
	whole bool

	toJSON   *outputFile // nil if nobody wants it
	stdout   io.Writer
	progress *progress
}

func fuzzCommand() *cobra.Command {
	f := &fuzzCases{}
	cmd := &cobra.Command{
		Use:   "fuzz",
		Short: "Generate cases and find differences between the model and a real Chromium",
		Long: `Generate requests and server responses, right, nearly right and hostile. Run each in Chromium and on the
model with Chromium's profile, and compare. Where Chromium differs from the standard as its profile says,
the case counts as explained, by rule. Any other difference is a divergence: it is shrunk and written as a
case file. Its expectation is a draft from the model; check it against the standard.

A case is determined by seed and number: --seed S --first N --cases 1 generates it again.

Exit codes: 0 no divergence; 2 wrong use; 3 something could not be observed; 4 a divergence. If several
apply, the first in the order 4, 3.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.stdout = cmd.OutOrStdout()
			f.progress = newProgress(cmd.ErrOrStderr())
			return f.run(cmd.Context())
		},
	}
	cmd.Flags().IntVar(&f.cases, "cases", 1000, "number of cases")
	cmd.Flags().Uint64Var(&f.seed, "seed", 1, "seed of the generator")
	cmd.Flags().IntVar(&f.first, "first", 0, "number of the first case")
	cmd.Flags().StringVar(&f.out, "out", "corsproof-fuzz", "`folder` for the case files of divergences; created if needed")
	cmd.Flags().BoolVar(&f.whole, "no-shrink", false, "do not shrink divergences and write no case files (faster)")
	cmd.Flags().StringVar(&f.json, "json", "", "write the result to this `file`, as "+fuzz.ResultSchema)
	return cmd
}

func (f *fuzzCases) run(ctx context.Context) (err error) {
	if f.cases <= 0 || f.first < 0 {
		return fmt.Errorf("--cases %d --first %d: expected at least one case, from number 0 on", f.cases, f.first)
	}
	if f.toJSON, err = findOutput("--json", f.json); err != nil {
		return err
	}
	if info, err := os.Stat(f.out); f.out == "" || err == nil && !info.IsDir() {
		return fmt.Errorf("--out %q: not a folder", f.out)
	}
	result, err := f.fuzz(ctx)
	f.progress.end()
	if err != nil {
		err = &exitError{exitUnknown, causeOr(ctx, err)}
	}
	if result == nil {
		return err
	}
	files, writeErr := f.write(ctx, result)
	f.print(result, files)
	switch {
	case err != nil || writeErr != nil:
		return &exitError{exitUnknown, errors.Join(err, writeErr)}
	case len(result.Diverged) > 0:
		return &exitError{exitDivergence, nil}
	case len(result.Unknown) > 0:
		return &exitError{exitUnknown, nil}
	}
	return nil
}

// fuzz runs the cases in Chromium. The result is nil if none ran.
func (f *fuzzCases) fuzz(ctx context.Context) (result *fuzz.Result, err error) {
	lab, err := harness.NewLab(harness.LabConfig{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	driver, err := cases.NewDriver(ctx, lab, 0)
	if err != nil {
		return nil, err
	}
	defer driver.Close()
	f.progress.total = f.cases
	cfg := fuzz.Config{
		Seed: f.seed, First: f.first, Cases: f.cases, Profile: &fetch.Chromium, Driver: cases.FuzzDriver(driver), Progress: f.say,
	}
	if f.whole {
		cfg.Shrink = fuzz.ShrinkNone
	}
	result, err = fuzz.Run(ctx, cfg)
	for _, c := range lab.Engines() {
		result.Engine = c.Info().Name + " " + c.Info().Version
	}
	return result, err
}

func (f *fuzzCases) say(p fuzz.Progress) {
	line := fmt.Sprintf("%d of %d cases", p.Done, p.Total)
	if p.Diverged > 0 {
		line += fmt.Sprintf(", %d diverge", p.Diverged)
	}
	if p.Unknown > 0 {
		line += fmt.Sprintf(", %d unknown", p.Unknown)
	}
	if p.ToShrink > 0 {
		line += fmt.Sprintf("; shrinking divergence %d of %d", p.Shrinking, p.ToShrink)
	}
	f.progress.say(line)
}

// write writes the case files of the divergences that were made small, and the
// result. It returns the files by the ID of their case.
func (f *fuzzCases) write(ctx context.Context, r *fuzz.Result) (map[string]string, error) {
	files := map[string]string{}
	var errs []error
	for _, d := range r.Diverged {
		if d.Minimal == "" {
			continue
		}
		file := filepath.Join(f.out, strings.TrimPrefix(d.ID, "fuzz/")+".yaml")
		err := os.MkdirAll(f.out, 0o755)
		if err == nil {
			err = os.WriteFile(file, []byte(d.Minimal), 0o644)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("--out: %w", err))
			continue
		}
		files[d.ID] = file
	}
	if f.toJSON != nil {
		errs = append(errs, f.toJSON.write(ctx, func(w io.Writer) error {
			encoder := json.NewEncoder(w)
			encoder.SetIndent("", "  ")
			return encoder.Encode(r)
		}))
	}
	return files, errors.Join(errs...)
}

// unknownShown is how many reasons for an unknown are printed.
const unknownShown = 10

func (f *fuzzCases) print(r *fuzz.Result, files map[string]string) {
	for _, d := range r.Diverged {
		switch file := files[d.ID]; {
		case file != "":
			fmt.Fprintf(f.stdout, "divergence %s: %s\n", d.ID, d.MinimalDifferences[0])
			fmt.Fprintf(f.stdout, "    shrunk to %s\n", file)
		case d.Unsteady:
			fmt.Fprintf(f.stdout, "divergence %s, not reproduced by a second run of the case: %s\n", d.ID, d.Differences[0])
		default:
			fmt.Fprintf(f.stdout, "divergence %s: %s\n", d.ID, d.Differences[0])
		}
		number := d.ID[strings.LastIndexByte(d.ID, '-')+1:]
		fmt.Fprintf(f.stdout, "    again    corsproof fuzz --seed %d --first %s --cases 1\n", r.Seed, number)
	}
	for i, u := range r.Unknown {
		if i == unknownShown {
			fmt.Fprintf(f.stdout, "and %d more cases that could not be observed\n", len(r.Unknown)-i)
			break
		}
		fmt.Fprintf(f.stdout, "unknown %s: %s\n", u.ID, u.Why)
	}
	explained := 0
	for _, e := range r.Explained {
		fmt.Fprintf(f.stdout, "explained %5d  %s (%s)\n", e.Cases, e.Rules, e.Example)
		explained += e.Cases
	}
	s := r.Shares
	fmt.Fprintf(f.stdout, "generated: allowed %.1f %%, blocked %.1f %%, unknown to the model %.1f %%; with a preflight %.1f %%, with a redirect %.1f %%\n",
		s.Percent(s.Allowed), s.Percent(s.Blocked), s.Percent(s.Unknown), s.Percent(s.Preflight), s.Percent(s.Redirect))
	if what := s.Lopsided(); what != "" {
		fmt.Fprintf(f.stdout, "the share of cases %s is outside the range expected of a long run\n", what)
	}
	fmt.Fprintf(f.stdout, "seed %d, cases %d of %d: %d follow the standard, %d explained, %d diverge, %d outside of the model, %d not observed; %s, %v, %.0f cases/s\n",
		r.Seed, s.Cases, r.Wanted, r.Agreed, explained, len(r.Diverged), len(r.ModelUnknown), len(r.Unknown), r.Engine,
		time.Duration(r.Seconds*float64(time.Second)).Round(100*time.Millisecond), r.CasesPerSecond)
}
