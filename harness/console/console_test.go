package console

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOtherTextsSayNothing: what consoles and people write besides, much of it
// with words of the messages in it.
func TestOtherTextsSayNothing(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text string }{
		{"nothing", ""},
		{"blank", " \n\t\r\n"},
		{"not found", "Failed to load resource: the server responded with a status of 404 (Not Found)"},
		{"not found, with a method", "GET https://app.example/favicon.ico 404 (Not Found)"},
		{"server error", "api.example/items:1  Failed to load resource: the server responded with a status of 500 ()"},
		{"source map, Chromium", "DevTools failed to load source map: Could not load content for https://app.example/app.js.map: HTTP error: status code 404, net::ERR_HTTP_RESPONSE_CODE_FAILURE"},
		{"source map, Firefox", "Source map error: Error: request failed with status 404\nResource URL: https://app.example/app.js\nSource Map URL: app.js.map"},
		{"policy, Chromium", "Refused to connect to 'https://api.example/' because it violates the following Content Security Policy directive: \"connect-src 'self'\"."},
		{"policy, Firefox", "Content-Security-Policy: The page’s settings blocked the loading of a resource (connect-src) at https://api.example/ because it violates the following directive: “default-src 'self'”"},
		{"policy, WebKit", "Refused to connect to https://api.example/ because it does not appear in the connect-src directive of the Content Security Policy."},
		{"cookie, Firefox", "Cookie “sid” has been rejected because it is in a cross-site context and its “SameSite” is “Lax” or “Strict”."},
		{"cookie, Chromium", "This Set-Cookie header didn't specify a \"SameSite\" attribute and was default to \"SameSite=Lax,\" and was blocked because it came from a cross-site response."},
		{"React", "Warning: Each child in a list should have a unique \"key\" prop.\n    at Items (https://app.example/static/js/bundle.js:42:7)"},
		{"TypeError", "Uncaught TypeError: Cannot read properties of undefined (reading 'map')\n    at render (app.js:12:3)"},
		{"undefined", "TypeError: undefined is not an object (evaluating 'a.b')"},
		{"syntax", "Uncaught SyntaxError: Unexpected token '<', \"<!doctype \"... is not valid JSON"},
		{"module", "TypeError: Failed to fetch dynamically imported module: https://app.example/assets/Items-3f2a.js"},
		{"worker", "Failed to fetch a worker script."},
		{"application", "Error: Failed to fetch users"},
		{"application's load", "Load failed for the user list, retrying"},
		{"axios", "AxiosError: Network Error\n    at XMLHttpRequest.handleError (xhr.js:112)"},
		{"socket", "WebSocket connection to 'wss://api.example/live' failed: Error in connection establishment"},
		{"upgraded, Chromium", "Mixed Content: The page at 'https://app.example/' was loaded over HTTPS, but requested an insecure element 'http://img.example/a.png'. This request was automatically upgraded to HTTPS, For more information see https://blog.chromium.org/2019/10/no-more-mixed-messages-about-https.html"},
		{"let pass, Chromium", "Mixed Content: The page at 'https://app.example/' was loaded over HTTPS, but requested an insecure image 'http://img.example/a.png'. This content should also be served over HTTPS."},
		{"upgraded, WebKit", "The page at https://app.example/ requested insecure content from http://img.example/a.png. This content was automatically upgraded and should be served over HTTPS."},
		{"let pass, Firefox", "Loading mixed (insecure) display content “http://img.example/a.png” on a secure page"},
		{"frame", "Unsafe attempt to load URL https://app.example/a.svg from frame with URL https://app.example/. Domains, protocols and ports must match."},
		{"frame options", "Refused to display 'https://shop.example/' in a frame because it set 'X-Frame-Options' to 'sameorigin'."},
		{"preload", "The resource https://app.example/a.css was preloaded using link preload but not used within a few seconds from the window's load event."},
		{"tracker", "The resource at “https://ads.example/a.js” was blocked because content blocking is enabled."},
		{"response headers", "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: https://app.example\r\nAccess-Control-Allow-Headers: content-type\r\n"},
		{"question", "How do I set Access-Control-Allow-Origin in nginx? The browser blocks my request. The response is invalid."},
		{"the words of a lead in an address", "GET https://app.example/?q=Access+to+fetch+at 200 (OK)"},
		{"scheme of a library", "Error: URL scheme 's3' is not supported"},
		{"half a message", "has been blocked by CORS policy"},
		{"another language", "Requête multiorigine bloquée\u00A0: la politique «\u00A0Same Origin\u00A0» ne permet pas de consulter la ressource distante située sur https://api.example/."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			assert.Empty(t, Read(tc.text))
		})
	}
}

// TestQuotedValuesStayInPlace: what a message quotes is never taken from another
// one, or for another field.
func TestQuotedValuesStayInPlace(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, text, url, origin, value string
	}{
		{
			name: "cut off before another", why: "the first message has no reason, and its origin is not the second's",
			text: "Access to fetch at 'https://one.example/' from origin 'https://a.example'\n" +
				"Access to fetch at 'https://two.example/' from origin 'https://b.example' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
			url: "https://two.example/", origin: "https://b.example",
		},
		{
			name: "reason in the address", why: "a URL's query is no message",
			text: "Access to fetch at 'https://api.example/?q=No+header' from origin 'https://app.example' has been blocked by CORS policy: The 'Access-Control-Allow-Origin' header has a value 'https://other.example' that is not equal to the supplied origin.",
			url:  "https://api.example/?q=No+header", origin: "https://app.example", value: "https://other.example",
		},
		{
			name: "quotes in the value", why: "the words after a value end it",
			text: "Access to fetch at 'https://api.example/' from origin 'https://app.example' has been blocked by CORS policy: The 'Access-Control-Allow-Origin' header contains the invalid value '\"https://app.example\"'. Have the server send the header with a valid value.",
			url:  "https://api.example/", origin: "https://app.example", value: `"https://app.example"`,
		},
		{
			name: "Firefox quotes the value", why: "what doesn't match is the header's value, not the page's origin",
			text: "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example/. (Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘https://app.example’).",
			url:  "https://api.example/", value: "https://app.example",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := Read(tc.text)
			require.Len(t, got, 1, tc.why)
			assert.Equal(t, [3]string{tc.url, tc.origin, tc.value}, [3]string{got[0].URL, got[0].Origin, got[0].Value}, tc.why)
		})
	}
}

// TestHowItIsCopiedMakesNoDifference: the same message, copied in other ways.
func TestHowItIsCopiedMakesNoDifference(t *testing.T) {
	t.Parallel()
	const text = "Access to fetch at 'https://api.example/items' from origin 'https://app.example' has been blocked by CORS policy: " +
		"Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource."
	want := Read(text)
	require.Len(t, want, 1)
	for name, copied := range map[string]string{
		"broken at each space":       strings.ReplaceAll(text, " ", "\n"),
		"broken with two bytes":      strings.ReplaceAll(text, " ", "\r\n    "),
		"broken at each hyphen":      strings.ReplaceAll(text, "-", "-\n"),
		"quoted by a mail program":   "> " + strings.ReplaceAll(text, " from ", "\n> from "),
		"no-break spaces":            strings.ReplaceAll(text, " ", "\u00A0"),
		"quotes of a chat program":   strings.NewReplacer(" '", " ‘", "'", "’").Replace(text),
		"quotes of a French text":    strings.ReplaceAll(text, "'", "’"),
		"entities":                   strings.ReplaceAll(text, "'", "&#39;"),
		"colours":                    "\x1b[31m" + text + "\x1b[0m",
		"zero-width characters":      strings.ReplaceAll(text, "/", "/\u200b"),
		"in a string":                `"` + text + `",`,
		"twice":                      text + "\n" + text,
		"with a place and a link":    "app.js:12:3 " + text + "Understand this error",
		"with what Chromium repeats": text + "\nGET https://api.example/items net::ERR_FAILED\nUncaught (in promise) TypeError: Failed to fetch\n    at load (app.js:12:3)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Read(copied)
			require.Len(t, got, 1)
			got[0].Text = want[0].Text // its quotes are the copy's
			assert.Equal(t, want, got)
		})
	}
}

// FuzzRead: nothing panics, and what is returned is whole.
func FuzzRead(f *testing.F) {
	_, cases := goldenCases(f)
	for _, tc := range cases {
		f.Add(tc.text)
	}
	f.Add("\xff\xfe'Access to fetch at '\n' from origin ''")
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range Read(text) {
			if m.Engine == "" || m.Text == "" || m.Meaning == "" || m.Look == "" || m.Remedy == "" {
				t.Errorf("not whole: %+v", m)
			}
			for _, said := range []string{m.Text, m.URL, m.Origin, m.Header, m.Method, m.Value, m.Status} {
				if strings.ContainsFunc(said, unicode.IsControl) {
					t.Errorf("more than one line, or a control character: %q", said)
				}
			}
		}
	})
}
