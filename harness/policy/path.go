package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A routePath is a route's path by segments.
type routePath struct {
	segments []segment
}

// A segment is a text, a name that stands for one segment, or a last name that
// stands for all that follow.
type segment struct {
	text string
	name string
	rest bool
}

// parsePath reads a route's path. Its error says what to write instead.
func parsePath(s string) (routePath, error) {
	var p routePath
	switch {
	case !strings.HasPrefix(s, "/"):
		return p, fmt.Errorf("is not a path%s", instead("/"+s))
	case strings.ContainsAny(s, "?#"):
		return p, errors.New("has a query or fragment; write only the path")
	}
	plain := strings.NewReplacer("{", "x", "}", "x").Replace(s)
	if u, err := fetch.ParseURL("https://x.test"+plain, nil); err != nil || u.Path != plain {
		return p, errors.New("is not a path as browsers send it; percent-encode spaces and non-ASCII letters, remove dot segments")
	}
	texts := strings.Split(s[1:], "/")
	for i, text := range texts {
		seg := segment{text: text}
		if inner, ok := strings.CutPrefix(text, "{"); ok && strings.HasSuffix(inner, "}") {
			seg.name, seg.rest = strings.CutSuffix(strings.TrimSuffix(inner, "}"), "...")
			seg.text = ""
		}
		switch {
		case strings.ContainsAny(seg.text+seg.name, "{}*"):
			return p, fmt.Errorf("has %q; a name in braces must be a whole segment, as in /orders/{id}, or the rest of the path, as in /files/{path...}", text)
		case seg.text == "" && seg.name == "" && strings.HasPrefix(text, "{"):
			return p, fmt.Errorf("has no name in the braces of %q", text)
		case seg.rest && i < len(texts)-1:
			return p, fmt.Errorf("has %q before its last segment; move it to the end", text)
		}
		p.segments = append(p.segments, seg)
	}
	return p, nil
}

// names returns the names in the path, in order.
func (p *routePath) names() []string {
	var out []string
	for _, s := range p.segments {
		if s.name != "" {
			out = append(out, s.name)
		}
	}
	return out
}

// match reports whether a URL's path is the route's.
func (p *routePath) match(path string) bool {
	texts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, s := range p.segments {
		switch {
		case i >= len(texts):
			return false
		case s.rest:
			return true
		case s.name == "" && s.text != texts[i], s.name != "" && texts[i] == "":
			return false
		}
	}
	return len(texts) == len(p.segments)
}

// before reports whether p is more precise than q, so that it wins where both
// match: the first segment in which they differ decides, a text before a name
// before a rest.
func (p *routePath) before(q *routePath) bool {
	rank := func(segments []segment, i int) int {
		switch {
		case i >= len(segments):
			return 3
		case segments[i].rest:
			return 2
		case segments[i].name != "":
			return 1
		}
		return 0
	}
	for i := range max(len(p.segments), len(q.segments)) {
		if a, b := rank(p.segments, i), rank(q.segments, i); a != b {
			return a < b
		}
	}
	return false
}

// shape is the path with its names left out; two routes of one shape match the
// same paths.
func (p *routePath) shape() string {
	var b strings.Builder
	for _, s := range p.segments {
		switch {
		case s.rest:
			b.WriteString("/{...}")
		case s.name != "":
			b.WriteString("/{}")
		default:
			b.WriteString("/" + s.text)
		}
	}
	return b.String()
}

// fill puts the samples in.
func (p *routePath) fill(samples []Sample) string {
	var b strings.Builder
	for _, s := range p.segments {
		b.WriteByte('/')
		if s.name == "" {
			b.WriteString(s.text)
			continue
		}
		for _, sample := range samples {
			if sample.Name == s.name {
				b.WriteString(sample.Value)
			}
		}
	}
	return b.String()
}

// nameOfPath is the name of a route that says none: the path's words with
// hyphens between them.
func nameOfPath(path string) string {
	words := strings.FieldsFunc(strings.ToLower(path), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	if len(words) == 0 {
		return "root"
	}
	return strings.Join(words, "-")
}
