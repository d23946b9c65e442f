package pasted

import (
	"strings"
)

// A posixLexer reads a command line as bash does, and expands nothing.
type posixLexer struct {
	text string
	pos  int

	out  command
	word strings.Builder
	// at is where the current word starts; -1 between words.
	at int
	// quoted says that a part of the current word stood in quotes.
	quoted bool
	// brace and comma are the offsets of an unquoted "{" in the current word and of
	// a comma after it; -1 for none.
	brace, comma int
	// piped is set behind the first pipe: what follows is read and thrown away.
	piped bool
}

// readPOSIX reads the command that starts at an offset of text.
//
// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02
func readPOSIX(text string, from int) (command, *Error) {
	l := &posixLexer{text: text, pos: from, at: -1, brace: -1, comma: -1}
	err := l.run()
	return l.out, err
}

func (l *posixLexer) run() *Error {
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		var err *Error
		switch c {
		case ' ', '\t':
			l.endWord()
			l.pos++
		case '\n':
			l.endWord()
			l.pos++
			l.out.end = l.pos
			return nil
		case '\\':
			err = l.backslash()
		case '\'':
			err = l.single()
		case '"':
			err = l.double()
		case '$':
			err = l.dollar()
		case '`':
			err = l.substitution("`…`")
		case '|', ';', '&', '<', '>', '(', ')':
			if err = l.operator(c); err == nil && l.out.end > 0 {
				return nil
			}
		case '#':
			if l.at < 0 {
				l.skipComment()
				continue
			}
			l.put(c)
		default:
			err = l.plain(c)
		}
		if err != nil {
			return err
		}
	}
	l.endWord()
	l.out.end = len(l.text)
	return nil
}

func (l *posixLexer) fail(at int, format string, args ...any) *Error {
	return errorAt(l.text, at, format, args...)
}

func (l *posixLexer) start() {
	if l.at < 0 {
		l.at = l.pos
	}
}

func (l *posixLexer) put(c byte) {
	l.start()
	l.word.WriteByte(c)
	l.pos++
}

// plain takes a byte that is no part of the shell's grammar, unless it makes a
// brace expansion complete.
func (l *posixLexer) plain(c byte) *Error {
	switch {
	case c == '{':
		l.brace, l.comma = l.pos, -1
	case c == ',' && l.brace >= 0:
		l.comma = l.pos
	case c == '}' && l.brace >= 0 && l.comma > l.brace && !l.piped:
		return l.fail(l.brace, "the shell makes several words of an unquoted {…,…}; put the argument in single quotes")
	}
	l.put(c)
	return nil
}

func (l *posixLexer) endWord() {
	if l.at >= 0 && !l.piped {
		l.out.words = append(l.out.words, word{text: l.word.String(), at: l.at})
	}
	l.word.Reset()
	l.at, l.brace, l.comma, l.quoted = -1, -1, -1, false
}

func (l *posixLexer) skipComment() {
	if i := strings.IndexByte(l.text[l.pos:], '\n'); i >= 0 {
		l.pos += i
		return
	}
	l.pos = len(l.text)
}

func (l *posixLexer) backslash() *Error {
	if l.pos+1 >= len(l.text) {
		// A copy that ends at a continuation; the backslash joins nothing.
		l.pos++
		return nil
	}
	if l.text[l.pos+1] == '\n' {
		l.pos += 2
		// Copied from a terminal, the next line begins with the prompt for more.
		if l.at < 0 && strings.HasPrefix(l.text[l.pos:], "> ") {
			l.pos += 2
		}
		return nil
	}
	l.start()
	l.pos++
	l.put(l.text[l.pos])
	return nil
}

func (l *posixLexer) single() *Error {
	end := strings.IndexByte(l.text[l.pos+1:], '\'')
	if end < 0 {
		return l.fail(l.pos, "the single quote is never closed")
	}
	l.start()
	l.quoted = true
	l.word.WriteString(l.text[l.pos+1 : l.pos+1+end])
	l.pos += end + 2
	return nil
}

func (l *posixLexer) double() *Error {
	opened := l.pos
	l.start()
	l.quoted = true
	l.pos++
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; c {
		case '"':
			l.pos++
			return nil
		case '\\':
			if l.pos+1 >= len(l.text) {
				return l.fail(opened, "the double quote is never closed")
			}
			// The only characters that a backslash escapes between double quotes.
			next := l.text[l.pos+1]
			switch next {
			case '\n':
			case '$', '`', '"', '\\':
				l.word.WriteByte(next)
			default:
				l.word.WriteByte('\\')
				l.word.WriteByte(next)
			}
			l.pos += 2
		case '`':
			if err := l.substitution("`…`"); err != nil {
				return err
			}
		case '$':
			if err := l.expansion(); err != nil {
				return err
			}
		default:
			l.put(c)
		}
	}
	return l.fail(opened, "the double quote is never closed")
}

// dollar reads an unquoted "$".
func (l *posixLexer) dollar() *Error {
	switch {
	case strings.HasPrefix(l.text[l.pos:], "$'"):
		l.start()
		l.quoted = true
		text, end, err := readANSIC(l.text, l.pos)
		if err != nil {
			return err
		}
		l.word.WriteString(text)
		l.pos = end
		return nil
	case strings.HasPrefix(l.text[l.pos:], `$"`):
		l.start()
		l.pos++ // a string to translate, of which there is no translation
		return nil
	}
	return l.expansion()
}

// expansion refuses what the shell would put in the place of "$", or takes it as
// it is where the shell does so too.
func (l *posixLexer) expansion() *Error {
	rest := l.text[l.pos+1:]
	name := rest[:prefixOf(rest, isNameByte)]
	switch {
	case l.piped:
	case strings.HasPrefix(rest, "("):
		return l.substitution("$(…)")
	case strings.HasPrefix(rest, "{"):
		return l.fail(l.pos, "the shell puts a variable's value in the place of ${…}; write the value, or any other that is alike")
	case name != "" && (name[0] < '0' || name[0] > '9'):
		return l.fail(l.pos, "the shell puts a variable's value in the place of $%s; write the value, or any other that is alike", name)
	}
	l.put('$')
	return nil
}

func (l *posixLexer) substitution(form string) *Error {
	if l.piped {
		l.put(l.text[l.pos])
		return nil
	}
	return l.fail(l.pos, "the shell runs a command in the place of %s; write what it prints", form)
}

// operator reads what ends an argument or the command.
func (l *posixLexer) operator(c byte) *Error {
	rest := l.text[l.pos:]
	switch {
	case l.piped:
		l.endWord()
		l.pos++
		return nil
	case strings.HasPrefix(rest, "||"), strings.HasPrefix(rest, "&&"):
		return l.fail(l.pos, "a second command follows; paste one command")
	case c == '|':
		l.endWord()
		line, _, _ := strings.Cut(rest, "\n")
		l.out.ignored = append(l.out.ignored, strings.TrimSpace(line))
		l.piped = true
		l.pos++
		return nil
	case c == '>':
		return l.redirection()
	case strings.HasPrefix(rest, "&>"):
		l.pos++
		return l.redirection()
	case c == '<':
		return l.fail(l.pos, "the body would come from a file or from standard input, which is not read; write it behind --data-raw")
	case c == ';', c == '&' && l.at < 0:
		l.endWord()
		l.pos++
		after := strings.TrimLeft(l.text[l.pos:], " \t")
		if after != "" && after[0] != '\n' && after[0] != '#' {
			return l.fail(l.pos, "a second command follows; paste one command")
		}
		l.skipComment()
		l.pos = min(l.pos+1, len(l.text))
		l.out.end = l.pos
		return nil
	case c == '&':
		return l.fail(l.pos, "an unquoted & ends the command; put the URL in single quotes")
	}
	return l.fail(l.pos, "an unquoted %c is a part of the shell's grammar; put the argument in single quotes", c)
}

// redirection skips ">" with the word that follows it.
func (l *posixLexer) redirection() *Error {
	from := l.pos
	if l.at >= 0 && !l.quoted && strings.Trim(l.word.String(), "0123456789") == "" {
		from = l.at // the number of a file descriptor
		l.word.Reset()
		l.at = -1
	}
	l.endWord()
	end := l.pos + prefixOf(l.text[l.pos:], func(c byte) bool { return c == '>' || c == '&' || c == '|' || c == ' ' || c == '\t' })
	end += prefixOf(l.text[end:], func(c byte) bool { return !strings.ContainsRune(" \t\n|;&<>()'\"\\$`", rune(c)) })
	l.out.ignored = append(l.out.ignored, l.text[from:end])
	l.pos = end
	return nil
}

func isNameByte(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// prefixOf returns the length of the longest prefix of s whose bytes are all in.
func prefixOf(s string, in func(byte) bool) int {
	for i := range len(s) {
		if !in(s[i]) {
			return i
		}
	}
	return len(s)
}
