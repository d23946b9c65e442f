package container

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ory/dockertest/v3"
	"github.com/ory/dockertest/v3/docker"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/process"
)

// patience bounds every wait of the tests; none of them is meant to last.
const patience = 30 * time.Second

// ownerVariable makes the test binary own a run and an engine instead of running
// the tests, until it is killed.
const ownerVariable = "CONTAINER_TEST_OWNER"

func TestMain(m *testing.M) {
	if root := os.Getenv(ownerVariable); root != "" {
		time.AfterFunc(2*patience, func() { os.Exit(9) }) // whatever becomes of the test
		if err := own(root); err != nil {
			fmt.Println(err)
			os.Exit(8)
		}
		select {}
	}
	os.Exit(m.Run())
}

// own makes one of everything in an engine and says so.
func own(root string) error {
	run, err := process.NewRun(process.Config{Root: root})
	if err != nil {
		return err
	}
	e, err := openOwn(context.Background(), run, root)
	if err != nil {
		return err
	}
	network, err := e.makeOne(root)
	if err != nil {
		return err
	}
	// A build that is killed leaves what has no label.
	if _, err := e.pool.Client.CreateVolume(docker.CreateVolumeOptions{Name: "unlabelled"}); err != nil {
		return err
	}
	fmt.Println("ready", network)
	return nil
}

// openOwn is [Open], but for an engine that answers already. Its data is in root.
func openOwn(ctx context.Context, run *process.Run, root string) (*Engine, error) {
	dockerd, err := findDockerd()
	if err != nil {
		return nil, fmt.Errorf("%w, and %v", ErrNoEngine, err)
	}
	e := &Engine{cfg: EngineConfig{Run: run, Dir: filepath.Join(root, "cache"), Timeouts: Timeouts{}.withDefaults()}}
	if err := e.startOwn(ctx, dockerd); err != nil {
		return e, err
	}
	return e, e.sweep()
}

// makeOne makes a container with a volume of its own, on a network and with a
// published port, and a volume beside, as a run's. It returns the network's id.
// The container's process has the root in its command line.
func (e *Engine) makeOne(root string) (string, error) {
	file, err := os.Open(filepath.Join(root, imageFile))
	if err != nil {
		return "", err
	}
	defer file.Close()
	if err := e.pool.Client.ImportImage(docker.ImportImageOptions{Repository: "pause", Tag: "latest", Source: "-", InputStream: file, OutputStream: new(bytes.Buffer)}); err != nil {
		return "", err
	}
	network, err := e.pool.CreateNetwork("corsproof-"+e.cfg.Run.ID(), func(o *docker.CreateNetworkOptions) { o.Labels = e.labels() })
	if err != nil {
		return "", err
	}
	if _, err := e.pool.Client.CreateVolume(docker.CreateVolumeOptions{Name: "corsproof-" + e.cfg.Run.ID(), Labels: e.labels()}); err != nil {
		return "", err
	}
	_, err = e.pool.RunWithOptions(&dockertest.RunOptions{
		Name: "corsproof-" + e.cfg.Run.ID(), Repository: "pause", Cmd: []string{"/pause", root}, Labels: e.labels(), Networks: []*dockertest.Network{network},
		ExposedPorts: []string{"80/tcp"}, PortBindings: map[docker.Port][]docker.PortBinding{"80/tcp": {{HostIP: "127.0.0.1"}}},
	}, func(h *docker.HostConfig) {
		h.PublishAllPorts = false
		h.Mounts = []docker.HostMount{{Type: "volume", Target: "/anonymous"}}
	})
	return network.Network.ID, err
}

// imageFile is the image of the tests: one program, which sleeps.
const imageFile = "pause.tar"

// requireDockerd is [RequireT] for tests that need an engine of their own: they
// kill it.
func requireDockerd(t *testing.T) {
	t.Helper()
	RequireT(t, t.Name())
	if _, err := findDockerd(); err != nil {
		t.Skipf("not run: %s: the engine that answers is not the test's to kill, and %v", t.Name(), err)
	}
}

// testRoot makes a folder for runs, with the image in it. Its path is short, for
// the sockets in it.
func testRoot(t *testing.T) string {
	t.Helper()
	requireDockerd(t)
	root, err := os.MkdirTemp("", "cpe")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(root)) })
	source := filepath.Join(t.TempDir(), "main.go")
	program := filepath.Join(t.TempDir(), "pause")
	require.NoError(t, os.WriteFile(source, []byte("package main\n\nimport \"time\"\n\nfunc main() { time.Sleep(time.Hour) }\n"), 0o600))
	build := exec.Command("go", "build", "-o", program, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	binary, err := os.ReadFile(program)
	require.NoError(t, err)
	var image bytes.Buffer
	archive := tar.NewWriter(&image)
	require.NoError(t, writeFile(archive, "pause", 0o755, binary))
	require.NoError(t, archive.Close())
	require.NoError(t, os.WriteFile(filepath.Join(root, imageFile), image.Bytes(), 0o600))
	return root
}

// traces lists what shows on the machine of engines with data below the root:
// processes, mounts, control groups. It is written apart from what it checks.
func traces(t *testing.T, root string) (found []string) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, p := range processes {
		command, _ := os.ReadFile(p + "/cmdline")
		name, _ := os.ReadFile(p + "/comm")
		if strings.Contains(string(command), root) {
			found = append(found, "process "+strings.TrimSpace(string(name)))
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, root) {
			found = append(found, "mount "+line)
		}
	}
	for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
		groups, err := filepath.Glob(pattern + cgroupOf(filepath.Join(root, "cache", "engine")))
		require.NoError(t, err)
		for _, g := range groups {
			found = append(found, "cgroup "+g)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
