package policy

import (
	"regexp"
	"strings"
)

// Expression returns a regular expression for PCRE and RE2 that matches exactly the
// origins that the entry stands for, byte for byte. It is empty if the entry is every
// origin.
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

// Match reports whether the entry matches the value of an Origin header.
func (e *Entry) Match(origin string) bool { return e.pattern.match(origin) }

// Samples returns origins that the entry matches: the origin itself, or the examples of a
// wildcard. It returns none for "*".
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
