package nginx

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

// A login in a snippet stays there: the offsets of one file mean nothing in another.
func TestRefusalInASnippet(t *testing.T) {
	t.Parallel()
	dir := gatewaytest.Unpack(t, "-- nginx.conf --\nhttp { server { listen 80; location /api { if ($http_authorization = \"\") { include login.conf; } return 200; } } }\n"+
		"-- login.conf --\nreturn 302 https://login.example.com/;\n")
	c := readT(t, dir, "nginx.conf").(*conf)
	var condition *directive
	each(c.top, func(d *directive) {
		if d.name.value == "if" {
			condition = d
		}
	})
	require.NotNil(t, condition)
	all := unlessOptions(c, condition)
	require.Len(t, all, 1)
	assert.Contains(t, all[0][0].text, "if ($refused) { include login.conf; }")
}
