package check

import (
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/target"
)

// A plan is what a check is going to do: the cases that follow from the policy and
// are selected, and which of them go together. It is made from values, sends nothing,
// and nothing changes it but [plan.takeAll].
type plan struct {
	view   *policy.View
	origin fetch.Origin // that pages call
	facts  target.Facts
	// cases are those that are not judged yet; the others are empty.
	cases    []catalog.PolicyCase
	total    int
	portions []portion
	// selected are the IDs of the cases that are run; nil if all are.
	selected map[string]bool
}

// makePlan derives the cases of a policy. only, if not nil, says by ID which are run.
func makePlan(view *policy.View, facts target.Facts, only func(id string) bool) (*plan, error) {
	p := &plan{view: view, origin: fetch.Origin(view.Target.URL.Text), facts: facts}
	var err error
	if p.cases, err = p.derive(); err != nil {
		return nil, err
	}
	if only != nil {
		p.selected = map[string]bool{}
		p.cases = slices.DeleteFunc(p.cases, func(c catalog.PolicyCase) bool {
			if !only(c.ID) {
				return true
			}
			p.selected[c.ID] = true
			return false
		})
	}
	p.total, p.portions = len(p.cases), portions(p.cases)
	return p, nil
}

// derive returns all cases of the policy.
func (p *plan) derive() ([]catalog.PolicyCase, error) {
	return catalog.Derive(p.view, catalog.DeriveConfig{OwnURLs: p.facts.URLs == target.MarkedURLs, LimitedMark: target.LimitedMark, Named: p.facts.NamedOrigins, NamedMethods: p.facts.NamedMethods, NamedHeaders: p.facts.NamedHeaders})
}

// A planned case says why it isn't run, if it isn't.
type planned struct {
	*catalog.PolicyCase
	leftOut string
}

// takeAll lets go of the cases of a portion and returns them, so that a long check
// doesn't keep those that are judged.
func (p *plan) takeAll(some portion, http2 bool) []planned {
	out := make([]planned, len(some.cases))
	for n, i := range some.cases {
		pc := p.cases[i]
		p.cases[i] = catalog.PolicyCase{}
		out[n] = planned{&pc, leftOut(&pc, p.facts, http2)}
	}
	return out
}

// needsBrowser reports whether a browser can make the requests of a case.
func (p *plan) needsBrowser(http2 bool) bool {
	return slices.ContainsFunc(p.cases, func(pc catalog.PolicyCase) bool {
		return leftOut(&pc, p.facts, http2) == "" && makes(&pc, p.origin)
	})
}

// leftOut says why a case can't be run against a target with these facts; empty if it
// can. http2 says that the target speaks HTTP/2.
func leftOut(pc *catalog.PolicyCase, facts target.Facts, http2 bool) string {
	switch {
	case pc.Protocol == catalog.HTTP2 && !http2:
		return "the target does not speak HTTP/2"
	case !facts.Ours && pc.NeedsUpstream():
		return "it needs a scripted upstream, but the target is a URL with its own upstream"
	case facts.Requests != target.AllRequests && !pc.Harmless():
		return "it could change data on a target that others use"
	}
	return ""
}

// showsRule reports whether a case shows what a target does as a rule.
func showsRule(p catalog.Probe) bool {
	return p.Is(catalog.AreaRoute) || p.Is(catalog.AreaOrigin, catalog.Allowed, catalog.Arbitrary)
}

// context are cases that show what the target does as a rule, can be run and were not
// selected. A cause is told from what is right beside it, so that a case by itself has
// the finding that it has among all. origins says that all about how the target
// compares origins belongs to it.
func (p *plan) context(http2, origins bool) ([]*catalog.PolicyCase, error) {
	all, err := p.derive()
	if err != nil {
		return nil, err
	}
	var asked []*catalog.PolicyCase
	for i := range all {
		pc := &all[i]
		shows := showsRule(pc.Probe) || origins && pc.Probe.Is(catalog.AreaOrigin)
		if shows && !p.selected[pc.ID] && leftOut(pc, p.facts, http2) == "" && mannerOf(pc) == mannerTogether {
			asked = append(asked, pc)
		}
	}
	return asked, nil
}
