package pasted

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/strict"
)

// readEntry reads an entry, all but what takes other entries to know, and the name
// of its page.
func readEntry(r *jsonReader, node *jsonNode, path string) (Entry, string) {
	e := Entry{Serves: -1, ServedBy: -1}
	started := r.text(node, path, "startedDateTime")
	if t, err := time.Parse(time.RFC3339Nano, started); err == nil {
		e.Started = t
	} else if started != "" {
		r.fail(node.field("startedDateTime").offset, strict.Join(path, "startedDateTime"), "is no time; expected one as in 2006-01-02T15:04:05.000Z")
	}
	if v := node.field("time"); v != nil {
		if number, ok := v.value.(json.Number); ok {
			millis, _ := number.Float64()
			e.Took = time.Duration(max(0, min(millis, 1e9)) * float64(time.Millisecond))
		}
	}
	e.ServerIP = r.text(node, path, "serverIPAddress")
	e.ResourceType = scalar(node.field("_resourceType"))
	e.FromCache = scalar(node.field("_fromCache")) != ""

	request := r.object(node, path, "request")
	if request == nil {
		r.fail(node.offset, strict.Join(path, "request"), "is missing")
		return e, ""
	}
	readRequest(r, request, strict.Join(path, "request"), &e)
	response := r.object(node, path, "response")
	e.Failure = scalar(response.field("_error"))
	if e.Failure == "" {
		e.Failure = scalar(response.field("_failureText")) // Playwright's
	}
	e.Response = readResponse(r, response, strict.Join(path, "response"))
	e.IsPreflight = e.ResourceType == "preflight" ||
		scalar(node.field("_initiator").field("type")) == "preflight" || e.Sent.IsPreflight()
	return e, r.text(node, path, "pageref")
}

// scalar returns the text of an extension of some browser, of which no form is
// promised; empty for anything but a string that says something.
func scalar(n *jsonNode) string {
	if n == nil {
		return ""
	}
	s, _ := n.value.(string)
	return s
}

// required is [jsonReader.text] of a key that must be there.
func (r *jsonReader) required(n *jsonNode, path, key string) string {
	s := r.text(n, path, key)
	if s == "" {
		r.fail(n.offset, strict.Join(path, key), "is missing")
	}
	return s
}

func readRequest(r *jsonReader, node *jsonNode, path string, e *Entry) {
	method, url := r.required(node, path, "method"), r.required(node, path, "url")
	if method != "" && prefixOf(method, isTokenByte) < len(method) {
		r.fail(node.field("method").offset, strict.Join(path, "method"), "is no method")
	}
	e.Sent = fetch.SentRequest{
		Method: method, Target: targetOf(url), Version: harVersion(r.text(node, path, "httpVersion")),
		Headers: readHeaders(r, node, path),
	}
	request := fetch.Request{Method: method, URL: url}
	post := r.object(node, path, "postData")
	body, known := readContent(r, post, strict.Join(path, "postData"))
	if post != nil && known {
		e.Sent.Body = fetch.PayloadOf(body)
		request.Body = &fetch.Body{Kind: fetch.BodyText, Bytes: fetch.IsomorphicDecode(body)}
		if !utf8.Valid(body) {
			request.Body.Kind = fetch.BodyBytes
		}
	}
	var implied fetch.HeaderList
	if mime := r.text(post, strict.Join(path, "postData"), "mimeType"); mime != "" && !e.Sent.Headers.Contains("Content-Type") {
		implied = fetch.HeaderList{{"Content-Type", isomorphic(mime)}}
	}
	// An Origin header that no browser writes is in files that proxies record.
	e.Call, _ = newCall(request, e.Sent.Headers, implied)
	if post != nil && !known {
		e.Lacks = append(e.Lacks, "request body: it stands in another file, or was left out")
	}
}

// readContent returns the bytes of a postData or content, and false if the file
// doesn't have them.
func readContent(r *jsonReader, node *jsonNode, path string) ([]byte, bool) {
	if node.field("text") == nil {
		return nil, false
	}
	text := r.text(node, path, "text")
	if encoding := scalar(node.field("encoding")); strings.EqualFold(encoding, "base64") {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			r.fail(node.field("text").offset, strict.Join(path, "text"), "is no base64")
		}
		return data, err == nil
	}
	return []byte(text), true
}

// readHeaders reads the headers of a request or response. Pseudo-headers of HTTP/2
// are none; a value with line breaks is how some tools write several lines.
func readHeaders(r *jsonReader, node *jsonNode, path string) fetch.HeaderList {
	out := fetch.HeaderList{}
	path = strict.Join(path, "headers")
	for i, h := range r.list(node, strings.TrimSuffix(path, ".headers"), "headers") {
		at := fmt.Sprintf("%s[%d]", path, i)
		if !h.isObject() {
			r.fail(h.offset, at, "is %s; expected an object", h.kind())
			return out
		}
		name, value := r.text(h, at, "name"), r.text(h, at, "value")
		if strings.HasPrefix(name, ":") {
			continue
		}
		if name == "" || prefixOf(name, isTokenByte) < len(name) {
			r.fail(h.offset, at+".name", "is no header's name")
			return out
		}
		for line := range strings.SplitSeq(value, "\n") {
			out = append(out, fetch.Header{name, harValue(strings.Trim(line, " \t\r"))})
		}
	}
	return out
}

// harValue returns a header's value as fetch has it: bytes. Browsers write bytes
// as code points up to U+00FF; what is above was decoded as UTF-8.
func harValue(value string) string {
	if _, ok := fetch.IsomorphicEncode(value); ok {
		return value
	}
	return isomorphic(value)
}

// readResponse returns nil for the empty response that stands for a blocked or
// unanswered request.
func readResponse(r *jsonReader, node *jsonNode, path string) *fetch.SentResponse {
	if node == nil {
		return nil
	}
	status := r.number(node, path, "status")
	headers := readHeaders(r, node, path)
	if status <= 0 {
		return nil
	}
	out := &fetch.SentResponse{
		Status: status, Reason: isomorphic(r.text(node, path, "statusText")),
		Version: harVersion(r.text(node, path, "httpVersion")), Headers: headers,
	}
	content := r.object(node, path, "content")
	body, known := readContent(r, content, strict.Join(path, "content"))
	// The content is after the content coding was undone, and text is decoded, so
	// that only some of it is what was on the wire.
	if known && !headers.Contains("Content-Encoding") && (isASCII(body) || scalar(content.field("encoding")) != "") {
		out.Body = fetch.PayloadOf(body)
	}
	return out
}

func isASCII(p []byte) bool {
	for _, c := range p {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// harVersion returns the protocol's version as fetch writes it; empty for what
// browsers write if they don't know it.
func harVersion(s string) string {
	switch s := strings.ToLower(s); s {
	case "", "unknown", "data", "blob":
		return ""
	case "h2", "http/2", "http/2.0", "http/2+quic/46":
		return "HTTP/2"
	case "h3", "http/3", "http/3.0", "h3-29":
		return "HTTP/3"
	default:
		if digits, ok := strings.CutPrefix(s, "http/"); ok && len(digits) == 3 {
			return version(digits)
		}
		return ""
	}
}

// targetOf returns what stands in the request line for a URL.
func targetOf(url string) string {
	u, err := fetch.ParseURL(url, nil)
	if err != nil || !u.IsHTTP() {
		return url
	}
	if u.HasQuery {
		return u.Path + "?" + u.Query
	}
	return u.Path
}
