package envoy

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// fields are the fields of a CorsPolicy that fixes of a kind change:
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/http/cors/v3/cors.proto.
var fields = map[policy.FixKind]string{
	policy.FixAllowMethod: "allow_methods", policy.FixDenyMethod: "allow_methods",
	policy.FixAllowHeader: "allow_headers", policy.FixDenyHeader: "allow_headers",
	policy.FixExpose: "expose_headers", policy.FixHide: "expose_headers",
	policy.FixMaxAge:           "max_age",
	policy.FixAllowCredentials: "allow_credentials", policy.FixForbidCredentials: "allow_credentials",
}

const (
	cors       = "envoy.filters.http.cors"
	corsType   = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors"
	policyType = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy"
	configType = "type.googleapis.com/envoy.config.route.v3.FilterConfig"
	origins    = "allow_origin_string_match"
)

// envoyBare is a list that needs no quotes in a block.
var envoyBare = regexp.MustCompile(`^[A-Za-z][A-Za-z-]*, [A-Za-z, -]+$`)

// A fix makes a patch that has the config follow the policy.
type fix struct {
	*patch
	c *conf
	policy.Fix
	authority string
}

// A place is a route of the config that a fix is about: what is served there,
// what the policy says of it, nil if it doesn't list it, and an answer that isn't so.
type place struct {
	serving
	on    *policy.Effective
	shown policy.Shown
}

// Fix words a fix as changes of lines. If those cannot be determined, it says in words
// what to do in the route or the virtual host with the path.
func (c *conf) Fix(f policy.Fix) policy.Wording {
	x := &fix{patch: &patch{f: c.file}, c: c, Fix: f}
	if f.View != nil {
		if u, err := url.Parse(f.View.Target.URL.Text); err == nil {
			x.authority = strings.ToLower(u.Hostname())
		}
		for _, p := range x.places() {
			x.put(p)
		}
		if w, ok := x.wording(); ok {
			return w
		}
	}
	path := ""
	if f.Route != "" {
		path = routeSample(f.Route)
	}
	at := c.serving(x.authority, path)
	if len(x.Shown) > 0 && f.Route == "" {
		if u, err := url.Parse(x.Shown[0].URL); err == nil {
			at = c.serving(x.authority, u.EscapedPath())
		}
	}
	w := c.at(at.route)
	w.Change, w.Text = policy.Words, "# "+f.String()
	if by := c.byHeaders(at.route); f.Kind == policy.FixAnswerPreflight && len(by) > 0 {
		w = c.at(by[0])
		w.Change, w.Text = policy.Words, fmt.Sprintf("# no preflight carries the header %s: match without it, or add a route before this one that matches \":method\" exact OPTIONS on the same path", c.file.text(by[0], "name"))
	}
	if at.route == nil {
		for _, manager := range c.managers() {
			w = c.at(c.file.value(manager, "route_config", "virtual_hosts"))
			w.Change, w.Text = policy.Words, "# no virtual host has the domain "+x.authority
		}
	}
	return w
}

// at is where a node is.
func (c *conf) at(n ast.Node) policy.Wording {
	w := policy.Wording{File: c.file.source.Name}
	if n != nil {
		w.Line = c.file.source.Line(c.file.start(n))
	}
	return w
}

// places are those of the answers that the fix shows.
func (x *fix) places() []place {
	var out []place
	for _, s := range x.Shown {
		u, err := url.Parse(s.URL)
		if err != nil {
			continue
		}
		p := place{serving: x.c.serving(x.authority, u.EscapedPath()), on: x.View.Route(u.EscapedPath()), shown: s}
		if p.route != nil {
			out = append(out, p)
		}
	}
	return out
}

// put adds to the patch what puts one answer right.
func (x *fix) put(p place) {
	if x.putKey(p) {
		return
	}
	switch x.Kind {
	case policy.FixOnHops:
		// What the policy doesn't list is where the redirect leads to, and a preflight
		// goes before it.
		if p.on != nil && !p.shown.Preflight {
			x.putAnswer(p)
		}
	case policy.FixAnswerPreflight, policy.FixOnErrors:
		x.putAnswer(p)
	case policy.FixScope:
		x.putScope(p)
	case policy.FixVary:
		x.putVary(p)
	case policy.FixOneOwner:
		if !x.putStrangers(p) {
			x.putOneOwner(p)
		}
	case policy.FixAllowOrigin:
		answers, _ := x.c.answering(p.host, p.shown)
		switch {
		case x.putStrangers(p), x.putFilter(p):
		case answers != nil && answers != p.route && x.f.field(answers, "route") == nil:
			x.putAnswer(p)
		default:
			x.putAllowed(p)
		}
	case policy.FixDenyOrigin, policy.FixUnlistOrigin:
		if !x.putStrangers(p) {
			x.putDenied(p)
		}
	default:
		if field := fields[x.Kind]; field != "" && p.on != nil {
			x.putField(p, field)
		}
	}
}

// putField gives a field of the CorsPolicy the policy's value: where it has one, if
// that is meant for all that have it from there, else on the route.
func (x *fix) putField(p place, field string) {
	want := envoyValue(p.on, field)
	if want == nil {
		return
	}
	level, has := x.provider(p.serving, field)
	if x.c.policyOf(level) == nil {
		return // provider has said why
	}
	shared := level != p.route
	if want == "" && shared {
		// Left empty, it would be what the level above has.
		for _, e := range x.View.Routes {
			at := x.c.serving(x.authority, e.Path)
			if from, _ := x.provider(at, field); e.None == nil && from == level && envoyValue(e, field) != "" {
				p.on, want = e, envoyValue(e, field)
				break
			}
		}
	}
	if shared && !x.agree(level, p.on, field) {
		if own := x.c.policyOf(p.route); own != nil && !x.c.isOff(own) {
			x.addField(own.Value, field, want)
		} else {
			x.addPolicy(p.route, yaml.MapSlice{{Key: "@type", Value: policyType}, {Key: field, Value: want}})
		}
		return
	}
	if has != nil {
		if list, ok := want.(string); ok && field != "max_age" {
			want = x.listed(p.on, field, x.f.text(has.Value), list)
		}
		to := flow([]any{want}, "[", "]")
		if bare := strings.Trim(to, `"`); envoyBare.MatchString(bare) && !x.isFlow(x.c.policyOf(level).Value) {
			to = bare
		}
		x.replace(has.Value, to)
		return
	}
	x.addField(x.c.policyOf(level).Value, field, want)
}

// provider returns the level from which a route has a field of its CorsPolicy, and
// the field; or, if none has it, the first that has a CorsPolicy, or the route.
func (x *fix) provider(at serving, field string) (ast.Node, *ast.MappingValueNode) {
	var first ast.Node
	for _, level := range at.levels(x.c) {
		cors := x.c.policyOf(level)
		if cors == nil {
			continue
		}
		if e := x.f.field(cors.Value, field); e != nil {
			return level, e
		}
		if first == nil {
			first = level
		}
	}
	if first == nil {
		x.why = "there is no CorsPolicy"
		first = at.route
	}
	return first, nil
}

// agree reports whether the policy wants the same of a field on every route that
// has it from the same place.
func (x *fix) agree(level ast.Node, on *policy.Effective, field string) bool {
	return !slices.ContainsFunc(x.View.Routes, func(e *policy.Effective) bool {
		if e.None != nil || e == on || envoyValue(e, field) == "" {
			return false
		}
		at := x.c.serving(x.authority, e.Path)
		if cors := x.c.policyOf(at.route); x.c.isOff(cors) {
			return false
		}
		from, _ := x.provider(at, field)
		return from == level && !sameValue(envoyValue(e, field), envoyValue(on, field))
	})
}

func sameValue(a, b any) bool {
	x, isText := a.(string)
	y, too := b.(string)
	if isText && too {
		return inOrder(y, x) == y && len(x) == len(y)
	}
	return a == b
}

// listed returns what a field of the route's CorsPolicy has to say in the place of another
// list. What is missing is added and what is too much is left out, each by the fix that is
// for it: another finding may be about the other.
func (x *fix) listed(on *policy.Effective, field, has, want string) string {
	list := map[string]policy.Listed{"allow_methods": on.Methods, "allow_headers": on.Headers, "expose_headers": on.Expose}[field]
	equal := strings.EqualFold
	if field == "allow_methods" {
		equal = func(a, b string) bool { return a == b }
	}
	adds := slices.Contains([]policy.FixKind{policy.FixAllowMethod, policy.FixAllowHeader, policy.FixExpose}, x.Kind)
	takes := slices.Contains([]policy.FixKind{policy.FixDenyMethod, policy.FixDenyHeader, policy.FixHide}, x.Kind)
	if !adds && !takes || strings.TrimSpace(has) == policy.Any {
		return inOrder(has, want)
	}
	var names []string
	for name := range strings.SplitSeq(has, ",") {
		name = strings.TrimSpace(name)
		if list.Has(name, equal) || adds && adapter.Surplus(name, list) {
			names = append(names, name)
		}
	}
	if len(names) == 0 || len(x.Values) == 0 {
		return inOrder(has, want)
	}
	for _, t := range list.Names {
		is := func(name string) bool { return equal(name, t.Text) }
		if adds && slices.ContainsFunc(x.Values, is) && !slices.ContainsFunc(names, is) {
			names = append(names, t.Text)
		}
	}
	return strings.Join(names, ", ")
}

// inOrder returns a list with its words in the order in which another has them.
func inOrder(has, want string) string {
	var out []string
	words := strings.Split(want, ", ")
	for word := range strings.SplitSeq(has, ",") {
		if word = strings.TrimSpace(word); slices.Contains(words, word) && !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	for _, word := range words {
		if !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return strings.Join(out, ", ")
}

// envoyValue is the policy's value of a field of a CorsPolicy; nil if it has none.
func envoyValue(e *policy.Effective, field string) any {
	list := func(l policy.Listed) any {
		if l.Any != nil {
			return policy.Any
		}
		var names []string
		for _, t := range l.Names {
			names = append(names, t.Text)
		}
		return strings.Join(names, ", ")
	}
	switch field {
	case "allow_methods":
		return list(e.Methods)
	case "allow_headers":
		return list(e.Headers)
	case "expose_headers":
		return list(e.Expose)
	case "allow_credentials":
		return e.Credentials
	case "max_age":
		if e.MaxAge != nil {
			return strconv.Itoa(*e.MaxAge)
		}
	}
	return nil
}

// envoyPolicy is a CorsPolicy that says what the policy does.
func envoyPolicy(e *policy.Effective) yaml.MapSlice {
	matchers, _ := envoyMatchers(e, nil)
	out := yaml.MapSlice{{Key: "@type", Value: policyType}, {Key: origins, Value: matchers}}
	for _, field := range []string{"allow_methods", "allow_headers", "expose_headers", "max_age", "allow_credentials"} {
		if value := envoyValue(e, field); value != nil && value != "" {
			out = append(out, yaml.MapItem{Key: field, Value: value})
		}
	}
	return append(out, yaml.MapItem{Key: "forward_not_matching_preflights", Value: false})
}

// addPolicy gives a route a config of the cors filter, in the place of the one that
// it has.
func (x *fix) addPolicy(route ast.Node, value yaml.MapSlice) {
	name := x.c.cors[0]
	if len(x.c.cors) > 1 {
		x.why = "the cors filter has more than one name"
	}
	filters := x.f.field(route, "typed_per_filter_config")
	if filters == nil {
		x.addField(route, "typed_per_filter_config", yaml.MapSlice{{Key: name, Value: value}})
		return
	}
	has := x.f.field(filters.Value, name)
	if has == nil {
		x.addField(filters.Value, name, value)
		return
	}
	if x.isFlow(has.Value) || x.isFlow(filters.Value) {
		x.replace(has.Value, "{"+flow(value, "{", "}")+"}")
		return
	}
	start := x.f.start(has)
	end := x.f.end(has)
	if end < start {
		x.why = "it can't be told where it ends"
		return
	}
	text := shifted(block(yaml.MapSlice{{Key: name, Value: value}}), x.column(start))
	x.edit(edit{start: start, end: end, to: strings.TrimLeft(text, " ")})
}

// routeParameter is a part of a route's path that stands for others: {id} for a
// segment, {page...} for the rest.
var routeParameter = regexp.MustCompile(`\{\w+(\.\.\.)?\}`)

// routeSample is a path that a route matches, and hardly any other.
func routeSample(route string) string {
	return routeParameter.ReplaceAllString(route, "corsproof-sample")
}
