package envoy

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/policy"
)

// A patch is what is to change in a config, place by place.
type patch struct {
	f     *yamlFile
	edits []edit
	// why says what can't be told by a change of lines; then all of it is words.
	why string
}

// An edit puts a text in the place of bytes. whole: it puts lines before the
// line that start is on, and takes none away.
type edit struct {
	start, end int
	to         string
	whole      bool
}

func (p *patch) edit(e edit) {
	for _, o := range p.edits {
		if o == e {
			return
		}
		if !o.whole && !e.whole && o.start < e.end && e.start < o.end {
			p.why = "one place is to be two things"
			return
		}
	}
	p.edits = append(p.edits, e)
}

// replace puts a text in the place of a node.
func (p *patch) replace(n ast.Node, to string) {
	start, end, err := p.f.span(n)
	if err != nil {
		p.why = err.Error()
		return
	}
	p.edit(edit{start: start, end: end, to: to})
}

// lines returns where the lines begin and end that an entry alone is on; ok is
// false if it shares one.
func (p *patch) lines(n ast.Node, before string) (start, end int, ok bool) {
	from, to, err := p.f.span(n)
	if err != nil {
		return 0, 0, false
	}
	text := p.f.source.Text
	start = bytes.LastIndexByte(text[:from], '\n') + 1
	end = to
	if i := bytes.IndexByte(text[to:], '\n'); i >= 0 {
		end = to + i + 1
	}
	behind := strings.TrimSpace(string(text[to:end]))
	return start, end, strings.TrimSpace(string(text[start:from])) == before && (behind == "" || strings.HasPrefix(behind, "#"))
}

// remove takes out an item of a sequence, or, with before "", a field.
func (p *patch) remove(n ast.Node, before string) {
	start, end, ok := p.lines(n, before)
	if !ok {
		p.why = "it shares a line with what stays"
		return
	}
	p.edit(edit{start: start, end: end})
}

// insert puts lines before the line that begins at an offset.
func (p *patch) insert(at int, text string, indent int) {
	text = strings.TrimRight(text, "\n")
	p.edit(edit{start: at, end: at, whole: true, to: shifted(text, indent) + "\n"})
}

func shifted(text string, indent int) string {
	spaces := strings.Repeat(" ", indent)
	return spaces + strings.ReplaceAll(text, "\n", "\n"+spaces)
}

// behind is the beginning of the line after the one that a node ends on.
func (p *patch) behind(n ast.Node) int {
	end := p.f.end(n)
	if i := bytes.IndexByte(p.f.source.Text[max(end, 0):], '\n'); end >= 0 && i >= 0 {
		return end + i + 1
	}
	return len(p.f.source.Text)
}

// column is how far to the right something begins.
func (p *patch) column(offset int) int {
	return offset - bytes.LastIndexByte(p.f.source.Text[:offset], '\n') - 1
}

// isFlow reports whether a collection is written in brackets.
func (p *patch) isFlow(n ast.Node) bool {
	switch t := p.f.resolve(n).(type) {
	case *ast.MappingNode:
		return t.IsFlowStyle
	case *ast.SequenceNode:
		return t.IsFlowStyle
	}
	return false
}

// addField adds a field to a mapping, at its end.
func (p *patch) addField(mapping ast.Node, name string, value any) {
	n := p.f.resolve(mapping)
	fields := p.f.fields(n)
	if len(fields) == 0 {
		p.why = "it is no mapping with fields"
		return
	}
	if m, ok := n.(*ast.MappingNode); ok && m.IsFlowStyle {
		at := p.f.offset(m.End)
		p.edit(edit{start: at, end: at, to: ", " + flow(yaml.MapSlice{{Key: name, Value: value}}, "{", "}")})
		return
	}
	p.insert(p.behind(n), block(yaml.MapSlice{{Key: name, Value: value}}), p.column(p.f.start(fields[0])))
}

// addItem adds an item to a sequence, at its end or before one of its items.
func (p *patch) addItem(sequence ast.Node, before int, value any) {
	s, ok := p.f.resolve(sequence).(*ast.SequenceNode)
	switch {
	case !ok || len(s.Values) == 0:
		p.why = "it is no sequence with items"
	case s.IsFlowStyle && before < 0:
		at := p.f.offset(s.End)
		p.edit(edit{start: at, end: at, to: ", " + flow([]any{value}, "[", "]")})
	case s.IsFlowStyle:
		at := p.f.start(s.Values[before])
		p.edit(edit{start: at, end: at, to: flow([]any{value}, "[", "]") + ", "})
	default:
		at := p.behind(s.Values[len(s.Values)-1])
		if before >= 0 {
			start, _, ok := p.lines(s.Values[before], "-")
			if at = start; !ok {
				p.why = "the item shares a line"
			}
		}
		p.insert(at, block([]any{value}), p.column(p.f.offset(s.Start)))
	}
}

// block renders a value as people write it, an item of one field on one line; flow
// on one line without what is around it.
func block(value any) string {
	if items, ok := value.([]any); ok {
		var lines []string
		for _, item := range items {
			if m, ok := item.(yaml.MapSlice); ok && len(m) > 1 {
				lines = append(lines, "- "+strings.TrimLeft(shifted(block(m), 2), " "))
			} else {
				lines = append(lines, "- "+flow([]any{item}, "[{", "}]"))
			}
		}
		return strings.Join(lines, "\n")
	}
	text, err := yaml.MarshalWithOptions(value, yaml.IndentSequence(true))
	if err != nil {
		panic(err) // values of our own
	}
	return strings.TrimRight(string(text), "\n")
}

func flow(value any, begin, end string) string {
	text, err := yaml.MarshalWithOptions(value, yaml.Flow(true))
	if err != nil {
		panic(err)
	}
	out := strings.TrimSpace(string(text))
	for i := range len(begin) {
		if strings.HasPrefix(out, begin[i:i+1]) && strings.HasSuffix(out, end[len(end)-1-i:len(end)-i]) {
			out = out[1 : len(out)-1]
		}
	}
	return out
}

// wording words the patch; false if there is none, or it can't be told by lines.
func (p *patch) wording() (policy.Wording, bool) {
	if p.why != "" || len(p.edits) == 0 {
		return policy.Wording{}, false
	}
	slices.SortStableFunc(p.edits, func(a, b edit) int { return cmp.Or(a.start-b.start, b.end-a.end) })
	text := p.f.source.Text
	var all []policy.Wording
	for i := 0; i < len(p.edits); {
		e := p.edits[i]
		w := policy.Wording{File: p.f.source.Name, Line: p.f.source.Line(e.start)}
		if e.whole {
			w.Change, w.Line, w.Text = policy.Insert, w.Line-1, strings.TrimSuffix(e.to, "\n")
			if e.start == len(text) && !bytes.HasSuffix(text, []byte("\n")) {
				w.Line++
			}
			all, i = append(all, w), i+1
			continue
		}
		start := bytes.LastIndexByte(text[:e.start], '\n') + 1
		var b strings.Builder
		at, end := start, start
		for first := true; i < len(p.edits) && !p.edits[i].whole && (first || p.edits[i].start < end); i++ {
			e, first = p.edits[i], false
			b.Write(text[at:e.start])
			b.WriteString(e.to)
			at = e.end
			if end = len(text); at < len(text) {
				if j := bytes.IndexByte(text[max(at-1, e.start):], '\n'); j >= 0 {
					end = max(at-1, e.start) + j + 1
				}
			}
		}
		b.Write(text[at:max(at, end)])
		w.Change, w.Text = policy.Replace, strings.TrimSuffix(b.String(), "\n")
		if last := p.f.source.Line(max(end-1, start)); last > w.Line {
			w.Until = last
		}
		if strings.TrimSpace(w.Text) == "" {
			w.Change, w.Text = policy.Remove, ""
		}
		all = append(all, w)
	}
	all[0].More = all[1:]
	if len(all) == 1 {
		all[0].More = nil
	}
	return all[0], true
}
