package gateway_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway"
)

// A gateway's 404 on a path that the policy doesn't list may be readable or not,
// though 404 is a readable error of the defaults: only "unlisted: not-found" asks
// for it. Either config passes, and of neither is a path left unjudged.
func TestUnlistedPaths(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, p := range policies {
		text, err := os.ReadFile(filepath.Join(b.fixtures, "policies", p.name+".yaml"))
		require.NoError(t, err)
		silent, _, found := strings.Cut(string(text), "\nunlisted: not-found")
		require.True(t, found)
		parsed, err := policy.Parse(p.name+".yaml", []byte(silent))
		require.NoError(t, err)
		b.views[p.name], err = parsed.On(p.target)
		require.NoError(t, err)
	}
	bare := map[gateway.Kind]string{"nginx": "not-found-with-a-header-of-its-own", "envoy": "not-found-without-cors"}
	for _, k := range []gateway.Kind{"nginx", "envoy"} {
		list := defectsOf(t, k)
		i := slices.IndexFunc(list, func(d *defect) bool { return d.Name == bare[k] })
		require.GreaterOrEqual(t, i, 0)
		for _, p := range policies {
			for _, d := range []*defect{{Name: "readable"}, list[i]} {
				r := &row{defect: &defect{Name: d.Name, Orders: d.Orders, Shop: d.Shop, Both: d.Both}, kind: k, policy: p.name, target: p.target}
				t.Run(r.String(), func(t *testing.T) {
					said := b.check(t, r, browser.EngineModel, func(id string) bool { return strings.HasPrefix(id, "scope/") || strings.HasPrefix(id, "route/") })
					why, falseAlarms := r.misses(said)
					assert.Empty(t, why, "%q", falseAlarms)
					assert.Empty(t, said.notRun)
				})
			}
		}
	}
}
