package envoy

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/policy"
)

// A serving is where a path is served: the connection manager, a virtual
// host of its, and a route of that, or the virtual host again.
type serving struct{ manager, host, route ast.Node }

// managers returns all that have a route_config.
func (c *conf) managers() []ast.Node {
	var out []ast.Node
	r := &rewrite{conf: c, f: c.file}
	r.each(c.file.root, func(e *ast.MappingValueNode) {
		if c.file.field(e.Value, "route_config", "virtual_hosts") != nil {
			out = append(out, e.Value)
		}
	})
	return out
}

// hostOf returns the virtual host that an authority has, as Envoy chooses it:
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-virtualhost.
func (c *conf) hostOf(manager ast.Node, authority string) ast.Node {
	var best ast.Node
	score := -1
	for _, host := range c.file.items(c.file.value(manager, "route_config", "virtual_hosts")) {
		for _, item := range c.file.items(c.file.value(host, "domains")) {
			domain, points := strings.ToLower(c.file.text(item)), -1
			front, back := strings.TrimSuffix(domain, "*"), strings.TrimPrefix(domain, "*")
			switch {
			case domain == "*":
				points = 0
			case authority == "" || domain == authority:
				points = 3 << 10
			case back != domain && strings.HasSuffix(authority, back):
				points = 2<<10 + len(back)
			case front != domain && strings.HasPrefix(authority, front):
				points = 1<<10 + len(front)
			}
			if points > score {
				best, score = host, points
			}
		}
	}
	return best
}

// serving finds where a path is meant to be served, whatever else a request has to
// be like: of the routes that match it most precisely the first that leads to a
// cluster and asks for no header, else the first. Without a path it is the virtual host that such routes
// are in.
func (c *conf) serving(authority, path string) serving {
	var best serving
	most := -1
	for _, manager := range c.managers() {
		host := c.hostOf(manager, authority)
		if host == nil {
			continue
		}
		if most < 0 {
			best, most = serving{manager, host, host}, 0
		}
		for _, route := range c.file.items(c.file.value(host, "routes")) {
			points := 1
			match := c.file.value(route, "match")
			if path != "" {
				points = 8 * matches(c.file, match, path)
			}
			if points == 0 {
				continue
			}
			if c.file.field(route, "route") != nil {
				points += 4
			} else if c.file.field(route, "redirect") == nil {
				points += 2
			}
			special := func(item ast.Node) bool { return c.file.text(item, "name") != ":method" }
			if !slices.ContainsFunc(c.file.items(c.file.value(match, "headers")), special) {
				points++
			}
			if points > most {
				best, most = serving{manager, host, route}, points
			}
		}
	}
	if path == "" {
		best.route = best.host
	}
	return best
}

// matches says how precisely a route's match has the path, whatever else it
// asks for; 0 if it hasn't.
func matches(f *yamlFile, match ast.Node, path string) int {
	const exact, expression = 1 << 20, 1 << 19
	if p := f.field(match, "path"); p != nil && f.text(p.Value) == path {
		return exact
	}
	if p := f.field(match, "prefix"); p != nil && strings.HasPrefix(path, f.text(p.Value)) {
		return 1 + len(f.text(p.Value))
	}
	if p := f.field(match, "path_separated_prefix"); p != nil {
		if prefix := f.text(p.Value); path == prefix || strings.HasPrefix(path, prefix+"/") {
			return 1 + len(prefix)
		}
	}
	if p := f.field(match, "safe_regex", "regex"); p != nil {
		e, err := regexp.Compile("^(?:" + f.text(p.Value) + ")$") // RE2, as Envoy's
		if err == nil && e.MatchString(path) {
			return expression
		}
	}
	return 0
}

// answering is the route of a virtual host that a request has, and its number; nil
// if it has none, or that can't be told.
func (c *conf) answering(host ast.Node, s policy.Shown) (ast.Node, int) {
	u, err := url.Parse(s.URL)
	if err != nil {
		return nil, -1
	}
	for i, route := range c.file.items(c.file.value(host, "routes")) {
		match := c.file.value(route, "match")
		if matches(c.file, match, u.EscapedPath()) > 0 && c.hasHeaders(match, u, s) {
			return route, i
		}
	}
	return nil, -1
}

// hasHeaders reports whether a request has the headers that a match asks for:
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-headermatcher.
func (c *conf) hasHeaders(match ast.Node, u *url.URL, s policy.Shown) bool {
	return !slices.ContainsFunc(c.file.items(c.file.value(match, "headers")), func(item ast.Node) bool {
		name := strings.ToLower(c.file.text(item, "name"))
		value, there := map[string]string{":method": s.Method, ":path": u.RequestURI(), ":authority": u.Host, ":scheme": u.Scheme}[name]
		if !there {
			lines := s.Request.Lines(name)
			value, there = strings.Join(lines, ","), len(lines) > 0
		}
		has := there
		if matcher, ok := c.headerMatcher(item); ok {
			e, err := regexp.Compile(matcher)
			has = there && err == nil && e.MatchString(value)
		} else if c.file.text(item, "present_match") == "false" {
			has = !there
		}
		return has == (c.file.text(item, "invert_match") == "true")
	})
}

// headerMatcher is what a header's value has to match, as an expression that is
// searched for; ok is false if it has only to be there.
func (c *conf) headerMatcher(item ast.Node) (pattern string, ok bool) {
	f := c.file
	matcher := f.value(item, "string_match")
	if exact := f.text(matcher, "exact") + f.text(item, "exact_match"); exact != "" && f.text(matcher, "ignore_case") != "true" {
		return "^" + regexp.QuoteMeta(exact) + "$", true
	}
	if e := f.text(item, "safe_regex_match", "regex"); e != "" {
		return "^(?:" + e + ")$", true
	}
	pattern = envoyPattern(f, matcher)
	return pattern, pattern != ""
}

// corsNames returns the names that the cors filter has in managers: a route's own config
// of it is looked up by that.
func (c *conf) corsNames() []string {
	var names []string
	for _, manager := range c.managers() {
		for _, filter := range c.file.items(c.file.value(manager, "http_filters")) {
			name := c.file.text(filter, "name")
			if c.file.text(filter, "typed_config", "@type") == corsType && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return []string{cors}
	}
	return names
}

// policyOf returns the CorsPolicy of a route, a virtual host or a route_config.
func (c *conf) policyOf(n ast.Node) *ast.MappingValueNode {
	var e *ast.MappingValueNode
	for _, name := range c.cors {
		if e == nil {
			e = c.file.field(n, "typed_per_filter_config", name)
		}
	}
	if e == nil {
		if e = c.file.field(n, "route", "cors"); e == nil {
			e = c.file.field(n, "cors")
		}
	}
	if e != nil {
		if config := c.file.field(e.Value, "config"); config != nil {
			return config // within a FilterConfig
		}
	}
	return e
}

// isOff reports whether a route's cors filter is switched off, for good or for now.
func (c *conf) isOff(cors *ast.MappingValueNode) bool {
	return cors != nil && (c.file.text(cors.Value, "disabled") == "true" ||
		c.file.text(cors.Value, "filter_enabled", "default_value", "numerator") == "0")
}

// levels are the nodes from which a route has its CorsPolicy, its own first:
// Envoy takes each field from the first that has it.
func (at serving) levels(c *conf) []ast.Node {
	return []ast.Node{at.route, at.host, c.file.value(at.manager, "route_config")}
}
