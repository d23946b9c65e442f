package pasted

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A textLine is a line of a text, or a part of one that a carriage return ends:
// curl draws its progress meter over itself.
type textLine struct {
	text string
	// number counts from 1; column is that of the text's first character.
	number, column int
}

func (l textLine) fail(offset int, format string, args ...any) *Error {
	column := l.column + utf8.RuneCountInString(l.text[:min(offset, len(l.text))])
	return &Error{Line: l.number, Column: column, Problem: fmt.Sprintf(format, args...)}
}

// cut returns the line without its first n bytes.
func (l textLine) cut(n int) textLine {
	return textLine{l.text[n:], l.number, l.column + utf8.RuneCountInString(l.text[:n])}
}

// linesOf splits a text into lines, without the indent that all of it has.
func linesOf(text string) []textLine {
	var lines []textLine
	indent := ""
	for i, line := range strings.Split(normalized(text), "\n") {
		column := 1
		for part := range strings.SplitSeq(line, "\r") {
			l := textLine{part, i + 1, column}
			column += utf8.RuneCountInString(part) + 1
			if part != "" || part == line {
				lines = append(lines, l)
			}
		}
	}
	for _, l := range lines {
		if trimmed := strings.TrimLeft(l.text, " \t"); trimmed != "" && !isProgress(l.text) {
			indent = l.text[:len(l.text)-len(trimmed)]
			break
		}
	}
	for i, l := range lines {
		if indent != "" && strings.HasPrefix(l.text, indent) {
			lines[i] = l.cut(len(indent))
		}
	}
	return lines
}

var (
	statusLine  = regexp.MustCompile(`^HTTP/([0-9](?:\.[0-9])?) +([0-9]{3})(?: +(.*?))? *$`)
	requestLine = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9!#$%&'*+.^_|~-]*) (\S+) HTTP/([0-9](?:\.[0-9])?) *$`)
	// progress is a line of curl's progress meter, or the beginning of a line that
	// goes on with something else.
	progress = regexp.MustCompile(`^(?: *% Total .*|[ \d]+Dload .*| +Dload +Upload .*|[ \d.kMGTP]{10,}(?: *(?:--|\d{1,3}):(?:--|\d\d):(?:--|\d\d))+ *[\d.kMGTP]*)`)
)

func isProgress(line string) bool { return progressLength(line) > 0 }

// progressLength returns how much of a line is a progress meter. Most lines show
// by their first byte that none of it is.
func progressLength(line string) int {
	if line == "" || line[0] != ' ' && (line[0] < '0' || line[0] > '9') {
		return 0
	}
	return len(progress.FindString(line))
}

// version returns a protocol's version as fetch writes it: "HTTP/2" and
// "HTTP/3" have no minor one.
func version(digits string) string {
	if major, minor, ok := strings.Cut(digits, "."); ok && minor == "0" && major > "1" {
		digits = major
	}
	return "HTTP/" + digits
}

// startLine reads a status line or a request line; nil if it is neither.
func startLine(l textLine) *message {
	if !strings.Contains(l.text, "HTTP/") {
		return nil
	}
	if m := statusLine.FindStringSubmatch(l.text); m != nil {
		status, _ := strconv.Atoi(m[2])
		return &message{line: l.number, response: &fetch.SentResponse{
			Status: status, Reason: isomorphic(m[3]), Version: version(m[1]), Headers: fetch.HeaderList{},
		}}
	}
	if m := requestLine.FindStringSubmatch(l.text); m != nil {
		return &message{line: l.number, request: &fetch.SentRequest{
			Method: m[1], Target: isomorphic(m[2]), Version: version(m[3]), Headers: fetch.HeaderList{},
		}}
	}
	return nil
}

// longestFolded bounds a header that goes on over several lines.
const longestFolded = 64 << 10

// addHeader reads a line of a head.
func (m *message) addHeader(l textLine) *Error {
	headers := m.headers()
	if l.text != "" && (l.text[0] == ' ' || l.text[0] == '\t') {
		if len(*headers) == 0 {
			return l.fail(0, "the first header is indented; paste it from the beginning of the line")
		}
		if len((*headers)[len(*headers)-1][1]) > longestFolded {
			return l.fail(0, "the header that goes on in this line is longer than 64 KB")
		}
		// https://httpwg.org/specs/rfc9112.html#line.folding
		(*headers)[len(*headers)-1][1] += " " + isomorphic(strings.Trim(l.text, " \t"))
		return nil
	}
	n := prefixOf(l.text, isTokenByte)
	switch {
	case n == len(l.text):
		return l.fail(n, `a header lacks the colon, as in "name: value"`)
	case n == 0 || l.text[n] != ':':
		return l.fail(n, "a header's name can't have this character; the colon has to follow the name")
	}
	*headers = append(*headers, fetch.Header{l.text[:n], isomorphic(strings.Trim(l.text[n+1:], " \t"))})
	return nil
}
