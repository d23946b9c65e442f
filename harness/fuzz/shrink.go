package fuzz

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/judge"
)

// A shrinker makes divergent cases small. Each round is one or two calls of the
// driver, so that the engine runs many candidates at once.
type shrinker struct {
	jury   *jury
	driver Driver
	// rounds bounds the work on one case.
	rounds int
	// made counts candidates: each has an ID, and so URLs, of its own.
	made int
}

// shrink returns the simplest case that it finds that still diverges as c does,
// with its verdict. If c itself doesn't do it again, seen is false.
func (s *shrinker) shrink(ctx context.Context, c catalog.Case, way string) (_ catalog.Case, v verdict, seen bool, err error) {
	verdicts, err := s.try(ctx, []catalog.Case{c})
	if err != nil || !diverges(verdicts[0], way) {
		return c, v, false, err
	}
	best, v := c, verdicts[0]
	grain := coarse
	for range s.rounds {
		steps := reductions(&best, grain)
		smaller, verdicts, works, err := s.apply(ctx, best, way, steps)
		if err != nil {
			return best, v, true, err
		}
		if len(works) == 0 {
			if grain == fine {
				break
			}
			grain = fine
			continue
		}
		first := works[0]
		next, nextVerdict := smaller[first], verdicts[first]
		// Those that work alone may work together.
		if together, verdict, ok, err := s.together(ctx, best, way, steps, works); err != nil {
			return best, v, true, err
		} else if ok && weigh(together).less(weigh(next)) {
			next, nextVerdict = together, verdict
		}
		best, v = next, nextVerdict
	}
	best.ID = c.ID
	return best, v, true, nil
}

// apply tries each reduction alone. It returns what each made, and which work.
func (s *shrinker) apply(ctx context.Context, c catalog.Case, way string, steps []reduction) ([]catalog.Case, []verdict, []int, error) {
	made := make([]catalog.Case, len(steps))
	weights, whole := make([]weight, len(steps)), weigh(c)
	var candidates []catalog.Case
	var of []int
	for i, reduce := range steps {
		made[i] = clone(c)
		reduce(&made[i])
		weights[i] = weigh(made[i])
		if weights[i].less(whole) && !slices.Contains(weights[:i], weights[i]) && s.canRun(ctx, made[i]) {
			candidates, of = append(candidates, made[i]), append(of, i)
		}
	}
	verdicts := make([]verdict, len(steps))
	judged, err := s.try(ctx, candidates)
	if err != nil {
		return nil, nil, nil, err
	}
	var works []int
	for k, v := range judged {
		if diverges(v, way) {
			works, verdicts[of[k]] = append(works, of[k]), v
		}
	}
	slices.SortFunc(works, func(a, b int) int { return weights[a].compare(weights[b]) })
	return made, verdicts, works, nil
}

// together tries all reductions that work, either half of them, and so on.
func (s *shrinker) together(ctx context.Context, c catalog.Case, way string, steps []reduction, works []int) (best catalog.Case, v verdict, ok bool, err error) {
	slices.Sort(works)
	whole := weigh(c)
	var candidates []catalog.Case
	for size := len(works); size > 1; size /= 2 {
		for from := 0; from+size <= len(works); from += size {
			candidate := clone(c)
			for _, i := range slices.Backward(works[from : from+size]) {
				steps[i](&candidate)
			}
			if weigh(candidate).less(whole) && s.canRun(ctx, candidate) {
				candidates = append(candidates, candidate)
			}
		}
	}
	verdicts, err := s.try(ctx, candidates)
	if err != nil {
		return best, v, false, err
	}
	for i, candidate := range candidates {
		if diverges(verdicts[i], way) && (!ok || weigh(candidate).less(weigh(best))) {
			best, v, ok = candidate, verdicts[i], true
		}
	}
	return best, v, ok, nil
}

// canRun reports whether the model can tell what comes of the case, which then
// has answers to all that it sends.
func (s *shrinker) canRun(ctx context.Context, c catalog.Case) bool {
	model, err := predict(ctx, &c, s.jury.profile)
	return err == nil && unknownIn(model) == ""
}

// try has the engine run cases and judges them.
func (s *shrinker) try(ctx context.Context, cases []catalog.Case) ([]verdict, error) {
	named := slices.Clone(cases)
	for i := range named {
		s.made++
		named[i].ID = fmt.Sprintf("fuzz/shrink-%d", s.made)
	}
	observations, err := s.driver.drive(ctx, named)
	if err != nil {
		return nil, err
	}
	verdicts := make([]verdict, len(named))
	for i := range named {
		if verdicts[i], err = s.jury.judge(ctx, &named[i], observations[i]); err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

// diverges reports whether a case diverges in a way that was seen before.
func diverges(v verdict, way string) bool { return v.end == endDiverged && wayOf(v.differences) == way }

// wayOf names how a case diverges: by the outcome, or else by its first
// difference. Which exchange it is in, and what is sent or can be read, changes
// while a case shrinks; an outcome, a type or a reason is named with both of its
// values.
func wayOf(differences []judge.StepDifference) string {
	d := differences[0]
	for _, other := range differences {
		if other.Step == d.Step && other.Field == catalog.FieldOutcome {
			d = other
		}
	}
	what := catalog.Subject{Field: d.Field, Header: d.Header}.String()
	if d.Exchange > 0 {
		what = "exchange N: " + what
	}
	switch d.Field {
	case catalog.FieldExchanges:
		// Where they part, one may have a preflight.
		m, _ := d.Model.(catalog.Sent)
		e, _ := d.Engine.(catalog.Sent)
		for len(m) > 0 && len(e) > 0 && m[0] == e[0] {
			m, e = m[1:], e[1:]
		}
		return what + ": model " + kindOf(m) + ", engine " + kindOf(e)
	case catalog.FieldOutcome, catalog.FieldReason, catalog.FieldType:
		return what + ": model " + url.ReplaceAllString(d.Model.String(), "URL") + ", engine " + url.ReplaceAllString(d.Engine.String(), "URL")
	}
	return what
}

// kindOf tells a preflight, as which author's own OPTIONS counts, from another
// request and from none.
func kindOf(sent catalog.Sent) string {
	switch {
	case len(sent) == 0:
		return "nothing"
	case sent[0].Method == "OPTIONS":
		return "a preflight"
	}
	return "the request"
}

var url = regexp.MustCompile(`(?i:https?)://[^ "'<>]*`)
