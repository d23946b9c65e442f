package judge

import (
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// An effect is what a violation means for a page.
type effect string

const (
	effectRefused  effect = "refused"  // it may read, and can't
	effectAllowed  effect = "allowed"  // it may not, and can
	effectHidden   effect = "hidden"   // it can't read a header that it may
	effectShown    effect = "shown"    // it can read a header that it may not
	effectRequests effect = "requests" // other requests were made
	effectStatus   effect = "status"   // the answer itself is another one
	effectUnsteady effect = "unsteady" // the same request got another answer
	effectNoted    effect = "noted"    // nothing: it is only worth knowing
)

// A symptom is a violation in one request of a case.
type symptom struct {
	request
	effect   effect
	mismatch catalog.Deviation
	// route is nil on a path that no route matches.
	route *policy.Effective
	// spelled is the route of whose path this is another spelling, nil if it is none.
	spelled *policy.Effective
	// context: nobody asked for the case.
	context bool
}

// effects are in the order in which one explains the next. What stands in none is
// another answer.
var effects = []struct {
	field catalog.Field
	is    func(m catalog.Deviation) effect
}{
	{catalog.FieldOutcome, func(m catalog.Deviation) effect { return refusedOr(m.Want == catalog.Kind(fetch.OutcomeResponse)) }},
	{catalog.FieldConsents, func(m catalog.Deviation) effect { return refusedOr(m.Want == catalog.Truth(true)) }},
	{catalog.FieldRequests, func(catalog.Deviation) effect { return effectRequests }},
	{catalog.FieldType, another}, {catalog.FieldStatus, another},
	{catalog.FieldReadable, func(m catalog.Deviation) effect {
		if m.Want == catalog.Truth(true) {
			return effectHidden
		}
		return effectShown
	}},
	{catalog.FieldSteps, another},
}

func another(catalog.Deviation) effect { return effectStatus }

func refusedOr(wanted bool) effect {
	if wanted {
		return effectRefused
	}
	return effectAllowed
}

// symptoms returns one symptom for each request of a case that came out
// otherwise than the policy calls for.
func symptoms(c *Checked, view *policy.View) []*symptom {
	var out []*symptom
	if c.Unsteady != "" {
		out = append(out, newSymptom(c, view, catalog.Deviation{
			Step: c.UnsteadyStep, Subject: catalog.Subject{Field: catalog.FieldAnswer}, Want: catalog.Text("the same each time"), Got: catalog.Text(c.Unsteady),
		}, effectUnsteady))
	}
	mismatches := c.violations()
	for step := range c.Case.Steps {
		for _, e := range effects {
			i := slices.IndexFunc(mismatches, func(m catalog.Deviation) bool { return m.Step == step && m.Field == e.field })
			if i >= 0 {
				out = append(out, newSymptom(c, view, mismatches[i], e.is(mismatches[i])))
				break
			}
		}
	}
	return out
}

func newSymptom(c *Checked, view *policy.View, m catalog.Deviation, e effect) *symptom {
	s := &symptom{request: request{Checked: c, step: m.Step}, effect: e, mismatch: m, route: routeOf(view, c.Case.Steps[m.Step].Request.URL)}
	if s.probes(catalog.AreaScope, catalog.Spelled) {
		i := slices.IndexFunc(view.Routes, func(e *policy.Effective) bool { return e.Route.Name.Text == c.Case.Route })
		s.spelled = view.Routes[i]
	}
	if m.Step >= len(c.Got) {
		return s
	}
	got := c.Got[m.Step]
	s.block = got.Outcome.Block
	if e == effectRequests && s.block != nil && m.Step < len(c.Want) && len(got.Exchanges) < len(c.Want[m.Step].Exchanges) && s.refusedElsewhere() {
		s.effect = effectRefused // by the target, which was to let it go on
	}
	if e == effectAllowed && s.refusedElsewhere() {
		s.effect = effectStatus // the target wasn't to refuse it
	}
	if c.Case.Wire() && e == effectRefused {
		s.block = catalog.Consent(got)
	}
	s.x = s.decided()
	return s
}

// refusedElsewhere reports whether the policy calls for a refusal by another server
// than the target.
func (s *symptom) refusedElsewhere() bool {
	if s.step >= len(s.Want) || s.Want[s.step].Outcome.Block == nil {
		return false
	}
	want := s.Want[s.step]
	return slices.ContainsFunc(want.Exchanges, func(x fetch.Exchange) bool {
		return x.ID == want.Outcome.Block.Exchange && x.Server != s.target()
	})
}

// decided returns the answer that decided: the one that was refused, else the
// target's last. If the policy, too, calls for no request, because what was kept
// before will do, it is the one that was kept.
func (s *symptom) decided() *fetch.Exchange {
	got := s.Got[s.step].Exchanges
	if s.block != nil {
		if i := slices.IndexFunc(got, func(x fetch.Exchange) bool { return x.ID == s.block.Exchange && !withheld(&x) }); i >= 0 {
			return &got[i]
		}
	}
	for i := len(got) - 1; i >= 0; i-- {
		if !withheld(&got[i]) && (got[i].Server == s.target() || s.effect == effectRefused) {
			return &got[i]
		}
	}
	if s.step > 0 && len(got) == 0 && s.step < len(s.Want) && len(s.Want[s.step].Exchanges) == 0 {
		if kept := s.Got[s.step-1].Exchanges; len(kept) > 0 {
			return &kept[len(kept)-1]
		}
	}
	return nil
}

// withheld reports whether a request was not made, for want of a secret.
func withheld(x *fetch.Exchange) bool { return x.Failure == fetch.FailureWithheld }

func routeOf(view *policy.View, address string) *policy.Effective {
	u, err := fetch.ParseURL(address, nil)
	if err != nil {
		return nil
	}
	return view.Route(u.Path)
}

// probes reports whether the case is in an area and, if variations are given, varies
// one of them.
func (s *symptom) probes(area catalog.Area, variations ...catalog.Variation) bool {
	return s.Case.Probe.Is(area, variations...)
}

// detail is the branch in which the page was refused.
func (s *symptom) detail() string {
	if s.block == nil {
		return ""
	}
	return s.block.Detail
}

// origin is the Origin that was sent, as it is read from the request.
func (s *symptom) origin() string {
	if s.x != nil {
		if origin, ok := s.x.Request.Headers.Get("Origin"); ok {
			return origin
		}
	}
	return s.Case.Steps[s.step].Request.Origin
}

func originOf(address string) string {
	u, err := fetch.ParseURL(address, nil)
	if err != nil {
		return ""
	}
	return string(u.Origin())
}

// reached counts the requests with a method that reached the upstream.
func (c *Checked) reached(method string) int {
	n := 0
	for _, x := range c.Upstream {
		if x.Request.Method == method {
			n++
		}
	}
	return n
}

// sameRequest returns the exchange of a list with the same request.
func sameRequest(list []fetch.Exchange, x *fetch.Exchange) *fetch.Exchange {
	for i := range list {
		if key(&list[i]) == key(x) {
			return &list[i]
		}
	}
	return nil
}

// key tells the requests of one step apart.
func key(x *fetch.Exchange) string {
	kind := " "
	if x.Request.IsPreflight() {
		kind = " preflight "
	}
	return x.Request.Method + kind + x.Server + x.Request.Target
}
