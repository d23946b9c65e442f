package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/story"
)

// What nobody sends is judged on paper, whatever form it has.
func TestExplainOfWhatIsRecorded(t *testing.T) {
	t.Parallel()
	const headers = "HTTP/1.1 200 OK\r\nServer: nginx\r\nAccess-Control-Allow-Origin: *\r\n\r\nbody\n"
	har := func(name string) string {
		path, err := filepath.Abs("../../harness/pasted/testdata/har/real/" + name + ".har")
		require.NoError(t, err)
		return path
	}
	for _, tc := range []struct {
		name  string
		stdin string
		args  []string
		code  int
		says  []string
	}{
		{"a console message", "", []string{"No 'Access-Control-Allow-Origin' header is present on the requested resource."}, exitNotProven, []string{"Access-Control-Allow-Origin"}},
		{"Firefox's, from standard input", "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.test/. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200.\n", []string{"-"}, exitNotProven, []string{"firefox:", "https://api.test/"}},
		{"Safari's", "Origin https://app.test is not allowed by Access-Control-Allow-Origin. Status code: 200\n", []string{"-"}, exitNotProven, []string{"webkit:"}},
		{"a message that says nothing", "TypeError: Failed to fetch\n", []string{"-"}, exitUnknown, []string{"Caveat"}},
		{"response headers", headers, []string{"https://api.test/x", "--origin", "https://app.test", "--response", "-"}, exitProven, []string{"Readable: pages of https://app.test"}},
		{"the same, of a request with credentials", headers, []string{"https://api.test/x", "--origin", "https://app.test", "--credentials", "include", "--response", "-"}, exitNotProven, []string{"does not count for a request with credentials", "a guess", "nginx"}},
		{"the response to a preflight", "HTTP/2 204\naccess-control-allow-origin: https://app.test\n\n", []string{"-", "--origin", "https://app.test", "-X", "PUT"}, exitNotProven, []string{"does not list PUT"}},
		{"curl -v", "> OPTIONS /x HTTP/1.1\n> Host: api.test\n> Origin: https://app.test\n> Access-Control-Request-Method: PUT\n> \n< HTTP/1.1 401 Unauthorized\n< \n", []string{"-"}, exitNotProven, []string{"the response to the preflight (OPTIONS) has no Access-Control-Allow-Origin", "authentication has to let OPTIONS pass"}},
		{"a HAR file, nothing recorded of the response", "", []string{har("missing")}, exitUnknown, []string{"1 blocked or unknown", "no response is recorded to GET http://127.0.0.1:4701/missing"}},
		{"a HAR file, with a preflight", "", []string{har("preflight-401")}, exitUnknown, []string{"no response is recorded to the preflight, OPTIONS http://127.0.0.1:4701/preflight-401"}},
		{"a HAR file, a header that needs a preflight", "", []string{har("header-not-listed")}, exitUnknown, []string{"request header x-trace"}},
		{"a HAR file, with credentials", "", []string{har("star-with-credentials")}, exitUnknown, []string{"Missing"}},
		{"a HAR file, with a redirect", "", []string{har("redirect")}, exitUnknown, []string{"no response is recorded to GET http://127.0.0.1:4702/end", "302 Found"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := startWithInput(t, t.TempDir(), tc.stdin, append([]string{"explain"}, tc.args...)...)
			require.Equal(t, tc.code, r.wait(t), "%s", r.out)
			for _, text := range tc.says {
				assert.Contains(t, r.stdout(), text)
			}
		})
	}
}

// Wrong use says what to write.
func TestExplainWrongUse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		stdin string
		args  []string
		says  string
	}{
		{"", []string{"https://api.test/"}, "--origin is missing"},
		{"", []string{"https://api.test/", "--origin", "app"}, `--origin "app" is not an origin`},
		{"", []string{"ftp://api.test/", "--origin", "https://app.test"}, "a scheme other than http and https"},
		{"", []string{"https://api.test/", "--origin", "https://app.test", "-H", "X"}, "write 'Name: value'"},
		{"", []string{"https://api.test/", "--origin", "https://app.test", "--resolve", "api.test"}, "write HOST:PORT:ADDRESS"},
		{"", []string{"https://api.test/", "--origin", "https://app.test", "--credentials", "yes"}, "it is omit, same-origin or include"},
		{"", []string{"https://api.test/", "--origin", "https://app.test", "--cacert", "nope.pem"}, "--cacert"},
		{"", []string{"https://api.test/", "--origin", "https://app.test", "--timeout", "0s"}, "--timeout: must be positive"},
		{"", []string{"no-such-thing"}, "is neither a URL with a scheme, nor a file, nor a kind of finding"},
		{" \n", []string{"-"}, "standard input is empty"},
		{"hello there\n", []string{"-"}, "standard input is none of these"},
		{"curl --no-such-flag https://api.test/\n", []string{"-"}, "--no-such-flag"},
		{"{\"log\": 7}", []string{"-"}, "standard input:1"},
	} {
		r := startWithInput(t, t.TempDir(), tc.stdin, append([]string{"explain"}, tc.args...)...)
		assert.Equal(t, exitUsage, r.wait(t), "%q: %s", tc.args, r.out)
		assert.Contains(t, r.out, tc.says)
	}
}

// A curl line as three browsers copy it is sent, and no secret comes back.
func TestExplainOfCurlLines(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "http://localhost:3000")
		w.Header().Set("X-Echo", r.Header.Get("Authorization")+r.Header.Get("Cookie"))
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Headers", "authorization, content-type")
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(server.Close)
	u := server.URL + "/orders"
	for _, tc := range []struct {
		name, line string
		code       int
		headline   string
	}{
		{"Chrome, bash", fmt.Sprintf("curl '%s' \\\n  -H 'accept: */*' \\\n  -H 'authorization: Bearer SECRET-TOKEN' \\\n  -H 'origin: http://localhost:3000' \\\n  -H 'sec-fetch-mode: cors' \\\n  -H 'user-agent: Mozilla/5.0'", u), exitProven, "Readable"},
		{"Chrome, bash, with JSON", fmt.Sprintf("curl '%s' -X 'PUT' -H 'content-type: application/json' -H 'origin: http://localhost:3000' --data-raw '{\"a\":\"it\\u0027s\"}'", u), exitNotProven, "does not list PUT"},
		{"Chrome, cookies", fmt.Sprintf("curl '%s' -b 'sid=SECRET-SESSION' -H 'origin: http://localhost:3000'", u), exitNotProven, "no Access-Control-Allow-Credentials: true"},
		{"Chrome, cmd", fmt.Sprintf("curl ^\"%s^\" ^\n  -H ^\"accept: */*^\" ^\n  -H ^\"origin: http://localhost:3000^\"", u), exitProven, "Readable"},
		{"Firefox", fmt.Sprintf("curl '%s' --compressed -H 'User-Agent: Mozilla/5.0' -H 'Accept: */*' -H 'Referer: http://localhost:3000/' -H 'Origin: http://localhost:3000' -H 'Connection: keep-alive' -H 'Sec-Fetch-Dest: empty'", u), exitProven, "Readable"},
		{"Firefox, a POST", fmt.Sprintf("curl '%s' -X POST -H 'Content-Type: text/plain' -H 'Origin: http://localhost:3000' --data-raw 'a'", u), exitUnknown, "was not sent to the server"},
		{"Safari", fmt.Sprintf("curl '%s' \\\n-X 'GET' \\\n-H 'Accept: */*' \\\n-H 'Origin: http://localhost:3000' \\\n-H 'Referer: http://localhost:3000/'", u), exitProven, "Readable"},
		{"Safari, another page", fmt.Sprintf("curl '%s' -X 'GET' -H 'Origin: http://localhost:3001'", u), exitNotProven, "allows the origin http://localhost:3000"},
		{"by hand, glued", fmt.Sprintf("$ curl -sSiXDELETE -H'Origin: http://localhost:3000' %s", u), exitNotProven, "does not list DELETE"},
		{"by hand, with a referrer alone", fmt.Sprintf("curl -e http://localhost:3000/cart %s", u), exitProven, "Readable"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := startWithInput(t, t.TempDir(), tc.line+"\n", "explain", "-", "--json")
			require.Equal(t, tc.code, r.wait(t), "%s", r.out)
			var s story.Story
			require.NoError(t, json.Unmarshal([]byte(r.stdout()), &s), "%s", r.out)
			assert.Equal(t, story.Schema, s.Schema)
			assert.Contains(t, s.Headline, tc.headline)
			assert.NotContains(t, r.out, "SECRET")
			r.requireNothingLeft(t)
		})
	}
	t.Run("Markdown, of a hostile server", func(t *testing.T) {
		hostile := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "```<script>|@team")
		}))
		defer hostile.Close()
		r := startWithInput(t, t.TempDir(), "", "explain", hostile.URL, "--origin", "https://app.test", "--markdown")
		require.Equal(t, exitNotProven, r.wait(t), "%s", r.out)
		first, rest, _ := strings.Cut(r.stdout(), "\n")
		assert.NotContains(t, first, "<script>")
		assert.Contains(t, rest, "````text")
	})
}
