package pasted

import (
	"regexp"
	"strings"
)

// A headForm is how a text with heads is written.
type headForm int

const (
	formPanel   headForm = iota // names and values alone, as from a browser's panel
	formRaw                     // status lines and headers
	formVerbose                 // lines with ">" and "<" before them, as of curl -v
)

// formOf tells the form of a text by its first line that can stand in one alone.
func formOf(lines []textLine) headForm {
	for _, l := range lines {
		rest := afterProgress(l)
		switch {
		case (strings.HasPrefix(rest.text, "< ") || strings.HasPrefix(rest.text, "> ")) && startLine(rest.cut(2)) != nil:
			return formVerbose
		case strings.HasPrefix(rest.text, "HTTP/"), startLine(rest) != nil:
			return formRaw
		}
	}
	return formPanel
}

// afterProgress returns what follows a progress meter on its line, or the line.
func afterProgress(l textLine) textLine {
	return l.cut(progressLength(l.text))
}

// A headScanner goes through the lines of a text.
type headScanner struct {
	lines    []textLine
	messages []message
	// inHead says that the last message's headers go on.
	inHead bool
}

func (s *headScanner) last() *message { return &s.messages[len(s.messages)-1] }

func (s *headScanner) begin(m *message) {
	s.messages = append(s.messages, *m)
	s.inHead = true
}

// raw reads heads with status lines, each with what follows it.
func (s *headScanner) raw() *Error {
	continued := false
	for i, l := range s.lines {
		start := startLine(l)
		switch {
		case start != nil:
			s.begin(start)
		case strings.HasPrefix(l.text, "HTTP/") && (s.inHead || len(s.messages) == 0):
			return l.fail(0, `the status line is not one: expected "HTTP/1.1 200 OK"`)
		case len(s.messages) == 0:
			// The command, and what it wrote to the terminal, may stand before.
			if !continued && !isPreamble(l.text) {
				return l.fail(0, "expected a status line; this line is before the first one")
			}
			continued = strings.HasSuffix(l.text, `\`) || strings.HasSuffix(l.text, "^")
		case s.inHead && l.text == "":
			s.inHead = false
		case s.inHead:
			if err := s.last().addHeader(l); err != nil {
				return err
			}
		default:
			s.addBody(l.text, i == len(s.lines)-1)
		}
	}
	return nil
}

// isPreamble reports whether a line may stand before the first head.
func isPreamble(line string) bool {
	_, _, isCurl := commandStart(line)
	return strings.TrimSpace(line) == "" || isCurl || isProgress(line) || strings.HasPrefix(line, "#")
}

// addBody appends a line to the last message's body. The last line of a text has
// no line break.
func (s *headScanner) addBody(line string, last bool) {
	m := s.last()
	m.body = append(m.body, line...)
	if !last {
		m.body = append(m.body, '\n')
	}
}

// transferred is what curl -v says of the bytes of a body.
var transferred = regexp.MustCompile(`^[{}] \[\d+ bytes data\]$`)

// gluedInfo is curl's own line behind a body that ends without a line break.
var gluedInfo = regexp.MustCompile(`\* (?:Connection #\d+ to host .* left intact|Closing connection.*)$`)

// verbose reads what curl -v prints: requests behind ">", responses behind "<",
// curl's own lines behind "*", and the bodies between.
func (s *headScanner) verbose() *Error {
	// curl -iv prints each header of a response twice: line by line on a terminal,
	// in one piece at the end in a file.
	doubled, copied := false, false
	previous := ""
	for i, l := range s.lines {
		whole := l.text
		l = afterProgress(l)
		prefix := byte(0)
		if l.text != "" {
			prefix = l.text[0]
		}
		switch {
		case l.text == "" && whole != "", l.text == "*", strings.HasPrefix(l.text, "* "), transferred.MatchString(l.text):
		case (prefix == '>' || prefix == '<') && (len(l.text) == 1 || l.text[1] == ' '):
			rest := l.cut(min(2, len(l.text)))
			isHead, err := s.verboseLine(rest, prefix)
			if err != nil {
				return err
			}
			if !isHead {
				s.addBody(l.text, i == len(s.lines)-1)
				continue
			}
			previous = rest.text
		case copied: // the head as -i prints it, behind all that -v does
			copied = l.text != ""
		case !s.inHead && len(s.messages) > 0 && statusLine.MatchString(l.text):
			copied = true
		case l.text == "" && doubled && !s.inHead:
			doubled = false // the line behind the second copy of the headers
		case len(s.messages) == 0: // the command, and curl's progress
		case s.inHead && l.text == previous:
			doubled = true
		case s.inHead && s.last().request != nil || s.inHead && l.text == "":
			// Between the lines of a request stand at most remarks.
		case s.inHead:
			return l.fail(0, `between the headers of a response stands a line without "< " before it`)
		default:
			s.addBody(gluedInfo.ReplaceAllString(l.text, ""), i == len(s.lines)-1)
		}
	}
	// The line break behind a body, or behind curl's last line, is the terminal's.
	for i := range s.messages {
		if body := s.messages[i].body; strings.Trim(string(body), "\n") == "" {
			s.messages[i].body = nil
		}
	}
	return nil
}

// verboseLine reads what stands behind ">" or "<". It reports false for what is no
// part of a head, and so of a body.
func (s *headScanner) verboseLine(l textLine, prefix byte) (bool, *Error) {
	if start := startLine(l); start != nil && (start.request != nil) == (prefix == '>') {
		s.begin(start)
		return true, nil
	}
	switch {
	case !s.inHead && len(s.messages) == 0:
		return true, l.fail(0, "expected a request line or a status line first; paste from there on")
	case !s.inHead:
		return false, nil
	case l.text == "":
		s.inHead = false
		return true, nil
	}
	return true, s.last().addHeader(l)
}
