package catalog

import (
	"fmt"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// smoke are the cases that every route gets.
func (d *deriver) smoke(e *policy.Effective) {
	name, rule := e.Route.Name.Text, e.Rule(policy.RuleRoute)
	if origin, ok := asker(e); ok {
		for _, f := range forms {
			if s, ok := d.request(e, origin, f); ok {
				d.add(e, PolicyCase{
					ID: "route/" + name + "/allowed/" + string(f), Rule: rule, Steps: []PolicyStep{s},
					Why: fmt.Sprintf("pages of an allowed origin couldn't use %s", e.Route.Path.Text),
				})
			}
		}
	}
	if !e.Origin(d.evil).Allowed {
		for _, f := range forms {
			d.add(e, PolicyCase{
				ID: "route/" + name + "/denied/" + string(f), Rule: e.Origin(d.evil).Because, Steps: []PolicyStep{d.attack(e, d.evil, f)},
				Why: fmt.Sprintf("pages of any site could use %s", e.Route.Path.Text),
			})
		}
	}
	if needsCookie(e) && !e.Origin(d.evil).Allowed {
		s := d.attack(e, d.evil, plain)
		s.Request.Credentials = fetch.CredentialsInclude
		d.authenticate(e, &s)
		d.add(e, PolicyCase{
			ID: "route/" + name + "/denied/signed-in", Rule: e.Origin(d.evil).Because, Steps: []PolicyStep{s},
			Why: fmt.Sprintf("pages of any site could use %s with the session of whoever visits them", e.Route.Path.Text),
		})
	}
	if e.None != nil {
		d.none(e)
	}
}

// none are the cases of a route that says cors: none: no origin of the policy
// may read, whichever other route allows it.
func (d *deriver) none(e *policy.Effective) {
	for _, g := range d.view.Policy.Origins {
		origin := groupOrigin(&g)
		if origin == "" {
			continue
		}
		for _, f := range forms {
			d.add(e, PolicyCase{
				ID:       fmt.Sprintf("scope/none/%s/%s/%s", e.Route.Name.Text, groupSlug(g.Name), f),
				Decision: fmt.Sprintf("scope/none/%s/%s", e.Route.Name.Text, f),
				Rule:     *e.None, Steps: []PolicyStep{d.attack(e, origin, f)},
				Why: fmt.Sprintf("an origin that other routes allow could use %s, which is for no page", e.Route.Path.Text),
			})
		}
	}
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
