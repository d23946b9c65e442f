package nginx

import (
	"bytes"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// A nginxPatch is a config as it is after changes, which knows of each line
// where it was before.
type nginxPatch struct {
	conf  *conf // as it is now
	files map[string][]textLine
}

// textLine is a line; was is its number before all changes, 0 for a new one.
type textLine struct {
	was  int
	text string
	new  bool // or changed
}

func newNginxPatch(c *conf) *nginxPatch {
	p := &nginxPatch{conf: c, files: map[string][]textLine{}}
	for _, s := range c.sources {
		if _, known := p.files[s.Path]; known || s.Path == "" {
			continue // another copy of it, or ours
		}
		for i, text := range strings.Split(string(s.Text), "\n") {
			p.files[s.Path] = append(p.files[s.Path], textLine{was: i + 1, text: text})
		}
	}
	return p
}

// An edit puts a text in the place of bytes of a file. Whole: the text is
// lines of their own, before the line that start is on.
type edit struct {
	source     *adapter.Source
	start, end int
	text       string
	whole      bool
}

// with returns the patch with further edits of the config as it is in it; nil if
// they can't be made or nginx could not read the outcome.
func (p *nginxPatch) with(all ...edit) *nginxPatch {
	next := &nginxPatch{files: map[string][]textLine{}}
	for path, lines := range p.files {
		next.files[path] = slices.Clone(lines)
	}
	slices.SortStableFunc(all, func(a, b edit) int { return b.start - a.start }) // from the end on
	for _, e := range all {
		if _, ours := next.files[e.source.Path]; !ours || e.source.Path == "" {
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
	main.Text = c.texts[main.Path]
	c.main = &main
	c.parse()
	if len(c.syntax)+len(c.problems) > len(p.conf.syntax)+len(p.conf.problems) {
		return nil
	}
	next.conf = &c
	return next
}

func (p *nginxPatch) edit(e edit) {
	lines := p.files[e.source.Path]
	first, last := e.source.Line(e.start)-1, e.source.Line(e.end)-1
	if e.whole {
		var more []textLine
		for line := range strings.SplitSeq(e.text, "\n") {
			more = append(more, textLine{text: line, new: true})
		}
		p.files[e.source.Path] = slices.Insert(lines, first, more...)
		return
	}
	begin := bytes.LastIndexByte(e.source.Text[:e.start], '\n') + 1
	end := e.end + len(e.source.Text[e.end:])
	if i := bytes.IndexByte(e.source.Text[e.end:], '\n'); i >= 0 {
		end = e.end + i
	}
	text := string(e.source.Text[begin:e.start]) + e.text + string(e.source.Text[e.end:end])
	var now []textLine
	if strings.TrimSpace(text) != "" {
		for i, line := range strings.Split(text, "\n") {
			l := textLine{text: line, new: true}
			if i == 0 {
				l.was = lines[first].was
			}
			now = append(now, l)
		}
	}
	p.files[e.source.Path] = slices.Replace(lines, first, last+1, now...)
}

// wordings returns what the patch changes, place by place.
func (p *nginxPatch) wordings(original *conf) []policy.Wording {
	var out []policy.Wording
	for _, s := range original.sources {
		if lines, ok := p.files[s.Path]; ok && s.Path != "" && !slices.ContainsFunc(out, func(w policy.Wording) bool { return w.File == s.Name }) {
			out = append(out, hunks(s.Name, lines, bytes.Count(s.Text, []byte("\n"))+1)...)
		}
	}
	return out
}

// hunks finds the places in which lines are other than they were.
func hunks(file string, lines []textLine, before int) []policy.Wording {
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

// after returns the edit that puts a directive behind another, on a line of its
// own if the other has one.
func after(d *directive, text string) edit {
	end := d.end + 1
	if d.open {
		end = d.close
	}
	return behind(d, end, text, indent(d))
}

// inside returns the edit that puts a text at the beginning of a block.
func inside(d *directive, text string) edit {
	return behind(d, d.end, text, indent(d)+"    ")
}

func behind(d *directive, at int, text, indentation string) edit {
	rest := d.source.Text[at:]
	line := bytes.IndexByte(rest, '\n')
	if line >= 0 {
		if comment := strings.TrimSpace(string(rest[:line])); comment == "" || comment[0] == '#' {
			lines := strings.ReplaceAll(text, "\n", "\n"+indentation)
			return edit{d.source, at + line + 1, at + line + 1, indentation + lines, true}
		}
	}
	return edit{d.source, at, at, " " + onOneLine(text), false}
}

// onOneLine puts the lines of a text on one.
func onOneLine(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, " ")
}

// before returns the edit that puts a text before a directive, on lines of
// its own if the directive is the first of its line.
func before(d *directive, text string) edit {
	indentation := indent(d)
	if start := bytes.LastIndexByte(d.source.Text[:d.name.start], '\n') + 1; start+len(indentation) < d.name.start {
		return edit{d.source, d.name.start, d.name.start, onOneLine(text) + " ", false}
	}
	return edit{d.source, d.name.start, d.name.start, indentation + strings.ReplaceAll(text, "\n", "\n"+indentation), true}
}

// nginxWithout returns the edit that takes a directive out.
func nginxWithout(d *directive) edit {
	end := d.end + 1
	if d.open {
		end = d.close
	}
	return edit{d.source, d.name.start, end, "", false}
}

// instead returns the edit that puts a text in the place of a directive.
func instead(d *directive, text string) edit {
	e := nginxWithout(d)
	e.text = strings.ReplaceAll(text, "\n", "\n"+indent(d))
	return e
}

// argument returns the edit that gives a directive another argument.
func argument(d *directive, i int, text string) edit {
	return edit{d.source, d.args[i].start, d.args[i].end, text, false}
}

// indent is the white space that a directive's line begins with.
func indent(d *directive) string {
	start := bytes.LastIndexByte(d.source.Text[:d.name.start], '\n') + 1
	line := d.source.Text[start:d.name.start]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}
