package strict

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a text editor on Windows adds changes nothing, and mistakes keep their places.
func TestTreeOfOtherEditors(t *testing.T) {
	t.Parallel()
	var plain struct {
		A string   `yaml:"a"`
		B []string `yaml:"b"`
	}
	const text = "a: |\n  one\n  two\nb:\n  - x # y\nc: 1\n"
	for _, written := range []string{text, strings.ReplaceAll(text, "\n", "\r\n"), byteOrderMark + text, byteOrderMark + strings.ReplaceAll(text, "\n", "\r\n")} {
		d, root := Parse("f.yaml", []byte(written))
		require.NotNil(t, root, "%q: %v", written, d.Errors)
		d.Decode(root, &plain, "")
		assert.Equal(t, "one\ntwo\n", plain.A)
		assert.Equal(t, []string{"x"}, plain.B)
		require.Len(t, d.Errors, 1)
		assert.Contains(t, d.Errors[0].Error(), "f.yaml:6:1: c: unknown key", "%q", written)
	}
}

// What YAML may not have is told with its place, and nothing of it goes on.
func TestTreeOfBytes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: b\nc: \xff":    "f.yaml:2:4: invalid YAML: the byte 0xff is not valid UTF-8",
		"a: b\nc: \"ä\x1b": `f.yaml:2:6: invalid YAML: the control character '\x1b'`,
		"\x00":             "f.yaml:1:1: invalid YAML: the control character",
	} {
		d, root := Parse("f.yaml", []byte(text))
		assert.Nil(t, root)
		require.Len(t, d.Errors, 1)
		assert.Contains(t, d.Errors[0].Error(), want)
	}
}

// A zero before a number makes another one of it in YAML 1.1.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"600": "", "0": "", "-1": "", "+5": "", "0600": "without leading zeros: 600", "-0600": "without leading zeros", "00": "without leading zeros: 0"} {
		d, root := Parse("f.yaml", []byte("n: "+text+"\n"))
		require.NotNil(t, root)
		var out struct {
			N int `yaml:"n"`
		}
		d.Decode(root, &out, "")
		if want == "" {
			assert.Empty(t, d.Errors, text)
			continue
		}
		require.Len(t, d.Errors, 1, text)
		assert.Contains(t, d.Errors[0].Error(), want)
	}
}

// Values in values in values: the parser would take the machine's memory for them.
func TestTreeTooDeep(t *testing.T) {
	t.Parallel()
	deep := func(open, end string) func(int) string {
		return func(n int) string { return "k:\n " + strings.Repeat(open, n) + "x" + strings.Repeat(end, n) }
	}
	indented := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
		}
		return b.String() + strings.Repeat(" ", n) + "x"
	}
	for name, text := range map[string]func(int) string{
		"[": deep("[", "]"), "{": deep("{a: ", "}"), "-": deep("- ", ""), "? ": deep("? ", ""), "[, never closed": deep("[", ""), "indented": indented,
	} {
		d, root := Parse("f.yaml", []byte(text(2*mostNested)))
		assert.Nil(t, root, name)
		require.Len(t, d.Errors, 1, name)
		assert.Regexp(t, `^f.yaml:\d+:\d+: .*more than 500 deep`, d.Errors[0].Error(), name)
	}
	for name, text := range map[string]func(int) string{"[": deep("[", "]"), "-": deep("- ", ""), "indented": indented} {
		_, root := Parse("f.yaml", []byte(text(mostNested-10)))
		assert.NotNil(t, root, name)
	}
	var siblings strings.Builder
	for i := range 2 * mostNested {
		fmt.Fprintf(&siblings, "%s: [1]\n", strings.Repeat("k", i+1))
	}
	_, root := Parse("f.yaml", []byte(siblings.String()))
	assert.NotNil(t, root, "what stands beside each other isn't deep")
}
