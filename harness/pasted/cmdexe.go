package pasted

import "strings"

// A cmdLine is a command line as cmd.exe hands it to a program: its bytes, and
// for each the offset in the text that it comes from.
type cmdLine struct {
	bytes []byte
	from  []int
	// copied says that a browser wrote it: nobody else puts carets before quotes.
	copied bool
}

// readCmd reads the command that starts at an offset of text, as Windows does in
// two steps: cmd.exe removes the carets and finds the end of the command, and
// the C runtime of curl then splits what is left into arguments.
func readCmd(text string, from int) (command, *Error) {
	line, out, err := stripCarets(text, from)
	if err != nil {
		return command{}, err
	}
	out.words, err = splitArguments(text, line)
	return out, err
}

// stripCarets does what cmd.exe does. Between quotes a caret is a caret; but a
// quote behind a caret opens none, which is why browsers write ^"…^".
func stripCarets(text string, from int) (cmdLine, command, *Error) {
	var line cmdLine
	var out command
	put := func(at int) {
		line.bytes = append(line.bytes, text[at])
		line.from = append(line.from, at)
	}
	quoted, piped := false, false
	for i := from; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\n':
			out.end = i + 1
			return line, out, nil
		case piped:
		case c == '^' && !quoted:
			i++
			if i < len(text) && text[i] == '\n' {
				i++ // joins the lines, and escapes the first byte of the next
			}
			if i < len(text) {
				line.copied = line.copied || text[i] == '"'
				put(i)
			}
		case c == '"':
			quoted = !quoted
			put(i)
		case quoted:
			put(i)
		case c == '&':
			return line, out, errorAt(text, i, "an unquoted & ends the command; put the URL in double quotes")
		case c == '<':
			return line, out, errorAt(text, i, "the body would come from a file, which is not read; write it behind --data-raw")
		case c == '|', c == '>':
			rest, _, _ := strings.Cut(text[i:], "\n")
			out.ignored = append(out.ignored, strings.TrimSpace(rest))
			piped = true
		default:
			put(i)
		}
	}
	out.end = len(text)
	return line, out, nil
}

// splitArguments is how the C runtime reads its command line:
// https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments.
//
// It takes backslashes that no quote follows as they are. Browsers double these
// all the same, so that curl sends two where the browser sent one. In a line of
// theirs the doubling is undone: what the browser sent is meant.
func splitArguments(text string, line cmdLine) ([]word, *Error) {
	var words []word
	var b strings.Builder
	at, quoted, opened := -1, false, 0
	s := string(line.bytes)
	for i := 0; i < len(s); {
		if at < 0 && s[i] != ' ' && s[i] != '\t' {
			at = line.from[i]
		}
		switch c := s[i]; {
		case (c == ' ' || c == '\t') && !quoted:
			if at >= 0 {
				words = append(words, word{b.String(), at})
			}
			b.Reset()
			at = -1
			i++
		case c == '\\':
			n := prefixOf(s[i:], func(c byte) bool { return c == '\\' })
			i += n
			if i >= len(s) || s[i] != '"' {
				if line.copied {
					n = (n + 1) / 2 // one alone stands before a bracket of the URL
				}
				b.WriteString(strings.Repeat(`\`, n))
				continue
			}
			b.WriteString(strings.Repeat(`\`, n/2))
			if n%2 == 1 {
				b.WriteByte('"')
				i++
			}
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			b.WriteByte('"')
			i += 2
		case c == '"':
			quoted, opened = !quoted, line.from[i]
			i++
		default:
			b.WriteByte(c)
			i++
		}
	}
	if quoted {
		return nil, errorAt(text, opened, "the double quote is never closed")
	}
	if at >= 0 {
		words = append(words, word{b.String(), at})
	}
	return words, nil
}
