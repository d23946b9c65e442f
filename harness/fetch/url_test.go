package fetch_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	const base = "https://u:p@example.com:8443/d/e?q#f"
	for _, tc := range []struct{ input, base, want string }{
		{"https://example.com", "", "https://example.com/"},
		{" https://example.com/ \x01", "", "https://example.com/"},
		{"HTTPS://EXAMPLE.com:443/", "", "https://example.com/"},
		{"http://example.com:443/", "", "http://example.com:443/"},
		{"http://example.com:0080/", "", "http://example.com/"},
		{"https:example.com", "", "https://example.com/"},
		{"https:////example.com", "", "https://example.com/"},
		{`https:\\example.com\a\..\b?\`, "", `https://example.com/b?\`},
		{"https://u:p@example.com/", "", "https://u:p@example.com/"},
		{"https://u@b@example.com/", "", "https://u%40b@example.com/"},
		{"https://[::1]:80/", "", "https://[::1]:80/"},
		{"https://[0:0:0:0:0:0:0:1]/", "", "https://[::1]/"},
		{"https://127.0.0.1/", "", "https://127.0.0.1/"},
		{"https://example.com./", "", "https://example.com./"},
		{"https://a_b.example/", "", "https://a_b.example/"},
		{"https://ex%61mple%2Ec%4Fm/", "", "https://example.com/"},
		{"https://127.0.0%2e1/", "", "https://127.0.0.1/"},
		{"https://example.com/a b\"<>`{}^|?a b'\"#a b`", "", "https://example.com/a%20b%22%3C%3E%60%7B%7D%5E|?a%20b%27%22#a%20b%60"},
		{"https://example.com/a/./b/../c/%2e%2E/d/.", "", "https://example.com/a/d/"},
		{"https://example.com/%zz%41", "", "https://example.com/%zz%41"},
		{"https://example.com/?", "", "https://example.com/?"},
		{"https://example.com/#", "", "https://example.com/#"},
		{"/x", base, "https://u:p@example.com:8443/x"},
		{"x", base, "https://u:p@example.com:8443/d/x"},
		{"../x", base, "https://u:p@example.com:8443/x"},
		{"?x", base, "https://u:p@example.com:8443/d/e?x"},
		{"#x", base, "https://u:p@example.com:8443/d/e?q#x"},
		{"", base, "https://u:p@example.com:8443/d/e?q"},
		{"//other.example/x", base, "https://other.example/x"},
		{`\\other.example\x`, base, "https://other.example/x"},
		{"https:x", base, "https://u:p@example.com:8443/d/x"},
		{"http:x", base, "http://x/"},
		{"data:text/plain,a b", "", "data:text/plain,a b"},
		{"blob:https://example.com/1", "", "blob:https://example.com/1"},
	} {
		u, err := fetch.ParseURL(tc.input, mustParse(t, tc.base))
		if assert.NoError(t, err, tc.input) {
			assert.Equal(t, tc.want, u.String(), tc.input)
			again, err := fetch.ParseURL(u.String(), nil)
			if assert.NoError(t, err, "%s again", tc.input) {
				assert.Equal(t, *u, *again, "%s: serializing and parsing gives the same URL", tc.input)
			}
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]error{
		"":                           fetch.ErrURLFailure,
		"/relative":                  fetch.ErrURLFailure,
		"\u00e9":                     fetch.ErrURLFailure,
		"https://":                   fetch.ErrURLFailure,
		"https://:80/":               fetch.ErrURLFailure,
		"https://u@/":                fetch.ErrURLFailure,
		"https://a b/":               fetch.ErrURLFailure,
		"https://a<b/":               fetch.ErrURLFailure,
		"https://example.com:65536/": fetch.ErrURLFailure,
		"https://example.com:8a/":    fetch.ErrURLFailure,
		"https://[::1/":              fetch.ErrURLFailure,
		"https://[::g]/":             fetch.ErrURLFailure,
		"https://münchen.example/":   fetch.ErrURLUnsupported,
		"https://example.com/é":      fetch.ErrURLUnsupported,
		"https://xn--mnchen-3ya.de/": fetch.ErrURLUnsupported,
		"https://a%23b/":             fetch.ErrURLFailure,
		"https://a%2Fb/":             fetch.ErrURLFailure,
		"https://a%00b/":             fetch.ErrURLFailure,
		"https://a%25b/":             fetch.ErrURLFailure,
		"https://a%2541b/":           fetch.ErrURLFailure,
		"https://a%b/":               fetch.ErrURLFailure,
		"https://a%/":                fetch.ErrURLFailure,
		"https://a%FF/":              fetch.ErrURLFailure,
		"https://a%20b/":             fetch.ErrURLUnsupported,
		"https://a%C3%A9b/":          fetch.ErrURLUnsupported,
		"https://%78n--a/":           fetch.ErrURLUnsupported,
		"https://0x7f.1/":            fetch.ErrURLUnsupported,
		"https://127.1/":             fetch.ErrURLUnsupported,
		"https://1.2.3.256/":         fetch.ErrURLUnsupported,
		"https://[::ffff:1.2.3.4]/":  fetch.ErrURLUnsupported,
		"https://exa\tmple.com/":     fetch.ErrURLUnsupported,
		"file://host/path":           fetch.ErrURLUnsupported,
		"https://example!.com/":      fetch.ErrURLUnsupported,
	} {
		_, err := fetch.ParseURL(input, nil)
		assert.ErrorIs(t, err, want, input)
	}
}

func TestURLOrigin(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]fetch.Origin{
		"https://Example.com:443/a":      "https://example.com",
		"https://example.com:8443/a":     "https://example.com:8443",
		"https://u:p@example.com:08443/": "https://example.com:8443",
		"http://[::1]:80/":               "http://[::1]",
		"data:,x":                        "null",
		"about:blank":                    "null",
		"blob:https://example.com/1":     "https://example.com",
		"blob:null/1":                    "null",
		"mailto:a@example.com":           "null",
	} {
		assert.Equal(t, want, mustParse(t, input).Origin(), input)
	}
}

func TestParseOrigin(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"null", "https://app.example.com", "http://127.0.0.1:5173", "http://[::1]:80" + "80"} {
		o, err := fetch.ParseOrigin(s)
		assert.NoError(t, err, s)
		assert.Equal(t, fetch.Origin(s), o)
	}
	for _, s := range []string{"", "NULL", "https://app.example.com/", "https://app.example.com:443", "HTTPS://app.example.com", "data:,x", "*"} {
		_, err := fetch.ParseOrigin(s)
		assert.Error(t, err, s)
	}
}

func mustParse(t *testing.T, s string) *fetch.URL {
	t.Helper()
	if s == "" {
		return nil
	}
	u, err := fetch.ParseURL(s, nil)
	require.NoError(t, err, s)
	return u
}

// FuzzParseURL looks for a panic, and for a URL whose serialization isn't
// parsed to the same URL again.
func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"https://example.com/a?b#c", "//x", "../..", "https://[::1]:1/", `\\a\b`, "data:,x", "https://u:p@h:1"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	base, err := fetch.ParseURL("https://example.com/d/e?q#f", nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, input string, relative bool) {
		var from *fetch.URL
		if relative {
			from = base
		}
		u, err := fetch.ParseURL(input, from)
		if err != nil {
			return
		}
		again, err := fetch.ParseURL(u.String(), nil)
		if err != nil || *again != *u {
			t.Errorf("%q gives %q, which gives %v, %v", input, u, again, err)
		}
	})
}

// FuzzOrigin looks for a serialized origin that is accepted and isn't the
// origin of the URL that it is.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"null", "https://a", "http://[::1]:8", "https://a:443", "https://a/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := fetch.ParseOrigin(s)
		if err != nil || o.IsOpaque() {
			return
		}
		u, err := fetch.ParseURL(s, nil)
		if err != nil || string(u.Origin()) != s || u.String() != s+"/" {
			t.Errorf("%q was accepted, but is %v, %v", s, u, err)
		}
	})
}
