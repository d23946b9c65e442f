package container

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ory/dockertest/v3/docker"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/process"
)

// An engine that is started here ends with whoever started it, and with it all
// that it runs; what it leaves on disk and in the control groups, the next one
// removes.
func TestWhatASIGKILLLeavesIsSwept(t *testing.T) {
	t.Parallel()
	root := testRoot(t)
	before := traces(t, root)

	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), ownerVariable+"="+root)
	out, err := owner.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, owner.Start())
	t.Cleanup(func() {
		owner.Process.Kill()
		owner.Wait()
	})
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan(), "the owner said nothing")
	network, ready := strings.CutPrefix(lines.Text(), "ready ")
	require.True(t, ready, lines.Text())
	there := strings.Join(traces(t, root), "\n")
	for _, want := range []string{"process dockerd", "process containerd", "process containerd-shim", "process pause", "cgroup "} {
		require.Contains(t, there, want, "the test has to see it, or it proves nothing")
	}
	assert.NotContains(t, there, "mount ", "the engine changes the machine")
	_, err = net.InterfaceByName("br-" + network[:12])
	assert.Error(t, err, "the engine changes the machine")

	require.NoError(t, owner.Process.Kill())
	owner.Wait()
	require.Eventually(t, func() bool {
		return !strings.Contains(strings.Join(traces(t, root), "\n"), "process ")
	}, patience, Timeouts{}.withDefaults().Poll, "processes outlive the engine's owner")

	run, err := process.NewRun(process.Config{Root: root})
	require.NoError(t, err)
	e, err := openOwn(t.Context(), run, root)
	require.NoError(t, err)
	containers, err := e.pool.Client.ListContainers(docker.ListContainersOptions{All: true})
	require.NoError(t, err)
	assert.Empty(t, containers)
	networks, err := e.pool.Client.ListNetworks()
	require.NoError(t, err)
	for _, n := range networks {
		assert.Contains(t, []string{"host", "none"}, n.Name)
	}
	volumes, err := e.pool.Client.ListVolumes(docker.ListVolumesOptions{})
	require.NoError(t, err)
	assert.Empty(t, volumes)
	kept, err := e.hasImage("pause:latest")
	require.NoError(t, err)
	assert.True(t, kept, "images are kept")

	_, err = e.makeOne(root)
	require.NoError(t, err)
	require.NoError(t, e.Close())
	require.NoError(t, run.Close())
	assert.Equal(t, before, traces(t, root), "after an orderly end")
	left, err := filepath.Glob(filepath.Join(root, "corsproof-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// In somebody else's engine what a live run made is left alone, and what isn't
// labelled.
func TestSweepSparesTheLiving(t *testing.T) {
	t.Parallel()
	root := testRoot(t)
	newRun := func() *process.Run {
		run, err := process.NewRun(process.Config{Root: root})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, run.Close()) })
		return run
	}
	e, err := openOwn(t.Context(), newRun(), root)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	require.NoError(t, err)
	makeOne := func(e *Engine) {
		_, err := e.makeOne(root)
		require.NoError(t, err)
	}
	as := func(run *process.Run) *Engine { // whom the same engine serves, too
		other := &Engine{cfg: EngineConfig{Run: run, Timeouts: e.cfg.Timeouts}}
		require.NoError(t, other.connect(t.Context(), e.Endpoint))
		return other
	}
	names := func() (names []string) {
		containers, err := e.pool.Client.ListContainers(docker.ListContainersOptions{All: true})
		require.NoError(t, err)
		for _, c := range containers {
			names = append(names, "container "+strings.TrimPrefix(c.Names[0], "/"))
		}
		networks, err := e.pool.Client.ListNetworks()
		require.NoError(t, err)
		for _, n := range networks {
			if n.Name != "host" && n.Name != "none" {
				names = append(names, "network "+n.Name)
			}
		}
		volumes, err := e.pool.Client.ListVolumes(docker.ListVolumesOptions{})
		require.NoError(t, err)
		for _, v := range volumes {
			if strings.HasPrefix(v.Name, "corsproof-") || v.Name == "stranger" {
				names = append(names, "volume "+v.Name)
			}
		}
		return names
	}
	three := func(run *process.Run) []string {
		return []string{"container corsproof-" + run.ID(), "network corsproof-" + run.ID(), "volume corsproof-" + run.ID()}
	}

	alive, dead := newRun(), newRun()
	makeOne(as(alive))
	makeOne(as(dead))
	_, err = e.pool.Client.CreateVolume(docker.CreateVolumeOptions{Name: "stranger"})
	require.NoError(t, err)
	// Of another machine: where its folder would be is not for us to say.
	_, err = e.pool.Client.CreateVolume(docker.CreateVolumeOptions{Name: "corsproof-elsewhere", Labels: map[string]string{labelRun: "/nowhere", labelHost: "elsewhere"}})
	require.NoError(t, err)
	others := []string{"volume stranger", "volume corsproof-elsewhere"}
	require.ElementsMatch(t, append(append(three(alive), three(dead)...), others...), names())

	require.NoError(t, as(newRun()).sweep())
	require.ElementsMatch(t, append(append(three(alive), three(dead)...), others...), names(), "both live")
	require.NoError(t, dead.Close())
	require.NoError(t, as(newRun()).sweep())
	require.ElementsMatch(t, append(three(alive), others...), names())
	require.NoError(t, as(alive).Close())
	require.ElementsMatch(t, others, names(), "a run removes its own")
}

func TestOpenSaysWhatIsMissing(t *testing.T) { // serial: it changes the environment
	run, err := process.NewRun(process.Config{Root: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, run.Close()) })
	for _, tc := range []struct{ host, want string }{
		{"unix:///nowhere/s", "no Docker Engine answers at DOCKER_HOST=unix:///nowhere/s: "},
		{"tcp://192.0.2.1:2375", "DOCKER_HOST=tcp://192.0.2.1:2375 is not a unix socket"},
		{"%", "DOCKER_HOST=% is not a unix socket"},
	} {
		t.Setenv(HostVar, tc.host)
		_, err := Open(t.Context(), EngineConfig{Run: run, Dir: t.TempDir()})
		assert.ErrorIs(t, err, ErrNoEngine, tc.host)
		assert.ErrorContains(t, err, tc.want)
	}
}
