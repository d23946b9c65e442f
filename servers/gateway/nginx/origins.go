package nginx

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// named finds the origins that the config names: in maps of $http_origin, and of
// what such a map sets, in an if that looks at it, and in the value of
// Access-Control-Allow-Origin.
func (c *conf) named() adapter.NamedOrigins {
	out := adapter.NamedOrigins{Alone: map[policy.Position]bool{}}
	asks := c.askingVariables()
	answers := c.answeringVariables()
	each(c.top, func(d *directive) {
		at := policy.Position{File: d.source.Name, Line: d.source.Line(d.name.start)}
		written := string(d.source.Text[d.name.start:d.end])
		switch {
		case d.data() && d.in("map"):
			if line, _, _ := strings.Cut(d.source.LineText(d.name.start), "#"); strings.TrimSpace(line) == written+";" {
				out.Alone[at] = true
			}
			source, to := d.parent.arg(0), d.parent.arg(1)
			if mentions(source, asks) {
				mapKey(&out, at, written, d.name.value, source == "$http_origin")
			}
			if origin, ok := adapter.LiteralOrigin(d.arg(0)); ok && slices.Contains(answers, to) {
				out.Origin(at, written, origin)
			}
		case d.name.value == "if":
			if words := nginxCondition(d); len(words) == 3 && mentions(words[0], asks) {
				originCondition(&out, at, d, words[1], words[2])
			}
		case d.name.value == "set" && slices.Contains(answers, d.arg(0)):
			if origin, ok := adapter.LiteralOrigin(d.arg(1)); ok {
				out.Origin(at, written, origin)
			}
		case d.name.value == "add_header" && strings.EqualFold(d.arg(0), "Access-Control-Allow-Origin"):
			if origin, ok := adapter.LiteralOrigin(d.arg(1)); ok {
				out.Origin(at, written, origin)
			}
		}
	})
	return out
}

// mapKey adds what a map's key names. One of more than the origin has it
// somewhere in it.
func mapKey(n *adapter.NamedOrigins, at policy.Position, written, key string, whole bool) {
	pattern, is := strings.CutPrefix(key, "~")
	if folded, ok := strings.CutPrefix(pattern, "*"); is && ok {
		pattern = "(?i)" + folded
	}
	switch {
	case is && (whole || strings.Contains(pattern, "//")):
		n.Expression(at, written, pattern)
	case !is:
		if i := strings.Index(key, "http"); i >= 0 {
			n.Origin(at, written, strings.ToLower(key[i:])) // a map compares without case
		}
	}
}

// originCondition adds what an if compares the origin with.
func originCondition(n *adapter.NamedOrigins, at policy.Position, d *directive, operator, operand string) {
	written := strings.TrimSpace(string(d.source.Text[d.name.start : d.end-1]))
	switch strings.TrimPrefix(operator, "!") {
	case "=":
		if origin, ok := adapter.LiteralOrigin(operand); ok {
			n.Origin(at, written, origin)
		}
	case "~":
		n.Expression(at, written, operand)
	case "~*":
		n.Expression(at, written, "(?i)"+operand)
	}
}

// askingVariables are those that say who asks: $http_origin, and what maps make
// of it.
func (c *conf) askingVariables() []string {
	all := []string{"$http_origin", "${http_origin}"}
	for range nginxDepth {
		before := len(all)
		each(c.top, func(d *directive) {
			if d.name.value == "map" && d.open && mentions(d.arg(0), all) && !slices.Contains(all, d.arg(1)) {
				all = append(all, d.arg(1))
			}
		})
		if len(all) == before {
			break
		}
	}
	return all
}

// answeringVariables are those whose value is named in
// Access-Control-Allow-Origin.
func (c *conf) answeringVariables() []string {
	var all []string
	each(c.top, func(d *directive) {
		if d.name.value == "add_header" && strings.EqualFold(d.arg(0), "Access-Control-Allow-Origin") {
			all = append(all, variable.FindAllString(d.arg(1), -1)...)
		}
	})
	return all
}

// mentions reports whether a text has one of the variables in it.
func mentions(text string, variables []string) bool {
	found := variable.FindAllString(text, -1)
	return slices.ContainsFunc(variables, func(v string) bool { return slices.Contains(found, v) })
}
