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
