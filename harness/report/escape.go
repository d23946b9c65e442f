package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns lines from others so that they are safe to print to a terminal or a
// log: it keeps line ends, and escapes unprintable characters as in Go.
func Printable(lines string) string {
	all := strings.Split(lines, "\n")
	for i, line := range all {
		all[i] = printable(line)
	}
	return strings.Join(all, "\n")
}

// printable returns a text of others' making as it may stand in a line of a
// terminal or a log: what doesn't print, a line's end and an escape sequence
// among it, stands there as Go would write it, and so does what GitHub's runner takes
// for a command wherever it is in a line: ##[add-mask] and others.
func printable(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) < 0 {
		return withoutCommands(text)
	}
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
	}
	return withoutCommands(b.String())
}

func withoutCommands(text string) string { return strings.ReplaceAll(text, "##[", `#\u0023[`) }

// markdownEscapes are what Markdown or HTML would take for something else in
// running text or in a cell of a table.
var markdownEscapes = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", `\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "|", `\|`, "#", `\#`, "@", "&#64;",
)

// markdown returns a text of others' making as Markdown shows it unchanged.
func markdown(text string) string { return markdownEscapes.Replace(printable(text)) }

// codeBlock returns lines as a block of code, whatever is in them.
func codeBlock(language, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	var b strings.Builder
	b.WriteString(fence + language + "\n")
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		b.WriteString(printable(line) + "\n")
	}
	b.WriteString(fence + "\n")
	return b.String()
}
