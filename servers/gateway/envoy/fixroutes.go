package envoy

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// putFilter has the cors filter stand first among the filters; false if it does.
func (x *fix) putFilter(p place) bool {
	filters := x.f.field(p.manager, "http_filters")
	items := x.f.items(x.f.value(p.manager, "http_filters"))
	if len(items) == 0 {
		return false
	}
	i := slices.IndexFunc(items, func(n ast.Node) bool {
		return x.f.text(n, "name") == cors || x.f.text(n, "typed_config", "@type") == corsType
	})
	switch {
	case i >= 0 && x.putName(p, items[i]):
		return true
	case i == 0:
		return false
	case x.isFlow(filters.Value):
		x.why = "the filters stand on one line"
	case i < 0:
		x.addItem(filters.Value, 0, yaml.MapSlice{{Key: "name", Value: cors}, {Key: "typed_config", Value: yaml.MapSlice{{Key: "@type", Value: corsType}}}})
	default:
		start, end, ok := x.lines(items[i], "-")
		first, _, too := x.lines(items[0], "-")
		if !ok || !too {
			x.why = "the filter shares a line"
			return true
		}
		x.edit(edit{start: first, end: first, whole: true, to: strings.TrimSuffix(string(x.f.source.Text[start:end]), "\n") + "\n"})
		x.remove(items[i], "-")
	}
	return true
}

// putKey gives a CorsPolicy on the way to the path, which stands under a name that no filter
// has, the cors filter's: until then it is a policy of nobody. False if there is none, or
// if it is the filter that has another name than all policies.
func (x *fix) putKey(p place) bool {
	used := false
	(&rewrite{conf: x.c, f: x.f}).each(x.f.root, func(e *ast.MappingValueNode) {
		used = used || x.f.text(e.Value, "@type") == policyType && slices.Contains(x.c.cors, yamlKey(e))
	})
	if !used || len(x.c.cors) != 1 {
		return false
	}
	for _, level := range p.levels(x.c) {
		configs := x.f.field(level, "typed_per_filter_config")
		if configs == nil || x.f.field(configs.Value, x.c.cors[0]) != nil {
			continue
		}
		for _, e := range x.f.fields(configs.Value) {
			if x.f.text(e.Value, "@type") == policyType {
				x.replace(e.Key, x.c.cors[0])
				return true
			}
		}
	}
	return false
}

// putName gives the cors filter the name under which the path has a CorsPolicy, if that is
// another one: a config of a name that no filter has is one of nobody. False if the names
// are the same.
func (x *fix) putName(p place, filter ast.Node) bool {
	name := x.f.field(filter, "name")
	if name == nil {
		return false
	}
	var meant []string
	for _, level := range p.levels(x.c) {
		configs := x.f.field(level, "typed_per_filter_config")
		if configs == nil {
			continue
		}
		if x.f.field(configs.Value, x.f.text(name.Value)) != nil {
			return false
		}
		for _, e := range x.f.fields(configs.Value) {
			if key := yamlKey(e); x.f.text(e.Value, "@type") == policyType && !slices.Contains(meant, key) {
				meant = append(meant, key)
			}
		}
	}
	if len(meant) != 1 {
		return false
	}
	x.replace(name.Value, meant[0])
	return true
}

// putAnswer has the gateway answer with CORS where it answers by itself.
func (x *fix) putAnswer(p place) {
	if x.putFilter(p) {
		return
	}
	routes := x.f.items(x.f.value(p.host, "routes"))
	meant := slices.Index(routes, p.route)
	answers, i := x.c.answering(p.host, p.shown)
	byItself := answers != nil && x.f.field(answers, "route") == nil
	switch {
	case p.shown.Preflight && (i < 0 || i > meant) && x.f.field(p.route, "route") != nil:
		x.putOptions(p)
	case byItself && i < meant && x.f.field(p.route, "route") != nil:
		x.remove(answers, "-") // what comes after it is for this path
	case p.shown.Preflight && p.on != nil:
		x.putScope(p)
	case byItself && x.c.adds(answers) == nil:
		x.putConsent(p, routes, i)
	default:
		x.why = "no route answers so by itself"
	}
}

// putOptions lets OPTIONS have a route that is for other methods.
func (x *fix) putOptions(p place) {
	for _, item := range x.f.items(x.f.value(p.route, "match", "headers")) {
		pattern, ok := x.c.headerMatcher(item)
		if e, err := regexp.Compile(pattern); !ok || err != nil || e.MatchString("OPTIONS") {
			continue
		}
		if x.f.text(item, "name") != ":method" || x.f.text(item, "invert_match") == "true" {
			x.why = "the route asks for a header that no preflight has"
			return
		}
		pattern = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(pattern, "^"), "(?:"), "$")
		pattern = "OPTIONS|" + strings.TrimSuffix(pattern, ")")
		matcher := yaml.MapSlice{{Key: "safe_regex", Value: yaml.MapSlice{{Key: "regex", Value: pattern}}}}
		if e := x.f.field(item, "string_match"); e != nil {
			x.replace(e.Value, "{"+flow(matcher, "{", "}")+"}")
		} else {
			x.replace(item, "{"+flow(yaml.MapSlice{{Key: "name", Value: ":method"}, {Key: "string_match", Value: matcher}}, "{", "}")+"}")
		}
		return
	}
	x.why = "the route matches"
}

// adds returns the item with which a route, or another level, adds
// Access-Control-Allow-Origin.
func (c *conf) adds(level ast.Node) ast.Node {
	for _, item := range c.file.items(c.file.value(level, "response_headers_to_add")) {
		if strings.EqualFold(c.file.text(item, "header", "key"), "access-control-allow-origin") {
			return item
		}
	}
	return nil
}

// putConsent has a route that answers by itself, which the cors filter leaves out,
// name the origin: in a copy of it that is for the origins that may read.
func (x *fix) putConsent(p place, routes []ast.Node, i int) {
	on := p.on
	if on == nil {
		on = x.View.Unlisted
	}
	if on == nil || on.None != nil || !on.Origin(p.shown.Origin()).Allowed {
		return
	}
	var patterns []string
	_, entries := envoyMatchers(on, nil)
	for _, e := range entries {
		pattern := strings.TrimSuffix(strings.TrimPrefix(e.Expression(), "^"), "$")
		if pattern == "" {
			pattern = ".*"
		}
		patterns = append(patterns, pattern)
	}
	add := []any{header("access-control-allow-origin", "%REQ(origin)%")}
	if on.Credentials {
		add = append(add, header("access-control-allow-credentials", "true"))
	}
	if list, _ := envoyValue(on, "expose_headers").(string); list != "" {
		add = append(add, header("access-control-expose-headers", list))
	}
	asksOrigin := slices.ContainsFunc(x.f.items(x.f.value(routes[i], "match", "headers")), func(n ast.Node) bool {
		return strings.EqualFold(x.f.text(n, "name"), "origin")
	})
	if asksOrigin && x.f.field(routes[i], "response_headers_to_add") == nil {
		x.addField(routes[i], "response_headers_to_add", add)
		return
	}
	var route yaml.MapSlice
	if err := yaml.NodeToValue(routes[i], &route, yaml.UseOrderedMap()); err != nil {
		x.why = err.Error()
		return
	}
	matcher := yaml.MapSlice{{Key: "name", Value: "origin"}, {Key: "string_match", Value: yaml.MapSlice{{Key: "safe_regex", Value: yaml.MapSlice{{Key: "regex", Value: strings.Join(patterns, "|")}}}}}}
	added := false
	for j := range route {
		switch value := route[j].Value.(type) {
		case yaml.MapSlice:
			if route[j].Key == "match" {
				route[j].Value = with(value, "headers", []any{matcher})
			}
		case []any:
			if route[j].Key == "response_headers_to_add" {
				route[j].Value, added = append(value, add...), true
			}
		}
	}
	if !added {
		route = append(route, yaml.MapItem{Key: "response_headers_to_add", Value: add})
	}
	x.addItem(x.f.value(p.host, "routes"), i, route)
}

func header(key, value string) yaml.MapSlice {
	return yaml.MapSlice{{Key: "header", Value: yaml.MapSlice{{Key: "key", Value: key}, {Key: "value", Value: value}}}}
}

// with returns a mapping with more items in a list that it has, or has not yet.
func with(m yaml.MapSlice, key string, more []any) yaml.MapSlice {
	out := slices.Clone(m)
	for i := range out {
		if list, ok := out[i].Value.([]any); ok && out[i].Key == key {
			out[i].Value = append(slices.Clone(list), more...)
			return out
		}
	}
	return append(out, yaml.MapItem{Key: key, Value: more})
}

// putScope lets the policy hold where it is to, and nowhere else.
func (x *fix) putScope(p place) {
	off := yaml.MapSlice{{Key: "@type", Value: configType}, {Key: "disabled", Value: true}}
	own := x.c.policyOf(p.route)
	switch {
	case p.on == nil:
		answers, _ := x.c.answering(p.host, p.shown)
		if answers == nil {
			x.why = "no route answers so"
		} else if route := x.f.field(answers, "route"); route != nil && x.c.adds(answers) != nil {
			x.edit(edit{start: x.f.start(route), end: x.f.end(route), to: "direct_response: {status: 404}"})
		} else {
			x.addPolicy(answers, off)
		}
	case p.on.None != nil:
		x.addPolicy(p.route, off)
	case own != nil && x.f.field(own.Value, "filter_enabled") != nil:
		for _, name := range []string{"filter_enabled", "shadow_enabled"} {
			if e := x.f.field(own.Value, name); e != nil {
				x.remove(e, "")
			}
		}
	case x.c.isOff(own), own == nil && x.c.policyOf(p.host) == nil && x.c.policyOf(x.f.value(p.manager, "route_config")) == nil:
		x.addPolicy(p.route, envoyPolicy(p.on))
	default:
		x.why = "the route has a policy"
	}
}

// putVary adds Vary to what the virtual host answers, or the route if others have
// one of their own.
func (x *fix) putVary(p place) {
	value := strings.Join(x.Values, ", ")
	item := append(header("vary", value), yaml.MapItem{Key: "append_action", Value: "APPEND_IF_EXISTS_OR_ADD"})
	vary := func(level ast.Node) ast.Node {
		for _, item := range x.f.items(x.f.value(level, "response_headers_to_add")) {
			if strings.EqualFold(x.f.text(item, "header", "key"), "vary") {
				return item
			}
		}
		return nil
	}
	for _, level := range p.levels(x.c) {
		has := vary(level)
		if has == nil {
			continue
		}
		if action := x.f.field(has, "append_action"); action != nil && x.f.text(action.Value) != "APPEND_IF_EXISTS_OR_ADD" {
			x.replace(action.Value, "APPEND_IF_EXISTS_OR_ADD")
			return
		}
	}
	level := p.host
	if slices.ContainsFunc(x.f.items(x.f.value(p.host, "routes")), func(n ast.Node) bool { return vary(n) != nil }) {
		level = p.route
	}
	if list := x.f.field(level, "response_headers_to_add"); list != nil {
		if vary(level) == nil {
			x.addItem(list.Value, -1, item)
		}
		return
	}
	x.addField(level, "response_headers_to_add", []any{item})
}

// putOneOwner takes out what the upstream says.
func (x *fix) putOneOwner(p place) {
	for _, name := range x.Values {
		name = strings.ToLower(name)
		list := x.f.field(p.host, "response_headers_to_remove")
		if list == nil {
			var all []any
			for _, name := range x.Values {
				all = append(all, strings.ToLower(name))
			}
			x.addField(p.host, "response_headers_to_remove", all)
			return
		}
		if !slices.ContainsFunc(x.f.items(list.Value), func(n ast.Node) bool { return strings.EqualFold(x.f.text(n), name) }) {
			x.addItem(list.Value, -1, name)
		}
	}
}

// putStrangers takes out what adds Access-Control-Allow-Origin beside the cors
// filter; false if nothing does.
func (x *fix) putStrangers(p place) bool {
	found := false
	for _, filter := range x.f.items(x.f.value(p.manager, "http_filters")) {
		mutations := x.f.items(x.f.value(filter, "typed_config", "mutations", "response_mutations"))
		for _, m := range mutations {
			if !strings.EqualFold(x.f.text(m, "append", "header", "key"), "access-control-allow-origin") {
				continue
			}
			if found = true; len(mutations) > 1 {
				x.remove(m, "-")
			} else {
				x.remove(filter, "-")
			}
		}
	}
	if u, err := url.Parse(p.shown.URL); err != nil || u.Path == "" {
		return found
	}
	for _, level := range p.levels(x.c) {
		item := x.c.adds(level)
		if item == nil || x.f.field(level, "direct_response") != nil || x.f.field(level, "redirect") != nil {
			continue
		}
		found = true
		if list := x.f.field(level, "response_headers_to_add"); len(x.f.items(list.Value)) > 1 {
			x.remove(item, "-")
		} else {
			x.remove(list, "")
		}
	}
	return found
}
