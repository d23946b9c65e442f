package fetch_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestIsSafelistedRequestHeader(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, header, value string
		want                bool
	}{
		{"length-128", "Accept", strings.Repeat("a", 128), true},
		{"length-127", "Accept", strings.Repeat("a", 127), true},
		{"length-129", "Accept", strings.Repeat("a", 129), false},
		{"length-counts-bytes", "Accept", strings.Repeat("\u00e9", 128), true},
		{"accept-tab", "Accept", "a\tb", true},
		{"accept-control", "Accept", "a\x01b", false},
		{"accept-delete", "Accept", "a\x7f", false},
		{"accept-quote", "Accept", `a"b`, false},
		{"accept-colon", "Accept", "a:b", false},
		{"accept-high-byte", "Accept", "a\u00ff", true},
		{"name-any-case", "ACCEPT", "*/*", true},
		{"language", "Accept-Language", "en, de;q=0.5 *-.", true},
		{"language-underscore", "Accept-Language", "en_GB", false},
		{"language-tab", "Content-Language", "en\t", false},
		{"language-high-byte", "Content-Language", "\u00e9", false},
		{"type-plain", "Content-Type", "text/plain", true},
		{"type-plain-charset", "Content-Type", "TEXT/Plain; charset=utf-8", true},
		{"type-form", "Content-Type", "application/x-www-form-urlencoded", true},
		{"type-multipart", "Content-Type", "multipart/form-data; boundary=x", true},
		{"type-json", "Content-Type", "application/json", false},
		{"type-two-values", "Content-Type", "text/plain, application/json", false},
		{"type-colon-in-parameter", "Content-Type", "text/plain; a=b:c", false},
		{"type-invalid", "Content-Type", "text", false},
		{"type-empty", "Content-Type", "", false},
		{"type-report", "Content-Type", "application/csp-report", false},
		{"range", "Range", "bytes=0-", true},
		{"range-closed", "Range", "bytes=5-5", true},
		{"range-long-numbers", "Range", "bytes=99999999999999999998-99999999999999999999", true},
		{"range-leading-zero", "Range", "bytes=010-9", false},
		{"range-backwards", "Range", "bytes=6-5", false},
		{"range-suffix", "Range", "bytes=-500", false},
		{"range-two", "Range", "bytes=0-1,3-4", false},
		{"range-space", "Range", "bytes= 0-1", false},
		{"range-unit-case", "Range", "Bytes=0-1", false},
		{"range-none", "Range", "bytes=-", false},
		{"other", "X-Requested-With", "a", false},
		{"authorization", "Authorization", "a", false},
		{"dpr", "DPR", "2", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, fetch.IsSafelistedRequestHeader(tc.header, tc.value))
		})
	}
}

func TestUnsafeRequestHeaderNames(t *testing.T) {
	t.Parallel()
	// fields returns n safelisted fields of the given sizes.
	fields := func(sizes ...int) fetch.HeaderList {
		var l fetch.HeaderList
		for _, n := range sizes {
			l = append(l, fetch.Header{"Content-Language", strings.Repeat("a", n)})
		}
		return l
	}
	eight := []int{128, 128, 128, 128, 128, 128, 128}
	for _, tc := range []struct {
		name, why string
		headers   fetch.HeaderList
		want      []string
	}{
		{"none", "", fetch.HeaderList{{"Accept", "*/*"}}, nil},
		{"sorted-lower-unique", "step 6", fetch.HeaderList{{"X-B", "1"}, {"x-a", "1"}, {"X-b", "2"}}, []string{"x-a", "x-b"}},
		{"each-field-alone", "step 4 takes each header, not the combined value", fields(100, 100), nil},
		{"two-types", "fetch() appends, so each Content-Type is judged", fetch.HeaderList{{"Content-Type", "text/plain"}, {"Content-Type", "text/plain"}}, nil},
		{"one-bad-field", "", append(fields(10), fields(129)...), []string{"content-language"}},
		{"sum-1023", "step 5", fields(append(eight, 127)...), nil},
		{"sum-1024", "step 5: greater than 1024", fields(append(eight, 128)...), nil},
		{"sum-1025", "step 5 makes all safelisted names unsafe", append(fetch.HeaderList{{"Accept", "a"}}, fields(append(eight, 128)...)...), []string{"accept", "content-language"}},
		{"unsafe-do-not-count", "step 4.2 adds safelisted values alone", append(fetch.HeaderList{{"X-A", strings.Repeat("a", 2000)}}, fields(10)...), []string{"x-a"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := fetch.UnsafeRequestHeaderNames(tc.headers)
			if len(tc.want) == 0 {
				assert.Empty(t, got, tc.why)
				return
			}
			assert.Equal(t, tc.want, got, tc.why)
		})
	}
}

func TestIsForbiddenRequestHeader(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		header, value string
		want          bool
	}{
		{"Cookie", "a=b", true},
		{"ORIGIN", "x", true},
		{"Sec-Anything", "x", true},
		{"Proxy-X", "x", true},
		{"Set-Cookie", "x", true},
		{"X-HTTP-Method", "GET", false},
		{"X-HTTP-Method", "trace", true},
		{"X-Method-Override", "GET, Track", true},
		{"X-HTTP-Method-Override", `"a, TRACE"`, false},
		{"Authorization", "x", false},
		{"User-Agent", "x", false},
	} {
		assert.Equal(t, tc.want, fetch.IsForbiddenRequestHeader(tc.header, tc.value), "%s: %s", tc.header, tc.value)
	}
}

func TestIsSafelistedResponseHeader(t *testing.T) {
	t.Parallel()
	exposed := []string{"X-Total", "Set-Cookie", "*"}
	for header, want := range map[string]bool{
		"Content-Length": true, "PRAGMA": true, "Expires": true, "Cache-Control": true, "Content-Language": true,
		"Last-Modified": true, "Content-Type": true, "x-total": true, "Set-Cookie": false, "Set-Cookie2": false,
		"ETag": false, "*": true, "Date": false,
	} {
		assert.Equal(t, want, fetch.IsSafelistedResponseHeader(header, exposed), header)
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	for _, m := range []string{"connect", "TRACE", "TrAcK"} {
		assert.True(t, fetch.IsForbiddenMethod(m), m)
	}
	assert.False(t, fetch.IsForbiddenMethod("TRACER"))
	assert.Equal(t, "PUT", fetch.NormalizeMethod("put"))
	assert.Equal(t, "patch", fetch.NormalizeMethod("patch"), "PATCH isn't among the six")
	assert.False(t, fetch.IsSafelistedMethod("get"), "byte for byte")
}

func TestExtractHeaderListValues(t *testing.T) {
	t.Parallel()
	const methods, maxAge = "Access-Control-Allow-Methods", "Access-Control-Max-Age"
	for _, tc := range []struct {
		name, header string
		lines        []string
		want         fetch.Extracted
	}{
		{"absent", methods, nil, fetch.Extracted{Null: true}},
		{"empty", methods, []string{""}, fetch.Extracted{Values: []string{}}},
		{"list", methods, []string{"GET, PUT"}, fetch.Extracted{Values: []string{"GET", "PUT"}}},
		{"lines-add-up", methods, []string{"GET", "PUT"}, fetch.Extracted{Values: []string{"GET", "PUT"}}},
		{"empty-elements", methods, []string{" ,GET,,\tPUT , "}, fetch.Extracted{Values: []string{"GET", "PUT"}}},
		{"space", methods, []string{"GET PUT"}, fetch.Extracted{Failure: true}},
		{"one-bad-line", methods, []string{"GET", "P@T"}, fetch.Extracted{Failure: true}},
		{"quoted", methods, []string{`"GET"`}, fetch.Extracted{Failure: true}},
		{"case-kept", methods, []string{"get"}, fetch.Extracted{Values: []string{"get"}}},
		{"max-age", maxAge, []string{"600"}, fetch.Extracted{Values: []string{"600"}}},
		{"max-age-twice", maxAge, []string{"600", "600"}, fetch.Extracted{Failure: true}},
		{"max-age-list", maxAge, []string{"600, 600"}, fetch.Extracted{Failure: true}},
		{"max-age-negative", maxAge, []string{"-1"}, fetch.Extracted{Failure: true}},
		{"max-age-fraction", maxAge, []string{"1.5"}, fetch.Extracted{Failure: true}},
		{"max-age-empty", maxAge, []string{""}, fetch.Extracted{Failure: true}},
		{"location-twice", "Location", []string{"/a", "/a"}, fetch.Extracted{Failure: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			list := fetch.HeaderList{{"Vary", "Origin"}}
			for _, v := range tc.lines {
				list = append(list, fetch.Header{strings.ToLower(tc.header), v})
			}
			got := fetch.ExtractHeaderListValues(tc.header, list)
			if tc.want.Failure {
				assert.True(t, got.Failure)
				return
			}
			assert.Equal(t, tc.want, got)
		})
	}
}
