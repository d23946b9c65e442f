package lint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/pasted"
)

// page is the beginning of a request of a page of https://app.test.
const (
	page      = "curl https://api.test/a -H 'Origin: https://app.test' "
	options   = page + "-X OPTIONS "
	preflight = options + "-H 'Access-Control-Request-Method: PUT' "
)

// expect is an expectation of curl lines.
func expect(lines ...string) string {
	var b strings.Builder
	for _, l := range lines {
		if strings.Contains(l, ":") {
			b.WriteString("\n# expect-header: " + l)
		} else {
			b.WriteString("\n# expect: " + l)
		}
	}
	return b.String()
}

// har is a HAR file with one entry.
func har(method, url string, request, response []string) string {
	list := func(lines []string) []map[string]string {
		out := []map[string]string{}
		for _, l := range lines {
			name, value, _ := strings.Cut(l, ": ")
			out = append(out, map[string]string{"name": name, "value": value})
		}
		return out
	}
	status := 200
	if len(response) > 0 {
		if _, err := fmt.Sscanf(response[0], "%d", &status); err == nil {
			response = response[1:]
		}
	}
	data, err := json.Marshal(map[string]any{"log": map[string]any{"entries": []any{map[string]any{
		"request":  map[string]any{"method": method, "url": url, "headers": list(request)},
		"response": map[string]any{"status": status, "headers": list(response)},
	}}}})
	if err != nil {
		panic(err)
	}
	return string(data)
}

// A testCase is a list of requests, with the problems as line, rule and a part of what
// is wrong or to be written, which may be empty.
type testCase struct {
	name, why, in string
	want          []string
}

var testCases = slices.Concat(requestCases, preflightCases, responseCases)

var requestCases = []testCase{
	{"fine", "a GET with an Origin is what a page sends", page, nil},
	{"fine without origin", "a list may have requests of other clients", "curl https://api.test/a -X PUT", nil},
	{"fine unsafe", "the preflight needn't stand in the list", page + "-X PUT -H 'X-Trace: 1' -H 'Cookie: a=b' --json '{}'", nil},
	{"fine copied", "what a browser copies has headers that page code cannot set", page + "-H 'Host: api.test' -H 'Sec-Fetch-Mode: cors' -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Dest: empty' -H 'Referer: https://app.test/' -H 'User-Agent: Mozilla/5.0' -H 'Accept-Encoding: gzip' -H 'TE: trailers' -H 'DNT: 1' -H 'Connection: keep-alive'", nil},

	{"TRACE", "dom-request, step 25.2", page + "-X TRACE", []string{"1 forbidden-method TRACE"}},
	{"connect", "CONNECT is forbidden in any case", page + "-X connect", []string{"1 forbidden-method connect"}},
	{"put", "put is normalized", page + "-X put", []string{"1 method-case write PUT"}},
	{"patch", "patch is not normalized", page + "-X patch", []string{"1 method-case another method than PATCH"}},
	{"PATCH", "", page + "-X PATCH", nil},
	{"other method", "any token is a method, in any case", page + "-X purge", nil},
	{"GET with a body", "dom-request, step 35", page + "-X GET -d a=b", []string{"1 body-not-allowed body with GET"}},
	{"HEAD with a body", "dom-request, step 35", `[{"request": {"method": "HEAD", "url": "https://api.test/", "body": "x"}}]`, []string{"1 body-not-allowed body with HEAD"}},
	{"GET with an empty body", "tools write it for none", `[{"request": {"url": "https://api.test/", "body": ""}}]`, nil},
	{"DELETE with a body", "only GET and HEAD have none", page + "-X DELETE -d a=b", nil},
	{"mixed content", "main fetch, step 7", "curl http://api.test/ -H 'Origin: https://app.test'", []string{"1 mixed-content https://app.test"}},
	{"http to http", "the page is no https page", "curl http://api.test/ -H 'Origin: http://app.test'", nil},
	{"loopback", "is potentially trustworthy", "curl http://127.0.0.1:8080/ -H 'Origin: https://app.test'", nil},
	{"mixed preflight", "the request that it is for", "curl http://api.test/ -X OPTIONS -H 'Origin: https://app.test' -H 'Access-Control-Request-Method: PUT'", []string{"1 mixed-content"}},
	{"bad port", "block bad port", "curl https://api.test:25/ -H 'Origin: https://app.test'", []string{"1 bad-port port 25"}},
	{"user name in the URL", "XMLHttpRequest sends it", "curl https://u:p@api.test/ -H 'Origin: https://app.test'", nil},
	{"same-origin to another", "main fetch, step 12", page + "-H 'Sec-Fetch-Mode: same-origin'", []string{"1 mode-same-origin write Sec-Fetch-Mode: cors"}},
	{"no-cors PUT", "dom-request, step 32.1", page + "-X PUT -H 'Sec-Fetch-Mode: no-cors'", []string{"1 no-cors-method PUT"}},
	{"no-cors header", "the guard of mode no-cors", page + "-X POST -H 'Sec-Fetch-Mode: no-cors' -H 'X-Trace: 1'", []string{"1 no-cors-headers x-trace"}},
	{"no-cors safelisted", "", page + "-X POST -H 'Sec-Fetch-Mode: no-cors' -H 'Accept: text/plain'", nil},
	{"navigation", "a form may be sent to http from https", "curl http://api.test/ -X POST -H 'Origin: https://app.test' -H 'Sec-Fetch-Mode: navigate' -H 'Sec-Fetch-Dest: document'", nil},

	{"Origin empty", "an origin is never empty", "curl https://api.test/ -H 'Origin;'", []string{"1 origin-invalid empty"}},
	{"Origin with *", "no host of a page has one", "curl https://api.test/ -H 'Origin: https://*.app.test'", []string{`1 origin-invalid "https://*.app.test"`}},
	{"Origin of a file", "opaque origins serialize to null", "curl https://api.test/ -H 'Origin: file://'", []string{"1 origin-invalid write Origin: null"}},
	{"Origin null", "", "curl https://api.test/ -H 'Origin: null'", nil},
	{"Origin of an extension", "", "curl https://api.test/ -H 'Origin: chrome-extension://abc'", nil},
	{"Origin with a slash", "a HAR file of a proxy", har("GET", "https://api.test/", []string{"Origin: https://app.test/"}, nil), []string{"1 origin-invalid write Origin: https://app.test"}},
	{"Origin twice", "a HAR file of a proxy", har("GET", "https://api.test/", []string{"Origin: https://app.test", "Origin: https://app.test"}, nil), []string{"1 origin-invalid twice"}},
	{"Origin no URL", "a HAR file of a proxy", har("GET", "https://api.test/", []string{"Origin: app.test"}, nil), []string{`1 origin-invalid "app.test"`}},

	{"Host of another", "the browser writes the URL's", "curl https://127.0.0.1/ -H 'Host: api.test'", []string{`1 host-differs "api.test"`}},
	{"Host with the default port", "it is the same host", "curl https://api.test/ -H 'Host: API.test:443'", nil},
	{"Host with a port", "", "curl https://api.test:8443/ -H 'Host: api.test'", []string{"1 host-differs api.test:8443"}},
	{"Host twice", "", "curl https://api.test/ -H 'Host: api.test' -H 'Host: api.test'", []string{"1 host-differs twice"}},

	{"Sec-Fetch-Mode unknown", "Fetch Metadata", page + "-H 'Sec-Fetch-Mode: CORS'", []string{"1 sec-fetch-mode CORS"}},
	{"Sec-Fetch-Site unknown", "Fetch Metadata", page + "-H 'Sec-Fetch-Site: other'", []string{"1 sec-fetch-site other"}},
	{"Sec-Fetch-Site same-origin", "Origin says otherwise", page + "-H 'Sec-Fetch-Site: same-origin'", []string{"1 sec-fetch-site cross-site"}},
	{"Sec-Fetch-Site none", "no page's request is a user's own", page + "-H 'Sec-Fetch-Site: none'", []string{"1 sec-fetch-site none"}},
	{"Sec-Fetch-Site same-site", "hosts alone don't tell sites", page + "-H 'Sec-Fetch-Site: same-site'", nil},
	{"Sec-Fetch-Site cross-site at home", "Origin is the URL's", "curl -X POST https://app.test/ -H 'Origin: https://app.test' -H 'Sec-Fetch-Site: cross-site'", []string{"1 sec-fetch-site write same-origin"}},
	{"Sec-Fetch-Site null", "a redirect makes null of any origin", "curl https://api.test/ -H 'Origin: null' -H 'Sec-Fetch-Site: same-origin'", nil},
	{"preflight with a mode", "CORS-preflight fetch, step 1", preflight + "-H 'Sec-Fetch-Mode: no-cors'", []string{"1 sec-fetch-mode always cors"}},

	{"Via", "forbidden, and no browser writes it", page + "-H 'Via: 1.1 proxy' -H 'Proxy-Authorization: Basic YTpi'", []string{"1 header-never-sent Via", "1 header-never-sent Proxy-Authorization"}},
	{"Via recorded", "a proxy wrote it", har("GET", "https://api.test/", []string{"Via: 1.1 proxy"}, nil), nil},
	{"method override", "forbidden with a forbidden method", page + "-H 'X-HTTP-Method-Override: TRACE'", []string{"1 header-never-sent forbidden method"}},
	{"method override to PUT", "", page + "-H 'X-HTTP-Method-Override: PUT'", nil},
	{"request header outside", "CORS-preflight fetch, step 3", page + "-H 'Access-Control-Request-Method: PUT'", []string{"1 request-header-outside-preflight Access-Control-Request-Method"}},

	{"cookies omitted", "credentials mode omit", `[{"request": {"url": "https://api.test/", "origin": "https://app.test", "headers": {"Cookie": "a=b"}, "credentials": "omit"}}]`, []string{"1 credentials-exclude-cookies omit"}},
	{"cookies across", "credentials mode same-origin", `[{"request": {"url": "https://api.test/", "origin": "https://app.test", "headers": {"Cookie": "a=b"}, "credentials": "same-origin"}}]`, []string{"1 credentials-exclude-cookies same-origin"}},
	{"cookies at home", "", `[{"request": {"method": "POST", "url": "https://app.test/", "origin": "https://app.test", "headers": {"Cookie": "a=b"}, "credentials": "same-origin"}}]`, nil},
	{"cookies included", "", `[{"request": {"url": "https://api.test/", "origin": "https://app.test", "headers": {"Cookie": "a=b"}, "credentials": "include"}}]`, nil},
}

var preflightCases = []testCase{
	{"preflight", "as a browser sends it", preflight + "-H 'Access-Control-Request-Headers: content-type,x-trace' -H 'Accept: */*' -H 'Cache-Control: no-cache'", nil},
	{"without origin", "a CORS-preflight request has one", "curl https://api.test/ -X OPTIONS -H 'Access-Control-Request-Method: PUT'", []string{"1 preflight-without-origin"}},
	{"without method", "its headers say that it is one", options + "-H 'Access-Control-Request-Headers: x-trace'", []string{"1 preflight-without-method Access-Control-Request-Headers"}},
	{"without method by name", "", "# name: preflight of an upload\n" + options, []string{"2 preflight-without-method name"}},
	{"without method by expectation", "only a preflight's response needs the header", options + expect("204", "Access-Control-Allow-Methods: PUT"), []string{"1 preflight-without-method Access-Control-Allow-Methods"}},
	{"method empty", "", options + "-H 'Access-Control-Request-Method;'", []string{"1 preflight-without-method empty"}},
	{"OPTIONS of its own", "page code may send OPTIONS", options + expect("200", "Allow: GET"), nil},
	{"preflight in a URL", "a name that nobody gave says nothing", "curl https://api.test/preflight -X OPTIONS", nil},
	{"not needed", "main fetch, step 12", options + "-H 'Access-Control-Request-Method: GET'", []string{"1 preflight-not-needed GET"}},
	{"not needed POST", "main fetch, step 12", options + "-H 'Access-Control-Request-Method: POST'", []string{"1 preflight-not-needed content-type if"}},
	{"needed POST", "content-type is listed if its value is unsafe", options + "-H 'Access-Control-Request-Method: POST' -H 'Access-Control-Request-Headers: content-type'", nil},
	{"private network", "Chromium asks whatever the request is", options + "-H 'Access-Control-Request-Method: GET' -H 'Access-Control-Request-Private-Network: true'", nil},
	{"preflight at home", "no preflight for the own origin", "curl https://api.test/ -X OPTIONS -H 'Origin: https://api.test' -H 'Access-Control-Request-Method: PUT'", []string{"1 preflight-not-needed own origin"}},
	{"with cookies", "CORS-preflight fetch, step 1", preflight + "-b a=b", []string{"1 preflight-with-credentials Cookie"}},
	{"with authorization", "CORS-preflight fetch, step 1", preflight + "-H 'Authorization: Bearer x'", []string{"1 preflight-with-credentials list authorization"}},
	{"with headers", "a preflight has the names, not the headers", preflight + "-H 'X-Trace: 1' -H 'Content-Type: application/json'", []string{"1 preflight-with-headers x-trace, content-type in Access-Control-Request-Headers"}},
	{"with a body", "CORS-preflight fetch, step 1", preflight + "-d x", []string{"1 preflight-with-body"}},
	{"method in lower case", "the request's method is normalized before", options + "-H 'Access-Control-Request-Method: put'", []string{"1 method-case write PUT"}},
	{"options in lower case", "", page + "-X options -H 'Access-Control-Request-Method: PUT'", []string{"1 method-case write OPTIONS"}},
	{"several methods", "a method is a token", options + "-H 'Access-Control-Request-Method: PUT, PATCH'", []string{"1 invalid-method one method"}},
	{"forbidden method", "no page can send it", options + "-H 'Access-Control-Request-Method: TRACE'", []string{"1 forbidden-method TRACE"}},
	{"upper case", "CORS-unsafe request-header names, byte-lowercased", preflight + "-H 'Access-Control-Request-Headers: X-Trace'", []string{"1 request-headers-form Access-Control-Request-Headers: x-trace"}},
	{"blanks", "CORS-preflight fetch, step 5.1", preflight + "-H 'Access-Control-Request-Headers: x-a, x-b'", []string{"1 request-headers-form has blanks"}},
	{"not sorted", "convert header names to a sorted-lowercase set", preflight + "-H 'Access-Control-Request-Headers: x-b,x-a'", []string{"1 request-headers-form is not sorted"}},
	{"twice", "it is a set", preflight + "-H 'Access-Control-Request-Headers: x-a,x-a'", []string{"1 request-headers-form a name twice"}},
	{"names in two lines", "it is one value", preflight + "-H 'Access-Control-Request-Headers: x-a' -H 'Access-Control-Request-Headers: x-b'", []string{"1 request-headers-form 2 times"}},
	{"empty", "CORS-preflight fetch, step 5", preflight + "-H 'Access-Control-Request-Headers;'", []string{"1 request-headers-form leave Access-Control-Request-Headers out"}},
	{"empty item", "", preflight + "-H 'Access-Control-Request-Headers: x-a,'", []string{"1 request-headers-form empty item"}},
	{"forbidden name", "page code cannot set it", preflight + "-H 'Access-Control-Request-Headers: origin,x-a'", []string{"1 request-headers-forbidden write Access-Control-Request-Headers: x-a"}},
	{"safelisted name", "accept is safelisted but for unusual values", preflight + "-H 'Access-Control-Request-Headers: accept'", []string{"1 request-headers-safelisted accept"}},
	{"no name", "a header's name is a token", preflight + "-H 'Access-Control-Request-Headers: x a'", []string{"1 request-headers-form", "1 request-headers-name"}},
}

var responseCases = []testCase{
	{"read", "CORS check", page + expect("200", "Access-Control-Allow-Origin: https://app.test"), nil},
	{"read by all", "CORS check, step 3", page + expect("200", "Access-Control-Allow-Origin: *"), nil},
	{"status alone", "headers that nobody mentions are unknown", page + expect("200"), nil},
	{"error", "the CORS check passes on any status", page + expect("404", "Access-Control-Allow-Origin: *"), nil},
	{"* with cookies", "CORS check, step 4", page + "-b a=b" + expect("200", "Access-Control-Allow-Origin: *"), []string{"1 response-wildcard-with-credentials write Access-Control-Allow-Origin: https://app.test"}},
	{"* with Access-Control-Allow-Credentials", "it is meant for credentials", page + expect("Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: true"), []string{"1 response-wildcard-with-credentials"}},
	{"* for omit", "the list says that there are no credentials", `[{"request": {"url": "https://api.test/", "origin": "https://app.test", "credentials": "omit"}, "expect": {"headers": {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}}}]`, nil},
	{"two lines", "CORS check, step 4", page + expect("Access-Control-Allow-Origin: https://app.test", "Access-Control-Allow-Origin: https://app.test"), []string{"1 response-multiple once"}},
	{"two values", "CORS check, step 4", page + expect("Access-Control-Allow-Origin: https://app.test, https://b.test"), []string{"1 response-multiple one value"}},
	{"slash", "CORS check, step 4", page + expect("Access-Control-Allow-Origin: https://app.test/"), []string{`1 response-mismatch "https://app.test/"`}},
	{"pattern", "CORS check, step 4", page + expect("Access-Control-Allow-Origin: https://*.test"), []string{"1 response-mismatch"}},
	{"host", "CORS check, step 4", page + expect("Access-Control-Allow-Origin: app.test"), []string{"1 response-invalid"}},
	{"another origin", "may be meant as a refusal", page + expect("Access-Control-Allow-Origin: https://b.test"), nil},
	{"True", "CORS check, step 7", page + expect("Access-Control-Allow-Credentials: True"), []string{"1 response-credentials-invalid lower case"}},
	{"false", "says that there are none", page + expect("Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: false"), nil},
	{"false with cookies", "CORS check, step 8", page + "-b a=b" + expect("Access-Control-Allow-Credentials: false"), []string{"1 response-credentials-invalid"}},
	{"all at once", "what is put right uncovers the next", page + "-b a=b" + expect("Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: 1"), []string{"1 response-wildcard-with-credentials", "1 response-credentials-invalid"}},
	{"refused by name", "it does what it is for", "# name: * with cookies is refused\n" + page + "-b a=b" + expect("Access-Control-Allow-Origin: *"), nil},
	{"same origin", "no CORS check at home", "curl https://api.test/ -X POST -H 'Origin: https://api.test'" + expect("Access-Control-Allow-Origin: x"), nil},
	{"no-cors", "no CORS check in mode no-cors", page + "-H 'Sec-Fetch-Mode: no-cors'" + expect("Access-Control-Allow-Origin: x"), nil},

	{"recorded missing", "CORS check, step 2: a record is complete", har("GET", "https://api.test/", []string{"Origin: https://app.test"}, []string{"200", "Vary: Origin"}), []string{"1 response-missing recorded"}},
	{"recorded redirect", "the CORS check is for redirects too", har("GET", "https://api.test/", []string{"Origin: https://app.test"}, []string{"302", "Location: /b"}), []string{"1 response-missing"}},
	{"recorded error", "nobody has to read it", har("GET", "https://api.test/", []string{"Origin: https://app.test"}, []string{"404", "Vary: Origin"}), nil},
	{"recorded form", "a POST may be a form's", har("POST", "https://api.test/", []string{"Origin: https://app.test"}, []string{"200", "Vary: Origin"}), nil},
	{"recorded POST", "the mode says that it is none", har("POST", "https://api.test/", []string{"Origin: https://app.test", "Sec-Fetch-Mode: cors"}, []string{"200", "Vary: Origin"}), []string{"1 response-missing"}},
	{"recorded image", "no Origin, no CORS request", har("GET", "http://api.test/", []string{"Referer: https://app.test/"}, []string{"200"}), nil},
	{"recorded credentials", "CORS check, step 8", har("GET", "https://api.test/", []string{"Origin: https://app.test", "Cookie: a=b"}, []string{"200", "Access-Control-Allow-Origin: https://app.test"}), []string{"1 response-credentials-missing add Access-Control-Allow-Credentials: true"}},
	{"recorded True", "a record is not meant: the request has no credentials", har("GET", "https://api.test/", []string{"Origin: https://app.test"}, []string{"200", "Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: true"}), nil},
	{"recorded tunnel", "a proxy's CONNECT is no page's", har("CONNECT", "https://api.test/", nil, nil), nil},

	{"consent", "CORS-preflight fetch, step 7", preflight + expect("204", "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: PUT"), nil},
	{"301", "CORS-preflight fetch, step 7", preflight + expect("301"), []string{"1 preflight-response-status-not-ok 301"}},
	{"403", "is how a preflight is refused", preflight + expect("403"), nil},
	{"401 that allows", "CORS-preflight fetch, step 7", preflight + expect("401", "Access-Control-Allow-Origin: *"), []string{"1 preflight-response-status-not-ok 401"}},
	{"method missing", "CORS-preflight fetch, step 7.5", preflight + expect("204", "Access-Control-Allow-Methods: GET, POST"), []string{"1 preflight-response-method-not-allowed add PUT"}},
	{"method in lower case, listed", "methods compare case-sensitively", preflight + expect("204", "Access-Control-Allow-Methods: put"), []string{"1 preflight-response-method-not-allowed"}},
	{"methods no list", "CORS-preflight fetch, step 7.3", preflight + expect("204", "Access-Control-Allow-Methods: PUT;GET"), []string{"1 preflight-response-allow-methods-invalid"}},
	{"header missing", "CORS-preflight fetch, step 7.7", preflight + "-H 'Access-Control-Request-Headers: x-a,x-b'" + expect("204", "Access-Control-Allow-Headers: X-A"), []string{"1 preflight-response-header-not-allowed lacks x-b"}},
	{"authorization with *", "CORS-preflight fetch, step 7.6", preflight + "-H 'Access-Control-Request-Headers: authorization'" + expect("204", "Access-Control-Allow-Headers: *"), []string{"1 preflight-response-authorization-not-listed by name"}},
	{"* for methods with credentials", "CORS-preflight fetch, step 7.5", preflight + expect("204", "Access-Control-Allow-Methods: *", "Access-Control-Allow-Credentials: true"), []string{"1 preflight-response-method-not-allowed * does not count"}},
	{"* for methods", "CORS-preflight fetch, step 7.5", preflight + expect("204", "Access-Control-Allow-Methods: *"), nil},
	{"credentials of the request beside it", "a preflight's response is judged by the request's mode", preflight + expect("204", "Access-Control-Allow-Origin: *") + "\n" + page + "-X PUT -b a=b", []string{"1 preflight-response-wildcard-with-credentials"}},
	{"requests beside it that differ", "it may be for either", preflight + expect("204", "Access-Control-Allow-Origin: *") + "\n" + page + "-X PUT -b a=b\n" + page + "-X PUT", nil},
	{"another URL beside it", "it is for another", preflight + expect("204", "Access-Control-Allow-Origin: *") + "\ncurl https://api.test/b -H 'Origin: https://app.test' -X PUT -b a=b", nil},
	{"name that nobody sends", "is no reason to list it", preflight + "-H 'Access-Control-Request-Headers: origin,x-a'" + expect("204", "Access-Control-Allow-Headers: x-a"), []string{"1 request-headers-forbidden"}},
}

// problemsOf are the problems of a list by rules.
func problemsOf(t *testing.T, rules []rule, in string) []Problem {
	t.Helper()
	list, err := pasted.Requests("list", []byte(in))
	require.NoError(t, err)
	problems, err := judge(t.Context(), rules, list)
	require.NoError(t, err)
	return problems
}

// has reports whether the problems are those that are wanted.
func has(problems []Problem, want []string) bool {
	return slices.EqualFunc(problems, want, func(p Problem, w string) bool {
		at, part, _ := strings.Cut(w, p.Rule)
		return at == fmt.Sprintf("%d ", p.Line) && (part == "" || part[0] == ' ') && strings.Contains(p.Wrong+"; "+p.Instead, strings.TrimSpace(part))
	})
}

func TestRequests(t *testing.T) {
	t.Parallel()
	for _, tc := range testCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			problems := problemsOf(t, rules, tc.in)
			if !has(problems, tc.want) {
				t.Errorf("%s (-want +got)\n%s", tc.why, cmp.Diff(tc.want, problems))
			}
			for _, p := range problems {
				assert.NotEmpty(t, p.Name)
				assert.Regexp(t, `^https://[a-z0-9.]+/[a-z-]*/?#[a-z0-9-]+$`, p.Standard)
				for _, text := range []string{p.Wrong, p.Instead} {
					assert.NotEmpty(t, text)
					assert.NotRegexp(t, `\.$|^[A-Z][a-z]+ [a-z]+ing`, text)
				}
			}
		})
	}
}

// Each rule has a case that fails without it.
func TestEachRuleIsNeeded(t *testing.T) {
	t.Parallel()
	for i, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			others := slices.Delete(slices.Clone(rules), i, i+1)
			assert.True(t, slices.ContainsFunc(testCases, func(tc testCase) bool {
				return !has(problemsOf(t, others, tc.in), tc.want)
			}), "no case fails without it")
		})
	}
}

func TestNamesOfCasesDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, tc := range testCases {
		assert.False(t, seen[tc.name], tc.name)
		seen[tc.name] = true
	}
}

// Secrets don't get into what is said.
func TestProblemsQuoteNoSecrets(t *testing.T) {
	t.Parallel()
	in := preflight + "-H 'Authorization: Bearer s3cret' -b a=s3cret -H 'X-Key: s3cret' -H 'Access-Control-Request-Headers: X-Key' -d s3cret\n" +
		"curl 'https://api.test/?s3cret' -X GET -H 'Origin: https://app.test' -d s3cret -H 'Sec-Fetch-Mode: no-cors' -H 'X-Key: s3cret'\n"
	problems := problemsOf(t, rules, in)
	assert.Greater(t, len(problems), 5)
	assert.NotContains(t, fmt.Sprint(problems), "s3cret")
}

func TestRequestsEndsWithItsContext(t *testing.T) {
	t.Parallel()
	list, err := pasted.Requests("list", []byte(page))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Requests(ctx, list)
	assert.True(t, errors.Is(err, context.Canceled))
}

// The time to judge a header that is as long as a file doesn't grow with its square.
func TestLongHeaders(t *testing.T) {
	t.Parallel()
	var names strings.Builder
	for i := range 300_000 {
		fmt.Fprintf(&names, "x-%d,", i)
	}
	in := preflight + "-H 'Access-Control-Request-Headers: " + names.String() + "x'" + expect("204", "Access-Control-Allow-Headers: "+names.String()+"y", "Access-Control-Allow-Methods: "+names.String()+"y")
	assert.Empty(t, problemsOf(t, rules, in))
}

func FuzzRequests(f *testing.F) {
	for _, tc := range testCases {
		f.Add(tc.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		list, err := pasted.Requests("list", []byte(in))
		if err != nil {
			return
		}
		problems, err := Requests(t.Context(), list)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			if p.Rule == "" || p.Wrong == "" || p.Instead == "" || p.Standard == "" || p.Line < 1 || len(p.Wrong) > 2000+len(in) {
				t.Fatalf("%+v", p)
			}
		}
	})
}
