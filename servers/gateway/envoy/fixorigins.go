package envoy

import (
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// envoyMatchers are the matchers of the origins that a route allows, of those that
// isn't nil, and the entries that they are for.
func envoyMatchers(e *policy.Effective, lacks func(*policy.Entry) bool) (matchers []any, entries []*policy.Entry) {
	for _, g := range e.Groups {
		for i := range g.Allow {
			entry := &g.Allow[i]
			if lacks != nil && !lacks(entry) {
				continue
			}
			matcher := yaml.MapSlice{{Key: "exact", Value: entry.Origin.Text}}
			if pattern := strings.TrimSuffix(strings.TrimPrefix(entry.Expression(), "^"), "$"); pattern == "" {
				matcher = yaml.MapSlice{{Key: "safe_regex", Value: yaml.MapSlice{{Key: "regex", Value: ".*"}}}}
			} else if pattern != regexp.QuoteMeta(entry.Origin.Text) {
				matcher = yaml.MapSlice{{Key: "safe_regex", Value: yaml.MapSlice{{Key: "regex", Value: pattern}}}}
			}
			matchers, entries = append(matchers, matcher), append(entries, entry)
		}
	}
	return matchers, entries
}

// matches reports whether a StringMatcher matches an origin.
func (c *conf) matches(matcher ast.Node, origin string) bool {
	if pattern := envoyPattern(c.file, matcher); pattern != "" {
		e, err := regexp.Compile(pattern)
		return err == nil && e.MatchString(origin)
	}
	exact := c.file.text(matcher, "exact")
	return exact == origin || exact == policy.Any
}

// putDenied takes the entries out that let an origin read which may not, and puts in
// what else they were there for.
func (x *fix) putDenied(p place) {
	origin := p.shown.Origin()
	if p.on == nil || p.on.Origin(origin).Allowed {
		return
	}
	level, list := x.provider(p.serving, origins)
	if list == nil {
		x.why = "there is no list of origins"
		return
	}
	if p.on.None != nil && level != p.route {
		x.putScope(p) // an empty list would be the one of the level above
		return
	}
	if level != p.route && !x.agreeOrigins(level, p.on) {
		x.putOwnOrigins(p)
		return
	}
	x.repair(list, p.on)
}

// repair takes every entry out that lets somebody read whom the policy denies, of
// all that was tried, and puts in what is missing then.
func (x *fix) repair(list *ast.MappingValueNode, on *policy.Effective) {
	items := x.f.items(list.Value)
	var wrong, right []ast.Node
	for _, item := range items {
		tooMuch := slices.ContainsFunc(x.Shown, func(s policy.Shown) bool {
			return !on.Origin(s.Origin()).Allowed && x.c.matches(item, s.Origin())
		})
		if tooMuch {
			wrong = append(wrong, item)
		} else {
			right = append(right, item)
		}
	}
	if len(wrong) == 0 {
		x.why = "no entry of the list matches"
		return
	}
	matchers, _ := envoyMatchers(on, x.lacked(right))
	x.swap(list, wrong, right, matchers)
}

// lacked is whether none of the items match what an entry of the policy is for.
func (x *fix) lacked(items []ast.Node) func(*policy.Entry) bool {
	return func(e *policy.Entry) bool {
		samples := e.Samples()
		if len(samples) == 0 {
			samples = []string{"https://anybody.test"}
		}
		return slices.ContainsFunc(samples, func(origin string) bool {
			return !slices.ContainsFunc(items, func(item ast.Node) bool { return x.c.matches(item, origin) })
		})
	}
}

// swap puts matchers in the place of items of a list.
func (x *fix) swap(list *ast.MappingValueNode, wrong, right []ast.Node, matchers []any) {
	switch {
	case x.isFlow(list.Value):
		var texts []string
		for _, item := range right {
			start, end, err := x.f.span(item)
			if err != nil {
				x.why = err.Error()
				return
			}
			texts = append(texts, string(x.f.source.Text[start:end]))
		}
		if len(matchers) > 0 {
			texts = append(texts, flow(matchers, "[", "]"))
		}
		x.replace(list.Value, "["+strings.Join(texts, ", ")+"]")
	case len(right)+len(matchers) == 0:
		x.why = "nothing would be left of the list"
	default:
		for i, item := range wrong {
			if i > 0 || len(matchers) == 0 {
				x.remove(item, "-")
				continue
			}
			start, end, ok := x.lines(item, "-")
			if !ok {
				x.why = "it shares a line with what stays"
				return
			}
			text := x.f.source.Text
			indent := x.column(x.f.offset(x.f.resolve(list.Value).(*ast.SequenceNode).Start))
			to := shifted(block(matchers), indent)
			if end > start && text[end-1] == '\n' {
				to += "\n"
			}
			x.edit(edit{start: start, end: end, to: to})
		}
	}
}

// agreeOrigins reports whether all routes that have their list of origins from one
// place are for the same ones.
func (x *fix) agreeOrigins(level ast.Node, on *policy.Effective) bool {
	_, want := envoyMatchers(on, nil)
	return !slices.ContainsFunc(x.View.Routes, func(e *policy.Effective) bool {
		at := x.c.serving(x.authority, e.Path)
		if e.None != nil || e == on || x.c.isOff(x.c.policyOf(at.route)) {
			return false
		}
		from, _ := x.provider(at, origins)
		_, others := envoyMatchers(e, nil)
		return from == level && !slices.EqualFunc(want, others, func(a, b *policy.Entry) bool { return a.Origin.Text == b.Origin.Text })
	})
}

// putOwnOrigins gives a route a list of its own.
func (x *fix) putOwnOrigins(p place) {
	matchers, _ := envoyMatchers(p.on, nil)
	if own := x.c.policyOf(p.route); own != nil && !x.c.isOff(own) {
		x.addField(own.Value, origins, matchers)
		return
	}
	x.addPolicy(p.route, yaml.MapSlice{{Key: "@type", Value: policyType}, {Key: origins, Value: matchers}})
}

// putAllowed adds the origins that may read and aren't in the list. An entry that
// no Origin can be makes room.
func (x *fix) putAllowed(p place) {
	if p.on == nil || p.on.None != nil || !p.on.Origin(p.shown.Origin()).Allowed {
		return
	}
	level, list := x.provider(p.serving, origins)
	if list == nil {
		if x.why == "" {
			x.putOwnOrigins(p)
		}
		return
	}
	items := x.f.items(list.Value)
	matchers, _ := envoyMatchers(p.on, x.lacked(items))
	if len(matchers) == 0 {
		x.why = "the list has it"
		return
	}
	if level != p.route && !x.agreeOrigins(level, p.on) {
		x.putOwnOrigins(p)
		return
	}
	var wrong, right []ast.Node
	for _, item := range items {
		if exact := x.f.text(item, "exact"); exact != "" && !adapter.IsOrigin(exact) && exact != policy.Any && exact != policy.Null {
			wrong = append(wrong, item)
		} else {
			right = append(right, item)
		}
	}
	if len(wrong) > 0 {
		x.swap(list, wrong, right, matchers)
		return
	}
	for _, matcher := range matchers {
		x.addItem(list.Value, -1, matcher)
	}
}
