package gateway

import (
	"regexp"
	"slices"
	"strings"
)

// nginxLine is a header's line in an answer and the add_header that makes it.
type nginxLine struct {
	value string
	by    *nginxDirective
}

// nginxOrdinary are the statuses for which add_header needs no "always":
// https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header.
var nginxOrdinary = []int{200, 201, 204, 206, 301, 302, 303, 304, 307, 308}

// levels returns the blocks, of those around the answer, whose directives of a name
// hold, the innermost first: one alone, unless add_header_inherit has it otherwise,
// https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header_inherit.
func (a *nginxAnswer) levels(name string) []*nginxDirective {
	var out []*nginxDirective
	for b := a.block; b != nil; b = b.parent {
		own := b.has(name) != nil
		if own {
			out = append(out, b)
		}
		if rule := nginxInherits(b, name); rule == "off" || own && rule != "merge" {
			break
		}
	}
	return out
}

// level returns the innermost of the levels; nil if there is none.
func (a *nginxAnswer) level(name string) *nginxDirective {
	if levels := a.levels(name); len(levels) > 0 {
		return levels[0]
	}
	return nil
}

// nginxInherits says how a block has the directives of a name from the blocks around
// it: on, off or merge.
func nginxInherits(b *nginxDirective, name string) string {
	for ; b != nil && name == "add_header"; b = b.parent {
		if rule := b.has("add_header_inherit"); rule != nil {
			return rule.arg(0)
		}
	}
	return "on"
}

// inEffect returns the directives of a name that hold for the answer, which take
// a header's name first.
func (a *nginxAnswer) inEffect(directive, header string) []*nginxDirective {
	var out []*nginxDirective
	for _, level := range a.levels(directive) {
		for _, d := range level.block {
			if d.name.value == directive && strings.EqualFold(d.arg(0), header) {
				out = append(out, d)
			}
		}
	}
	return out
}

// nginxSends reports whether an add_header counts for a status.
func nginxSends(d *nginxDirective, status int) bool {
	return d.arg(2) == "always" || slices.Contains(nginxOrdinary, status)
}

// statusOf is the status of the answer: what the config says, else what came.
func (a *nginxAnswer) statusOf() int {
	if a.by != nil {
		return a.status
	}
	return a.asked.status
}

// lines returns the lines of a header that the config adds to the answer; false
// if that can't be told.
func (a *nginxAnswer) lines(header string) ([]nginxLine, bool) {
	var out []nginxLine
	all := true
	for _, d := range a.inEffect("add_header", header) {
		value, sure := a.value(d.arg(1))
		all = all && sure
		if value != "" && nginxSends(d, a.statusOf()) {
			out = append(out, nginxLine{value, d})
		}
	}
	return out, all && a.doubt == ""
}

// withoutGzip takes the line out of a Vary's that gzip_vary adds,
// https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_vary.
func (a *nginxAnswer) withoutGzip(lines []string) []string {
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

// nginxChangers are directives of modules that change the headers of any answer, or
// answer themselves, in ways that the config doesn't say.
var nginxChangers = regexp.MustCompile(`^(more_(set|clear)_headers|js_(header_filter|content)|perl|(header_filter|content|access|rewrite|server_rewrite)_by_lua(_block|_file)?)$`)

// changesHeaders reports whether the config has such a directive.
func (c *nginxConf) changesHeaders() bool {
	found := false
	nginxEach(c.top, func(d *nginxDirective) { found = found || !d.data() && nginxChangers.MatchString(d.name.value) })
	return found
}
