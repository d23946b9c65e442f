package scenarios

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/container"
)

// containerStage is testStage for who has what the rows take. The containers end with
// the test, and the engine with them, so that other packages' tests can have it.
func containerStage(t *testing.T) *Stage {
	t.Helper()
	stage := testStage(t)
	row := Containers()[0]
	if missing := row.Missing(t.Context(), stage); missing != "" {
		if required(row.Part) {
			t.Fatal(missing)
		}
		t.Skipf("not run: %s", missing)
	}
	container.TurnT(t)
	t.Cleanup(func() { assert.NoError(t, stage.CloseContainers()) })
	return stage
}

func TestContainers(t *testing.T) {
	t.Parallel()
	testRows(t, containerStage(t), dockerRows())
}

var containerSabotages = []sabotageCase{{
	name:  "fastapi-always-allows",
	why:   "what CORS in FastAPI decides is decided for the browser at its port, and for nobody else",
	arm:   fastAPISays("*"),
	fails: []string{"published-port"},
}, {
	name:  "fastapi-never-allows",
	why:   "both rows have a page that reads through FastAPI's port",
	arm:   fastAPISays(servers.CORSOff),
	fails: []string{"container-to-container", "published-port"},
}, {
	name:  "node-always-allows",
	why:   "Node's answer to FastAPI's container changes; nothing at the port does",
	arm:   nodeSays("*"),
	fails: []string{"container-to-container"},
}, {
	name:  "node-never-allows",
	why:   "a control that changes Node's CORS changes nothing",
	arm:   nodeSays(servers.CORSOff),
	fails: []string{"container-to-container"},
}, {
	name:  "server-enforces",
	why:   "a port that refuses whoever names an origin: then the browser is not the one who enforces",
	arm:   serverEnforces,
	fails: []string{"published-port"},
}, {
	name:  "web-security-off",
	why:   "a browser that doesn't enforce blocks nothing at the port",
	arm:   unenforced,
	fails: []string{"published-port"},
}, {
	name:  "network-enforces",
	why:   "Node off the network that FastAPI reaches it by: now something does enforce, and no row reads anything",
	arm:   networkEnforces,
	fails: []string{"container-to-container", "published-port"},
}}

// networkEnforces takes Node's container off the network once a leg has what it
// starts with.
func networkEnforces(t *testing.T, s *Stage) sabotage {
	join := func() error { return nil }
	t.Cleanup(func() { assert.NoError(t, join()) })
	return sabotage{
		each: func(context.Context) error { return join() },
		after: func(servers.Setup) {
			var err error
			join, err = s.containers.services.Part()
			require.NoError(t, err)
		},
	}
}

func TestContainerSabotage(t *testing.T) {
	t.Parallel()
	testSabotages(t, containerStage(t), dockerRows(), containerSabotages)
}
