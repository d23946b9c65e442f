package pasted

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A curlBody is what -d, --json and -F have put together.
type curlBody struct {
	data    strings.Builder
	form    []string // entries of a form, encoded
	dataAt  int      // offset of the first -d, for an error
	hasData bool
	json    bool
}

// isSent reports whether there is a body, which may be empty.
func (b *curlBody) isSent() bool { return b.hasData || len(b.form) > 0 }

// add appends data as curl does, with "&" between; pieces of JSON follow each
// other with nothing between.
func (b *curlBody) add(piece string, json bool, at int) {
	if !b.hasData {
		b.dataAt = at
	} else if !json {
		b.data.WriteByte('&')
	}
	b.hasData = true
	b.json = b.json || json
	b.data.WriteString(piece)
}

func (l *curlLine) addData(a argument) *Error {
	if strings.HasPrefix(a.value, "@") && a.flag.long != "data-raw" {
		return l.fail(a.valueAt, "%s takes the body from a file, which is not read; write the body itself behind --data-raw", a.spelled)
	}
	l.body.add(a.value, a.flag.long == "json", a.at)
	return nil
}

// addEncoded reads a value of --data-urlencode: "content", "=content",
// "name=content", "@file" or "name@file".
func (l *curlLine) addEncoded(a argument) *Error {
	piece, err := l.encoded(a)
	if err != nil {
		return err
	}
	l.body.add(piece, false, a.at)
	return nil
}

func (l *curlLine) encoded(a argument) (string, *Error) {
	i := strings.IndexAny(a.value, "=@")
	switch {
	case i < 0:
		return curlEscape(a.value), nil
	case a.value[i] == '@':
		return "", l.fail(a.valueAt, "%s takes the content from a file, which is not read; write name=content", a.spelled)
	case i == 0:
		return curlEscape(a.value[1:]), nil
	}
	return a.value[:i+1] + curlEscape(a.value[i+1:]), nil
}

// curlEscape is curl's URL encoding, in which a blank is "%20" too since it
// encodes all but the unreserved characters.
func curlEscape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// addQuery reads a value of --url-query, which is encoded as that of
// --data-urlencode is, unless it begins with "+".
func (l *curlLine) addQuery(a argument) *Error {
	if raw, ok := strings.CutPrefix(a.value, "+"); ok {
		l.query = append(l.query, raw)
		return nil
	}
	piece, err := l.encoded(a)
	if err == nil {
		l.query = append(l.query, piece)
	}
	return err
}

// addForm reads a value of -F: a field with a string in it.
func (l *curlLine) addForm(a argument) *Error {
	name, value, ok := strings.Cut(a.value, "=")
	if !ok {
		return l.fail(a.valueAt, "the value of %s is no field: write name=content", a.spelled)
	}
	if a.flag.long == "form" {
		if strings.HasPrefix(value, "@") || strings.HasPrefix(value, "<") {
			return l.fail(a.valueAt, "%s takes the field from a file, which is not read; write name=content", a.spelled)
		}
		value = l.withoutFieldParameters(a, value)
	}
	l.body.form = append(l.body.form, url.QueryEscape(name)+"="+url.QueryEscape(value))
	return nil
}

// withoutFieldParameters cuts what follows a field's content, such as
// ";type=text/plain". A browser decides for or against a preflight by the type
// of the whole body alone.
func (l *curlLine) withoutFieldParameters(a argument, value string) string {
	if quoted, ok := strings.CutPrefix(value, `"`); ok {
		if content, _, ok := strings.Cut(quoted, `"`); ok {
			return content
		}
	}
	for _, parameter := range []string{";type=", ";filename=", ";headers=", ";encoder="} {
		if content, _, ok := strings.Cut(value, parameter); ok {
			l.call.Ignored = append(l.call.Ignored, a.spelled+" …"+parameter+"…")
			value = content
		}
	}
	return value
}

// finish returns the body and the headers that curl adds for it.
func (b *curlBody) finish(l *curlLine) (*fetch.Body, fetch.HeaderList, *Error) {
	switch {
	case b.hasData && len(b.form) > 0:
		return nil, nil, l.fail(b.dataAt, "both -d and -F are there, and curl sends one body only; leave one out")
	case l.head && !l.get && b.isSent():
		return nil, nil, l.fail(b.dataAt, "-I asks for HEAD, which has no body; leave -I or the body out")
	case b.hasData && l.get, !b.isSent():
		return nil, nil, nil
	case len(b.form) > 0:
		return &fetch.Body{Kind: fetch.BodyFormData, Bytes: strings.Join(b.form, "&")}, nil, nil
	}
	body := &fetch.Body{Kind: fetch.BodyText, Bytes: isomorphic(b.data.String())}
	if !utf8.ValidString(b.data.String()) {
		body.Kind = fetch.BodyBytes // no string of page code becomes these bytes
	}
	var implied fetch.HeaderList
	imply := func(name, value string) bool {
		if l.sent.Contains(name) || l.isRemoved(name) {
			return false
		}
		implied = append(implied, fetch.Header{name, value})
		return true
	}
	contentType := "application/x-www-form-urlencoded"
	if b.json {
		contentType = "application/json"
		imply("Accept", contentType)
	}
	if !imply("Content-Type", contentType) && !l.sent.Contains("Content-Type") {
		body.Kind = fetch.BodyBytes // a string would bring a type of its own
	}
	return body, implied, nil
}

func (l *curlLine) isRemoved(name string) bool {
	for _, removed := range l.removed {
		if strings.EqualFold(removed, name) {
			return true
		}
	}
	return false
}
