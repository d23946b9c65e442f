package judge

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const seedsTable = "seeds.md"

// inGateways are the mistakes in configs of real gateways, by the gateway, which
// package servers/gateway has found: the names of those with each ID.
func inGateways(t *testing.T) map[string]map[FindingID][]string {
	t.Helper()
	out := map[string]map[FindingID][]string{}
	for _, gateway := range []string{"nginx", "envoy"} {
		data, err := fixtures.Files.ReadFile("gateways/defects/" + gateway + ".yaml")
		require.NoError(t, err)
		var defects []struct {
			Name          string
			Finding, Note FindingID
		}
		require.NoError(t, yaml.Unmarshal(data, &defects))
		out[gateway] = map[FindingID][]string{}
		for _, d := range defects {
			id := max(d.Finding, d.Note) // one of them is empty
			out[gateway][id] = append(out[gateway][id], d.Name)
		}
	}
	return out
}

// TestGoldenSeeds accounts for all 94 classes and our own: each has a mistake that
// produces it, or a reason why none does; of those that a gateway or an upstream can
// produce at most a tenth have none. The table of them is kept.
func TestGoldenSeeds(t *testing.T) {
	t.Parallel()
	const classes = 94
	kinds := Kinds()
	require.Len(t, kinds, classes+len(ownKinds))
	real := inGateways(t)
	ours, inReal, without := 0, 0, 0
	var table, missing strings.Builder
	for i, k := range kinds {
		var paper []string
		for _, s := range seeds {
			if s.id == k.ID {
				paper = append(paper, s.what)
			}
		}
		nginx, envoy := real["nginx"][k.ID], real["envoy"][k.ID]
		seeded := len(paper)+len(nginx)+len(envoy) > 0
		reason := unseeded[k.ID]
		assert.NotEqual(t, seeded, reason != "", "%d %s: expected a seed or a reason, and not both", i+1, k.ID)
		if slices.Contains([]Layer{LayerGateway, LayerUpstream}, k.Fault) || seeded {
			ours++
			if len(nginx)+len(envoy) > 0 {
				inReal++
			}
			if !seeded {
				without++
			}
		}
		if !seeded {
			assert.True(t, strings.HasPrefix(reason, string(k.Fault)+": "), "%s: %s", k.ID, reason)
			fmt.Fprintf(&missing, "| %s | %s |\n", k.ID, reason)
			continue
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s | %s | %s |\n", k.ID, k.Severity, k.Fault, cell(nginx), cell(envoy), cell(paper))
	}
	assert.LessOrEqual(t, 10*without, ours, "%d of %d have no seed", without, ours)
	text := fmt.Sprintf("# Every ID, and the mistake that produces it\n\n"+
		"The mistakes in nginx and Envoy are those of `fixtures/gateways/defects`, in configs that the real gateways run; those on paper are in\n"+
		"`seeds_test.go`, in a gateway that does in other respects what the policy says. Each is made for two policies, if both have what it is\n"+
		"about, and a test wants it to be one finding, with this ID, blamed on this layer, and nothing else to be reported: `TestDefects` in `servers/gateway`, and `TestSeedsAreFound`.\n\n"+
		"%d classes of failure and %d IDs of our own. A gateway or an upstream can produce %d of them: %d are produced by a real gateway, %d on paper\n"+
		"alone, and %d by nothing.\n\n"+
		"| ID | severity | at fault | nginx | Envoy | on paper |\n|---|---|---|---|---|---|\n%s\n"+
		"## Without a mistake that produces them\n\n| ID | because |\n|---|---|\n%s",
		classes, len(ownKinds), ours, inReal, ours-inReal-without, without, table.String(), missing.String())
	if *update {
		require.NoError(t, os.WriteFile(seedsTable, []byte(text), 0o644))
	}
	kept, err := os.ReadFile(seedsTable)
	require.NoError(t, err)
	assert.Equal(t, string(kept), text, "go test ./harness/judge -run Golden -update")
}

// cell lists names, none of which may be more than an empty word.
func cell(names []string) string {
	var out []string
	for _, name := range names {
		if name == "" {
			name = "yes"
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}
