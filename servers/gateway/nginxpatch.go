package gateway

import (
	"bytes"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
)

// An nginxPatch is a config as it is after changes, which knows of each line
// where it was before.
type nginxPatch struct {
	conf  *nginxConf // as it is now
	files map[string][]nginxTextLine
}

// nginxTextLine is a line; was is its number before all changes, 0 for a new one.
type nginxTextLine struct {
	was  int
	text string
	new  bool // or changed
}

func newNginxPatch(c *nginxConf) *nginxPatch {
	p := &nginxPatch{conf: c, files: map[string][]nginxTextLine{}}
	for _, s := range c.sources {
		if _, known := p.files[s.path]; known || s.path == "" {
			continue // another copy of it, or ours
		}
		for i, text := range strings.Split(string(s.text), "\n") {
			p.files[s.path] = append(p.files[s.path], nginxTextLine{was: i + 1, text: text})
		}
	}
	return p
}

// An nginxEdit puts a text in the place of bytes of a file. Whole: the text is
// lines of their own, before the line that start is on.
type nginxEdit struct {
	source     *source
	start, end int
	text       string
	whole      bool
}

// with returns the patch with further edits of the config as it is in it; nil if
// they can't be made or nginx could not read the outcome.
func (p *nginxPatch) with(all ...nginxEdit) *nginxPatch {
	next := &nginxPatch{files: map[string][]nginxTextLine{}}
	for path, lines := range p.files {
		next.files[path] = slices.Clone(lines)
	}
	slices.SortStableFunc(all, func(a, b nginxEdit) int { return b.start - a.start }) // from the end on
	for _, e := range all {
		if _, ours := next.files[e.source.path]; !ours || e.source.path == "" {
			return nil
		}
		next.edit(e)
	}
	c := *p.conf
	c.texts = map[string][]byte{}
	for path, lines := range next.files {
		var texts []string
		for _, l := range lines {
			texts = append(texts, l.text)
		}
		c.texts[path] = []byte(strings.Join(texts, "\n"))
	}
	main := *c.main
	main.text = c.texts[main.path]
	c.main = &main
	c.parse()
	if len(c.syntax)+len(c.problems) > len(p.conf.syntax)+len(p.conf.problems) {
		return nil
	}
	next.conf = &c
	return next
}

func (p *nginxPatch) edit(e nginxEdit) {
	lines := p.files[e.source.path]
	first, last := e.source.line(e.start)-1, e.source.line(e.end)-1
	if e.whole {
		var more []nginxTextLine
		for line := range strings.SplitSeq(e.text, "\n") {
			more = append(more, nginxTextLine{text: line, new: true})
		}
		p.files[e.source.path] = slices.Insert(lines, first, more...)
		return
	}
	begin := bytes.LastIndexByte(e.source.text[:e.start], '\n') + 1
	end := e.end + len(e.source.text[e.end:])
	if i := bytes.IndexByte(e.source.text[e.end:], '\n'); i >= 0 {
		end = e.end + i
	}
	text := string(e.source.text[begin:e.start]) + e.text + string(e.source.text[e.end:end])
	var now []nginxTextLine
	if strings.TrimSpace(text) != "" {
		for i, line := range strings.Split(text, "\n") {
			l := nginxTextLine{text: line, new: true}
			if i == 0 {
				l.was = lines[first].was
			}
			now = append(now, l)
		}
	}
	p.files[e.source.path] = slices.Replace(lines, first, last+1, now...)
}

// wordings returns what the patch changes, place by place.
func (p *nginxPatch) wordings(original *nginxConf) []policy.Wording {
	var out []policy.Wording
	for _, s := range original.sources {
		if lines, ok := p.files[s.path]; ok && s.path != "" && !slices.ContainsFunc(out, func(w policy.Wording) bool { return w.File == s.name }) {
			out = append(out, nginxHunks(s.name, lines, bytes.Count(s.text, []byte("\n"))+1)...)
		}
	}
	return out
}

// nginxHunks finds the places in which lines are other than they were.
func nginxHunks(file string, lines []nginxTextLine, before int) []policy.Wording {
	var out []policy.Wording
	kept := 0 // the last line that is as it was
	var now []string
	flush := func(next int) {
		w := policy.Wording{File: file, Line: kept + 1, Text: dedent(now)}
		switch gone := next - kept - 1; {
		case gone == 0 && len(now) == 0:
			return
		case gone == 0:
			w.Change, w.Line = policy.Insert, kept
		case len(now) == 0:
			w.Change = policy.Remove
		default:
			w.Change = policy.Replace
		}
		if next-1 > w.Line && w.Change != policy.Insert {
			w.Until = next - 1
		}
		out = append(out, w)
	}
	for _, l := range lines {
		if l.new {
			now = append(now, l.text)
			continue
		}
		flush(l.was)
		kept, now = l.was, nil
	}
	flush(before + 1)
	return out
}

// dedent takes away the white space that all lines begin with.
func dedent(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	most := -1
	for _, l := range lines {
		if n := len(l) - len(strings.TrimLeft(l, " \t")); strings.TrimSpace(l) != "" && (most < 0 || n < most) {
			most = n
		}
	}
	var out []string
	for _, l := range lines {
		out = append(out, strings.TrimRight(l[min(max(most, 0), len(l)):], " \t"))
	}
	return strings.Join(out, "\n")
}

// nginxAfter returns the edit that puts a directive behind another, on a line of its
// own if the other has one.
func nginxAfter(d *nginxDirective, text string) nginxEdit {
	end := d.end + 1
	if d.open {
		end = d.close
	}
	return nginxBehind(d, end, text, nginxIndent(d))
}

// nginxInside returns the edit that puts a text at the beginning of a block.
func nginxInside(d *nginxDirective, text string) nginxEdit {
	return nginxBehind(d, d.end, text, nginxIndent(d)+"    ")
}

func nginxBehind(d *nginxDirective, at int, text, indentation string) nginxEdit {
	rest := d.source.text[at:]
	line := bytes.IndexByte(rest, '\n')
	if line >= 0 {
		if comment := strings.TrimSpace(string(rest[:line])); comment == "" || comment[0] == '#' {
			lines := strings.ReplaceAll(text, "\n", "\n"+indentation)
			return nginxEdit{d.source, at + line + 1, at + line + 1, indentation + lines, true}
		}
	}
	return nginxEdit{d.source, at, at, " " + onOneLine(text), false}
}

// onOneLine puts the lines of a text on one.
func onOneLine(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, " ")
}

// nginxBefore returns the edit that puts a text before a directive, on lines of
// its own if the directive is the first of its line.
func nginxBefore(d *nginxDirective, text string) nginxEdit {
	indentation := nginxIndent(d)
	if start := bytes.LastIndexByte(d.source.text[:d.name.start], '\n') + 1; start+len(indentation) < d.name.start {
		return nginxEdit{d.source, d.name.start, d.name.start, onOneLine(text) + " ", false}
	}
	return nginxEdit{d.source, d.name.start, d.name.start, indentation + strings.ReplaceAll(text, "\n", "\n"+indentation), true}
}

// nginxWithout returns the edit that takes a directive out.
func nginxWithout(d *nginxDirective) nginxEdit {
	end := d.end + 1
	if d.open {
		end = d.close
	}
	return nginxEdit{d.source, d.name.start, end, "", false}
}

// nginxInstead returns the edit that puts a text in the place of a directive.
func nginxInstead(d *nginxDirective, text string) nginxEdit {
	e := nginxWithout(d)
	e.text = strings.ReplaceAll(text, "\n", "\n"+nginxIndent(d))
	return e
}

// nginxArgument returns the edit that gives a directive another argument.
func nginxArgument(d *nginxDirective, i int, text string) nginxEdit {
	return nginxEdit{d.source, d.args[i].start, d.args[i].end, text, false}
}

// nginxIndent is the white space that a directive's line begins with.
func nginxIndent(d *nginxDirective) string {
	start := bytes.LastIndexByte(d.source.text[:d.name.start], '\n') + 1
	line := d.source.text[start:d.name.start]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}
