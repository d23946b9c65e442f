package pasted

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const curlList = "# Requests of the shop.\n" +
	"\n" +
	"curl https://api.test/items?token=x \\\n  -H 'Origin: https://app.test'\n" +
	"# expect: 200\n" +
	"# expect-header: Access-Control-Allow-Origin: https://app.test\n" +
	"#expect-header: Vary: Origin\n" +
	"\n" +
	"# note: a remark with a colon\n" +
	"# name: an item is replaced\n" +
	"curl -X PUT --json '{\n}' https://api.test/items/1\n"

const jsonList = "[\n" +
	"\t{\"name\": \"read\", \"request\": {\"url\": \"https://api.test/items\", \"origin\": \"https://app.test\", \"headers\": {\"X-A\": [\"1\", \"2\"], \"Cookie\": \"a=b\"}},\n" +
	"\t \"expect\": {\"status\": 200, \"headers\": {\"Vary\": \"Origin\"}}},\n" +
	"\t{\"request\": {\"method\": \"PATCH\", \"url\": \"https://api.test/ä\", \"body\": \"x\", \"credentials\": \"omit\"}}\n" +
	"]\n"

func TestRequests(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, in string
		want          []string
	}{
		{"curl lines", "comments behind a command are its answer", curlList, []string{
			"3 GET https://api.test/items: GET https://api.test/items?token=x https://app.test  [] -> 0 200 [Access-Control-Allow-Origin=https://app.test | Vary=Origin]",
			"11 an item is replaced: PUT https://api.test/items/1   [Accept Content-Type] {\n} -> nothing",
		}},
		{"JSON", "tabs, lists of values, both words for the answer", jsonList, []string{
			"2 read: GET https://api.test/items https://app.test include [X-A X-A] -> 0 200 [Vary=Origin]",
			"4 PATCH https://api.test/%C3%A4: PATCH https://api.test/%C3%A4  omit [] x -> nothing",
		}},
		{"HAR", "preflights are left out", string(readSample(t, "chrome.har")), []string{
			"20 PUT https://api.test/items/1: PUT https://api.test/items/1 https://app.test  [content-type] {\"n\":\"Ã©\"} -> HTTP/2 200",
			"137 DELETE https://api.test/items/2: DELETE https://api.test/items/2 https://app.test  [X-Requested-With] -> nothing",
			"176 GET https://cdn.test/a.png: GET https://cdn.test/a.png https://app.test  [] -> HTTP/1.1 200",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := Requests("list", []byte(tc.in))
			require.NoError(t, err)
			var lines []string
			for _, e := range got {
				var names []string
				for _, h := range e.Call.Request.Headers {
					names = append(names, h.Name())
				}
				line := fmt.Sprintf("%d %s: %s %s %s %s %v", e.Line, e.Name, e.Call.Request.Method, e.Call.Request.URL, e.Call.Origin, e.Call.Credentials, names)
				if e.Call.Request.Body != nil {
					line += " " + e.Call.Request.Body.Bytes
				}
				switch {
				case e.Response == nil:
					line += " -> nothing"
				case e.Response.Version != "":
					line += fmt.Sprintf(" -> %s %d", e.Response.Version, e.Response.Status)
				default:
					line += " -> 0 " + strings.Join(strings.Fields(told(*e.Response)), " ")
				}
				lines = append(lines, line)
			}
			if diff := cmp.Diff(tc.want, lines); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tc.why, diff)
			}
		})
	}
}

func TestRequestsRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"empty", " \n", "list:1:1: has no requests"},
		{"empty list", "[]", "list:1:1: has no requests"},
		{"no curl", "curl https://a.test/\nGET /\n", "list:2:1: it is not a curl command"},
		{"flag in the second command", "curl https://a.test/\n\ncurl --dta x https://a.test/\n", `list:3:6: unknown flag --dta (did you mean "--data"?)`},
		{"answer before any request", "# expect: 200\ncurl https://a.test/\n", "list:1:1: expect stands before any request"},
		{"answer behind a name", "curl https://a.test/\n# name: b\n# expect: 200\n", "list:3:1: expect stands before any request"},
		{"status", "curl https://a.test/\n# expect: ok\n", "list:2:1: expected a status"},
		{"two statuses", "curl https://a.test/\n# expect: 200\n# expect: 201\n", "list:3:1: a second status"},
		{"unknown comment", "curl https://a.test/\n# expect-status: 200\n", `list:2:1: unknown comment "expect-status"`},
		{"header", "curl https://a.test/\n  # expect-header: Vary\n", "list:2:3: expected a header"},
		{"unknown key", "[\n {\"request\": {\"metod\": \"PUT\"}}]", `list:2:15: [0].request.metod: unknown key (did you mean "method"?); known are method, url`},
		{"unknown key above", `[{"requst": {}}]`, `list:1:3: [0].requst: unknown key (did you mean "request"?)`},
		{"no request", `[{"name": "a"}]`, "list:1:2: [0].request: is missing"},
		{"no URL", `[{"request": {}}]`, "list:1:14: [0].request.url: is missing"},
		{"written twice", `[{"request": {"url": "https://a.test/", "url": ""}}]`, "[0].request.url: is written twice"},
		{"credentials", `[{"request": {"url": "https://a.test/", "credentials": "includ"}}]`, `list:1:56: [0].request.credentials: is unknown (did you mean "include"?)`},
		{"status as a string", `[{"request": {"url": "https://a.test/"}, "expect": {"status": "200"}}]`, "[0].expect.status: is a string; expected a number"},
		{"status out of range", `[{"request": {"url": "https://a.test/"}, "expect": {"status": 20}}]`, "[0].expect.status: is no status"},
		{"two answers", `[{"request": {"url": "https://a.test/"}, "expect": {}, "response": {}}]`, "[0].expect: is the same as response"},
		{"header value", `[{"request": {"url": "https://a.test/", "headers": {"X": 1}}}]`, "[0].request.headers.X: is a number; expected a string: write it in quotes"},
		{"relative URL", `[{"request": {"url": "/items"}}]`, "[0].request.url: the URL has a scheme other than http and https"},
		{"origin", `[{"request": {"url": "https://a.test/", "origin": "https://b.test/"}}]`, "list:1:51: [0].request.origin: the Origin header is not written as a browser sends it"},
		{"item", `["curl"]`, "[0]: is a string; expected an object with name, request"},
		{"cut off", "[\n{\"request\": {", "list:2:14: the JSON ends in the middle of a value"},
		{"HAR", `{"log":{"entries":[{"request":{"method":"GET"}}]}}`, "list:1:31: log.entries[0].request.url: is missing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := Requests("list", []byte(tc.in))
			require.ErrorContains(t, err, tc.want)
			var e *Error
			assert.True(t, errors.As(err, &e))
		})
	}
}

func FuzzRequests(f *testing.F) {
	f.Add(curlList)
	f.Add(jsonList)
	f.Add(`{"log":{"entries":[{"request":{"method":"GET","url":"https://a.test/"}}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		_, err := Requests("list", []byte(text))
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%T: %v", err, err)
		}
	})
}
