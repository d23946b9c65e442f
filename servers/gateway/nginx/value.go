package nginx

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// mapped is the map that gave a variable its value, and the entry of it; nil
// if none matched.
type mapped struct{ block, entry *directive }

// value returns what a text with variables in it is for the request that was
// answered; false if that can't be told.
func (a *answer) value(text string) (string, bool) { return a.valueAt(text, 0) }

func (a *answer) valueAt(text string, depth int) (string, bool) {
	sure := true
	out := variable.ReplaceAllStringFunc(text, func(v string) string {
		s, ok := a.variable(strings.Trim(v, "${}"), depth)
		sure = sure && ok
		return s
	})
	return out, sure
}

func (a *answer) variable(name string, depth int) (string, bool) {
	if depth > nginxDepth {
		return "", false
	}
	if v, ok := a.vars[name]; ok {
		return v.value, v.sure
	}
	if m := a.conf.mapOf("$" + name); m != nil {
		entry, value, sure := a.mapped(m, depth)
		if entry == nil || !sure {
			return "", sure
		}
		return value, true
	}
	if a.conf.isSet(name) {
		return "", true // it is set elsewhere
	}
	return a.builtIn(name)
}

// isSet reports whether the config sets a variable.
func (c *conf) isSet(name string) bool {
	found := false
	each(c.top, func(d *directive) { found = found || d.name.value == "set" && d.arg(0) == "$"+name })
	return found
}

// builtIn returns the value of a variable of nginx's own.
func (a *answer) builtIn(name string) (string, bool) {
	if header, ok := strings.CutPrefix(name, "http_"); ok {
		lines := []string{}
		for _, h := range a.asked.headers {
			if strings.ReplaceAll(strings.ToLower(h.Name()), "-", "_") == header {
				lines = append(lines, h.Value())
			}
		}
		if header == "host" && len(lines) == 0 {
			return a.asked.host, true
		}
		return strings.Join(lines, ", "), true
	}
	if parameter, ok := strings.CutPrefix(name, "arg_"); ok {
		for pair := range strings.SplitSeq(a.asked.args, "&") {
			if key, value, _ := strings.Cut(pair, "="); strings.EqualFold(key, parameter) {
				return value, true
			}
		}
		return "", true
	}
	switch name {
	case "request_method":
		return a.asked.method, true
	case "uri", "document_uri":
		return a.asked.path, true
	case "request_uri":
		return a.asked.target, true
	case "args", "query_string":
		return a.asked.args, true
	case "is_args":
		if a.asked.args == "" {
			return "", true
		}
		return "?", true
	case "host":
		return a.asked.host, true
	case "scheme":
		return a.asked.scheme, true
	case "https":
		return map[string]string{"https": "on"}[a.asked.scheme], true
	case "remote_addr":
		return "unix:", true
	case "server_port":
		return "", true
	}
	return "", false
}

// mapped returns the entry of a map that matches, with its value.
// https://nginx.org/en/docs/http/ngx_http_map_module.html
func (a *answer) mapped(m *directive, depth int) (entry *directive, value string, sure bool) {
	input, sure := a.valueAt(m.arg(0), depth+1)
	if !sure {
		return nil, "", false
	}
	entry, groups, sure := nginxEntry(m, input)
	if entry == nil || !sure {
		return entry, "", sure
	}
	text := entry.arg(0)
	for i, g := range slices.Backward(groups) {
		if i > 0 {
			text = strings.ReplaceAll(text, "$"+string(rune('0'+i)), g)
		}
	}
	value, sure = a.valueAt(text, depth+1)
	return entry, value, sure
}

// nginxEntry returns the entry of a map that an input matches, with what the
// groups of its expression took.
func nginxEntry(m *directive, input string) (entry *directive, groups []string, sure bool) {
	sure = true
	var byDefault, matched *directive
	hostnames := m.has("hostnames") != nil
	for _, e := range m.block {
		name := e.name.value
		switch {
		case len(e.args) == 0 || e.name.value == "include": // hostnames, volatile
		case name == "default":
			byDefault = e
		case strings.HasPrefix(name, "~"):
			expression := nginxExpression(name[1:])
			switch {
			case expression == nil:
				sure = false
			case matched == nil:
				if groups = expression.FindStringSubmatch(input); groups != nil {
					matched = e
				}
			}
		case strings.EqualFold(strings.TrimPrefix(name, `\`), input):
			return e, nil, true // before any expression
		case hostnames && nameRank(name, input) > 0:
			sure = false
		}
	}
	if matched != nil {
		return matched, groups, sure
	}
	return byDefault, nil, sure
}

var expressions sync.Map // by their text

// nginxExpression compiles an expression, with a "*" in front if it is without
// case; nil if it is one that only PCRE knows.
func nginxExpression(text string) *regexp.Regexp {
	if known, ok := expressions.Load(text); ok {
		return known.(*regexp.Regexp)
	}
	pattern := text
	if rest, ok := strings.CutPrefix(text, "*"); ok {
		pattern = "(?i)" + rest
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		expression = nil
	}
	expressions.Store(text, expression)
	return expression
}

// giver returns the map and the entry, or the set directive, that gave a text its
// value, if it is a variable alone.
func (a *answer) giver(text string) (set *directive, m mapped) {
	v := variable.FindString(text)
	if v != text || v == "" {
		return nil, mapped{}
	}
	name := strings.Trim(v, "${}")
	if v, ok := a.vars[name]; ok {
		return v.by, mapped{}
	}
	if block := a.conf.mapOf("$" + name); block != nil {
		entry, _, _ := a.mapped(block, 0)
		return nil, mapped{block, entry}
	}
	return nil, mapped{}
}
