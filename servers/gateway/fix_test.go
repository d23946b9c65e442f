package gateway_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

// Each archive has the wordings of all kinds of fix, for a route with a
// parameter, one without and the whole gateway. Those of nginx are in TestFixes: they
// rest on answers.
func TestFix(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/fix/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, archives)
	for _, name := range archives {
		base := strings.TrimSuffix(filepath.Base(name), ".txtar")
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			main := configFile(t, map[string]string{"envoy-orders": "gateways/orders/envoy.yaml"}[base])
			c, err := kindOf(main).Read(main, adapter.FromSetup)
			require.NoError(t, err)
			var said strings.Builder
			for _, route := range []string{"/orders/{id}", "/stock", ""} {
				for _, kind := range policy.FixKinds() {
					w := adapter.Word(c, policy.Fix{Kind: kind, Values: gatewaytest.FixValues[kind], Route: route})
					assert.NotEmpty(t, w.Text)
					assert.NotEmpty(t, w.File)
					assert.Positive(t, w.Line, "%s on %q: nowhere to put it", kind, route)
					rel, err := filepath.Rel(filepath.Dir(main), w.File)
					require.NoError(t, err)
					fmt.Fprintf(&said, "%s on %q: %s:%d\n    %s\n", kind, route, rel, w.Line, strings.ReplaceAll(w.Text, "\n", "\n    "))
				}
			}
			gatewaytest.Golden(t, name, map[string]string{"fixes": said.String()})
		})
	}
}
