package pasted

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/corsproof/corsproof/harness/fetch"
)

// An Expected is a request of a list, with the response that is expected or was
// recorded.
type Expected struct {
	// Name is that of the list; where it has none, method and URL without the
	// query.
	Name string
	// Line is where the request begins in the file, from 1.
	Line int
	Call Call
	// Response is nil if nothing is expected. Its Status is 0 if only headers are.
	Response *fetch.SentResponse
	// Recorded says that the response was recorded, in a HAR file: a header that it
	// lacks was not sent. An expected response may leave headers open.
	Recorded bool
}

// Requests reads a list of requests in one of three forms, told apart by content:
//
//   - a HAR file; preflights are left out, as the browser makes them of requests.
//
//   - curl lines, with blank lines and comments between. A comment before a
//     command may name it, comments behind it may say what is expected, as below.
//
//   - JSON, a list of objects with the keys "name", "request" and "response", or
//     "expect", which is the same. A request has "method", "url", "origin",
//     "headers", "body" and "credentials"; a response "status" and "headers",
//     whose values are strings or lists of strings.
//
// A file of curl lines:
//
//	# name: an item is replaced
//	curl https://api.test/items/1 -X PUT -H 'Origin: https://app.test'
//	# expect: 200
//	# expect-header: Access-Control-Allow-Origin: https://app.test
//
// Name is the file's name, for errors, which are [*Error] with line and column.
// An unknown key is one. A list without requests is one too.
func Requests(name string, data []byte) ([]Expected, error) {
	list, err := readRequests(name, data)
	var e *Error
	if errors.As(err, &e) {
		e.File = name
		return nil, e
	}
	if err == nil && len(list) == 0 {
		err = &Error{File: name, Line: 1, Column: 1, Problem: "has no requests"}
	}
	return list, err
}

func readRequests(name string, data []byte) ([]Expected, error) {
	start := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	switch {
	case bytes.HasPrefix(start, []byte("{")):
		return harRequests(name, data)
	case bytes.HasPrefix(start, []byte("[")):
		return jsonRequests(data)
	case len(data) > longestLine:
		return nil, &Error{Problem: "the file is longer than 16 MB"}
	}
	return curlRequests(string(data))
}

func harRequests(name string, data []byte) ([]Expected, error) {
	a, err := readHAR(name, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var out []Expected
	for _, e := range a.Entries {
		if !e.IsPreflight {
			out = append(out, Expected{Name: nameOf(e.Call), Line: e.Line, Call: e.Call, Response: e.Response, Recorded: true})
		}
	}
	return out, nil
}

// nameOf names a request that has no name. A query may hold secrets.
func nameOf(c Call) string {
	url, _, _ := strings.Cut(c.Request.URL, "#")
	url, _, _ = strings.Cut(url, "?")
	if u, err := fetch.ParseURL(url, nil); err == nil && u.IncludesCredentials() {
		url = string(u.Origin()) + u.Path
	}
	return c.Request.Method + " " + url
}

// curlRequests reads a file of curl lines.
func curlRequests(data string) ([]Expected, error) {
	text := normalized(data)
	var out []Expected
	name := ""
	lines := &runningLine{data: []byte(text), line: 1}
	for at := 0; at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "":
		case trimmed[0] == '#' && !isRootPrompt(trimmed):
			var last *Expected
			if len(out) > 0 && name == "" {
				last = &out[len(out)-1]
			}
			if err := readComment(text, at, line, last, &name); err != nil {
				return nil, err
			}
		default:
			call, end, err := readCurl(text, at)
			if err != nil {
				return nil, err
			}
			if len(out) == mostEntries {
				return nil, errorAt(text, at, "the list has more than %d requests", mostEntries)
			}
			e := Expected{Name: name, Line: lines.at(at), Call: call}
			if e.Name == "" {
				e.Name = nameOf(call)
			}
			out = append(out, e)
			name = ""
			at = end
			continue
		}
		at += len(line) + 1
	}
	return out, nil
}

// isRootPrompt reports whether a line is "# curl …", as root's terminal shows it,
// with a URL in it: in a comment curl is a word.
func isRootPrompt(line string) bool {
	_, _, ok := commandStart(line)
	return ok && strings.Contains(line, "://") && strings.HasPrefix(line, "# curl ")
}

// readComment reads what a comment says of the request before it, or of the next.
func readComment(text string, at int, line string, last *Expected, name *string) *Error {
	key, value, ok := strings.Cut(strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "#")), ":")
	value = strings.TrimSpace(value)
	fail := func(format string, args ...any) *Error {
		return errorAt(text, at+strings.IndexByte(line, '#'), format, args...)
	}
	switch {
	case !ok:
		return nil
	case key == "name":
		*name = value
		return nil
	case key != "expect" && key != "expect-header":
		if strings.HasPrefix(key, "expect") && !strings.Contains(key, " ") {
			return fail("unknown comment %q; known are expect, expect-header and name", key)
		}
		return nil
	case last == nil:
		return fail("%s stands before any request; write it behind the curl command", key)
	}
	if last.Response == nil {
		last.Response = &fetch.SentResponse{Headers: fetch.HeaderList{}}
	}
	if key == "expect" {
		status, ok := readStatus(value)
		if !ok {
			return fail(`expected a status, as in "# expect: 200"`)
		}
		if last.Response.Status != 0 {
			return fail("a second status for the same request")
		}
		last.Response.Status = status
		return nil
	}
	header, headerValue, ok := strings.Cut(value, ":")
	if !ok || header == "" || prefixOf(header, isTokenByte) < len(header) {
		return fail(`expected a header, as in "# expect-header: Vary: Origin"`)
	}
	last.Response.Headers = append(last.Response.Headers, fetch.Header{header, isomorphic(strings.TrimSpace(headerValue))})
	return nil
}

// readStatus reads a status of three digits.
func readStatus(s string) (int, bool) {
	if len(s) != 3 || prefixOf(s, func(c byte) bool { return '0' <= c && c <= '9' }) < 3 || s[0] == '0' {
		return 0, false
	}
	return int(s[0]-'0')*100 + int(s[1]-'0')*10 + int(s[2]-'0'), true
}

// jsonPlace returns the function that tells places in data.
func jsonPlace(data []byte) func(int) (int, int) {
	return func(offset int) (int, int) {
		before := data[:min(max(offset, 0), len(data))]
		start := bytes.LastIndexByte(before, '\n') + 1
		return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1
	}
}

// jsonRequests reads a JSON list.
func jsonRequests(data []byte) ([]Expected, error) {
	if len(data) > largestHAR {
		return nil, &Error{Problem: "the file is larger than 256 MB"}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	r := &jsonReader{place: jsonPlace(data)}
	root, offset, err := parseJSON(data)
	if err != nil {
		r.fail(offset, "", "%s", err)
		return nil, r.err
	}
	if len(root.items) > mostEntries {
		r.fail(root.items[mostEntries].offset, "", "the list has more than %d requests", mostEntries)
		return nil, r.err
	}
	lines := &runningLine{data: data, line: 1}
	var out []Expected
	for i, item := range root.items {
		e := r.expected(item, fmt.Sprintf("[%d]", i))
		if r.err != nil {
			return nil, r.err
		}
		e.Line = lines.at(item.offset)
		out = append(out, e)
	}
	return out, nil
}

// A runningLine counts lines up to offsets that only grow.
type runningLine struct {
	data []byte
	from int
	line int
}

func (l *runningLine) at(offset int) int {
	l.line += bytes.Count(l.data[l.from:offset], []byte("\n"))
	l.from = offset
	return l.line
}
