package scenarios

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/servers"
)

// It needs a cluster: see README.md.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	testRows(t, testStage(t), []Row{kubernetesRow()})
}

// Each of them makes the row fail.
var kubernetesSabotages = []sabotageCase{{
	name:  "fastapi-always-allows",
	why:   "the browser reads what it had to be refused",
	arm:   fastAPISays("*"),
	fails: []string{"kubernetes"}, backwards: true,
}, {
	name:  "fastapi-never-allows",
	why:   "a page that reads by the port-forward can't read",
	arm:   fastAPISays(servers.CORSOff),
	fails: []string{"kubernetes"},
}, {
	name:  "node-always-allows",
	why:   "Node's answer to FastAPI's pod changes",
	arm:   nodeSays("*"),
	fails: []string{"kubernetes"},
}, {
	name:  "node-never-allows",
	why:   "a control that changes Node's CORS changes nothing",
	arm:   nodeSays(servers.CORSOff),
	fails: []string{"kubernetes"},
}, {
	name:  "server-enforces",
	why:   "a port-forward that refuses whoever names an origin",
	arm:   serverEnforces,
	fails: []string{"kubernetes"},
}, {
	name:  "web-security-off",
	why:   "a browser that doesn't enforce blocks nothing",
	arm:   unenforced,
	fails: []string{"kubernetes"}, backwards: true,
}}

func TestKubernetesSabotage(t *testing.T) {
	t.Parallel()
	stage := testStage(t)
	if missing := missingCluster(t.Context(), stage); missing != "" {
		if required(PartKubernetes) {
			t.Fatal(missing)
		}
		t.Skipf("not run: %s", missing)
	}
	testSabotages(t, stage, []Row{kubernetesRow()}, kubernetesSabotages)
}

// The row with containers for pods and a stand-in for kubectl. It shows that the row
// can hold and can fail, and what it tells kubectl to do. Of Kubernetes it shows
// nothing: that takes TestKubernetes.
func TestKubernetesRowOnAStandIn(t *testing.T) {
	t.Parallel()
	stage := containerStage(t)
	cluster := newStandInCluster(t, stage)
	t.Cleanup(func() { assert.NoError(t, stage.closeCluster()) })
	row := kubernetesRow()
	row.Missing = func(context.Context, *Stage) string { return "" } // the stage may remember another answer
	testRows(t, stage, []Row{row})
	cluster.requireManifests(t)
	some := kubernetesSabotages
	if !full() { // in turn: containers stand in for the pods, and TestContainerSabotage has these
		some = []sabotageCase{some[time.Now().YearDay()%len(some)]}
	}
	testSabotages(t, stage, []Row{row}, some)

	require.NoError(t, stage.closeCluster())
	assert.Equal(t, []string{"corsproof-dead", "corsproof-" + stage.Lab.Run.ID()}, cluster.deleted,
		"the namespace of a dead run, and at the end our own")
}
