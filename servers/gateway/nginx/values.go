package nginx

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// A writer finds what may give a header of one answer the lines that the
// policy calls for.
type writer struct {
	*repair
	a      *answer
	s      *shown
	header string
}

// A value is what may stand behind an add_header's name, as it is written,
// and what else it needs.
type value struct {
	text string
	with []edit
}

// values are what the config has already for the header that is right for every
// origin of the policy on the route; then the policy's own words.
func (w *writer) values() []value {
	var out []value
	for _, text := range w.written() {
		if w.right(text) {
			out = append(out, value{text: text})
		}
	}
	return append(out, w.own()...)
}

// written are the values that add_header directives have for the header, and the
// variables of all maps: those of the location first, then the server's.
func (w *writer) written() []string {
	var out []string
	add := func(text string) {
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	visit := func(d *directive) {
		if d.name.value == "add_header" && strings.EqualFold(d.arg(0), w.header) && len(d.args) > 1 {
			add(raw(d, 1))
		}
	}
	for _, within := range []*directive{w.a.location, w.a.server} {
		if within != nil {
			each(within.block, visit)
		}
	}
	each(w.a.conf.top, visit)
	each(w.a.conf.top, func(d *directive) {
		if d.name.value == "map" && d.open && len(d.args) == 2 {
			add(d.arg(1))
		}
	})
	return out
}

// raw is an argument as it is written.
func raw(d *directive, i int) string {
	return string(d.source.Text[d.args[i].start:d.args[i].end])
}

// right reports whether a value gives the header what the policy calls for,
// whoever asks.
func (w *writer) right(text string) bool {
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
func (w *writer) own() []value {
	on := w.s.on
	if on == nil || on.None != nil {
		return nil
	}
	text := ""
	switch w.header {
	case allowOrigin:
		if on.AllowsAnyOrigin() && !on.Credentials {
			return []value{{text: `"*"`}}
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
	return []value{{text: wordOf(text)}}
}

// wordOf quotes a value if it needs it.
func wordOf(text string) string {
	if strings.ContainsAny(text, ", ") {
		return `"` + text + `"`
	}
	return quote(text)
}

// listed returns what a list has to say in the place of a value that stands there. What is
// missing is added and what is too much is left out, each by the fix that is for it:
// another finding may be about the other.
func (w *writer) listed(value string) string {
	list, equal, ok := w.s.list(w.header)
	if !ok || list.Any != nil {
		return ""
	}
	var kept []string
	has := ""
	for _, item := range items([]string{value}) {
		is, sure := w.a.value(item)
		if !sure || len(items([]string{is})) == 0 || slices.ContainsFunc(items([]string{is}), func(name string) bool {
			return name == policy.Any || !list.Has(name, equal) && (!adds(w.fix.Kind) || !adapter.Surplus(name, list))
		}) {
			continue
		}
		kept = append(kept, item)
		has += ", " + is
	}
	for _, t := range list.Names {
		if len(kept) > 0 && takesAway(w.fix.Kind) || len(kept) > 0 && adds(w.fix.Kind) && !slices.ContainsFunc(w.fix.Values, func(name string) bool { return equal(name, t.Text) }) {
			continue
		}
		if !hasItem([]string{has}, t.Text, equal) {
			kept = append(kept, t.Text)
		}
	}
	return strings.Join(kept, ", ")
}

// adds reports whether a fix is about what a list lacks, takesAway whether it is about what
// a list has too much.
func adds(k policy.FixKind) bool {
	return k == policy.FixAllowMethod || k == policy.FixAllowHeader || k == policy.FixExpose
}

func takesAway(k policy.FixKind) bool {
	return k == policy.FixDenyMethod || k == policy.FixDenyHeader || k == policy.FixHide
}

// newMap is a map of the route's origins with a name of its own.
func (w *writer) newMap() []value {
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
	return []value{{text: name, with: []edit{before(w.a.server, text+"\n}\n")}}}
}

// entries are those of a map of origins for all that a route allows.
func (w *writer) entries(on *policy.Effective, to string) []string {
	var out []string
	for _, g := range on.Groups {
		for _, e := range g.Deny {
			out = append(out, originEntry(&e, `""`))
		}
	}
	for _, g := range on.Groups {
		for _, e := range g.Allow {
			out = append(out, originEntry(&e, to))
		}
	}
	return out
}

// originEntry is the entry of a map for an origin of the policy: an expression,
// since a map compares strings without case.
func originEntry(e *policy.Entry, to string) string {
	expression := e.Expression()
	if expression == "" {
		expression = "."
	}
	return fmt.Sprintf(`"~%s" %s;`, expression, to)
}
