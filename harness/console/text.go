package console

import (
	"regexp"
	"strings"
	"unicode"
)

// A pasted text is what Read searches. Plain has the text's own quotes; folded is
// what patterns are matched against, and has one kind of quote. Each run of white
// space is one space in both, or one line feed if a line ends there.
type pasted struct {
	plain, folded string
	// at maps each byte of folded to its place in plain.
	at []int
}

var (
	// escapes are the colours of a terminal.
	escapes = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)
	// quoting is what a mail program, a table or a comment puts before a line.
	quoting = regexp.MustCompile(`(?m)^[ \t]*(?:(?:>|\||\*|//|#)[ \t]+)+`)
	// markdown is a link with its own address for a text.
	markdown = regexp.MustCompile(`\[([a-z]+://[^\]\s]+)\]\([a-z]+://[^)\s]+\)`)
	// entities are quotes as an issue tracker or a log in JSON writes them. Others
	// stay: "&copy" may be a part of a URL.
	entities = strings.NewReplacer("&#39;", "'", "&#x27;", "'", "&quot;", `"`, `\"`, `"`, `\'`, "'")
)

// normalize removes what a copy adds to a message.
func normalize(text string) pasted {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = escapes.ReplaceAllString(text, "")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	text = quoting.ReplaceAllString(text, "")
	text = markdown.ReplaceAllString(text, "$1")
	text = entities.Replace(text)

	var plain, folded strings.Builder
	var at []int
	blank := "" // the white space that is pending
	for _, r := range text {
		switch {
		case r == '\n':
			blank = "\n"
			continue
		case unicode.IsSpace(r):
			if blank == "" {
				blank = " "
			}
			continue
		case isInvisible(r):
			continue
		}
		if blank != "" && plain.Len() > 0 {
			at = append(at, plain.Len())
			plain.WriteString(blank)
			folded.WriteString(blank)
		}
		blank = ""
		place := plain.Len()
		plain.WriteRune(r)
		before := folded.Len()
		folded.WriteRune(fold(r))
		for range folded.Len() - before {
			at = append(at, place)
		}
	}
	at = append(at, plain.Len())
	return pasted{plain: plain.String(), folded: folded.String(), at: at}
}

// fold returns the one quote for every kind of quote, and the one hyphen for
// every kind of hyphen: chat programs and word processors change both.
func fold(r rune) rune {
	switch r {
	case '"', '`', '´', '‘', '’', '‚', '‛', '′', '“', '”', '„', '‟', '″', '«', '»', '‹', '›':
		return '\''
	case '\u2010', '\u2011':
		return '-'
	}
	return r
}

// isInvisible reports whether r shows nothing: control and zero-width characters,
// soft hyphens and marks of writing direction.
func isInvisible(r rune) bool {
	return unicode.IsControl(r) || r == '\u00AD' || r >= '\u200B' && r <= '\u200F' || r >= '\u202A' && r <= '\u202E' ||
		r >= '\u2060' && r <= '\u2069' || r == '\uFEFF'
}

// slice returns the plain text between two places of folded, on one line. A line
// that ends with a hyphen was broken inside a header's name.
func (p pasted) slice(start, end int) string {
	text := strings.ReplaceAll(p.plain[p.at[start]:p.at[end]], "-\n", "-")
	return strings.ReplaceAll(text, "\n", " ")
}
