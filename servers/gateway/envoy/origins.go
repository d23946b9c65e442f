package envoy

import (
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// named finds the origins that the config names: in every CorsPolicy, where it adds
// Access-Control-Allow-Origin itself, and where the origin chooses a route.
func (c *conf) named() adapter.NamedOrigins {
	var out adapter.NamedOrigins
	f := c.file
	r := &rewrite{conf: c, f: f}
	r.each(f.root, func(e *ast.MappingValueNode) {
		switch yamlKey(e) {
		case "allow_origin_string_match":
			for _, item := range f.items(e.Value) {
				at, written := c.entry(item)
				envoyMatcher(&out, at, written, f, item)
			}
		case "headers": // of a route's match
			for _, item := range f.items(e.Value) {
				if matcher := f.value(item, "string_match"); matcher != nil && strings.EqualFold(f.text(item, "name"), "origin") {
					at, written := c.entry(item)
					envoyMatcher(&out, at, written, f, matcher)
				}
			}
		case "response_headers_to_add":
			for _, item := range f.items(e.Value) {
				if origin, ok := adapter.LiteralOrigin(f.text(item, "header", "value")); ok && strings.EqualFold(f.text(item, "header", "key"), "access-control-allow-origin") {
					at, written := c.entry(item)
					out.Origin(at, written, origin)
				}
			}
		}
	})
	return out
}

// envoyMatcher adds what a StringMatcher matches.
func envoyMatcher(n *adapter.NamedOrigins, at policy.Position, written string, f *yamlFile, matcher ast.Node) {
	if pattern := envoyPattern(f, matcher); pattern != "" {
		n.Expression(at, written, pattern)
	} else if exact := f.text(matcher, "exact"); exact != "" {
		n.Origin(at, written, exact)
	} else {
		n.Note(at, written, "it is no exact, prefix, suffix, contains or safe_regex")
	}
}

// entry returns where a node is, and what stands there.
func (c *conf) entry(n ast.Node) (policy.Position, string) {
	n = c.file.resolve(n)
	start := c.file.start(n)
	at := policy.Position{File: c.file.source.Name, Line: c.file.source.Line(start)}
	if _, end, err := c.file.span(n); err == nil {
		return at, adapter.OneLine(string(c.file.source.Text[start:end]))
	}
	return at, "this entry"
}

// envoyPattern is a StringMatcher as an expression that is searched for; empty if
// it compares whole texts, or isn't known:
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/type/matcher/v3/string.proto.
func envoyPattern(f *yamlFile, matcher ast.Node) string {
	pattern := ""
	switch quoted := func(kind string) string { return regexp.QuoteMeta(f.text(matcher, kind)) }; {
	case f.text(matcher, "prefix") != "":
		pattern = "^" + quoted("prefix")
	case f.text(matcher, "suffix") != "":
		pattern = quoted("suffix") + "$"
	case f.text(matcher, "contains") != "":
		pattern = quoted("contains")
	case f.text(matcher, "safe_regex", "regex") != "":
		return "^(?:" + f.text(matcher, "safe_regex", "regex") + ")$" // all of the text; ignore_case isn't for it
	case f.text(matcher, "exact") != "" && f.text(matcher, "ignore_case") == "true":
		pattern = "^" + quoted("exact") + "$"
	}
	if pattern != "" && f.text(matcher, "ignore_case") == "true" {
		pattern = "(?i)" + pattern
	}
	return pattern
}

// listed returns the names in a list of every CorsPolicy, and in a header that the config
// adds itself.
func (c *conf) listed(field, header string) []string {
	var names []string
	f := c.file
	r := &rewrite{conf: c, f: f}
	r.each(f.root, func(e *ast.MappingValueNode) {
		switch yamlKey(e) {
		case field:
			names = adapter.Listed(names, f.text(e.Value))
		case "response_headers_to_add":
			for _, item := range f.items(e.Value) {
				if strings.EqualFold(f.text(item, "header", "key"), header) {
					names = adapter.Listed(names, f.text(item, "header", "value"))
				}
			}
		}
	})
	return names
}
