package pasted

import (
	"net/http"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

const (
	// longestLine bounds a curl command line, mostWords its arguments.
	longestLine = 16 << 20
	mostWords   = 10_000
)

// Curl reads one curl command line, as the developer tools of Chrome, Firefox
// and Safari copy it for bash and for Windows, or as people write it. A prompt
// before it, line continuations, a pipe and redirections behind it may stand in
// it. The error is an [*Error].
func Curl(line string) (Call, error) {
	if len(line) > longestLine {
		return Call{}, &Error{Problem: "the curl line is longer than 16 MB"}
	}
	text := normalized(line)
	call, end, failed := readCurl(text, 0)
	if failed != nil {
		return Call{}, failed
	}
	if rest := skipBlank(text, end); rest < len(text) {
		if text[rest] == '-' {
			return Call{}, errorAt(text, rest, "a line begins with a flag, and the line before does not go on; end it with a backslash, or ^ on Windows")
		}
		return Call{}, errorAt(text, rest, "more follows the curl command; paste one command alone")
	}
	return call, nil
}

// skipBlank returns the offset of the first line behind an offset that is neither
// blank nor a comment.
func skipBlank(text string, at int) int {
	for at < len(text) {
		line, _, more := strings.Cut(text[at:], "\n")
		if trimmed := strings.TrimSpace(line); trimmed != "" && trimmed[0] != '#' {
			return at + len(line) - len(strings.TrimLeft(line, " \t\r"))
		}
		at += len(line)
		if more {
			at++
		}
	}
	return at
}

// readCurl reads the command at an offset of text, and returns the offset behind
// it.
func readCurl(text string, from int) (Call, int, *Error) {
	at, length, ok := commandStart(text[from:])
	if !ok {
		return Call{}, 0, notCurl(text, from+at)
	}
	cmd, err := readCommand(text, from+at)
	if err != nil {
		return Call{}, 0, err
	}
	if len(cmd.words) > mostWords {
		return Call{}, 0, errorAt(text, cmd.words[mostWords].at, "the command has more than %d arguments", mostWords)
	}
	line := &curlLine{text: text, at: from + at}
	if length > 0 && len(cmd.words) > 0 {
		if err := readArguments(text, cmd.words[1:], line); err != nil {
			return Call{}, 0, err
		}
	}
	call, err := line.finish()
	if err != nil {
		return Call{}, 0, err
	}
	call.Ignored = append(call.Ignored, cmd.ignored...)
	return call, cmd.end, nil
}

// notCurl says what a text is instead of a curl line.
func notCurl(text string, at int) *Error {
	rest := text[at:]
	switch {
	case rest == "":
		return errorAt(text, at, "the text is empty; paste a curl command")
	case strings.HasPrefix(rest, "fetch("), strings.HasPrefix(rest, "await fetch("):
		return errorAt(text, at, `it is a call of fetch(); in the developer tools, choose "Copy as cURL" instead`)
	case strings.Contains(rest, "Invoke-WebRequest"), strings.Contains(rest, "Invoke-RestMethod"):
		return errorAt(text, at, `it is PowerShell; in the developer tools, choose "Copy as cURL" instead`)
	}
	return errorAt(text, at, "it is not a curl command: it begins with another word")
}

// A curlLine is a command line while its arguments are read.
type curlLine struct {
	text string
	at   int // of the command
	call Call

	method     string
	head, get  bool
	url        string
	urlAt      int
	globOff    bool
	query      []string
	sent       fetch.HeaderList
	removed    []string // headers that curl shall not add by itself
	cookies    []string // of -b
	cookieAt   int      // index in sent of the header for them
	user       bool
	userHeader bool // -u wrote the Authorization header
	originAt   int
	body       curlBody
}

func (l *curlLine) fail(at int, format string, args ...any) *Error {
	return errorAt(l.text, at, format, args...)
}

// apply takes one flag.
func (l *curlLine) apply(a argument) *Error {
	switch {
	case a.flag.refused != "":
		return l.fail(a.at, "%s can't be followed: %s", a.spelled, a.flag.refused)
	case a.flag.apply == nil:
		l.call.Ignored = append(l.call.Ignored, a.spelled)
		return nil
	}
	return a.flag.apply(l, a)
}

// requestFlags are the flags that say something of the request or the way to the
// server.
func requestFlags() []flag {
	set := func(to func(*curlLine) *string) func(*curlLine, argument) *Error {
		return func(l *curlLine, a argument) *Error { *to(l) = a.value; return nil }
	}
	toggle := func(to func(*curlLine) *bool) func(*curlLine, argument) *Error {
		return func(l *curlLine, a argument) *Error { *to(l) = !a.off; return nil }
	}
	return []flag{
		{short: 'X', long: "request", takesValue: true, apply: (*curlLine).setMethod},
		{short: 'H', long: "header", takesValue: true, apply: (*curlLine).addHeader},
		{short: 'd', long: "data", takesValue: true, apply: (*curlLine).addData},
		{long: "data-ascii", takesValue: true, apply: (*curlLine).addData},
		{long: "data-raw", takesValue: true, apply: (*curlLine).addData},
		{long: "data-binary", takesValue: true, apply: (*curlLine).addData},
		{long: "data-urlencode", takesValue: true, apply: (*curlLine).addEncoded},
		{long: "json", takesValue: true, apply: (*curlLine).addData},
		{short: 'F', long: "form", takesValue: true, apply: (*curlLine).addForm},
		{long: "form-string", takesValue: true, apply: (*curlLine).addForm},
		{short: 'b', long: "cookie", takesValue: true, apply: (*curlLine).addCookies},
		{short: 'u', long: "user", takesValue: true, apply: (*curlLine).setUser},
		{long: "oauth2-bearer", takesValue: true, apply: func(l *curlLine, a argument) *Error {
			return l.put("Authorization", "Bearer "+a.value)
		}},
		{short: 'A', long: "user-agent", takesValue: true, apply: func(l *curlLine, a argument) *Error { return l.putFlag("User-Agent", a.value) }},
		{short: 'e', long: "referer", takesValue: true, apply: func(l *curlLine, a argument) *Error {
			return l.putFlag("Referer", strings.TrimSuffix(a.value, ";auto"))
		}},
		{short: 'r', long: "range", takesValue: true, apply: func(l *curlLine, a argument) *Error { return l.put("Range", "bytes="+a.value) }},
		{short: 'I', long: "head", apply: toggle(func(l *curlLine) *bool { return &l.head })},
		{short: 'G', long: "get", apply: toggle(func(l *curlLine) *bool { return &l.get })},
		{short: 'g', long: "globoff", apply: toggle(func(l *curlLine) *bool { return &l.globOff })},
		{short: 'k', long: "insecure", apply: toggle(func(l *curlLine) *bool { return &l.call.Connection.Insecure })},
		{long: "url", takesValue: true, apply: func(l *curlLine, a argument) *Error { return l.addURL(a.value, a.valueAt) }},
		{long: "url-query", takesValue: true, apply: (*curlLine).addQuery},
		{short: 'x', long: "proxy", takesValue: true, apply: set(func(l *curlLine) *string { return &l.call.Connection.Proxy })},
		{long: "cacert", takesValue: true, apply: set(func(l *curlLine) *string { return &l.call.Connection.CACert })},
		{short: 'E', long: "cert", takesValue: true, apply: set(func(l *curlLine) *string { return &l.call.Connection.Cert })},
		{long: "key", takesValue: true, apply: set(func(l *curlLine) *string { return &l.call.Connection.Key })},
		{long: "resolve", takesValue: true, apply: func(l *curlLine, a argument) *Error {
			l.call.Connection.Resolve = append(l.call.Connection.Resolve, a.value)
			return nil
		}},
		{long: "connect-to", takesValue: true, apply: func(l *curlLine, a argument) *Error {
			l.call.Connection.ConnectTo = append(l.call.Connection.ConnectTo, a.value)
			return nil
		}},
	}
}

func (l *curlLine) setMethod(a argument) *Error {
	if a.value == "" || prefixOf(a.value, isTokenByte) < len(a.value) {
		return l.fail(a.valueAt, "the value of %s is no method: a method is letters without spaces", a.spelled)
	}
	l.method = a.value
	return nil
}

// finish puts the call together once all arguments are read.
func (l *curlLine) finish() (Call, *Error) {
	if l.url == "" {
		return Call{}, l.fail(l.at, "the curl command has no URL")
	}
	url, failed := l.finishURL()
	if failed != nil {
		return Call{}, failed
	}
	body, implied, failed := l.body.finish(l)
	if failed != nil {
		return Call{}, failed
	}
	if len(l.cookies) > 0 {
		l.sent[l.cookieAt][1] = strings.Join(l.cookies, "; ")
	}
	l.dropUser()
	call, err := newCall(fetch.Request{Method: l.finishMethod(), URL: url, Body: body}, l.sent, implied)
	if err != nil {
		return Call{}, l.fail(l.originAt, "%s", err)
	}
	call.Connection, call.Ignored = l.call.Connection, l.call.Ignored
	if l.user {
		call.Credentials = fetch.CredentialsInclude
		call.Request.Credentials = fetch.CredentialsInclude
	}
	if l.userHeader {
		l.withoutAuthorization(&call)
	}
	return call, nil
}

func (l *curlLine) finishMethod() string {
	switch {
	case l.method != "":
		return l.method
	case l.head:
		return http.MethodHead
	case l.body.isSent() && !l.get:
		return http.MethodPost
	}
	return http.MethodGet
}

// isomorphic returns the bytes of a text as fetch has them.
func isomorphic(text string) string { return fetch.IsomorphicDecode([]byte(text)) }

// isTokenByte reports whether c may stand in a header's name or a method:
// https://httpwg.org/specs/rfc9110.html#tokens.
func isTokenByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c < 0x80 && strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
