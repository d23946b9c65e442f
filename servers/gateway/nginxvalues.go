package gateway

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
)

// An nginxWriter finds what may give a header of one answer the lines that the
// policy calls for.
type nginxWriter struct {
	*nginxRepair
	a      *nginxAnswer
	s      *nginxShown
	header string
}

// An nginxValue is what may stand behind an add_header's name, as it is written,
// and what else it needs.
type nginxValue struct {
	text string
	with []nginxEdit
}

// values are what the config has already for the header that is right for every
// origin of the policy on the route; then the policy's own words.
func (w *nginxWriter) values() []nginxValue {
	var out []nginxValue
	for _, text := range w.written() {
		if w.right(text) {
			out = append(out, nginxValue{text: text})
		}
	}
	return append(out, w.own()...)
}

// written are the values that add_header directives have for the header, and the
// variables of all maps: those of the location first, then the server's.
func (w *nginxWriter) written() []string {
	var out []string
	add := func(text string) {
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	visit := func(d *nginxDirective) {
		if d.name.value == "add_header" && strings.EqualFold(d.arg(0), w.header) && len(d.args) > 1 {
			add(nginxRaw(d, 1))
		}
	}
	for _, within := range []*nginxDirective{w.a.location, w.a.server} {
		if within != nil {
			nginxEach(within.block, visit)
		}
	}
	nginxEach(w.a.conf.top, visit)
	nginxEach(w.a.conf.top, func(d *nginxDirective) {
		if d.name.value == "map" && d.open && len(d.args) == 2 {
			add(d.arg(1))
		}
	})
	return out
}

// nginxRaw is an argument as it is written.
func nginxRaw(d *nginxDirective, i int) string {
	return string(d.source.text[d.args[i].start:d.args[i].end])
}

// right reports whether a value gives the header what the policy calls for,
// whoever asks.
func (w *nginxWriter) right(text string) bool {
	text = strings.Trim(text, `"'`)
	allowed, denied := samples(w.fix.View, w.s.on)
	if list, equal, ok := w.s.list(w.header); ok {
		value, sure := w.a.value(text)
		return sure && value != "" && w.s.listFault([]string{value}, list, equal) == faultless
	}
	if len(allowed) == 0 {
		return false
	}
	for _, origin := range slices.Concat(allowed, denied) {
		one := *w.s
		one.wanted = w.s.with(origin)
		one.asked.headers = one.Request
		a := w.a.conf.answer(one.asked)
		value, sure := a.value(text)
		if !sure {
			return false
		}
		var lines []string
		if value != "" {
			lines = []string{value}
		}
		if w.header == allowCredentials && w.s.on.Credentials && !slices.Contains(allowed, origin) && value != "" {
			return false
		}
		if one.fault(w.header, lines, []string{origin}) != faultless {
			return false
		}
	}
	return true
}

// own are values in the policy's own words.
func (w *nginxWriter) own() []nginxValue {
	on := w.s.on
	if on == nil || on.None != nil {
		return nil
	}
	text := ""
	switch w.header {
	case allowOrigin:
		if on.AllowsAnyOrigin() && !on.Credentials {
			return []nginxValue{{text: `"*"`}}
		}
		return w.newMap()
	case allowCredentials:
		if on.Credentials {
			text = "true"
		}
	case vary:
		text = "Origin"
	case maxAge:
		if on.MaxAge != nil {
			text = strconv.Itoa(*on.MaxAge)
		}
	default:
		text = w.listed("")
	}
	if text == "" {
		return nil
	}
	return []nginxValue{{text: nginxWordOf(text)}}
}

// nginxWordOf quotes a value if it needs it.
func nginxWordOf(text string) string {
	if strings.ContainsAny(text, ", ") {
		return `"` + text + `"`
	}
	return nginxQuote(text)
}

// listed returns the policy's list, as far as it isn't in a value already that
// stands there; what isn't in the policy is left out.
func (w *nginxWriter) listed(value string) string {
	list, equal, ok := w.s.list(w.header)
	if !ok || list.Any != nil {
		return ""
	}
	var kept []string
	has := ""
	for _, item := range items([]string{value}) {
		is, sure := w.a.value(item)
		if !sure || len(items([]string{is})) == 0 || slices.ContainsFunc(items([]string{is}), func(name string) bool {
			return name == policy.Any || !list.Has(name, equal)
		}) {
			continue
		}
		kept = append(kept, item)
		has += ", " + is
	}
	for _, t := range list.Names {
		if !hasItem([]string{has}, t.Text, equal) {
			kept = append(kept, t.Text)
		}
	}
	return strings.Join(kept, ", ")
}

// newMap is a map of the route's origins with a name of its own.
func (w *nginxWriter) newMap() []nginxValue {
	if w.a.server == nil || w.a.server.parent == nil {
		return nil
	}
	name := "$cors_origin"
	for n := 2; w.a.conf.mapOf(name) != nil || w.a.conf.isSet(name[1:]); n++ {
		name = fmt.Sprintf("$cors_origin_%d", n)
	}
	text := "map $http_origin " + name + " {\n    default \"\";"
	for _, entry := range w.entries(w.s.on, "$http_origin") {
		text += "\n    " + entry
	}
	return []nginxValue{{text: name, with: []nginxEdit{nginxBefore(w.a.server, text+"\n}\n")}}}
}

// entries are those of a map of origins for all that a route allows.
func (w *nginxWriter) entries(on *policy.Effective, to string) []string {
	var out []string
	for _, g := range on.Groups {
		for _, e := range g.Deny {
			out = append(out, nginxOriginEntry(&e, `""`))
		}
	}
	for _, g := range on.Groups {
		for _, e := range g.Allow {
			out = append(out, nginxOriginEntry(&e, to))
		}
	}
	return out
}

// nginxOriginEntry is the entry of a map for an origin of the policy: an expression,
// since a map compares strings without case.
func nginxOriginEntry(e *policy.Entry, to string) string {
	expression := e.Expression()
	if expression == "" {
		expression = "."
	}
	return fmt.Sprintf(`"~%s" %s;`, expression, to)
}
