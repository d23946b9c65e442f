package catalog

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A facet is the groups of origins that some routes name, with one route that
// stands for them all. Routes with the same groups and the same credentials
// decide alike about origins.
type facet struct {
	// name is built from the groups' names; it says nothing of the route.
	name  string
	route *policy.Effective
}

// facets returns the sets of groups of the policy, in the order of the routes.
func facets(view *policy.View) []facet {
	var out []facet
	for _, e := range view.Routes {
		name := facetName(e)
		if e.None != nil {
			continue
		}
		i := slices.IndexFunc(out, func(f facet) bool { return f.name == name })
		switch {
		case i < 0:
			out = append(out, facet{name, e})
		case out[i].route.Auth != nil && e.Auth == nil:
			out[i].route = e // where plain requests need nothing
		}
	}
	return out
}

func facetName(e *policy.Effective) string {
	var names []string
	for _, g := range slices.Concat(e.Groups, e.Elsewhere) {
		if g.Name != policy.AddedGroup {
			names = append(names, g.Name)
		}
	}
	slices.Sort(names)
	name := strings.Join(names, "_")
	if !e.Credentials {
		name += ".anonymous"
	}
	return name
}

func groupSlug(name string) string {
	if name == policy.AddedGroup {
		return "added"
	}
	return name
}

// originSlug is an origin as it stands in an ID: https:// is left out, other
// schemes and ports are set off by "_", and what an expression of go test -run
// would take for something else is escaped.
func originSlug(origin string) string {
	if rest, ok := strings.CutPrefix(origin, "https://"); ok && rest != "" {
		origin = rest
	} else {
		origin = strings.Replace(origin, "://", ":", 1)
	}
	var b strings.Builder
	for _, c := range []byte(origin) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.', c == '-':
			b.WriteByte(c)
		case c == ':':
			b.WriteByte('_')
		default:
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return b.String()
}

// originCases are the cases about who may read: each facet once, in full.
func originCases(in *input) (out cases) {
	for _, f := range facets(in.view) {
		for _, o := range allowedOrigins(f.route) {
			out = append(out, allowedCases(in, f, o)...)
		}
		out = append(out, deniedByNameCases(in, f)...)
		if f.route.AllowsAnyOrigin() {
			continue // then no origin is an attack
		}
		for entry, origins := range byEntry(allowedOrigins(f.route)) {
			out = append(out, attackCases(in, f, entry, attacksOnEntry(entry, origins))...)
		}
		out = append(out, attackCases(in, f, nil, attacksOnAll(in.base))...)
		out = append(out, otherGroupCases(in, f)...)
		out = append(out, namedCases(in, f)...)
	}
	return out
}

// byEntry goes through origins by the entries that allow them, which are next to
// one another.
func byEntry(origins []allowedOrigin) iter.Seq2[*policy.Entry, []string] {
	return func(yield func(*policy.Entry, []string) bool) {
		for i := 0; i < len(origins); {
			entry := origins[i].entry
			var list []string
			for ; i < len(origins) && origins[i].entry == entry; i++ {
				list = append(list, origins[i].origin)
			}
			if !yield(entry, list) {
				return
			}
		}
	}
}

// attacksOnEntry returns the attacks on an entry, each origin once.
func attacksOnEntry(entry *policy.Entry, origins []string) []attack {
	var all, out []attack
	for _, o := range origins {
		if strings.Contains(o, "://") && o != anybody {
			all = append(all, attacksOn(o)...)
		}
	}
	if len(entry.Examples) > 0 {
		all = append(all, attacksOnPattern(entry.Origin.Text)...)
	}
	seen := map[string]bool{}
	for _, a := range all {
		if key := a.origin + " " + a.second; !seen[key] {
			seen[key] = true
			out = append(out, a)
		}
	}
	return out
}

// allowedCases are the cases of an origin that may read, both forms.
func allowedCases(in *input, f facet, o allowedOrigin) (out cases) {
	for _, form := range forms {
		s, ok := in.request(f.route, o.origin, form)
		if _, err := fetch.ParseOrigin(o.origin); err != nil {
			if form == preflighted {
				continue
			}
			s, ok = in.get(f.route, o.origin), true // an app's origin: no browser is at it
		}
		if !ok {
			continue
		}
		probe := Probe{Area: AreaOrigin, Variation: Allowed}
		out.add(f.route, PolicyCase{
			ID:       fmt.Sprintf("%s/%s/%s/%s", probe, originSlug(o.origin), f.name, form),
			Decision: fmt.Sprintf("%s/%s/%s", probe, f.name, form),
			Probe:    probe,
			Rule:     policy.Rule{Kind: policy.RuleOrigin, Text: o.entry.Origin.Text, At: o.entry.Origin.At},
			Why:      "an origin that the policy allows couldn't read", Steps: []PolicyStep{s},
		})
	}
	return out
}

// deniedByNameCases are the cases of the origins that are denied by name.
func deniedByNameCases(in *input, f facet) (out cases) {
	for _, g := range f.route.Groups {
		for i := range g.Deny {
			entry := &g.Deny[i]
			stands := []policy.Text{entry.Origin}
			if len(entry.Examples) > 0 {
				stands = entry.Examples
			}
			for _, o := range stands {
				out = append(out, deniedCases(in, f, Denied, o.Text, f.route.Origin(o.Text).Because, "an origin that the policy denies by name could read")...)
			}
		}
	}
	return out
}

// deniedCases are the cases of an origin that may not read, both forms.
func deniedCases(in *input, f facet, v Variation, origin string, because policy.Rule, why string) (out cases) {
	if f.route.Origin(origin).Allowed {
		return out
	}
	probe := Probe{Area: AreaOrigin, Variation: v}
	if v == Matched || v == MatchesMore || v == Denied {
		probe.Relation = RelationMatched
	}
	for _, form := range forms {
		out.add(f.route, PolicyCase{
			ID:       fmt.Sprintf("%s/%s/%s/%s", probe, originSlug(origin), f.name, form),
			Decision: fmt.Sprintf("%s/%s/%s", probe, f.name, form),
			Probe:    probe, Rule: because, Why: why, Steps: []PolicyStep{in.attack(f.route, origin, form)},
		})
	}
	return out
}

// otherGroupCases are the cases of origins that the policy allows elsewhere: on
// other routes, or on other targets.
func otherGroupCases(in *input, f facet) (out cases) {
	for i := range in.view.Policy.Origins {
		g := &in.view.Policy.Origins[i]
		origin := groupOrigin(g)
		if origin == "" || origin == anybody || origin == policy.Null || slices.Contains(f.route.Groups, g) {
			continue
		}
		variation, why := OtherRoute, "an origin that only other routes allow could read"
		if slices.Contains(f.route.Elsewhere, g) {
			variation, why = OtherTarget, "an origin that only other targets allow could read"
		}
		out = append(out, deniedCases(in, f, variation, origin, f.route.Origin(origin).Because, why)...)
	}
	return out
}

// namedCases are the cases of origins that the target's config names and the
// policy doesn't allow: a forgotten one is like none that anybody would guess.
func namedCases(in *input, f facet) (out cases) {
	for _, n := range in.named {
		if origin, err := fetch.ParseOrigin(n.Origin); err != nil || origin.IsOpaque() || origin == in.base {
			continue
		}
		because := f.route.Origin(n.Origin).Because
		variation, why := Named, fmt.Sprintf("an origin that the policy doesn't allow could read: the gateway's config names it, at %s", n.At)
		switch {
		case because.Kind == policy.RuleDeniedOrigin:
			variation = Denied
		case because.Kind == policy.RuleTargets:
			variation, why = OtherTarget, "an origin that only other targets allow could read"
		case slices.ContainsFunc(in.view.Routes, func(e *policy.Effective) bool {
			elsewhere := e.Origin(n.Origin)
			return elsewhere.Allowed && elsewhere.Because.Text != policy.Any
		}):
			variation, why = OtherRoute, "an origin that only other routes allow could read"
		case n.Matched && hasAllowed(in.named, f, n):
			variation, why = MatchesMore, fmt.Sprintf("an origin that the policy doesn't allow could read: an expression in the gateway's config that is for one that it does matches both, at %s", n.At)
		case n.Matched:
			variation, why = Matched, fmt.Sprintf("an origin that the policy doesn't allow could read: an expression in the gateway's config matches it, at %s", n.At)
		}
		out = append(out, deniedCases(in, f, variation, n.Origin, because, why)...)
	}
	return out
}

// hasAllowed reports whether the entry that names an origin is also for one that may
// read.
func hasAllowed(named []policy.NamedOrigin, f facet, n policy.NamedOrigin) bool {
	return slices.ContainsFunc(named, func(o policy.NamedOrigin) bool {
		return o.At == n.At && o.Entry == n.Entry && f.route.Origin(o.Origin).Allowed
	})
}

// attackCases are the cases of origins that only resemble an allowed one. entry is
// the one that they resemble, nil if they resemble none.
func attackCases(in *input, f facet, entry *policy.Entry, list []attack) (out cases) {
	rule := f.route.Rule(policy.RuleOrigins)
	if entry != nil {
		rule = policy.Rule{Kind: policy.RuleOrigin, Text: entry.Origin.Text, At: entry.Origin.At}
	}
	for _, a := range list {
		if f.route.Origin(a.origin).Allowed && a.second == "" || a.origin == string(in.base) {
			continue
		}
		slug := originSlug(cmp.Or(a.of, a.origin))
		if a.second != "" {
			slug += "__" + originSlug(a.second)
		}
		probe := Probe{Area: AreaOrigin, Variation: Variation(a.name), Relation: a.relation}
		for _, form := range forms {
			if form == preflighted && !a.pair {
				continue
			}
			c := PolicyCase{
				ID:       fmt.Sprintf("%s/%s/%s/%s", probe, slug, f.name, form),
				Decision: fmt.Sprintf("%s/%s/%s", probe, f.name, form),
				Probe:    probe, Rule: rule, Why: "an origin that the policy doesn't allow could read: " + a.why,
				Steps: []PolicyStep{in.attack(f.route, a.origin, form)},
			}
			if a.second != "" {
				r := &c.Steps[0].Request
				r.Headers = append(r.Headers, HeaderLine("Origin: "+a.second))
			}
			if a.direct {
				c.Drivers = []Driver{DriverDirect}
			}
			c.Noted = a.noted && !c.pageSends()
			out.add(f.route, c)
		}
	}
	return out
}
