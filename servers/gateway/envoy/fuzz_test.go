package envoy

import (
	"testing"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

func FuzzEnvoy(f *testing.F) {
	gatewaytest.Seeds(f, ".yaml")
	fixes := gatewaytest.Fixes(f)
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseYAML(&adapter.Source{Name: "envoy.yaml", Copy: "conf/envoy.yaml", Text: []byte(text)})
		if err != nil {
			return
		}
		c := &conf{file: parsed}
		c.cors = c.corsNames()
		c.finder.Dir, c.finder.Shown = "/nowhere", "."
		if p, err := c.Plan(gatewaytest.Place); err == nil {
			gatewaytest.Unchanged(t, p)
		}
		c.named()
		for _, fix := range fixes {
			adapter.Word(c, fix)
		}
	})
}
