package catalog

import (
	"slices"

	"github.com/corsproof/corsproof/harness/policy"
)

// everyRouteCases are those that one route stands for in the other areas, for each route
// that it stands for: over HTTP they cost next to nothing, and a config may well have one
// location that differs from its neighbours. Their decisions are those of the route that
// stands for them, so that a browser judges one of each.
func everyRouteCases(in *input) (out cases) {
	if !in.ours {
		return out
	}
	errorsAt, headersAt, methodsAt := places(in.view, policy.RuleReadableError), places(in.view, policy.RuleHeaders), places(in.view, policy.RuleMethods)
	for _, e := range in.view.Routes {
		origin, ok := asker(e)
		if !ok {
			continue
		}
		if f := facetOf(in.view, e); f.route != e {
			p, stands := place{f.name + "/" + e.Route.Name.Text, e, origin}, place{f.name, f.route, origin}
			for _, c := range layerCases(in, p) {
				out.standing(e, c, p, stands)
			}
		}
		if p, stands, ok := elsewhere(errorsAt, e, policy.RuleReadableError, origin); ok {
			for _, c := range applicationErrorCases(in, p) {
				if c.Probe.Is(AreaError, ByApplication) {
					out.standing(e, c, p, stands)
				}
			}
		}
		if p, stands, ok := elsewhere(headersAt, e, policy.RuleHeaders, origin); ok {
			all := headerCases(in, p)
			together := slices.ContainsFunc(all, func(c PolicyCase) bool { return c.Probe.Is(AreaHeader, AllAtOnce) })
			for _, c := range all {
				if c.Probe.Is(AreaHeader, AllAtOnce) || !together && c.Probe.Is(AreaHeader, Allowed) {
					out.standing(e, c, p, stands)
				}
			}
		}
		if p, stands, ok := elsewhere(methodsAt, e, policy.RuleMethods, origin); ok {
			for _, c := range methodCases(in, p) {
				if c.Probe.Is(AreaMethod, Allowed) {
					out.standing(e, c, p, stands)
				}
			}
		}
	}
	return out
}

// standing adds a case at p whose decision is that of the same case where p's stand-in is.
func (cs *cases) standing(e *policy.Effective, c PolicyCase, p, stands place) {
	if c.Decision == "" {
		c.Decision = c.ID
	}
	c.Decision = c.Decision[:len(c.Decision)-len(p.name)] + stands.name
	cs.add(e, c)
}

// facetOf returns the facet that a route is of.
func facetOf(view *policy.View, e *policy.Effective) facet {
	all := facets(view)
	return all[slices.IndexFunc(all, func(f facet) bool { return f.name == facetName(e) })]
}

// elsewhere returns the place of a route for which the list's route stands, and that one;
// false if the route stands for itself.
func elsewhere(list []place, e *policy.Effective, kind policy.RuleKind, origin string) (p, stands place, ok bool) {
	name := e.Place(kind)
	if name == "" {
		name = "unset"
	}
	i := slices.IndexFunc(list, func(p place) bool { return p.name == name })
	if i < 0 || list[i].route == e {
		return p, stands, false
	}
	return place{name + "/" + e.Route.Name.Text, e, origin}, list[i], true
}
