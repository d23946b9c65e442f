package nginx

import (
	"regexp"
	"slices"
	"strings"
)

// line is a header's line in an answer and the add_header that makes it.
type line struct {
	value string
	by    *directive
}

// ordinary are the statuses for which add_header needs no "always":
// https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header.
var ordinary = []int{200, 201, 204, 206, 301, 302, 303, 304, 307, 308}

// levels returns the blocks, of those around the answer, whose directives of a name
// hold, the innermost first: one alone, unless add_header_inherit has it otherwise,
// https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header_inherit.
func (a *answer) levels(name string) []*directive {
	var out []*directive
	for b := a.block; b != nil; b = b.parent {
		own := b.has(name) != nil
		if own {
			out = append(out, b)
		}
		if rule := inherits(b, name); rule == "off" || own && rule != "merge" {
			break
		}
	}
	return out
}

// level returns the innermost of the levels; nil if there is none.
func (a *answer) level(name string) *directive {
	if levels := a.levels(name); len(levels) > 0 {
		return levels[0]
	}
	return nil
}

// inherits says how a block has the directives of a name from the blocks around
// it: on, off or merge.
func inherits(b *directive, name string) string {
	for ; b != nil && name == "add_header"; b = b.parent {
		if rule := b.has("add_header_inherit"); rule != nil {
			return rule.arg(0)
		}
	}
	return "on"
}

// inEffect returns the directives of a name that hold for the answer, which take
// a header's name first.
func (a *answer) inEffect(name, header string) []*directive {
	var out []*directive
	for _, level := range a.levels(name) {
		for _, d := range level.block {
			if d.name.value == name && strings.EqualFold(d.arg(0), header) {
				out = append(out, d)
			}
		}
	}
	return out
}

// sends reports whether an add_header counts for a status.
func sends(d *directive, status int) bool {
	return d.arg(2) == "always" || slices.Contains(ordinary, status)
}

// statusOf is the status of the answer: what the config says, else what came.
func (a *answer) statusOf() int {
	if a.by != nil {
		return a.status
	}
	return a.asked.status
}

// lines returns the lines of a header that the config adds to the answer; false
// if that can't be told.
func (a *answer) lines(header string) ([]line, bool) {
	var out []line
	all := true
	for _, d := range a.inEffect("add_header", header) {
		value, sure := a.value(d.arg(1))
		all = all && sure
		if value != "" && sends(d, a.statusOf()) {
			out = append(out, line{value, d})
		}
	}
	return out, all && a.doubt == ""
}

// withoutGzip takes the line out of a Vary's that gzip_vary adds,
// https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_vary.
func (a *answer) withoutGzip(lines []string) []string {
	for b := a.block; b != nil; b = b.parent {
		if d := b.has("gzip_vary"); d != nil {
			if i := slices.Index(lines, "Accept-Encoding"); i >= 0 && d.arg(0) == "on" {
				return slices.Delete(lines, i, i+1)
			}
			return lines
		}
	}
	return lines
}

// changers are directives of modules that change the headers of any answer, or
// answer themselves, in ways that the config doesn't say.
var changers = regexp.MustCompile(`^(more_(set|clear)_headers|js_(header_filter|content)|perl|(header_filter|content|access|rewrite|server_rewrite)_by_lua(_block|_file)?)$`)

// changesHeaders reports whether the config has such a directive.
func (c *conf) changesHeaders() bool {
	found := false
	each(c.top, func(d *directive) { found = found || !d.data() && changers.MatchString(d.name.value) })
	return found
}
