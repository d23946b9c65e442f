package pasted

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/strict"
)

// The JSON of a list is decoded by hand: harness/strict reads YAML, whose parser
// refuses the tabs with which JSON is often indented.

// keys reports a value that is no object, and keys that are unknown or written
// twice.
func (r *jsonReader) keys(n *jsonNode, path string, known ...string) bool {
	if !n.isObject() {
		r.fail(n.offset, path, "is %s; expected an object with %s", n.kind(), strings.Join(known, ", "))
		return false
	}
	seen := map[string]bool{}
	for _, f := range n.fields {
		switch {
		case !slices.Contains(known, f.key):
			r.fail(f.offset, strict.Join(path, f.key), "unknown key%s; known are %s", strict.Suggestion(f.key, known), strings.Join(known, ", "))
			return false
		case seen[f.key]:
			r.fail(f.offset, strict.Join(path, f.key), "is written twice")
			return false
		}
		seen[f.key] = true
	}
	return true
}

func (r *jsonReader) expected(n *jsonNode, path string) Expected {
	var e Expected
	if !r.keys(n, path, "name", "request", "response", "expect") {
		return e
	}
	request := r.object(n, path, "request")
	if request == nil {
		r.fail(n.offset, path+".request", "is missing")
		return e
	}
	e.Call = r.call(request, path+".request")
	if e.Name = r.text(n, path, "name"); e.Name == "" {
		e.Name = nameOf(e.Call)
	}
	key := "response"
	if expect := n.field("expect"); expect != nil {
		if n.field("response") != nil {
			r.fail(expect.offset, path+".expect", "is the same as response, which is there too; leave one out")
			return e
		}
		key = "expect"
	}
	if response := r.object(n, path, key); response != nil {
		e.Response = r.response(response, path+"."+key)
	}
	return e
}

func (r *jsonReader) call(n *jsonNode, path string) Call {
	if !r.keys(n, path, "method", "url", "origin", "headers", "body", "credentials") {
		return Call{}
	}
	request := fetch.Request{Method: r.text(n, path, "method"), URL: escapedURL(r.required(n, path, "url"))}
	switch {
	case r.err != nil:
		return Call{}
	case request.Method == "":
		request.Method = "GET"
	case prefixOf(request.Method, isTokenByte) < len(request.Method):
		r.fail(n.field("method").offset, path+".method", "is no method")
	}
	if err := checkURL(request.URL); err != nil {
		r.fail(n.field("url").offset, path+".url", "%s", err)
	}
	if body := n.field("body"); body != nil {
		request.Body = &fetch.Body{Kind: fetch.BodyText, Bytes: isomorphic(r.text(n, path, "body"))}
	}
	sent := r.headers(n, path)
	origin := r.text(n, path, "origin")
	if origin != "" {
		if sent.Contains("Origin") {
			r.fail(n.field("origin").offset, path+".origin", "stands among the headers too; leave one out")
		}
		sent = append(sent, fetch.Header{"Origin", isomorphic(origin)})
	}
	call, err := newCall(request, sent, nil)
	if err != nil {
		where, key := n.field("headers"), "headers"
		if origin != "" {
			where, key = n.field("origin"), "origin"
		}
		r.fail(where.offset, strict.Join(path, key), "%s", err)
	}
	if mode := r.credentials(n, path); mode != "" {
		call.Credentials, call.Request.Credentials = mode, mode
	}
	return call
}

func (r *jsonReader) credentials(n *jsonNode, path string) fetch.CredentialsMode {
	known := []string{string(fetch.CredentialsOmit), string(fetch.CredentialsSameOrigin), string(fetch.CredentialsInclude)}
	mode := r.text(n, path, "credentials")
	if mode != "" && !slices.Contains(known, mode) {
		r.fail(n.field("credentials").offset, path+".credentials", "is unknown%s; expected one of %s", strict.Suggestion(mode, known), strings.Join(known, ", "))
	}
	return fetch.CredentialsMode(mode)
}

func (r *jsonReader) response(n *jsonNode, path string) *fetch.SentResponse {
	if !r.keys(n, path, "status", "headers") {
		return nil
	}
	out := &fetch.SentResponse{Status: r.number(n, path, "status"), Headers: r.headers(n, path)}
	if s := n.field("status"); s != nil && (out.Status < 100 || out.Status > 999) {
		r.fail(s.offset, path+".status", "is no status; expected three digits")
	}
	return out
}

// headers reads an object of header names, each with a string, or a list of
// strings for several lines.
func (r *jsonReader) headers(n *jsonNode, path string) fetch.HeaderList {
	out := fetch.HeaderList{}
	headers := r.object(n, path, "headers")
	if headers == nil {
		return out
	}
	for _, f := range headers.fields {
		at := fmt.Sprintf("%s.headers.%s", path, f.key)
		if f.key == "" || prefixOf(f.key, isTokenByte) < len(f.key) {
			r.fail(f.offset, path+".headers", "the key is no header's name")
			return out
		}
		values := []*jsonNode{f.node}
		if f.node.isList() {
			values = f.node.items
		}
		for _, v := range values {
			text, ok := v.value.(string)
			if !ok {
				hint := ""
				if _, isNumber := v.value.(json.Number); isNumber {
					hint = ": write it in quotes"
				}
				r.fail(v.offset, at, "is %s; expected a string%s", v.kind(), hint)
				return out
			}
			out = append(out, fetch.Header{f.key, isomorphic(strings.Trim(text, " \t\r\n"))})
		}
	}
	return out
}
