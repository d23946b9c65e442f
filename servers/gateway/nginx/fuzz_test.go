package nginx

import (
	"testing"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

// Whatever the bytes are: no panic, also when fixes are worded for them, and what can be
// run differs from them where a substitution says so alone.
func FuzzNginx(f *testing.F) {
	gatewaytest.Seeds(f, ".conf")
	fixes := gatewaytest.Fixes(f)
	f.Fuzz(func(t *testing.T, text string) {
		c := &conf{main: &adapter.Source{Name: "nginx.conf", Path: "/nowhere/nginx.conf", Copy: "conf/nginx.conf", Text: []byte(text)}, from: adapter.FromSetup}
		c.finder.Dir, c.finder.Shown = "/nowhere", "."
		if c.parse(); len(c.syntax) > 0 {
			return
		}
		if p, err := c.Plan(gatewaytest.Place); err == nil {
			gatewaytest.Unchanged(t, p)
		}
		c.named()
		for _, fix := range fixes {
			adapter.Word(c, fix)
		}
	})
}
