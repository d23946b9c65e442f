package fuzz

import (
	"context"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// An end is what became of a case.
type end int

const (
	// endAgreed: engine and standard did the same.
	endAgreed end = iota
	// endExplained: the engine did what its profile says.
	endExplained
	// endDiverged: nothing explains what the engine did.
	endDiverged
	// endModelUnknown: the case is outside of what the model can tell.
	endModelUnknown
	// endUnknown: it could not be observed.
	endUnknown
)

// A verdict is one case's.
type verdict struct {
	end end
	// differences are from the engine's profile.
	differences []judge.StepDifference
	// why is what is unknown.
	why string
	// model are the traces of the engine's profile.
	model []fetch.Trace
}

// A jury holds observations against the model with an engine's profile.
type jury struct {
	profile *fetch.Profile
}

// judge holds one case. Its error is of a case that can't be run. Which rules
// explain a case [jury.explain] tells, which takes as long as fifty cases.
func (j *jury) judge(ctx context.Context, c *catalog.Case, o Observation) (verdict, error) {
	if o.Placed != nil {
		c = o.Placed
	}
	model, err := predict(ctx, c, j.profile)
	v := verdict{model: model}
	if err != nil {
		return v, err
	}
	switch {
	case o.Err != nil:
		v.end, v.why = endUnknown, o.Err.Error()
		return v, nil
	case len(o.Traces) != len(model):
		v.end, v.why = endUnknown, "the engine ran another number of requests than the case has"
		return v, nil
	}
	if why := unknownIn(o.Traces); why != "" {
		v.end, v.why = endUnknown, why
		return v, nil
	}
	v.differences = differences(model, o.Traces)
	if len(v.differences) > 0 {
		v.end = endDiverged
		if o.Doubt != nil {
			v.end, v.why = endUnknown, o.Doubt.Error()
		}
		return v, nil
	}
	standard, err := predict(ctx, c, &fetch.Standard)
	if ctx.Err() != nil {
		return v, err
	}
	// A case may lack an answer to what the standard sends, and the engine doesn't.
	if err != nil || len(differences(standard, o.Traces)) > 0 {
		v.end = endExplained
	}
	return v, nil
}

// unknownIn returns what a trace says is not known.
func unknownIn(traces []fetch.Trace) string {
	for _, t := range traces {
		if t.Outcome.Kind == fetch.OutcomeUnknown {
			if t.Outcome.Error == "" {
				return "the outcome"
			}
			return t.Outcome.Error
		}
	}
	return ""
}

// differences compares request by request.
func differences(model, engine []fetch.Trace) []judge.StepDifference {
	var out []judge.StepDifference
	for i := range model {
		for _, d := range compare(model[i], engine[i]) {
			out = append(out, judge.StepDifference{Step: i, Difference: d})
		}
	}
	return out
}

// explain returns the rules of the profile that the engine's traces hang on:
// each one without which the model says something else, or, if it takes more
// than one to see it, a set of which each is needed.
func (j *jury) explain(ctx context.Context, c *catalog.Case, o Observation) ([]fetch.Rule, error) {
	if o.Placed != nil {
		c = o.Placed
	}
	var own []fetch.Rule
	for _, d := range j.profile.Differences {
		if !slices.ContainsFunc(fetch.Standard.Differences, func(s fetch.Difference) bool { return s.Rule == d.Rule }) {
			own = append(own, d.Rule)
		}
	}
	matters := func(rules ...fetch.Rule) (bool, error) {
		model, err := predict(ctx, c, j.profile.Without(rules...))
		if err != nil {
			// A case may lack an answer to what is sent without the rule.
			return ctx.Err() == nil, ctx.Err()
		}
		return len(differences(model, o.Traces)) > 0, nil
	}
	var found []fetch.Rule
	for _, rule := range own {
		yes, err := matters(rule)
		if err != nil {
			return nil, err
		}
		if yes {
			found = append(found, rule)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	// Each is made up for by others: what is left are some that together do.
	together := slices.Clone(own)
	for _, rule := range own {
		fewer := slices.DeleteFunc(slices.Clone(together), func(r fetch.Rule) bool { return r == rule })
		yes, err := matters(fewer...)
		if err != nil {
			return nil, err
		}
		if yes {
			together = fewer
		}
	}
	return together, nil
}

// ruleNames joins rules as they are counted and printed.
func ruleNames(rules []fetch.Rule) string {
	var names []string
	for _, r := range rules {
		names = append(names, string(r))
	}
	return strings.Join(names, " + ")
}
