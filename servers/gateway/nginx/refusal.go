package nginx

import (
	"fmt"
	"strings"
)

// letThrough are changes after which a preflight that is refused is answered.
func (r *repair) letThrough(a *answer) [][]edit {
	const answered = "if ($request_method = OPTIONS) {\n    return 204;\n}"
	var out [][]edit
	switch {
	case a.by != nil && a.by.in("if") && a.by.parent.name.end > 0:
		if to, sure := a.value(a.by.arg(len(a.by.args) - 1)); sure && to == a.asked.scheme+"://"+a.asked.host+a.asked.target {
			out = append(out, []edit{nginxWithout(a.by.parent)}) // it sends to where the request is already
		}
		out = append(out, unlessOptions(a.conf, a.by.parent)...)
	case a.block.name.value == "limit_except":
		last := a.block.args[len(a.block.args)-1]
		too := edit{a.block.source, last.end, last.end, " OPTIONS", false}
		return [][]edit{{too}, {too, inside(a.location, answered)}}
	}
	if a.location != nil && a.errorPage == nil {
		out = append(out, []edit{inside(a.location, answered)})
	}
	return out
}

// unlessOptions are changes after which an if that refuses requests leaves
// OPTIONS alone.
func unlessOptions(c *conf, d *directive) [][]edit {
	words := nginxCondition(d)
	condition := strings.TrimSpace(string(d.source.Text[d.args[0].start:d.args[len(d.args)-1].end]))
	if len(words) == 3 && words[0] == "$request_method" && strings.HasPrefix(words[1], "!~") {
		if list, ok := strings.CutSuffix(condition, ")$)"); ok {
			return [][]edit{{{d.source, d.args[0].start, d.args[len(d.args)-1].end, list + "|OPTIONS)$)", false}}}
		}
		if list, ok := strings.CutSuffix(condition, `)$")`); ok {
			return [][]edit{{{d.source, d.args[0].start, d.args[len(d.args)-1].end, list + `|OPTIONS)$")`, false}}}
		}
	}
	name := "$refused"
	for n := 2; c.mapOf(name) != nil || c.isSet(name[1:]); n++ {
		name = fmt.Sprintf("$refused_%d", n)
	}
	body := string(d.source.Text[d.end : d.close-1])
	if login := d.has("return"); leaves(login) && login.source == d.source {
		body = string(d.source.Text[d.end:login.name.start]) + "return 401;" + string(d.source.Text[login.end+1:d.close-1])
	}
	text := "set " + name + " \"\";\nif " + condition + " { set " + name + " 1; }\nif ($request_method = OPTIONS) { set " + name + " \"\"; }\n"
	e := instead(d, text)
	e.text += "if (" + name + ") {" + body + "}"
	return [][]edit{{e}}
}

// leaves reports whether a return sends to another host, such as that of a
// login: a page that isn't navigated there can't follow.
func leaves(d *directive) bool {
	if d == nil || d.name.value != "return" {
		return false
	}
	_, rest, found := strings.Cut(d.arg(len(d.args)-1), "://")
	return found && !strings.HasPrefix(rest, "$")
}
