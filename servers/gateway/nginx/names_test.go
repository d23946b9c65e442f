package nginx

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNginxMistyped(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"retrun": "return", "add_headers": "add_header", "proxy_hide_headers": "proxy_hide_header", "locaton": "location", "Return": "return",
		"set_by_lua": "", "brotli": "", "more_set_input_headers": "", "sticky": "", "add_header": "",
	} {
		said := mistyped(`[emerg] unknown directive "` + word + `" in /x/nginx.conf:1`)
		if want == "" {
			assert.Empty(t, said, word)
			continue
		}
		assert.Contains(t, said, `did you mean "`+want+`"?`, word)
	}
	assert.Empty(t, mistyped(`unknown "x" variable`))
	sorted := slices.Sorted(slices.Values(names))
	assert.Len(t, slices.Compact(sorted), len(names), "a name is there twice")
}
