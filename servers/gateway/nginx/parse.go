package nginx

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// A word is a word of an nginx config with its place.
type word struct {
	value      string // without quotes and escapes
	start, end int    // of the bytes in the file, quotes included
	quoted     bool
}

// A directive is one, or an entry of a block that holds data.
type directive struct {
	name   word
	args   []word
	source *adapter.Source
	parent *directive // nil at the top
	end    int        // of the ';', or of the '{'
	open   bool       // it has a block
	close  int        // of what follows the block's '}'
	block  []*directive
}

func (d *directive) at() string { return d.source.At(d.name.start) }

// arg returns the value of an argument; empty if there are not as many.
func (d *directive) arg(i int) string {
	if i < len(d.args) {
		return d.args[i].value
	}
	return ""
}

// within reports whether the directive stands in a block of that name, at
// whatever depth.
func (d *directive) within(name string) bool {
	for p := d.parent; p != nil; p = p.parent {
		if p.name.value == name {
			return true
		}
	}
	return false
}

// in reports whether the block that the directive stands in has that name; ""
// is the top.
func (d *directive) in(name string) bool {
	if d.parent == nil {
		return name == ""
	}
	return d.parent.name.value == name
}

// has returns the first directive of that name in the block.
func (d *directive) has(name string) *directive {
	for _, c := range d.block {
		if c.name.value == name {
			return c
		}
	}
	return nil
}

// dataBlocks hold data, not directives, but for include.
var dataBlocks = map[string]bool{"map": true, "geo": true, "types": true, "split_clients": true, "charset_map": true}

// data reports whether the directive is an entry of a block that holds data.
func (d *directive) data() bool {
	return d.parent != nil && dataBlocks[d.parent.name.value] && d.name.value != "include"
}

// A parser reads one file as nginx's ngx_conf_parse does, and keeps the
// place of each word.
type parser struct {
	source *adapter.Source
	pos    int
	depth  int // of blocks
	// include reads what an include directive names, and returns the directives.
	include func(*directive) []*directive
}

// deepest is how deep blocks of one file may be nested.
const deepest = 500

type mark string

const (
	wordMark   mark = "word"
	end        mark = ";"
	open       mark = "{"
	nginxClose mark = "}"
	endOfFile  mark = "the end of the file"
)

// file parses the whole file, the block of parent if that isn't nil.
func (p *parser) file(parent *directive) ([]*directive, error) {
	all, mark, err := p.directives(parent)
	if err == nil && mark != endOfFile {
		err = p.fail("unexpected }: remove it")
	}
	return all, err
}

func (p *parser) fail(format string, args ...any) error {
	return fmt.Errorf("%s: %s", p.source.At(min(p.pos, len(p.source.Text))), fmt.Sprintf(format, args...))
}

// directives parses up to the end of a block or of the file.
func (p *parser) directives(parent *directive) ([]*directive, mark, error) {
	var all []*directive
	if p.depth++; p.depth > deepest {
		return nil, open, p.fail("blocks are nested more than %d deep", deepest)
	}
	defer func() { p.depth-- }()
	for {
		word, mark, err := p.next()
		switch {
		case err != nil:
			return all, mark, err
		case mark == nginxClose, mark == endOfFile:
			return all, mark, nil
		case mark != wordMark:
			return all, mark, p.fail("unexpected %s", mark)
		}
		d := &directive{name: word, source: p.source, parent: parent}
		all = append(all, d)
		for mark == wordMark {
			if word, mark, err = p.next(); err != nil {
				return all, mark, err
			}
			if mark == wordMark {
				d.args = append(d.args, word)
			}
		}
		d.end = p.pos - 1
		switch mark {
		case end:
			if d.name.value == "include" && p.include != nil {
				all = append(all, p.include(d)...)
			}
		case open:
			d.open, d.end = true, p.pos
			if strings.HasSuffix(d.name.value, "_by_lua_block") {
				err = p.skipBlock()
			} else if d.block, mark, err = p.directives(d); err == nil && mark != nginxClose {
				err = fmt.Errorf("%s: %s { is not closed", d.at(), d.name.value)
			}
			if err != nil {
				return all, mark, err
			}
			d.close = p.pos
		default:
			return all, mark, fmt.Errorf("%s: %s has no ; at its end: unexpected %s", d.at(), d.name.value, mark)
		}
	}
}

// skipBlock skips a block in another language, whose braces are balanced.
func (p *parser) skipBlock() error {
	for depth := 1; p.pos < len(p.source.Text); p.pos++ {
		switch p.source.Text[p.pos] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				p.pos++
				return nil
			}
		}
	}
	return p.fail("a block is not closed")
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// next returns the next word or mark.
func (p *parser) next() (word, mark, error) {
	text := p.source.Text
	for p.pos < len(text) && (space(text[p.pos]) || text[p.pos] == '#') {
		if text[p.pos] == '#' {
			for p.pos < len(text) && text[p.pos] != '\n' {
				p.pos++
			}
			continue
		}
		p.pos++
	}
	if p.pos == len(text) {
		return word{}, endOfFile, nil
	}
	switch c := text[p.pos]; c {
	case ';', '{', '}':
		p.pos++
		return word{}, mark(c), nil
	case '"', '\'':
		return p.quoted(c)
	}
	return p.bare()
}

func (p *parser) quoted(quote byte) (word, mark, error) {
	text, start := p.source.Text, p.pos
	for p.pos++; p.pos < len(text) && text[p.pos] != quote; p.pos++ {
		if text[p.pos] == '\\' {
			p.pos++
		}
	}
	if p.pos >= len(text) {
		p.pos = start
		return word{}, endOfFile, p.fail("a quoted string is not closed")
	}
	p.pos++
	w := word{unescape(string(text[start+1 : p.pos-1])), start, p.pos, true}
	if p.pos < len(text) && !space(text[p.pos]) && !strings.ContainsRune(";{)", rune(text[p.pos])) {
		return w, wordMark, p.fail("unexpected %q after a quoted string", text[p.pos])
	}
	return w, wordMark, nil
}

func (p *parser) bare() (word, mark, error) {
	text, start := p.source.Text, p.pos
	for ; p.pos < len(text); p.pos++ {
		c := text[p.pos]
		switch {
		case c == '\\':
			p.pos++
			continue
		case c == '{' && p.pos > start && text[p.pos-1] == '$': // ${name}
			continue
		}
		if space(c) || c == ';' || c == '{' {
			break
		}
	}
	p.pos = min(p.pos, len(text))
	return word{unescape(string(text[start:p.pos])), start, p.pos, false}, wordMark, nil
}

// unescape takes the backslashes away that nginx takes away.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
			switch text[i] {
			case '"', '\'', '\\':
			case 't':
				b.WriteByte('\t')
				continue
			case 'r':
				b.WriteByte('\r')
				continue
			case 'n':
				b.WriteByte('\n')
				continue
			default:
				b.WriteByte('\\')
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// quote writes a word so that nginx reads it as it is.
func quote(text string) string {
	if text != "" && !strings.ContainsAny(text, " \t\r\n;{}\"'\\#") {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
