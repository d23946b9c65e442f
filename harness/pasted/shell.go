package pasted

import (
	"regexp"
	"strings"
)

// The two lexers of this package are written here, since no library reads what
// browsers write: github.com/google/shlex knows neither the $'…' of bash, in
// which Chrome, Firefox and Safari put every body with a quote or a line break,
// nor operators, which it takes for words; and none knows the carets of cmd.exe.

// A word is one argument of a command.
type word struct {
	text string
	// at is the offset of the word's first byte in the text.
	at int
}

// A command is one command line after a shell has read it.
type command struct {
	words []word
	// ignored are the redirections and the commands behind a pipe, as they stand.
	ignored []string
	// end is the offset behind the command and its line break.
	end int
}

// A dialect is the shell that a command line is written for.
type dialect int

const (
	dialectPOSIX dialect = iota
	dialectCmd           // cmd.exe of Windows
)

// dialectOf tells for which shell a command line is written. Browsers write every
// argument for cmd.exe as ^"…^" today, and as "…" with a caret before each line
// break some years ago. A text that would be the same to both is POSIX.
func dialectOf(text string) dialect {
	for i := 0; i < len(text); i++ {
		switch rest := text[i:]; {
		case strings.HasPrefix(rest, "^\""), strings.HasPrefix(rest, "^\n"):
			return dialectCmd
		case text[i] == '\'', strings.HasPrefix(rest, "\\\n"):
			return dialectPOSIX
		case text[i] == '\n': // the end of the command
			return dialectPOSIX
		case text[i] == '\\':
			i++
		case text[i] == '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		}
	}
	return dialectPOSIX
}

// readCommand reads the command that starts at an offset of text, whose line
// breaks are line feeds.
func readCommand(text string, from int) (command, *Error) {
	if dialectOf(text[from:]) == dialectCmd {
		return readCmd(text, from)
	}
	return readPOSIX(text, from)
}

// prompt is what may stand before curl: a prompt of a shell, and curl's folder.
var prompt = regexp.MustCompile(`^(?:(?:[^\s'"]{0,100}[$%#>❯➜]|PS [^\n>]{0,200}>|[A-Za-z]:\\[^\n>]{0,200}>)[ \t]*)?(?:[\w.~:/\\-]{0,200}[/\\])?curl(?:\.exe)?(?:[ \t]|\\\n|\^\n|\n|$)`)

// commandStart returns the offset of the command's name in text, and the length
// of the name; false if it is no curl command.
func commandStart(text string) (at, length int, ok bool) {
	lead := len(text) - len(strings.TrimLeft(text, " \t\n"))
	found := prompt.FindString(text[lead:])
	if found == "" {
		return lead, 0, false
	}
	name := strings.TrimRight(found, " \t\n\\^")
	at = strings.LastIndex(name, "curl")
	return lead + at, len(name) - at, true
}

// normalized returns text with line feeds as line breaks, without a byte order
// mark, and with blanks in the place of the lines that fence code in Markdown.
// Lines keep their numbers.
func normalized(text string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\n"), "```") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}
