package fetch

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What was seen of Chromium 156, header by header.
func TestChromiumSafelist(t *testing.T) {
	t.Parallel()
	f := &fetching{ua: &UserAgent{Profile: &Chromium}}
	for name, values := range map[string]struct{ safe, unsafe []string }{
		"DPR":            {[]string{"2", "1.5", strings.Repeat("1", 128)}, []string{"", "x", "1.", ".5", "2, 2", "-1", strings.Repeat("1", 129)}},
		"Device-Memory":  {[]string{"1", "0.5"}, []string{"x", "4g", ""}},
		"Downlink":       {[]string{"1", "1.5"}, []string{"x", ""}},
		"Width":          {[]string{"1"}, []string{"1.5", "x", "4g", ""}},
		"Viewport-Width": {[]string{"1"}, []string{"1.5", "x", ""}},
		"RTT":            {[]string{"1"}, []string{"1.5", "x", "4g", ""}},
		"ECT":            {[]string{"slow-2g", "2g", "3g", "4g"}, []string{"1", "5g", "x", "4G", ""}},
		"Save-Data":      {[]string{"on", "ON"}, []string{"off", "on, on", ""}},
		"Intervention":   {[]string{"x"}, nil},
		"Lang":           {nil, []string{"en"}},
		"Range": {
			[]string{"bytes=9223372036854775806-", "bytes=0-9223372036854775806", "bytes=00000000000000000000000001-"},
			[]string{"bytes=9223372036854775807-", "bytes=0-9223372036854775807", "bytes=18446744073709551617-", "bytes=-5"},
		},
		"Accept": {[]string{"*/*"}, []string{"<x>"}},
	} {
		for _, v := range values.safe {
			assert.True(t, f.chromiumSafelisted(strings.ToLower(name), v), "%s: %s", name, v)
		}
		for _, v := range values.unsafe {
			assert.False(t, f.chromiumSafelisted(name, v), "%s: %s", name, v)
		}
	}
	combined := f.combined(HeaderList{{"Accept", "a"}, {"X-A", "1"}, {"accept", ""}, {"x-a", "2"}})
	assert.Equal(t, HeaderList{{"Accept", "a,"}, {"X-A", "1, 2"}}, combined)
}

func TestChromiumCharset(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                   "",
		"text/plain;charset=iso-8859-1":      "text/plain;charset=UTF-8",
		"text/plain; charset=utf-8":          "text/plain; charset=UTF-8",
		"text/plain;charset=\"latin1\"; a=b": "text/plain;charset=\"UTF-8\"; a=b",
		"text/plain;CHARSET = x":             "text/plain;CHARSET = UTF-8",
		"text/plain;charset=a;charset=b":     "text/plain;charset=UTF-8;charset=UTF-8",
		"text/plain;charset=":                "text/plain;charset=",
		"text/plain;xcharset=a":              "text/plain;xcharset=a",
		"charset=iso-8859-1":                 "charset=iso-8859-1",
		"no type; charset=\u00e9":            "no type; charset=UTF-8",
		"text/plain;a=\"; charset=x\"; b=c":  "text/plain;a=\"; charset=UTF-8\"; b=c",
		"application/x-www-form-urlencoded":  "application/x-www-form-urlencoded",
		"text/plain;charset='utf-7'":         "text/plain;charset='UTF-8'",
		"text/plain; charset=us-ascii; q=1 ": "text/plain; charset=UTF-8; q=1 ",
	} {
		assert.Equal(t, want, replaceCharsets(in), in)
	}
}

func TestChromiumLocation(t *testing.T) {
	t.Parallel()
	at, err := ParseURL("https://api.test/a", nil)
	assert.NoError(t, err)
	for _, tc := range []struct {
		name               string
		lines              []string
		standard, chromium string
	}{
		{"none", nil, "none", "none"},
		{"one", []string{"/b"}, "https://api.test/b", "https://api.test/b"},
		{"empty", []string{""}, "https://api.test/a", "none"},
		{"two", []string{"/b", "/c"}, "failure", "failure"},
		{"two that are equal", []string{"/b", "/b"}, "failure", "https://api.test/b"},
		{"two that are empty", []string{"", ""}, "failure", "none"},
		{"one of two empty", []string{"", "/b"}, "failure", "failure"},
		{"no URL", []string{"https://"}, "failure", "failure"},
	} {
		for profile, want := range map[*Profile]string{&Standard: tc.standard, &Chromium: tc.chromium} {
			f := &fetching{ua: &UserAgent{Profile: profile}, request: &request{urlList: []*URL{at}}}
			r := &response{status: 302, urlList: []*URL{at}}
			for _, l := range tc.lines {
				r.headers = append(r.headers, Header{"Location", l})
			}
			u, err := f.location(r)
			got := "none"
			if err != nil {
				got = "failure"
			} else if u != nil {
				got = u.String()
			}
			assert.Equal(t, want, got, "%s: %s", profile.Name, tc.name)
		}
	}
}

func TestChromiumMaxAge(t *testing.T) {
	t.Parallel()
	ua := &UserAgent{Profile: &Chromium}
	for value, want := range map[string]int64{
		"-1": 0, "-0": 0, "-600": 0, "-9223372036854775808": 0, "-9223372036854775809": 7, "-": 7, "- 5": 7, "600": 7, "-1, -1": 7, "": 7,
	} {
		assert.Equal(t, want, ua.orNegativeMaxAge(7, HeaderList{{"Access-Control-Max-Age", value}}), value)
	}
	assert.Equal(t, int64(7), ua.orNegativeMaxAge(7, nil))
	assert.Equal(t, int64(7), new(UserAgent).orNegativeMaxAge(7, HeaderList{{"Access-Control-Max-Age", "-1"}}))
}

func TestChromiumIntegrity(t *testing.T) {
	t.Parallel()
	for metadata, want := range map[string]string{
		"sha256-AAAA":                "sha256-AAAA",
		"SHA384-AA==":                "SHA384-AA==",
		"sha256-!":                   "",
		"md5-x":                      "",
		"junk":                       "",
		"sha256-! sha512-a_-b?x y":   "sha512-a_-b?x",
		" sha256-AAAA\tsha256-BBBB ": "sha256-AAAA sha256-BBBB",
	} {
		f := &fetching{ua: &UserAgent{Profile: &Chromium}, request: &request{integrity: metadata}}
		got, asks := f.integrityMetadata(&response{typ: ResponseCORS})
		assert.Equal(t, want, got, metadata)
		assert.Equal(t, want != "", asks, metadata)
		_, asks = f.integrityMetadata(&response{typ: ResponseOpaque})
		assert.True(t, asks, metadata)
	}
}

// The 21st redirect fails as its headers arrive, whatever a check would say of it.
func TestChromiumRedirectLimitFirst(t *testing.T) {
	t.Parallel()
	for profile, want := range map[*Profile]string{&Standard: "concept-cors-check 2", &Chromium: "concept-http-redirect-fetch 7"} {
		n := 0
		trace, err := (&UserAgent{Profile: profile}).Predict(t.Context(), Request{Origin: "https://app.test", URL: "https://api.test/a"},
			func(context.Context, NetworkRequest) (NetworkResponse, error) {
				n++
				r := NetworkResponse{Status: 302, Headers: HeaderList{{"Location", "/a"}}}
				if n <= maxRedirects {
					r.Headers = append(r.Headers, Header{"Access-Control-Allow-Origin", "*"})
				}
				return r, nil
			})
		assert.NoError(t, err)
		assert.Equal(t, maxRedirects+1, n)
		assert.Equal(t, want, trace.Outcome.Block.Phase+" "+trace.Outcome.Block.Step, profile.Name)
	}
}

// What Chromium keeps of a response to an XMLHttpRequest that fails the CORS check
// was seen type by type.
func TestChromiumSniffs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		headers HeaderList
		want    bool
	}{
		{nil, true},
		{HeaderList{{"Content-Type", ""}}, true},
		{HeaderList{{"Content-Type", "x"}}, true},
		{HeaderList{{"Content-Type", "*/*"}}, true},
		{HeaderList{{"Content-Type", "Text/Plain; charset=x"}}, true},
		{HeaderList{{"Content-Type", "application/octet-stream"}}, true},
		{HeaderList{{"content-type", "text/xml"}}, true},
		{HeaderList{{"Content-Type", "unknown/unknown"}}, true},
		{HeaderList{{"Content-Type", "text/plain"}, {"X-Content-Type-Options", "nosniff"}}, false},
		{HeaderList{{"X-Content-Type-Options", "nosniff"}}, false},
		{HeaderList{{"Content-Type", "/"}}, false},
		{HeaderList{{"Content-Type", "application/json"}}, false},
		{HeaderList{{"Content-Type", "text/html"}}, false},
		{HeaderList{{"Content-Type", "image/png"}}, false},
		{HeaderList{{"Content-Type", "a/b"}}, false},
	} {
		assert.Equal(t, tc.want, isSniffed(tc.headers), "%q", tc.headers)
	}
	for typ, want := range map[string]int{"text/plain": 1, "application/json": 2} {
		ua, n := &UserAgent{Profile: &Chromium}, 0
		for range 2 {
			_, err := ua.Predict(t.Context(), Request{Origin: "https://app.test", API: APIXHR, URL: "https://api.test/a"},
				func(context.Context, NetworkRequest) (NetworkResponse, error) {
					n++
					return NetworkResponse{Status: 200, Headers: HeaderList{{"Cache-Control", "max-age=60"}, {"Content-Type", typ}}}, nil
				})
			assert.NoError(t, err)
		}
		assert.Equal(t, want, n, typ)
	}
}
