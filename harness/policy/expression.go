package policy

import (
	"regexp"
	"strings"
)

// Expression returns a regular expression that matches, byte for byte and as a
// whole, the origins that the entry stands for, as PCRE and RE2 read it. It is
// empty for every origin.
func (e *Entry) Expression() string {
	p := &e.pattern
	switch {
	case p.text == Any:
		return ""
	case !p.isWildcard():
		return "^" + regexp.QuoteMeta(p.text) + "$"
	}
	var labels []string
	for _, label := range p.labels {
		if label == "**" {
			labels = append(labels, `([a-z0-9-]+\.)*[a-z0-9-]+`)
			continue
		}
		labels = append(labels, strings.ReplaceAll(regexp.QuoteMeta(label), `\*`, "[a-z0-9-]+"))
	}
	out := "^" + regexp.QuoteMeta(p.scheme+"://") + strings.Join(labels, `\.`)
	switch p.port {
	case "":
	case Any:
		out += "(:[0-9]+)?"
	default:
		out += ":" + p.port
	}
	return out + "$"
}

// Match reports whether the entry stands for an Origin header's value.
func (e *Entry) Match(origin string) bool { return e.pattern.match(origin) }

// Samples returns origins that the entry stands for: the examples of one with a
// wildcard. There are none of "*".
func (e *Entry) Samples() []string {
	switch {
	case e.pattern.text == Any:
		return nil
	case !e.pattern.isWildcard():
		return []string{e.pattern.text}
	}
	var out []string
	for _, t := range e.Examples {
		out = append(out, t.Text)
	}
	return out
}
