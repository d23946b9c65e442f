package fuzz

import (
	"context"
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// ResultSchema names the JSON format of a [Result].
const ResultSchema = "corsproof.fuzz/1"

// A Result is the result of a run.
type Result struct {
	Schema  string `json:"schema"`
	Seed    uint64 `json:"seed"`
	First   int    `json:"first"`
	Wanted  int    `json:"wanted"`
	Profile string `json:"profile"`
	// Engine is the engine's version, if the caller knows it.
	Engine string `json:"engine,omitempty"`

	// Seconds is the duration of the run; CasesPerSecond excludes shrinking.
	Seconds        float64 `json:"seconds"`
	CasesPerSecond float64 `json:"casesPerSecond"`
	Shares         Shares  `json:"shares"`

	// Agreed counts the cases in which the engine followed the standard. Explained counts
	// those in which it followed its profile instead, by the rules that made the
	// difference, most frequent first.
	Agreed    int         `json:"agreed"`
	Explained []Explained `json:"explained"`
	// Diverged has the other observed cases, in their order.
	Diverged []Divergence `json:"diverged"`
	// ModelUnknown are cases that the model cannot predict, Unknown those that could not
	// be observed.
	ModelUnknown []Unknown `json:"modelUnknown"`
	Unknown      []Unknown `json:"unknown"`

	profile *fetch.Profile
}

// Explained counts the cases that the same rules explain.
type Explained struct {
	Rules string `json:"rules"`
	Cases int    `json:"cases"`
	// Example is the ID of the first of these cases.
	Example string `json:"example"`
}

// A Divergence is a case in which nothing explains the engine's behavior.
type Divergence struct {
	ID          string                 `json:"id"`
	Differences []judge.StepDifference `json:"differences"`
	// Case is the whole case as a case file, a draft.
	Case string `json:"case"`
	// Minimal is the smallest case found that diverges in the same way, as a case file,
	// with its differences; empty if the case was not shrunk.
	Minimal            string                 `json:"minimal,omitempty"`
	MinimalDifferences []judge.StepDifference `json:"minimalDifferences,omitempty"`
	// Unsteady says that a second run of the case did not diverge.
	Unsteady bool `json:"unsteady,omitempty"`

	original catalog.Case
	way      string
}

// Way returns a name for how the case diverges; divergences with one cause usually share
// it.
func (d *Divergence) Way() string { return d.way }

// An Unknown is a case without a verdict.
type Unknown struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

func newResult(cfg Config) *Result {
	return &Result{
		Schema: ResultSchema, Seed: cfg.Seed, First: cfg.First, Wanted: cfg.Cases, Profile: cfg.Profile.Name, profile: cfg.Profile,
		Explained: []Explained{}, Diverged: []Divergence{}, ModelUnknown: []Unknown{}, Unknown: []Unknown{},
	}
}

// file counts a case under its end, an explained one under the rules that explain
// it.
func (r *Result) file(ctx context.Context, c catalog.Case, v verdict, explained []fetch.Rule) error {
	r.Shares.add(v.model)
	switch v.end {
	case endAgreed:
		r.Agreed++
	case endExplained:
		rules := ruleNames(explained)
		i := slices.IndexFunc(r.Explained, func(e Explained) bool { return e.Rules == rules })
		if i < 0 {
			r.Explained = append(r.Explained, Explained{Rules: rules, Example: c.ID})
			i = len(r.Explained) - 1
		}
		r.Explained[i].Cases++
		slices.SortStableFunc(r.Explained, func(a, b Explained) int { return b.Cases - a.Cases })
	case endDiverged:
		file, err := draft(ctx, c, r.profile, v.differences)
		if err != nil {
			return err
		}
		r.Diverged = append(r.Diverged, Divergence{ID: c.ID, Differences: v.differences, Case: file, original: c, way: wayOf(v.differences)})
	case endModelUnknown:
		r.ModelUnknown = append(r.ModelUnknown, Unknown{c.ID, v.why})
	case endUnknown:
		r.Unknown = append(r.Unknown, Unknown{c.ID, v.why})
	}
	return nil
}
