package pasted

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// readANSIC reads $'…' at an offset of text, as bash does, and returns its bytes
// and the offset behind it:
// https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html.
func readANSIC(text string, at int) (string, int, *Error) {
	var b strings.Builder
	for i := at + 2; i < len(text); {
		switch c := text[i]; {
		case c == '\'':
			return b.String(), i + 1, nil
		case c == '\\' && i+1 < len(text):
			i = readEscape(text, i, &b)
		default:
			b.WriteByte(c)
			i++
		}
	}
	return "", 0, errorAt(text, at, "the quote that $' opens is never closed")
}

// ansiCEscapes are the escapes of one letter.
var ansiCEscapes = map[byte]byte{
	'a': '\a', 'b': '\b', 'e': 0x1b, 'E': 0x1b, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
	'\\': '\\', '\'': '\'', '"': '"', '?': '?',
}

// readEscape writes what the escape at an offset of text stands for, and returns
// the offset behind it.
func readEscape(text string, at int, b *strings.Builder) int {
	c := text[at+1]
	if plain, ok := ansiCEscapes[c]; ok {
		b.WriteByte(plain)
		return at + 2
	}
	switch {
	case '0' <= c && c <= '7':
		value, end := digits(text, at+1, 3, 8)
		b.WriteByte(byte(value))
		return end
	case c == 'x':
		if value, end := digits(text, at+2, 2, 16); end > at+2 {
			b.WriteByte(byte(value))
			return end
		}
	case c == 'u', c == 'U':
		most := 4
		if c == 'U' {
			most = 8
		}
		if value, end := digits(text, at+2, most, 16); end > at+2 {
			return writeCodePoint(text, value, end, b)
		}
	case c == 'c' && at+2 < len(text):
		b.WriteByte(text[at+2] & 0x1f)
		return at + 3
	}
	b.WriteByte('\\') // no escape: both characters stay
	b.WriteByte(c)
	return at + 2
}

// writeCodePoint writes a code point as UTF-8. Browsers escape by UTF-16 code
// unit, so that one emoji is two escapes; bash makes of these what no UTF-8 is,
// and here they are put together, which is what the browser sent.
func writeCodePoint(text string, value uint64, end int, b *strings.Builder) int {
	if utf16.IsSurrogate(rune(value)) && strings.HasPrefix(text[end:], `\u`) {
		low, after := digits(text, end+2, 4, 16)
		if r := utf16.DecodeRune(rune(value), rune(low)); r != utf8.RuneError {
			b.WriteRune(r)
			return after
		}
	}
	if value > utf8.MaxRune {
		value = utf8.RuneError
	}
	b.WriteRune(rune(value))
	return end
}

// digits reads up to so many digits of a base at an offset of text.
func digits(text string, at, most int, base int) (value uint64, end int) {
	end = at
	for end < len(text) && end < at+most {
		digit, err := strconv.ParseUint(text[end:end+1], base, 8)
		if err != nil {
			break
		}
		value = value*uint64(base) + digit
		end++
	}
	return value, end
}
