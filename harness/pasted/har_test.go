package pasted

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

func readSample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "har", name))
	require.NoError(t, err)
	return data
}

// entryLines words entries, so that a table can hold many.
func entryLines(a *Archive) []string {
	var out []string
	for _, e := range a.Entries {
		line := fmt.Sprintf("%s %s from %s", e.Call.Request.Method, e.Call.Request.URL, e.Call.Origin)
		if e.Response != nil {
			line += fmt.Sprintf(" -> %s %d", e.Response.Version, e.Response.Status)
		}
		if e.Serves >= 0 {
			line += fmt.Sprintf(" serves %d", e.Serves)
		}
		if e.ServedBy >= 0 {
			line += fmt.Sprintf(" served by %d", e.ServedBy)
		}
		out = append(out, line)
		for _, l := range e.Lacks {
			out = append(out, "  lacks "+l)
		}
	}
	return out
}

func TestHARSamples(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, creator string
		want               []string
	}{
		{"chrome.har", "the request began before its preflight; the blocked one has no preflight entry", "WebInspector 537.36", []string{
			"PUT https://api.test/items/1 from https://app.test -> HTTP/2 200 served by 1",
			"  lacks credentials mode: the file has no Cookie or Authorization header at all, as exports without sensitive data",
			"OPTIONS https://api.test/items/1 from https://app.test -> HTTP/2 204 serves 0",
			"DELETE https://api.test/items/2 from https://app.test",
			"  lacks response headers: status 0, net::ERR_FAILED",
			"  lacks preflight: no entry; the browser exports none, or it was in the CORS-preflight cache",
			"  lacks credentials mode: the file has no Cookie or Authorization header at all, as exports without sensitive data",
			"GET https://cdn.test/a.png from https://app.test -> HTTP/1.1 200",
			"  lacks credentials mode: the file has no Cookie or Authorization header at all, as exports without sensitive data",
		}},
		{"firefox.har", "a cookie is credentials; X-Trace needs a preflight", "Firefox 140.0", []string{
			"GET http://app.test:3000/shop from http://app.test:3000 -> HTTP/1.1 200",
			"POST http://localhost:8080/cart?add=1 from http://app.test:3000 -> HTTP/1.1 200",
			"  lacks preflight: no entry; the browser exports none, or it was in the CORS-preflight cache",
		}},
		{"safari.har", "the page's URL gives the origin", "WebKit Web Inspector 1.0", []string{
			"GET https://api.test/me from https://app.test:8443 -> HTTP/2 401",
			"  lacks credentials mode: the file has no Cookie or Authorization header at all, as exports without sensitive data",
		}},
		{"playwright.har", "the first document gives the origin", "Playwright 1.55.0", []string{
			"GET http://app.test/ from http://app.test -> HTTP/1.1 200",
			"  lacks response headers: the list is empty",
			"POST http://api.test/ from http://app.test",
			"  lacks request body: it stands in another file, or was left out",
			"  lacks response headers: status 0, net::ERR_FAILED",
			"  lacks credentials mode: the file has no Cookie or Authorization header at all, as exports without sensitive data",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			// One byte at a time, so that places are told right wherever reads end.
			got, err := HAR(iotest.OneByteReader(bytes.NewReader(readSample(t, tc.name))))
			require.NoError(t, err)
			assert.Equal(t, tc.creator, got.Creator)
			if diff := cmp.Diff(tc.want, entryLines(got)); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tc.why, diff)
			}
		})
	}
}

func TestHARValues(t *testing.T) {
	t.Parallel()
	chrome, err := HAR(bytes.NewReader(readSample(t, "chrome.har")))
	require.NoError(t, err)
	put := chrome.Entries[0]
	assert.Equal(t, fetch.HeaderList{{"content-type", "application/json"}}, put.Call.Request.Headers)
	assert.Equal(t, isomorphic(`{"n":"é"}`), put.Call.Request.Body.Bytes)
	assert.Equal(t, "/items/1", put.Sent.Target)
	assert.False(t, put.Sent.Headers.Contains(":authority"), "a pseudo-header is none")
	assert.Equal(t, 20, put.Line)
	assert.Equal(t, "https://app.test/shop", put.Page.URL)
	assert.Equal(t, `{"ok":true}`, put.Response.Body.Prefix)
	assert.Equal(t, "127.0.0.1", put.ServerIP)
	assert.True(t, chrome.Entries[3].FromCache)
	assert.Equal(t, fetch.ModeNoCORS, chrome.Entries[3].Call.Request.Mode)
	assert.EqualValues(t, 3, chrome.Entries[3].Response.Body.Length)

	firefox, err := HAR(bytes.NewReader(readSample(t, "firefox.har")))
	require.NoError(t, err)
	post := firefox.Entries[1]
	assert.Equal(t, []string{"a=1; Path=/", "b=2"}, post.Response.Headers.Lines("Set-Cookie"), "lines in one value")
	assert.Equal(t, fetch.CredentialsInclude, post.Call.Credentials)
	assert.Equal(t, "Shop", post.Page.Title)
	assert.Zero(t, firefox.Entries[0].Response.Body, "decoded text isn't the bytes of the wire")

	safari, err := HAR(bytes.NewReader(readSample(t, "safari.har")))
	require.NoError(t, err)
	assert.Zero(t, safari.Entries[0].Response.Body, "the content coding was undone")
}

func TestHARRefuses(t *testing.T) {
	t.Parallel()
	entry := func(request string) string {
		return "{\"log\":{\"entries\":[\n {\"request\":{\"method\":\"GET\",\"url\":\"https://a.test/\"}},\n " + request + "]}}"
	}
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "", "at byte 0, in the middle of a value"},
		{"a list", "[]", "line 1, column 1: expected an object"},
		{"no log", "{}", `is no HAR file: it has no "log"`},
		{"no entries", `{"log":{"version":"1.2"}}`, `log: has no "entries"`},
		{"cut off in an entry", entry(`{"request":{"meth`), "line 3, column 22: log.entries[1]: the file ends here, at byte"},
		{"cut off between", `{"log":{"entries":[`, "log.entries"},
		{"no request", entry(`{"startedDateTime":""}`), "line 3, column 2: log.entries[1].request: is missing"},
		{"no URL", entry(`{"request":{"method":"GET"}}`), "line 3, column 13: log.entries[1].request.url: is missing"},
		{"another kind", entry(`{"request":{"method":"GET","url":7}}`), "line 3, column 35: log.entries[1].request.url: is a number; expected a string"},
		{"a header of another kind", entry(`{"request":{"method":"GET","url":"https://a.test/","headers":["x"]}}`), "log.entries[1].request.headers[0]: is a string; expected an object"},
		{"headers of another kind", entry(`{"request":{"method":"GET","url":"https://a.test/","headers":{}}}`), "log.entries[1].request.headers: is an object; expected a list"},
		{"syntax", entry(`{"request":{"method":GET}}`), "line 3, column 23: log.entries[1]: is not JSON"},
		{"more", `{"log":{"entries":[]}} {}`, "more follows the end"},
		{"time", entry(`{"startedDateTime":"today","request":{"method":"GET","url":"https://a.test/"}}`), "log.entries[1].startedDateTime: is no time"},
		{"too deep", entry(`{"x":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`), "values stand more than 1000 deep"},
		{"twice", `{"log":{"entries":[],"entries":[]}}`, "log.entries: is written twice"},
		{"too many", `{"log":{"entries":[` + strings.Repeat(`{"request":{"method":"GET","url":"https://a.test/"}},`, mostEntries) + `{}]}}`, "more than 20000 entries"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := HAR(strings.NewReader(tc.in))
			require.ErrorContains(t, err, tc.want)
			var e *Error
			assert.True(t, errors.As(err, &e))
		})
	}
	_, err := HAR(io.MultiReader(strings.NewReader(`{"log":{"entries":[`), iotest.ErrReader(io.ErrClosedPipe)))
	assert.ErrorIs(t, err, io.ErrClosedPipe, "an error of the reader is no mistake of the file")
}

func TestHARByteOrderMark(t *testing.T) {
	t.Parallel()
	_, err := HAR(strings.NewReader("\ufeff{\"log\":{\"entries\":[]}}"))
	assert.NoError(t, err)
}

func FuzzHAR(f *testing.F) {
	// Small seeds: mutations of the samples in testdata are too slow to find much.
	f.Add(`{"log":{"pages":[{"id":"p","title":"https://app.test/"}],"entries":[{"pageref":"p","request":{"method":"PUT","url":"https://a.test/","headers":[{"name":"A","value":"b"}]},"response":{"status":0,"_error":"net::ERR_FAILED"}}]}}`)
	f.Add(`{"log":{"entries":[{"_resourceType":"preflight","startedDateTime":"2026-01-05T10:00:00Z","time":1.5,"request":{"method":"OPTIONS","url":"https://a.test/"}}]}}`)
	f.Add(`{"log":{"entries":[{"request":{"method":"GET","url":"https://a.test/","postData":{"text":"YQ==","encoding":"base64"}},"response":{"status":200,"content":{"text":"a"}}}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := HAR(strings.NewReader(text))
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		for i, e := range a.Entries {
			if e.Index != i || e.Line < 1 {
				t.Errorf("entry %d says it is %d at line %d", i, e.Index, e.Line)
			}
			if e.Serves >= 0 && a.Entries[e.Serves].ServedBy != i {
				t.Errorf("entry %d serves %d, which doesn't know", i, e.Serves)
			}
		}
	})
}
