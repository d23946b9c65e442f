package fuzz

import (
	"context"
	"fmt"
	"time"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// A Config configures [Run]. Driver and Profile have no default.
type Config struct {
	Seed  uint64
	Cases int
	// First is the number of the first case. A case depends only on seed and number.
	First int
	// Driver runs cases in the engine.
	Driver Driver
	// Profile is the engine's profile.
	Profile *fetch.Profile
	// Batch is the number of cases in a batch for the driver; 0 means 500.
	Batch int
	// Shrink is the number of divergences of one kind that are shrunk; 0 means 2,
	// [ShrinkNone] none. The others are counted and listed.
	Shrink int
	// Rounds bounds the work of shrinking one divergence; 0 means 60.
	Rounds int
	// Progress is called after each batch, and while divergences are shrunk.
	Progress func(Progress)
	// Clock returns the time; nil means [time.Now].
	Clock func() time.Time
}

// ShrinkNone turns shrinking off.
const ShrinkNone = -1

// Progress says how far a run is.
type Progress struct {
	Done, Total         int
	Diverged, Unknown   int
	Shrinking, ToShrink int
}

func (c Config) withDefaults() Config {
	if c.Batch == 0 {
		c.Batch = 500
	}
	if c.Shrink == 0 {
		c.Shrink = 2
	}
	if c.Rounds == 0 {
		c.Rounds = 60
	}
	if c.Progress == nil {
		c.Progress = func(Progress) {}
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

// Run generates cases, runs them in the engine, and compares the results with the model.
// It returns an error if ctx ended or the driver failed; the result then covers what was
// observed before. A case that could not be observed is not an error; it is in
// [Result.Unknown].
func Run(ctx context.Context, cfg Config) (*Result, error) {
	cfg = cfg.withDefaults()
	r := newResult(cfg)
	started := cfg.Clock()
	defer func() { r.Seconds = cfg.Clock().Sub(started).Seconds() }()
	j := &jury{profile: cfg.Profile}
	progress := Progress{Total: cfg.Cases}
	for done := 0; done < cfg.Cases; {
		n := min(cfg.Batch, cfg.Cases-done)
		cases := make([]catalog.Case, n)
		for i := range cases {
			cases[i] = Generate(cfg.Seed, cfg.First+done+i)
		}
		if err := r.judgeBatch(ctx, j, cfg.Driver, cases); err != nil {
			return r, err
		}
		done += n
		progress.Done, progress.Diverged, progress.Unknown = done, len(r.Diverged), len(r.Unknown)
		cfg.Progress(progress)
	}
	r.CasesPerSecond = float64(r.Shares.Cases) / max(cfg.Clock().Sub(started).Seconds(), 1e-9)
	return r, r.shrinkAll(ctx, cfg, &shrinker{jury: j, driver: cfg.Driver, rounds: cfg.Rounds}, progress)
}

// judgeBatch has the engine run the cases that the model can tell, and files
// each under its end.
func (r *Result) judgeBatch(ctx context.Context, j *jury, driver Driver, cases []catalog.Case) error {
	var driven []catalog.Case
	var untold []verdict
	var untoldCases []catalog.Case
	for _, c := range cases {
		model, err := predict(ctx, &c, j.profile)
		if err != nil {
			return err
		}
		if why := unknownIn(model); why != "" {
			untold, untoldCases = append(untold, verdict{end: endModelUnknown, why: why, model: model}), append(untoldCases, c)
			continue
		}
		driven = append(driven, c)
	}
	observations, err := driver.drive(ctx, driven)
	if err != nil {
		return err
	}
	for i, v := range untold {
		if err := r.file(ctx, untoldCases[i], v, nil); err != nil {
			return err
		}
	}
	for i := range driven {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		v, err := j.judge(ctx, &driven[i], observations[i])
		if err != nil {
			return err
		}
		var rules []fetch.Rule
		if v.end == endExplained {
			if rules, err = j.explain(ctx, &driven[i], observations[i]); err != nil {
				return err
			}
		}
		if err := r.file(ctx, driven[i], v, rules); err != nil {
			return err
		}
	}
	return nil
}

// shrinkAll makes the first divergences of each kind small.
func (r *Result) shrinkAll(ctx context.Context, cfg Config, s *shrinker, progress Progress) error {
	kinds := map[string]int{}
	var chosen []*Divergence
	for i := range r.Diverged {
		if d := &r.Diverged[i]; kinds[d.way] < cfg.Shrink {
			kinds[d.way]++
			chosen = append(chosen, d)
		}
	}
	progress.ToShrink = len(chosen)
	for i, d := range chosen {
		progress.Shrinking = i + 1
		cfg.Progress(progress)
		minimal, v, seen, err := s.shrink(ctx, d.original, d.way)
		if err != nil {
			return fmt.Errorf("shrink %s: %w", d.ID, err)
		}
		if !seen {
			d.Unsteady = true
			continue
		}
		if d.Minimal, err = draft(ctx, minimal, cfg.Profile, v.differences); err != nil {
			return err
		}
		d.MinimalDifferences = v.differences
	}
	return nil
}
