package main

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/container"
)

// withEngine calls do with an engine, which nobody has afterwards.
func withEngine(t *testing.T, dir string, do func(*container.Engine) error) {
	t.Helper()
	run, err := process.NewRun(process.Config{})
	require.NoError(t, err)
	defer func() { assert.NoError(t, run.Close()) }()
	e, err := container.Open(context.WithoutCancel(t.Context()), container.EngineConfig{Run: run, Dir: dir})
	require.NoError(t, err)
	defer func() { assert.NoError(t, e.Close()) }()
	require.NoError(t, do(e))
}

// nginxImage is a build context with the pinned nginx, which needs no library.
func nginxImage(t *testing.T, nginx string) *bytes.Buffer {
	t.Helper()
	dockerfile, err := fixtures.Files.ReadFile("docker/gateway/Dockerfile")
	require.NoError(t, err)
	program, err := os.ReadFile(nginx)
	require.NoError(t, err)
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range []struct {
		name string
		mode int64
		text []byte
	}{{"Dockerfile", 0o644, dockerfile}, {"root/usr/sbin/nginx", 0o755, program}} {
		require.NoError(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Size: int64(len(f.text))}))
		_, err := w.Write(f.text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return &out
}

// The example's nginx.conf, run by the nginx of an image, has the same mistakes; and
// an interruption leaves no container, no engine and no file.
func TestCheckWithAnImage(t *testing.T) {
	container.RequireT(t, t.Name())
	container.TurnT(t)
	installed, err := servers.Install(t.Context(), servers.InstallConfig{})
	require.NoError(t, err)
	const image = "corsproof-test-nginx:check"
	withEngine(t, installed.Dir, func(e *container.Engine) error {
		return e.Build(t.Context(), image, nginxImage(t, installed.Nginx), nil)
	})
	t.Cleanup(func() {
		withEngine(t, installed.Dir, func(e *container.Engine) error { return e.RemoveImage(image) })
	})
	dir := t.TempDir()
	require.NoError(t, writeExample(dir))

	r := startIn(t, dir, nil, "check", "cors.yaml", "--engine", "model", "--image", image)
	assert.Equal(t, exitNotProven, r.wait(t), r.out)
	assert.Contains(t, r.out, "hole: suffix-match-origin")
	assert.Contains(t, r.out, "masked: acao-missing-on-error")
	assert.Contains(t, r.out, "54 violations in 2 findings, 0 divergent, 0 unknown")
	r.requireNothingLeft(t)

	r = startIn(t, dir, nil, "check", "cors.yaml", "--image", image, "--verbose")
	r.requireLine(t, "substituted")
	require.NoError(t, r.cmd.Process.Signal(syscall.SIGINT))
	assert.Equal(t, exitUnknown, r.wait(t), r.out)
	r.requireNothingLeft(t)

	code, out := runIn(t, shopFiles(), "check", "shop.yaml", "--image", image, "--binary", "system")
	assert.Equal(t, exitUsage, code, out)
	r = startIn(t, dir, []string{"DOCKER_HOST=unix:///nonexistent.sock"}, "check", "cors.yaml", "--image", image)
	assert.Equal(t, exitUnknown, r.wait(t))
	assert.Contains(t, r.out, "no Docker Engine answers at DOCKER_HOST=unix:///nonexistent.sock")
	r.requireNothingLeft(t)
}
