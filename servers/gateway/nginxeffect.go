package gateway

import (
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

// level returns the block, of those around the answer, whose directives of a name
// hold: the innermost that has one; nil if none has.
func (a *nginxAnswer) level(name string) *nginxDirective {
	for b := a.block; b != nil; b = b.parent {
		if b.has(name) != nil {
			return b
		}
	}
	return nil
}

// inEffect returns the directives of a name that hold for the answer, which take
// a header's name first.
func (a *nginxAnswer) inEffect(directive, header string) []*nginxDirective {
	var out []*nginxDirective
	if level := a.level(directive); level != nil {
		for _, d := range level.block {
			if d.name.value == directive && strings.EqualFold(d.arg(0), header) {
				out = append(out, d)
			}
		}
	}
	return out
}

// sends reports whether an add_header counts for a status.
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
