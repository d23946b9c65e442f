package check

import (
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/target"
)

// An explainer sums up the cases that are judged, and makes findings of what is wrong.
// It is not for concurrent use.
type explainer struct {
	policy    *policy.Policy
	each      func(*judge.Checked) error
	secrets   *secrets
	summary   report.CheckSummary
	collector *judge.Collector
	// originWrong: a case about an origin came out wrong.
	originWrong bool
}

func newExplainer(cfg Config, view *policy.View, facts target.Facts, kept *secrets) *explainer {
	return &explainer{
		policy: cfg.Policy, each: cfg.Each, secrets: kept,
		collector: judge.NewCollector(judge.CollectorConfig{View: view, Command: cfg.Command, RoutesBy: facts.RoutesBy}),
	}
}

// add takes cases that are judged, in the order of the plan.
func (e *explainer) add(checked []*judge.Checked) error {
	for _, one := range checked {
		e.secrets.checked(one)
		e.summary.Add(one)
		e.collector.Add(one)
		e.originWrong = e.originWrong || one.End() == judge.EndViolation && one.Case.Probe.Is(catalog.AreaOrigin)
		if e.each == nil {
			continue
		}
		if err := e.each(one); err != nil {
			return err
		}
	}
	return nil
}

// addContext takes a case that nobody asked for.
func (e *explainer) addContext(one *judge.Checked) {
	e.secrets.checked(one)
	e.collector.AddContext(one)
}

// ran takes which browser ran; nil means that none did yet.
func (e *explainer) ran(info *report.CheckRan) {
	if info != nil && len(e.summary.Ran) == 0 {
		e.summary.Ran = append(e.summary.Ran, *info)
	}
}

// explain makes the findings, and has the target word their fixes.
func (e *explainer) explain(t Target) {
	s := &e.summary
	s.Findings, s.Notes = e.collector.Findings()
	s.AddConcerns(e.policy.Lint())
	words, ok := t.(Wording)
	if !ok {
		return
	}
	for i := range s.Findings {
		if w := worded(words, s.Findings[i].Fix); w.Text != "" || w.Change != "" {
			s.Findings[i].Wording = &w
		}
	}
	s.Findings = oneEdit(s.Findings)
}

// oneEdit makes one finding of those that one edit puts right: they have one cause. What
// lets somebody read who may not stays by itself.
func oneEdit(findings []judge.Finding) []judge.Finding {
	var out []judge.Finding
	for _, f := range findings {
		i := slices.IndexFunc(out, func(o judge.Finding) bool {
			return isEdit(f.Wording) && isEdit(o.Wording) && f.Wording.String() == o.Wording.String() && (f.Severity == judge.SeverityHole) == (o.Severity == judge.SeverityHole)
		})
		if i < 0 {
			out = append(out, f)
			continue
		}
		o := &out[i]
		o.Cases = append(slices.Clone(o.Cases), f.Cases...)
		o.Routes, o.Owners, o.Origins = union(o.Routes, f.Routes), union(o.Owners, f.Owners), union(o.Origins, f.Origins)
	}
	return out
}

func isEdit(w *policy.Wording) bool { return w != nil && w.Change != "" && w.Change != policy.Words }

// union returns the words of two lists, sorted, each once.
func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

// worded is a fix with what else belongs to it, in the target's words.
func worded(words Wording, f policy.Fix) policy.Wording {
	w := words.Fix(f)
	for _, also := range f.Also {
		more := words.Fix(also)
		if more.Text == "" && more.Change == "" {
			continue
		}
		w.More = append(append(w.More, more), more.More...)
		w.More[len(w.More)-len(more.More)-1].More = nil
	}
	return w
}

// strays takes the requests that belong to no case.
func (e *explainer) strays(all []string) {
	for _, stray := range all {
		e.summary.Problems = append(e.summary.Problems, "request that no case sent: "+stray)
	}
	for i := range e.summary.Problems {
		e.summary.Problems[i] = e.secrets.text(e.summary.Problems[i])
	}
}
