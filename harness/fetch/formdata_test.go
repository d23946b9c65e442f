package fetch_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

// TestEncodeFormData holds the bytes of forms against HTML's algorithm.
func TestEncodeFormData(t *testing.T) {
	t.Parallel()
	const boundary = "----WebKitFormBoundary0000000000000000"
	entry := func(name, value string) string {
		return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	for _, tc := range []struct {
		name, entries string
		want          []string
	}{
		{"none", "", nil},
		{"two", "a=1&b=2+3", []string{entry("a", "1"), entry("b", "2 3")}},
		{"nothing between", "a=1&&b=", []string{entry("a", "1"), entry("b", "")}},
		{"no value", "a", []string{entry("a", "")}},
		{"quotes", "%22a%22=%22", []string{entry("%22a%22", `"`)}},
		{"newlines", "a%0Db%0Ac%0D%0Ad=a%0Db%0Ac%0D%0Ad", []string{entry("a%0D%0Ab%0D%0Ac%0D%0Ad", "a\r\nb\r\nc\r\nd")}},
		{"bytes", "%C3%A9=\u00c3\u00a9", []string{entry("\u00c3\u00a9", "\u00c3\u00a9")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			body, typ := fetch.EncodeFormData(tc.entries)
			assert.Equal(t, "multipart/form-data; boundary="+boundary, typ)
			assert.Equal(t, strings.Join(tc.want, "")+"--"+boundary+"--\r\n", body)
		})
	}
}
