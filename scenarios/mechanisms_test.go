package scenarios

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers"
)

func TestMechanisms(t *testing.T) {
	t.Parallel()
	testRows(t, testStage(t), Mechanisms())
}

// Each mechanism switched off makes its own row fail and no other.
var mechanismSabotages = []sabotageCase{
	switchedOff(servers.MechanismAPIKey, "api-key"),
	switchedOff(servers.MechanismJWT, "jwt"),
	switchedOff(servers.MechanismMTLS, "mtls"),
	switchedOff(servers.MechanismInternalNetwork, "internal-network"),
	switchedOff(servers.MechanismSecurityGroup, "security-group"),
	switchedOff(servers.MechanismMesh, "service-mesh"),
	{
		name: "web-security-off",
		why:  "a browser that doesn't enforce needs the mechanism alone",
		arm: func(t *testing.T, s *Stage) sabotage {
			unenforced, err := s.Lab.Unenforced(t.Context())
			require.NoError(t, err)
			return sabotage{engine: unenforced}
		},
		fails:     []string{"api-key", "jwt", "mtls", "internal-network", "security-group", "service-mesh"},
		backwards: true, // the page comes in the last leg
	}, {
		name: "cors-for-somebody-else",
		why:  "the page needs CORS as well: each row's browser",
		arm: setups(func(s servers.Setup) servers.Setup {
			s.FastAPI, s.Node = otherOrigin, otherOrigin
			return s
		}),
		fails:     []string{"api-key", "jwt", "mtls", "internal-network", "security-group", "service-mesh"},
		backwards: true, // as above
	},
}

func switchedOff(m servers.Mechanism, row string) sabotageCase {
	return sabotageCase{
		name: row + "-switched-off", why: "without it the wrong callers read the orders", fails: []string{row},
		arm: setups(func(s servers.Setup) servers.Setup {
			s.Absent = s.Absent || s.Mechanism == m
			return s
		}),
	}
}

func TestMechanismSabotage(t *testing.T) {
	t.Parallel()
	testSabotages(t, testStage(t), Mechanisms(), mechanismSabotages)
}

func TestMechanismsHaveTheirParts(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for i, row := range Mechanisms() {
		assert.Equal(t, i+1, row.Number)
		assert.False(t, names[row.Name], "two rows are named %s", row.Name)
		names[row.Name] = true
		assert.Equal(t, report.RoleExperiment, row.Legs[0].Role, row.Name)
		assert.True(t, slices.ContainsFunc(row.Legs, func(l Leg) bool { return l.Setup("").Absent }), "%s: no leg is without the mechanism", row.Name)
		assert.GreaterOrEqual(t, len(row.Legs), 3, row.Name)
	}
}
