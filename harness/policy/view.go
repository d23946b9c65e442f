package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/strict"
)

// A View is a policy on one target: every setting is resolved, and groups of other
// targets are left out. It is read-only and safe for concurrent use.
type View struct {
	Policy *Policy
	Target *Target
	// Routes are in the order of the file.
	Routes []*Effective
	// Unlisted is what applies to a 404 on a path that no route matches: the defaults. It
	// is nil unless the policy says [NotFound].
	Unlisted *Effective
}

// An Effective is what a policy says for one route on one target.
type Effective struct {
	Route *Route
	// Path is the route's path with its samples filled in, Query its sample query without
	// the "?"; empty for none.
	Path, Query string
	// None is the rule that no page of another origin may read this; nil if some may.
	None *Rule

	// Groups are the groups of the route that apply to this target.
	Groups []*Group
	// Elsewhere are the groups of the route that apply only to other targets.
	Elsewhere []*Group

	Methods, Headers, Expose Listed
	Credentials              bool
	// MaxAge is in seconds; nil if the policy does not set it.
	MaxAge *int
	// ReadableErrors are the error statuses, from 400 on, whose response must be
	// readable.
	ReadableErrors []Number
	// Sends are the request headers that pages always send.
	Sends []SentHeader
	// Auth says how requests are authenticated; nil if they aren't.
	Auth *Auth
	// UpstreamCORS says that the application behind the target sends CORS headers of its
	// own.
	UpstreamCORS bool
	Owner        string

	origins List
	places  map[RuleKind]string
	rules   map[RuleKind]Rule
}

// Listed is a list of names with browser-sdks expanded, each name with its position.
type Listed struct {
	// Any is set if the list has "*".
	Any   *Text
	Names []Text
}

// Has reports whether the list has a name or "*". Pass [strings.EqualFold] as equal for
// header names; methods compare byte for byte.
func (l Listed) Has(name string, equal func(a, b string) bool) bool {
	return l.Any != nil || slices.ContainsFunc(l.Names, func(t Text) bool { return equal(t.Text, name) })
}

// On returns the policy on a target. The error lists the targets of the policy.
func (p *Policy) On(target string) (*View, error) {
	i := slices.IndexFunc(p.Targets, func(t Target) bool { return t.Name == target })
	if i < 0 {
		var known []string
		for _, t := range p.Targets {
			known = append(known, t.Name)
		}
		return nil, fmt.Errorf("%s has no target %q%s; known are %s", p.File, target, strict.Suggestion(target, known), strings.Join(known, ", "))
	}
	v := &View{Policy: p, Target: &p.Targets[i]}
	for i := range p.Routes {
		v.Routes = append(v.Routes, v.resolve(&p.Routes[i]))
	}
	if p.Unlisted.Text == NotFound {
		v.Unlisted = v.resolve(&Route{Name: Text{Text: fromDefaults}, Path: Text{Text: "unlisted paths", At: p.Defaults.Origins.At}})
	}
	return v, nil
}

// Route returns the most precise route that matches a URL's path; nil if none does.
func (v *View) Route(path string) *Effective {
	var best *Effective
	for _, e := range v.Routes {
		if e.Route.path.match(path) && (best == nil || e.Route.path.before(&best.Route.path)) {
			best = e
		}
	}
	return best
}

// pick returns what a route says, else what the defaults say, and which of the
// two it was.
func pick[T any](route, defaults *T, name string) (*T, string) {
	if route != nil {
		return route, name
	}
	return defaults, fromDefaults
}

func (v *View) resolve(r *Route) *Effective {
	e := &Effective{Route: r, Path: r.path.fill(r.Sample), places: map[RuleKind]string{}, rules: map[RuleKind]Rule{}}
	d, name := &v.Policy.Defaults, r.Name.Text
	for _, s := range r.Sample {
		if s.Name == SampleQuery && !slices.Contains(r.path.names(), SampleQuery) {
			e.Query = s.Value
		}
	}
	e.rules[RuleRoute] = Rule{RuleRoute, "path: " + r.Path.Text, r.Path.At}
	if r.CORS.Text == None {
		e.None = &Rule{RuleNone, "cors: none", r.CORS.At}
	}
	if l, place := pick(r.Origins, d.Origins, name); l != nil && e.None == nil {
		e.origins = *l
		e.set(RuleOrigins, place, "origins: "+wordList(l.Items), l.At)
		v.groups(e)
	}
	if l, place := pick(r.Methods, d.Methods, name); l != nil {
		e.Methods = resolveList(l, nil)
		e.set(RuleMethods, place, "methods: "+wordList(l.Items), l.At)
	}
	if l, place := pick(r.Headers, d.Headers, name); l != nil {
		e.Headers = resolveList(l, sdkHeaders)
		e.set(RuleHeaders, place, "headers: "+wordList(l.Items), l.At)
	}
	if l, place := pick(r.Expose, d.Expose, name); l != nil {
		e.Expose = resolveList(l, nil)
		e.set(RuleExpose, place, "expose: "+wordList(l.Items), l.At)
	}
	if s, place := pick(r.Credentials, d.Credentials, name); s != nil {
		e.Credentials = s.On
		e.set(RuleCredentials, place, fmt.Sprintf("credentials: %t", s.On), s.At)
	}
	if n, place := pick(r.MaxAge, d.MaxAge, name); n != nil {
		e.MaxAge = &n.Number
		e.set(RuleMaxAge, place, fmt.Sprintf("max_age: %d", n.Number), n.At)
	}
	if n, place := pick(r.ReadableErrors, d.ReadableErrors, name); n != nil {
		e.ReadableErrors = n.Items
		e.set(RuleReadableError, place, "readable_errors: "+numberList(n.Items), n.At)
	}
	if a, place := pick(r.Auth, d.Auth, name); a != nil && a.None.Text == "" {
		e.Auth = a
		e.set(RuleAuth, place, "auth: "+a.Kind(), a.At)
	}
	if e.Sends = r.Sends; e.Sends == nil {
		e.Sends = d.Sends
	}
	if u, _ := pick(r.Upstream, d.Upstream, name); u != nil && u.CORS != nil {
		e.UpstreamCORS = u.CORS.On
	}
	if o, _ := pick(r.Owner, d.Owner, name); o != nil {
		e.Owner = o.Text
	}
	return e
}

func (e *Effective) set(kind RuleKind, place, text string, at Position) {
	e.places[kind], e.rules[kind] = place, Rule{kind, text, at}
}

// Place says where a setting is written: "defaults", the route's name, or empty if
// nowhere.
func (e *Effective) Place(kind RuleKind) string { return e.places[kind] }

// Rule returns the rule that a setting comes from. If the policy does not set it, Rule
// returns the route's own rule, since an unset setting denies.
func (e *Effective) Rule(kind RuleKind) Rule {
	if r, ok := e.rules[kind]; ok {
		return r
	}
	route := e.rules[RuleRoute]
	return Rule{kind, route.Text + ", without " + string(kind), route.At}
}

// groups finds the groups that a route names.
func (v *View) groups(e *Effective) {
	for _, name := range e.origins.Items {
		i := slices.IndexFunc(v.Policy.Origins, func(g Group) bool { return g.Name == name.Text })
		if i < 0 {
			continue // checked by Parse
		}
		g := &v.Policy.Origins[i]
		if g.Targets == nil || slices.ContainsFunc(g.Targets.Items, func(t Text) bool { return t.Text == v.Target.Name }) {
			e.Groups = append(e.Groups, g)
		} else {
			e.Elsewhere = append(e.Elsewhere, g)
		}
	}
}

// resolveList puts sdks in the place of browser-sdks, unless there are none.
func resolveList(l *List, sdks []string) Listed {
	var out Listed
	seen := map[string]bool{}
	add := func(t Text) {
		if !seen[strings.ToLower(t.Text)] {
			seen[strings.ToLower(t.Text)] = true
			out.Names = append(out.Names, t)
		}
	}
	for _, t := range l.Items {
		switch {
		case t.Text == Any:
			out.Any = &t
		case t.Text == BrowserSDKs && sdks != nil:
			for _, name := range sdks {
				add(Text{name, t.At})
			}
		default:
			add(t)
		}
	}
	return out
}

func wordList(items []Text) string {
	var words []string
	for _, t := range items {
		words = append(words, t.Text)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

func numberList(items []Number) string {
	return strings.Join(strings.Fields(fmt.Sprint(numbers(items))), ", ")
}

func numbers(items []Number) []int {
	var out []int
	for _, n := range items {
		out = append(out, n.Number)
	}
	return out
}

// Kind returns "bearer", "api_key", "cookie" or "none".
func (a *Auth) Kind() string {
	switch {
	case a.Bearer != nil:
		return "bearer"
	case a.APIKey != nil:
		return "api_key"
	case a.Cookie != nil:
		return "cookie"
	}
	return None
}
