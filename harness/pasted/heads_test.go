package pasted

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

// told is a response in a line, so that a table can hold many.
func told(r fetch.SentResponse) string {
	var headers []string
	for _, h := range r.Headers {
		headers = append(headers, h.Name()+"="+h.Value())
	}
	return strings.TrimSpace(fmt.Sprintf("%s %d %s [%s] %s", r.Version, r.Status, r.Reason, strings.Join(headers, " | "), r.Body.Prefix))
}

const curlVerbose = `$ curl -v -X PUT https://api.test/items -H 'Origin: https://app.test'
*   Trying 127.0.0.1:443...
* ALPN: server accepted h2
* using HTTP/2
> PUT /items HTTP/2
> Host: api.test
> user-agent: curl/8.5.0
> origin: https://app.test
> 
* We are completely uploaded and fine
< HTTP/2 100 
< HTTP/2 200 
< access-control-allow-origin: https://app.test
< vary: Origin
< 
{ [7 bytes data]
* Connection #0 to host api.test left intact
{"a":1}
`

// The progress meter of curl draws over itself with carriage returns.
const curlMeter = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\r\n" +
	"                                 Dload  Upload   Total   Spent    Left  Speed\r\n" +
	"\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0* Connected to 127.0.0.1\n" +
	"> GET /x HTTP/1.1\r\n> Host: 127.0.0.1\r\n> \r\n" +
	"\r  0     0    0     0    0     0      0      0 --:--:--  0:00:01 --:--:--     0< HTTP/1.1 200 OK\r\n< A: b\r\n< \r\n" +
	"\r100     7  100     7    0     0   5021      0 --:--:-- --:--:-- --:--:--  7000\n{\"a\":1}* Connection #0 to host 127.0.0.1 left intact\n"

const curlBoth = "> GET /r HTTP/1.1\r\n> Host: a\r\n> \r\n< HTTP/1.1 302 Found\r\nHTTP/1.1 302 Found\r\n< Location: /x\r\nLocation: /x\r\n< \r\n\r\n" +
	"* Ignoring the response-body\r\n> GET /x HTTP/1.1\r\n> Host: a\r\n> \r\n< HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK\r\n< A: b\r\nA: b\r\n< \r\n\r\nbody"

const curlBothInFile = "> GET /x HTTP/1.1\n> Host: a\n> \n< HTTP/1.1 200 OK\n< A: b\n< \n* Connection #0 to host a left intact\nHTTP/1.1 200 OK\nA: b\n\nbody"

var heads = []struct {
	name, why, in string
	want          []string
}{
	{"curl -i", "CRLF, a body without a line break", "HTTP/1.1 200 OK\r\nServer: x\r\nAccess-Control-Allow-Origin: *\r\n\r\n{\"a\":1}", []string{`HTTP/1.1 200 OK [Server=x | Access-Control-Allow-Origin=*] {"a":1}`}},
	{"curl -sI, HTTP/2", "no reason", "HTTP/2 204 \nvary: Origin\nvary: Accept\n\n", []string{"HTTP/2 204  [vary=Origin | vary=Accept]"}},
	{"curl -iL", "a head for each redirect", "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\nx", []string{"HTTP/1.1 302 Found [Location=/x]", "HTTP/1.1 200 OK [A=b] x"}},
	{"curl -i through a proxy, with 100", "heads that no origin sent count too", "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n", []string{"HTTP/1.1 200 Connection established []", "HTTP/1.1 100 Continue []", "HTTP/1.1 200 OK [A=b]"}},
	{"with its command", "a prompt before the first head", "$ curl -sI \\\n  https://api.test/\nHTTP/1.0 404 Not Found\nA: b\n", []string{"HTTP/1.0 404 Not Found [A=b]"}},
	{"indented", "as in an issue", "    HTTP/1.1 200 OK\n    A: b\n\n    body\n", []string{"HTTP/1.1 200 OK [A=b] body"}},
	{"folded header", "an obsolete form", "HTTP/1.1 200 OK\nA: b\n  c\n", []string{"HTTP/1.1 200 OK [A=b c]"}},
	{"bytes", "values are isomorphic decoded", "HTTP/1.1 200 OK\nA: \xe9ü\n", []string{"HTTP/1.1 200 OK [A=\u00e9\u00c3\u00bc]"}},
	{"curl -v", "only what stands behind <", curlVerbose, []string{"HTTP/2 100  []", `HTTP/2 200  [access-control-allow-origin=https://app.test | vary=Origin] {"a":1}`}},
	{"curl -v with the progress meter", "the meter shares lines with heads", curlMeter, []string{`HTTP/1.1 200 OK [A=b] {"a":1}`}},
	{"curl -iv on a terminal", "each header twice", curlBoth, []string{"HTTP/1.1 302 Found [Location=/x]", "HTTP/1.1 200 OK [A=b] body"}},
	{"curl -iv in a file", "the heads once more at the end", curlBothInFile, []string{"HTTP/1.1 200 OK [A=b] body"}},
	{"chrome, copy response headers", "names and values alone", "access-control-allow-origin: https://app.test\ncontent-type: application/json\nset-cookie: a=b; Path=/\nx-empty:\n", []string{"0  [access-control-allow-origin=https://app.test | content-type=application/json | set-cookie=a=b; Path=/ | x-empty=]"}},
	{"chrome, selected in the panel", "name and value on two lines, with colons", "access-control-allow-origin:\nhttps://app.test\nvary:\nOrigin\n", []string{"0  [access-control-allow-origin=https://app.test | vary=Origin]"}},
	{"chrome, the whole panel", "the general part has the status, the request's headers are left out", "General\nRequest URL\nhttps://api.test/items\nRequest Method\nGET\nStatus Code\n● 403 Forbidden\nRemote Address\n127.0.0.1:443\nReferrer Policy\nstrict-origin-when-cross-origin\nResponse Headers\naccess-control-allow-origin\nhttps://app.test\nRequest Headers\n:authority\napi.test\naccept\n*/*\n", []string{"403 Forbidden [access-control-allow-origin=https://app.test]"}},
	{"chrome, the panel without titles", "the request's part begins with a header of requests", "Request URL: https://api.test/items\nStatus Code: 200\nvary: Origin\n:authority: api.test\norigin: https://app.test\n", []string{"200  [vary=Origin]"}},
	{"chrome, some years ago", "the status as a header", "status: 404\nvary: Origin\n", []string{"404  [status=404 | vary=Origin]"}},
	{"firefox, raw headers", "a status line of HTTP/2 with a reason", "HTTP/2 200 OK\naccess-control-allow-origin: *\nX-Firefox-Spdy: h2\n", []string{"HTTP/2 200 OK [access-control-allow-origin=* | X-Firefox-Spdy=h2]"}},
	{"firefox, HTTP/3", "the minor version is not written", "HTTP/3 200 OK\nvary: Origin\n", []string{"HTTP/3 200 OK [vary=Origin]"}},
}

func TestHeads(t *testing.T) {
	t.Parallel()
	for _, tc := range heads {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := Heads(strings.NewReader(tc.in))
			require.NoError(t, err, tc.why)
			var lines []string
			for _, r := range got {
				lines = append(lines, told(r))
			}
			if diff := cmp.Diff(tc.want, lines); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tc.why, diff)
			}
		})
	}
}

func TestHeadsRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "", "line 1, column 1: no response"},
		{"a header without a colon", "HTTP/1.1 200 OK\nA: b\nsecret\n", "line 3, column 7: a header lacks the colon"},
		{"a name with a blank", "HTTP/1.1 200 OK\nA b: c\n", "line 2, column 2: a header's name can't have this character"},
		{"a broken status line", "HTTP/1.1 OK\nA: b\n", "line 1, column 1: the status line is not one"},
		{"text before", "hello\nHTTP/1.1 200 OK\n", "line 1, column 1: expected a status line"},
		{"prose", "it doesn't work\n", `line 1, column 1: expected "name: value"`},
		{"requests alone", "GET / HTTP/1.1\nHost: a\n", "no response"},
		{"a name alone", "vary: Origin\nsecret\n", "line 2, column 7: a header lacks the colon and the value"},
		{"a header folded without end", "HTTP/1.1 200 OK\nA: b\n" + strings.Repeat(" x\n", longestFolded), "longer than 64 KB"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := Heads(strings.NewReader(tc.in))
			require.ErrorContains(t, err, tc.want)
			assert.NotContains(t, err.Error(), "secret", "errors quote no values")
		})
	}
	_, err := Heads(strings.NewReader("HTTP/1.1 200 OK\n\n" + strings.Repeat("x", longestText)))
	assert.ErrorContains(t, err, "longer than 16 MB")
}

func TestTranscript(t *testing.T) {
	t.Parallel()
	const preflighted = `> OPTIONS /x HTTP/1.1
> Host: api.test
> Origin: https://app.test
> Access-Control-Request-Method: PUT
> 
< HTTP/1.1 204 No Content
< Access-Control-Allow-Methods: PUT
< 
> PUT /x HTTP/1.1
> Host: api.test
> Origin: https://app.test
> 
< HTTP/1.1 100 Continue
< 
< HTTP/1.1 200 OK
< 
> GET /y HTTP/1.1
> Host: api.test
> 
* Empty reply from server
`
	got, err := Transcript(strings.NewReader(preflighted))
	require.NoError(t, err)
	require.Len(t, got, 3)
	assert.Equal(t, fetch.ExchangePreflight, got[0].Kind)
	assert.Equal(t, got[1].ID, got[0].Serves)
	assert.Equal(t, 204, got[0].Response.Status)
	assert.Equal(t, "api.test", got[1].Server)
	assert.Equal(t, 200, got[1].Response.Status, "100 is no response to a page")
	assert.Nil(t, got[2].Response)
	assert.Equal(t, "no response in the text", got[2].Incomplete)

	got, err = Transcript(strings.NewReader("GET /a HTTP/1.1\nHost: b\n\nHTTP/1.1 200 OK\nA: b\n\nx"))
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, "x", got[0].Response.Body.Prefix)

	for in, want := range map[string]string{
		"HTTP/1.1 200 OK\n": "line 1, column 1: a response without its request",
		"vary: Origin\n":    "response headers alone",
		"":                  "no request",
	} {
		_, err := Transcript(strings.NewReader(in))
		assert.ErrorContains(t, err, want)
	}
}

func FuzzHeads(f *testing.F) {
	for _, tc := range heads {
		f.Add(tc.in)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func() error{
			func() error { _, err := Heads(strings.NewReader(text)); return err },
			func() error { _, err := Transcript(strings.NewReader(text)); return err },
		} {
			var e *Error
			if err := read(); err != nil && !errors.As(err, &e) {
				t.Errorf("%T: %v", err, err)
			}
		}
	})
}
