package pasted

import (
	"encoding/base64"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// putFlag is put for the value of a flag, which curl takes back if it is empty.
func (l *curlLine) putFlag(name, value string) *Error {
	if value == "" {
		return nil
	}
	return l.put(name, value)
}

// put appends a header.
func (l *curlLine) put(name, value string) *Error {
	l.sent = append(l.sent, fetch.Header{isomorphic(name), isomorphic(strings.Trim(value, " \t\r\n"))})
	return nil
}

// addHeader reads a value of -H: "Name: value" is sent, "Name;" is sent without a
// value, and "Name:" removes what curl would send by itself.
func (l *curlLine) addHeader(a argument) *Error {
	if strings.HasPrefix(a.value, "@") {
		return l.fail(a.valueAt, "%s names a file of headers, which is not read; write each header", a.spelled)
	}
	name, value, colon := strings.Cut(a.value, ":")
	if !colon {
		var empty bool
		if name, empty = strings.CutSuffix(strings.TrimRight(a.value, " \t"), ";"); !empty {
			return l.fail(a.valueAt, `the value of %s is no header: it lacks the colon, as in "Name: value"`, a.spelled)
		}
	}
	if name == "" || prefixOf(name, isTokenByte) < len(name) {
		return l.fail(a.valueAt, "the value of %s is no header: what stands before the colon is no header's name", a.spelled)
	}
	if colon && strings.Trim(value, " \t\r\n") == "" {
		l.removed = append(l.removed, name)
		return nil
	}
	if strings.EqualFold(name, "Origin") {
		l.originAt = a.valueAt
	}
	return l.put(name, value)
}

// addCookies reads a value of -b; all go into one Cookie header.
func (l *curlLine) addCookies(a argument) *Error {
	switch {
	case a.value == "":
		l.call.Ignored = append(l.call.Ignored, a.spelled)
		return nil
	case !strings.Contains(a.value, "="):
		return l.fail(a.valueAt, `%s names a file of cookies, which is not read; write the cookies, as in "name=value; other=value"`, a.spelled)
	}
	l.cookies = append(l.cookies, isomorphic(a.value))
	if len(l.cookies) > 1 {
		return nil
	}
	l.cookieAt = len(l.sent)
	return l.put("Cookie", "")
}

// setUser reads a value of -u, which curl sends as HTTP authentication.
func (l *curlLine) setUser(a argument) *Error {
	if !strings.Contains(a.value, ":") {
		return l.fail(a.valueAt, "%s lacks the password, for which curl would ask; write user:password, with any password", a.spelled)
	}
	l.user = true
	if l.sent.Contains("Authorization") {
		return nil
	}
	l.userHeader = true
	return l.put("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(a.value)))
}

// dropUser forgets that -u wrote a header if -H writes one too, as curl does.
func (l *curlLine) dropUser() {
	if !l.userHeader || len(l.sent.Lines("Authorization")) < 2 {
		return
	}
	for i, h := range l.sent {
		if h.Name() == "Authorization" && strings.HasPrefix(h.Value(), "Basic ") {
			l.sent = append(l.sent[:i:i], l.sent[i+1:]...)
			break
		}
	}
	l.userHeader = false
}

// withoutAuthorization takes the header of -u from what page code sets: a browser
// sends it by itself for a user name and password that it knows.
func (l *curlLine) withoutAuthorization(call *Call) {
	var kept fetch.HeaderList
	for _, h := range call.Request.Headers {
		if !strings.EqualFold(h.Name(), "Authorization") {
			kept = append(kept, h)
		}
	}
	call.Request.Headers = kept
	call.Dropped = append(call.Dropped, Dropped{Name: "Authorization", Why: "it is of -u: the browser sends the user name and password that it knows if the credentials mode lets it; page code that sets the header needs a preflight"})
}
