package catalog

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// routesCases are the cases that every route gets.
func routesCases(in *input) (out cases) {
	for _, e := range in.view.Routes {
		out = append(out, routeCases(in, e)...)
	}
	return out
}

func routeCases(in *input, e *policy.Effective) (out cases) {
	rule := e.Rule(policy.RuleRoute)
	// The route comes before what is varied: the cases of one stand together.
	add := func(v Variation, how string, rule policy.Rule, why string, s PolicyStep) {
		out.add(e, PolicyCase{
			ID:    strings.Join([]string{string(AreaRoute), e.Route.Name.Text, string(v), how}, "/"),
			Probe: Probe{Area: AreaRoute, Variation: v}, Rule: rule, Steps: []PolicyStep{s}, Why: why,
		})
	}
	if origin, ok := asker(e); ok {
		for _, f := range forms {
			if s, ok := in.request(e, origin, f); ok {
				add(Allowed, string(f), rule, fmt.Sprintf("pages of an allowed origin couldn't use %s", e.Route.Path.Text), s)
			}
		}
	}
	if !e.Origin(in.evil).Allowed {
		for _, f := range forms {
			add(Denied, string(f), e.Origin(in.evil).Because, fmt.Sprintf("pages of any site could use %s", e.Route.Path.Text), in.attack(e, in.evil, f))
		}
	}
	if s, ok := in.attackWithHeader(e, in.evil); ok && !e.Origin(in.evil).Allowed {
		add(Denied, "with-header", e.Origin(in.evil).Because, fmt.Sprintf("pages of any site could send to %s what needs a preflight", e.Route.Path.Text), s)
	}
	if needsCookie(e) && !e.Origin(in.evil).Allowed {
		s := in.attack(e, in.evil, plain)
		s.Request.Credentials = fetch.CredentialsInclude
		authenticate(e, &s)
		add(Denied, "signed-in", e.Origin(in.evil).Because,
			fmt.Sprintf("pages of any site could use %s with the session of whoever visits them", e.Route.Path.Text), s)
	}
	if e.None != nil {
		out = append(out, noneCases(in, e)...)
	}
	return out
}

// noneCases are the cases of a route that says cors: none: no origin of the policy
// may read, whichever other route allows it.
func noneCases(in *input, e *policy.Effective) (out cases) {
	probe := Probe{Area: AreaScope, Variation: ForNobody}
	for _, g := range in.view.Policy.Origins {
		origin := groupOrigin(&g)
		if origin == "" {
			continue
		}
		for _, f := range forms {
			out.add(e, PolicyCase{
				ID:       fmt.Sprintf("%s/%s/%s/%s", probe, e.Route.Name.Text, groupSlug(g.Name), f),
				Decision: fmt.Sprintf("%s/%s/%s", probe, e.Route.Name.Text, f),
				Probe:    probe, Rule: *e.None, Steps: []PolicyStep{in.attack(e, origin, f)},
				Why: fmt.Sprintf("an origin that other routes allow could use %s, which is for no page", e.Route.Path.Text),
			})
		}
	}
	return out
}

// groupOrigin returns the first origin of a group that a browser can be at.
func groupOrigin(g *policy.Group) string {
	for i := range g.Allow {
		origin := g.Allow[i].Origin.Text
		switch {
		case origin == policy.Any:
			origin = anybody
		case len(g.Allow[i].Examples) > 0:
			origin = g.Allow[i].Examples[0].Text
		}
		if _, err := fetch.ParseOrigin(origin); err == nil {
			return origin
		}
	}
	return ""
}
