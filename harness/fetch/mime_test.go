package fetch_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestParseMIMEType(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"text/plain":                                 "text/plain",
		" \t\r\nTEXT/HTML ; charset=utf-8 ":          "text/html;charset=utf-8",
		`text/html;charset="shift_jis"iso-2022-jp`:   "text/html;charset=shift_jis",
		"text/html;charset=gbk;charset=windows-1255": "text/html;charset=gbk",
		"text/html;x=y;;a=;b= ;c":                    "text/html;x=y",
		`text/html;a="\"b\\"`:                        `text/html;a="\"b\\"`,
		"text/html;a b=c":                            "text/html",
		`text/html;charset="`:                        `text/html;charset=""`,
		"x/x;a=(":                                    `x/x;a="("`,
		"multipart/form-data; boundary=a=b":          `multipart/form-data;boundary="a=b"`,
	} {
		m, ok := fetch.ParseMIMEType(input)
		if assert.True(t, ok, input) {
			assert.Equal(t, want, m.String(), input)
		}
	}
	for _, input := range []string{"", "text", "/plain", "text/", "te xt/plain", "text/pl ain", "text/plain, text/html", "text/\u00e9"} {
		_, ok := fetch.ParseMIMEType(input)
		assert.False(t, ok, input)
	}
}
