package nginx

import (
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
)

// candidates are changes that may put the header right, the likeliest first.
func (w *writer) candidates() [][]edit {
	all := w.a.inEffect("add_header", w.header)
	lines, _ := w.s.lines(w.a, w.header)
	origins, _ := w.s.lines(w.a, allowOrigin)
	if w.s.fault(w.header, lines, origins) == beyond {
		return w.less(all)
	}
	if len(all) == 0 {
		return append(w.origins(nil), w.add()...)
	}
	var out [][]edit
	for _, d := range all {
		value, _ := w.a.value(d.arg(1))
		switch {
		case value != "" && !sends(d, w.a.statusOf()):
			out = append(out, []edit{{d.source, d.args[1].end, d.args[len(d.args)-1].end, " always", false}})
		case len(all) > 1:
			out = append(out, []edit{nginxWithout(d)})
		}
	}
	d := all[0]
	out = append(out, w.origins(d)...)
	out = append(out, w.give(d, 1, 0)...)
	for _, v := range w.values() {
		if v.text != raw(d, 1) {
			out = append(out, append([]edit{argument(d, 1, v.text)}, v.with...))
		}
	}
	return out
}

// less are changes after which a header says less.
func (w *writer) less(all []*directive) [][]edit {
	var out [][]edit
	for _, d := range all {
		out = append(out, w.origins(d)...)
		if w.header != allowOrigin {
			out = append(out, w.give(d, 1, 0)...)
		}
		for _, v := range w.values() {
			if v.text != raw(d, 1) {
				out = append(out, append([]edit{argument(d, 1, v.text)}, v.with...))
			}
		}
		out = append(out, []edit{nginxWithout(d)})
	}
	if level := w.a.level("add_header"); level != nil && level != w.a.block && !w.merges() {
		out = append(out, w.inherit(func(d *directive) bool { return !slices.Contains(all, d) }, "")...)
	}
	return out
}

// give are changes of the place that gives an argument its value: the argument
// itself, a set, or an entry of a map.
func (w *writer) give(d *directive, i, depth int) [][]edit {
	set, m := w.a.giver(d.arg(i))
	switch {
	case depth > nginxDepth:
		return nil
	case set != nil:
		return w.give(set, 1, depth+1)
	case m.block != nil:
		return w.giveEntry(m, depth)
	}
	text := w.listed(d.arg(i))
	if _, _, isList := w.s.list(w.header); !isList {
		text = ""
		if own := w.own(); len(own) > 0 && w.header != allowOrigin {
			text = strings.Trim(own[0].text, `"`)
		}
	}
	if text == "" || text == d.arg(i) {
		return nil
	}
	return [][]edit{{argument(d, i, wordOf(text))}}
}

// giveEntry are changes of the entry that a map gives a value by.
func (w *writer) giveEntry(m mapped, depth int) [][]edit {
	if m.entry == nil || m.block.name.end == 0 || m.entry.name.value == "" && w.header != vary {
		return nil // what is empty is what wasn't recognized
	}
	out := w.give(m.entry, 0, depth+1)
	if key, sure := w.key(m); sure && m.entry.name.value != key && len(m.block.args) == 2 {
		for _, edits := range w.give(m.entry, 0, nginxDepth) {
			if len(edits) == 1 && edits[0].source == m.entry.source && edits[0].start == m.entry.args[0].start {
				out = append(out, []edit{after(m.entry, wordOf(key)+" "+edits[0].text+";")})
			}
		}
	}
	return out
}

// add are changes after which there is an add_header of the header: beside the
// others that hold for the answer, or in the block itself, with all that it
// inherited, since one that has an add_header inherits none.
func (w *writer) add() [][]edit {
	var out [][]edit
	level := w.a.level("add_header")
	if w.a.block == nil || w.a.block.name.value == "limit_except" || w.a.block.name.value == "server" && w.a.location == nil && level == nil {
		return nil
	}
	for _, v := range w.values() {
		line := "add_header " + w.header + " " + v.text + " always;"
		with := func(e edit) { out = append(out, append([]edit{e}, v.with...)) }
		if level != nil {
			for _, d := range w.beside(level) {
				if w.header == allowOrigin {
					with(before(d, line))
				} else {
					with(after(d, line))
				}
			}
		}
		switch {
		case level == nil, level != w.a.block && w.merges():
			with(inside(w.a.block, line))
		case level != w.a.block:
			for _, edits := range w.inherit(func(*directive) bool { return true }, line) {
				out = append(out, append(edits, v.with...))
			}
		}
	}
	return out
}

// merges reports whether the answer's block has what it inherits beside its own.
func (w *writer) merges() bool { return inherits(w.a.block, "add_header") == "merge" }

// beside are the add_header directives of a block that a new one may stand beside:
// for a list, which differs from route to route, one in the block's own file first.
func (w *writer) beside(level *directive) []*directive {
	var own, included []*directive
	for _, d := range level.block {
		if d.name.value != "add_header" {
			continue
		}
		list := &included
		if d.source == level.source {
			list = &own
		}
		if cors := strings.HasPrefix(strings.ToLower(d.arg(0)), "access-control-"); cors && w.header == allowOrigin && len(*list) > 0 {
			continue // before the first
		} else if !cors && len(*list) > 0 {
			continue
		}
		*list = []*directive{d}
	}
	if _, _, isList := w.s.list(w.header); isList || w.header == maxAge {
		return append(own, included...)
	}
	return append(included, own...)
}

// inherit are changes after which the answer's block has what it inherits from
// all levels itself, as far as it is kept, and a further line.
func (w *writer) inherit(keep func(*directive) bool, line string) [][]edit {
	if w.a.block == nil || w.a.block.name.value == "limit_except" || w.a.block.name.value == "server" {
		return nil
	}
	var all []string
	for _, level := range w.a.levels("add_header") {
		for _, d := range level.block {
			if d.name.value == "add_header" && keep(d) {
				all = append(all, string(d.source.Text[d.name.start:d.end])+";")
			}
		}
	}
	if line != "" {
		all = append(all, line)
	}
	if len(all) == 0 {
		return nil
	}
	return [][]edit{{inside(w.a.block, strings.Join(all, "\n"))}}
}

// origins are changes of a map or an if that looks at the origin, for an add_header
// that is there, or, if d is nil, may be.
func (w *writer) origins(d *directive) [][]edit {
	if w.header != allowOrigin && w.header != allowCredentials {
		return nil
	}
	var out [][]edit
	if d != nil {
		if allowed, _ := w.s.allowed(); allowed {
			out = append(out, w.admit(d.arg(1), 0)...)
		} else if w.header == allowOrigin {
			out = append(out, w.deny(d.arg(1), 0)...)
		}
	}
	return append(out, w.conditions(d)...)
}

// deny are changes of the maps that give a text its value, after which an origin
// gets none.
func (w *writer) deny(text string, depth int) [][]edit {
	set, m := w.a.giver(text)
	switch {
	case depth > nginxDepth:
		return nil
	case set != nil && len(set.args) == 2:
		return w.deny(set.arg(1), depth+1)
	case m.entry == nil:
		return nil
	}
	var out [][]edit
	if _, inner := w.a.giver(m.entry.arg(0)); inner.entry != nil {
		out = append(out, w.deny(m.entry.arg(0), depth+1)...)
	}
	byDefault := m.entry.name.value == "default"
	if byDefault && m.entry.arg(0) != "" {
		out = append(out, []edit{argument(m.entry, 0, `""`)})
	}
	if !byDefault && strings.Contains(m.block.arg(0), "$http_origin") {
		out = append(out, w.narrow(m)...)
	}
	for _, v := range variable.FindAllString(m.block.arg(0), -1) {
		out = append(out, w.deny(v, depth+1)...)
	}
	return out
}

// narrow are changes after which an entry of a map of origins stands for what the
// policy allows alone: nothing, if the map has that anyway.
func (w *writer) narrow(m mapped) [][]edit {
	to := raw(m.entry, 0)
	var out [][]edit
	for _, routes := range [][]*policy.Effective{w.fix.View.Routes, {w.s.on}} {
		var lines []string
		for _, on := range routes {
			if on == nil || on.None != nil {
				continue
			}
			for _, g := range on.Groups {
				for _, e := range g.Allow {
					line := originEntry(&e, to)
					if (w.stood(m, e.Samples()) || w.unmet(m, &e)) && !slices.Contains(lines, line) {
						lines = append(lines, line)
					}
				}
			}
		}
		if len(lines) == 0 {
			out = append(out, []edit{nginxWithout(m.entry)})
			continue
		}
		out = append(out, []edit{instead(m.entry, strings.Join(lines, "\n"))})
	}
	return out
}

// unmet reports whether an entry is meant to be one of the policy's that the map
// has nowhere.
func (w *writer) unmet(m mapped, e *policy.Entry) bool {
	for _, origin := range e.Samples() {
		if entry, _, _ := nginxEntry(m.block, origin); entry != nil && entry.name.value != "default" {
			return false
		}
	}
	return len(e.Samples()) > 0 && w.meant(m.block, m.entry, e)
}

// stood reports whether an entry stands for origins, and no other entry of the map
// does.
func (w *writer) stood(m mapped, origins []string) bool {
	for _, origin := range origins {
		one := w.s.with(origin)
		asked := w.a.asked
		asked.headers = one.Request
		a := *w.a
		a.asked = asked
		input, sure := a.value(m.block.arg(0))
		entry, _, _ := nginxEntry(m.block, input)
		if !sure || entry != m.entry {
			return false
		}
	}
	return len(origins) > 0
}

// admit are changes of the maps that give a text its value, after which the origin
// gets it.
func (w *writer) admit(text string, depth int) [][]edit {
	set, m := w.a.giver(text)
	switch {
	case depth > nginxDepth:
		return nil
	case set != nil && len(set.args) == 2:
		return w.admit(set.arg(1), depth+1)
	case m.block == nil || m.block.name.end == 0:
		return nil
	}
	var out [][]edit
	if m.entry != nil {
		out = append(out, w.admit(m.entry.arg(0), depth+1)...)
	}
	for _, v := range variable.FindAllString(m.block.arg(0), -1) {
		out = append(out, w.admit(v, depth+1)...)
	}
	if m.block.arg(0) == "$http_origin" {
		return append(w.enter(m), out...)
	}
	if key, sure := w.key(m); sure && m.entry != nil && m.entry.name.value == "default" {
		for _, to := range nginxResults(m.block) {
			out = append(out, []edit{after(lastEntry(m.block), wordOf(key)+" "+to+";")})
		}
	}
	return out
}

// key is the key of an entry that stands for requests such as the one that was shown: the
// route's paths where the map is of those, whatever was asked there, else what the map's
// source is. Nothing that a case made up is a key.
func (w *writer) key(m mapped) (string, bool) {
	end, isPath := map[string]string{"$request_uri": `(\?|$)`, "$uri": "$", "$document_uri": "$"}[m.block.arg(0)]
	if isPath {
		if w.s.on == nil || w.s.on.Route == nil {
			return "", false
		}
		return "~^" + routeExpression(w.s.on.Route.Path.Text) + end, true
	}
	input, sure := w.a.value(m.block.arg(0))
	return input, sure && input != "" && !strings.Contains(input, "case=")
}

// routeParameter is a part of a route's path that stands for others: {id} for a segment,
// {page...} for the rest.
var routeParameter = regexp.MustCompile(`\{\w+(\.\.\.)?\}`)

// routeExpression is a route's path as an expression.
func routeExpression(path string) string {
	var b strings.Builder
	at := 0
	for _, m := range routeParameter.FindAllStringIndex(path, -1) {
		b.WriteString(regexp.QuoteMeta(path[at:m[0]]))
		if strings.HasSuffix(path[m[0]:m[1]], "...}") {
			b.WriteString("[^?]*")
		} else {
			b.WriteString("[^/?]+")
		}
		at = m[1]
	}
	b.WriteString(regexp.QuoteMeta(path[at:]))
	return b.String()
}

// enter are changes after which a map of origins has an entry for the origin: in
// the place of one that is meant to be it and matches nothing, or a new one.
func (w *writer) enter(m mapped) [][]edit {
	var entry *policy.Entry
	for _, g := range w.s.on.Groups {
		for i := range g.Allow {
			if entry == nil && g.Allow[i].Match(w.s.Origin()) {
				entry = &g.Allow[i]
			}
		}
	}
	if entry == nil {
		return nil
	}
	var out [][]edit
	for _, e := range m.block.block {
		if len(e.args) == 1 && e != m.entry && w.meant(m.block, e, entry) {
			out = append(out, []edit{instead(e, originEntry(entry, raw(e, 0)))})
		}
	}
	results := nginxResults(m.block)
	if len(results) == 0 {
		results = []string{"$http_origin"}
	}
	for _, to := range results {
		line := originEntry(entry, to)
		if last := lastEntry(m.block); last != nil {
			out = append(out, []edit{after(last, line)})
		} else {
			out = append(out, []edit{inside(m.block, line)})
		}
	}
	return out
}

// meant reports whether an entry of a map has the host of the policy's entry in it
// and stands for none of the policy's origins.
func (w *writer) meant(block, e *directive, entry *policy.Entry) bool {
	plain := strings.NewReplacer(`\`, "", "^", "", "$", "", "~", "").Replace(e.name.value)
	_, host, _ := strings.Cut(entry.Origin.Text, "://")
	if i := strings.LastIndexByte(host, '*'); i >= 0 {
		host = host[i+1:]
	}
	if host == "" || !strings.Contains(strings.ToLower(plain), host) {
		return false
	}
	for _, on := range w.fix.View.Routes {
		allowed, _ := samples(w.fix.View, on)
		for _, origin := range allowed {
			if hit, _, _ := nginxEntry(block, origin); hit == e {
				return false
			}
		}
	}
	return true
}

// nginxResults are what the entries of a map give, as it is written, each once.
func nginxResults(m *directive) []string {
	var out []string
	for _, e := range m.block {
		if len(e.args) == 1 && e.name.value != "default" && e.name.value != "include" && e.arg(0) != "" && !slices.Contains(out, raw(e, 0)) {
			out = append(out, raw(e, 0))
		}
	}
	return out
}

// lastEntry is the last entry of a map that isn't for what matches nothing.
func lastEntry(m *directive) *directive {
	var last *directive
	for _, e := range m.block {
		if len(e.args) == 1 && e.name.value != "include" {
			last = e
		}
	}
	return last
}

// conditions are changes of an if that looks at the origin: the one around the
// add_header or around what sets its variable.
func (w *writer) conditions(d *directive) [][]edit {
	if w.s.on == nil || len(w.s.on.Groups) == 0 {
		return nil
	}
	var alternatives []string
	for _, g := range w.s.on.Groups {
		for _, e := range g.Allow {
			alternatives = append(alternatives, strings.TrimSuffix(strings.TrimPrefix(e.Expression(), "^"), "$"))
		}
	}
	expression := `"^(` + strings.Join(alternatives, "|") + `)$"`
	if len(alternatives) == 1 {
		expression = `"^` + alternatives[0] + `$"`
	}
	var out [][]edit
	each(w.a.server.block, func(e *directive) {
		if e.name.value != "if" || e.has("return") != nil {
			return
		}
		if words := nginxCondition(e); len(words) == 0 || !strings.Contains(words[0], "$http_origin") {
			return
		}
		for _, c := range e.block {
			sets := d != nil && c.name.value == "set" && c.arg(0) == d.arg(1)
			adds := c.name.value == "add_header" && strings.EqualFold(c.arg(0), w.header)
			if sets || adds {
				head := edit{e.source, e.name.start, e.end, "if ($http_origin ~ " + expression + ") {", false}
				out = append(out, []edit{head})
				return
			}
		}
	})
	return out
}
