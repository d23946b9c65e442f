package judge

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A remedy is the kind of fix for a cause, and what it is about in a symptom.
type remedy struct {
	kind   policy.FixKind
	values func(s *symptom) []string
}

// A remedyFor returns the remedy as the symptom that shows a cause best has it.
type remedyFor func(first *symptom) remedy

// fixedBy is the same remedy whatever was seen.
func fixedBy(kind policy.FixKind, values func(*symptom) []string) remedyFor {
	return func(*symptom) remedy { return remedy{kind, values} }
}

func wildcardDepthRemedy(first *symptom) remedy {
	if first.effect == effectRefused {
		return remedy{policy.FixAllowOrigin, origins}
	}
	return remedy{policy.FixDenyOrigin, origins}
}

func wrongAnswerRemedy(first *symptom) remedy {
	if first.effect == effectHidden {
		return remedy{policy.FixExpose, exposed}
	}
	return remedy{policy.FixAllowHeader, lackedNames}
}

func permissiveRemedy(first *symptom) remedy {
	switch {
	case first.effect == effectRequests:
		return remedy{policy.FixDenyOrigin, origins}
	case first.probes(catalog.AreaHeader):
		return remedy{policy.FixDenyHeader, outsideNames}
	}
	return remedy{policy.FixDenyMethod, outsideMethods}
}

func invalidListRemedy(first *symptom) remedy {
	if first.malformed("Access-Control-Allow-Headers") {
		return remedy{policy.FixAllowHeader, lackedNames}
	}
	return remedy{policy.FixAllowMethod, insideMethods}
}

func asymmetryRemedy(first *symptom) remedy {
	if first.withoutCredentials() {
		return remedy{policy.FixAllowCredentials, nothing}
	}
	return remedy{policy.FixAllowOrigin, origins}
}

func nothing(*symptom) []string      { return nil }
func origins(s *symptom) []string    { return []string{s.origin()} }
func exposed(s *symptom) []string    { return []string{s.mismatch.Header} }
func varyOrigin(s *symptom) []string { return []string{"Origin"} }
func owned(s *symptom) []string {
	return []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"}
}

func lackedNames(s *symptom) []string {
	if s.x == nil || s.x.Response == nil {
		return nil
	}
	var out []string
	for _, name := range s.lacked() {
		out = append(out, strings.ToLower(name))
	}
	return out
}

// varyLost are the names in Vary that a cached answer should have had.
func varyLost(s *symptom) []string {
	var out []string
	for step := range s.step {
		for i := range s.Got[step].Exchanges {
			x := &s.Got[step].Exchanges[i]
			if want := sameRequest(s.Want[step].Exchanges, x); want != nil && want.Response != nil && x.Response != nil {
				has := x.Response.Headers.Items("Vary")
				out = append(out, slices.DeleteFunc(want.Response.Headers.Items("Vary"), func(name string) bool { return slices.Contains(has, name) })...)
			}
		}
	}
	return out
}

func statusOf(s *symptom) []string { return []string{strconv.Itoa(s.status())} }

func askedMethods(s *symptom) []string {
	for _, x := range s.Got[s.step].Exchanges {
		if method, ok := x.Request.Headers.Get("Access-Control-Request-Method"); ok {
			return []string{method}
		}
	}
	return nil
}

func maxAge(s *symptom) []string {
	if s.route == nil || s.route.MaxAge == nil {
		return nil
	}
	return []string{strconv.Itoa(*s.route.MaxAge)}
}

// fixOrigins is how many origins a fix names at most.
const fixOrigins = 3

// fix returns what would make the target follow the policy, in every header that its
// symptoms are about. Its kind is empty if it isn't about a header.
func fix(g group, view *policy.View) policy.Fix {
	kindOf := func(s *symptom) policy.FixKind { return rowOf(g.id).remedied(s).kind }
	first := g.first()
	if g.id != PreflightPermissive {
		return fixOne(g, view)
	}
	f := fixOne(g.only(func(s *symptom) bool { return kindOf(s) == kindOf(first) }), view)
	if f.Kind == policy.FixDenyOrigin { // then the lists matter no more
		return f
	}
	seen := []policy.FixKind{f.Kind, policy.FixDenyOrigin} // who asks is no matter of the lists
	for _, s := range g.symptoms {
		if kind := kindOf(s); !slices.Contains(seen, kind) {
			seen = append(seen, kind)
			f.Also = append(f.Also, fixOne(g.only(func(o *symptom) bool { return kindOf(o) == kind }), view))
		}
	}
	return f
}

// only is the group with some of its symptoms.
func (g group) only(is func(*symptom) bool) group {
	return group{g.id, slices.DeleteFunc(slices.Clone(g.symptoms), func(s *symptom) bool { return !is(s) })}
}

func fixOne(g group, view *policy.View) policy.Fix {
	first := g.first()
	r := rowOf(g.id).remedied(first)
	f := policy.Fix{Kind: r.kind, Because: first.Case.Rule}
	if r.kind == "" {
		return f
	}
	f.Shown, f.View = shown(g), view
	f.Values = r.collect(g)
	routes := map[*policy.Effective]bool{}
	for _, s := range g.symptoms {
		routes[s.route] = true
	}
	if e := first.route; e != nil && len(routes) == 1 && (f.Kind == policy.FixScope || e.Place(first.Case.Rule.Kind) == e.Route.Name.Text) {
		f.Route = e.Route.Path.Text
	}
	return f
}

// collect returns what a fix is about in all symptoms, those that a page can
// send first.
func (r remedy) collect(g group) []string {
	var out []string
	for _, wire := range []bool{false, true} {
		for _, s := range g.symptoms {
			if s.Case.Wire() != wire || s.step >= len(s.Got) {
				continue
			}
			for _, v := range r.values(s) {
				if r.kind == policy.FixAllowOrigin && (s.route == nil || !s.route.Origin(v).Allowed) {
					continue // one that was let in shows the mistake, and isn't to be let in
				}
				if v != "" && !slices.Contains(out, v) {
					out = append(out, v)
				}
			}
		}
	}
	switch r.kind {
	case policy.FixMaxAge:
		return out[:min(1, len(out))]
	case policy.FixDenyOrigin, policy.FixAllowOrigin:
		return out[:min(fixOrigins, len(out))]
	}
	slices.Sort(out)
	return out
}

// outsideNames are the names that a preflight asks for and the policy doesn't
// list.
func outsideNames(s *symptom) []string {
	if s.route == nil {
		return nil
	}
	var asked []string
	for _, x := range s.Got[s.step].Exchanges {
		asked = append(asked, x.Request.Headers.Items("Access-Control-Request-Headers")...)
	}
	return slices.DeleteFunc(asked, s.route.AllowsHeader)
}

// outsideMethods are the methods that a preflight asks for and the policy doesn't
// list.
func outsideMethods(s *symptom) []string {
	return slices.DeleteFunc(askedMethods(s), func(m string) bool { return s.route == nil || s.route.AllowsMethod(m) })
}

// insideMethods are the methods that a preflight asks for and that need a
// listing.
func insideMethods(s *symptom) []string {
	return slices.DeleteFunc(askedMethods(s), func(m string) bool {
		return s.route == nil || !s.route.AllowsMethod(m) || fetch.IsSafelistedMethod(m)
	})
}
