package fetch_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsproof/corsproof/harness/fetch"
)

// FuzzHeaderList reads lines, "Name: value", as every algorithm does that parses
// header lists, and holds the results against what the standard says of them.
func FuzzHeaderList(f *testing.F) {
	for _, seed := range []string{
		"Access-Control-Allow-Origin: *\nAccess-Control-Allow-Origin: null",
		"Access-Control-Allow-Methods: GET,, PUT ,\"x\"\nACCESS-CONTROL-ALLOW-METHODS: *",
		"Access-Control-Allow-Headers: x-a, *\t,authorization",
		"Access-Control-Max-Age: 99999999999999999999\nAccess-Control-Max-Age: -1",
		"Access-Control-Expose-Headers: a b\nSet-Cookie: a=b; SameSite=Lax\nX-A: \x01",
		"Accept: \xff\nContent-Type: text/plain;charset=\"u\\\"tf\"\nRange: bytes=00-18446744073709551616",
		"Content-Language: " + strings.Repeat("a", 129) + "\nRange: bytes=5-4\nRange: bytes=-",
		"X-HTTP-Method-Override: \"TRACE, x\", track",
		"Location: //\nLocation:\n:\n\n: x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var list fetch.HeaderList
		for line := range strings.SplitSeq(text, "\n") {
			name, value, _ := strings.Cut(line, ":")
			list = append(list, fetch.Header{name, value})
		}
		for _, name := range []string{
			"Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Expose-Headers",
			"Access-Control-Max-Age", "Location",
		} {
			checkExtracted(t, name, list)
		}
		checkUnsafeNames(t, list)
		exposed := fetch.ExtractHeaderListValues("Access-Control-Expose-Headers", list).Values
		for _, h := range fetch.FilterCORS(list, exposed) {
			if !list.Contains(h.Name()) || fetch.IsForbiddenResponseHeader(h.Name()) {
				t.Errorf("the filter shows %q", h.Name())
			}
		}
		if block := fetch.CORSCheck("https://app.test", fetch.CredentialsOmit, list); block == nil {
			if v, _ := list.Get("Access-Control-Allow-Origin"); v != "*" && v != "https://app.test" {
				t.Errorf("the CORS check passes for %q", v)
			}
		}
		for _, h := range list {
			fetch.IsForbiddenRequestHeader(h.Name(), h.Value())
			if m, ok := fetch.ParseMIMEType(h.Value()); ok {
				if again, ok := fetch.ParseMIMEType(m.String()); !ok || again.String() != m.String() {
					t.Errorf("%q is %q, and that is %q", h.Value(), m.String(), again.String())
				}
			}
		}
	})
}

// checkExtracted: null is no line, and every item of a list is a token.
func checkExtracted(t *testing.T, name string, list fetch.HeaderList) {
	t.Helper()
	e := fetch.ExtractHeaderListValues(name, list)
	lines := list.Lines(name)
	switch {
	case e.Null != (len(lines) == 0):
		t.Errorf("%s is null: %t, and has %d lines", name, e.Null, len(lines))
	case (e.Null || e.Failure) && len(e.Values) > 0:
		t.Errorf("%s has values and is null or failure: %q", name, e.Values)
	case strings.HasSuffix(name, "Methods") || strings.HasSuffix(name, "Headers"):
		for _, v := range e.Values {
			if v == "" || strings.ContainsAny(v, ", \t\"()/:;<=>?@[\\]{}") {
				t.Errorf("%s lists %q", name, v)
			}
		}
	case len(lines) > 1 && !e.Failure:
		t.Errorf("%s has %d lines, and doesn't fail", name, len(lines))
	}
}

// checkUnsafeNames: the names are of the list, sorted, in lower case, each once.
func checkUnsafeNames(t *testing.T, list fetch.HeaderList) {
	t.Helper()
	names := fetch.UnsafeRequestHeaderNames(list)
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("the names aren't sorted and each once: %q", names)
	}
	for _, n := range names {
		if !list.Contains(n) || strings.ContainsAny(n, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			t.Errorf("%q is asked for", n)
		}
	}
	for _, h := range list {
		if !fetch.IsSafelistedRequestHeader(h.Name(), h.Value()) && !slices.ContainsFunc(names, func(n string) bool {
			return fetch.HeaderList{{n, ""}}.Contains(h.Name())
		}) {
			t.Errorf("%q isn't asked for", h.Name())
		}
	}
}
