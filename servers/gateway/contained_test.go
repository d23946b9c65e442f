package gateway

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/container"
)

// imageT makes an image with a program of this machine's alone, which the test
// removes.
func imageT(t *testing.T, e *container.Engine, name, program string) string {
	t.Helper()
	dockerfile, err := fixtures.Files.ReadFile("docker/gateway/Dockerfile")
	require.NoError(t, err)
	files := map[string]string{"usr/local/bin/" + filepath.Base(program): program}
	out, err := exec.Command("ldd", program).Output() // fails on a static one
	if err == nil {
		for _, m := range regexp.MustCompile(`(/\S+) \(0x`).FindAllStringSubmatch(string(out), -1) {
			files[strings.TrimPrefix(m[1], "/")] = m[1]
		}
	}
	var buildContext bytes.Buffer
	w := tar.NewWriter(&buildContext)
	add := func(name string, mode int64, text []byte) {
		require.NoError(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(text))}))
		_, err := w.Write(text)
		require.NoError(t, err)
	}
	add("Dockerfile", 0o644, dockerfile)
	for to, from := range files {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		add("root/"+to, 0o755, text)
	}
	require.NoError(t, w.Close())
	require.NoError(t, e.Build(t.Context(), name, &buildContext, nil))
	t.Cleanup(func() { assert.NoError(t, e.RemoveImage(name)) })
	return name
}

// engineT opens an engine for the run of a configuration.
func engineT(t *testing.T, cfg Config) *container.Engine {
	t.Helper()
	container.RequireT(t, t.Name())
	e, err := container.Open(t.Context(), container.EngineConfig{Run: cfg.Run, Dir: cfg.Installed.Dir})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	return e
}

// The same configs, run by the program in an image.
func TestContained(t *testing.T) {
	t.Parallel()
	cfg := configT(t)
	cfg.Engine = engineT(t, cfg)
	for _, tc := range plain {
		cfg := cfg
		cfg.Image = imageT(t, cfg.Engine, "corsproof-test-"+string(tc.kind)+":"+cfg.Run.ID(), map[Kind]string{Nginx: cfg.Installed.Nginx, Envoy: cfg.Installed.Envoy}[tc.kind])
		t.Run(string(tc.kind), func(t *testing.T) {
			g, e := startT(t, tc.kind, writeT(t, tc.name, tc.text), cfg)
			assert.Regexp(t, `^(nginx/)?1\.[0-9]+\.[0-9]+$`, g.Version())
			assert.Equal(t, "unix", e.Listeners[0].Address.Network, "it has no port")
			assert.Regexp(t, "^200 app", get(t, clientT(t, e), "http://a.test:8080/"))
			require.NoError(t, g.Err())
			require.NoError(t, g.Close())
			require.NoError(t, g.Close(), "a second Close")
			_, err := clientT(t, e).Get("http://a.test:8080/")
			assert.Error(t, err, "it answers after Close")
		})
		t.Run(string(tc.kind)+"/the fixtures", func(t *testing.T) {
			file := map[Kind]string{Nginx: "gateways/orders/nginx.conf", Envoy: "gateways/orders/envoy.yaml"}[tc.kind]
			_, e := startT(t, tc.kind, configFile(t, file), cfg)
			assert.Regexp(t, "^200 orders GET api.example.com /orders", get(t, clientT(t, e), "https://api.example.com/orders"))
			assert.Regexp(t, "^404", get(t, clientT(t, e), "https://api.example.com/x"))
		})
		t.Run(string(tc.kind)+"/it ends", func(t *testing.T) {
			cfg := cfg
			gone := make(chan error, 1)
			cfg.Gone = func(err error) { gone <- err }
			g, e := startT(t, tc.kind, writeT(t, tc.name, tc.text), cfg)
			require.NoError(t, g.program.Kill())
			select {
			case err := <-gone:
				assert.ErrorContains(t, err, "ended by itself: exit status 137")
			case <-time.After(10 * time.Second):
				require.Fail(t, "nobody was told")
			}
			_, err := clientT(t, e).Get("http://a.test:8080/")
			assert.Error(t, err)
			assert.NoError(t, g.Close())
		})
		t.Run(string(tc.kind)+"/a config that it doesn't take", func(t *testing.T) {
			broken := strings.NewReplacer("listen 8080;", "listen 8080;\n    brotli on;", "stat_prefix", "statprefix").Replace(tc.text)
			file := writeT(t, tc.name, broken)
			g, err := New(tc.kind, file, cfg)
			require.NoError(t, err)
			_, err = g.Start(t.Context(), wire.Upstream{Plain: echo(t, "app")})
			require.Error(t, err)
			assert.Regexp(t, `unknown directive "brotli"|statprefix`, err.Error())
			assert.ErrorContains(t, err, file)
			assert.NoError(t, g.Close())
		})
		t.Run(string(tc.kind)+"/interrupted", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			g, err := New(tc.kind, writeT(t, tc.name, tc.text), cfg)
			require.NoError(t, err)
			_, err = g.Start(ctx, wire.Upstream{Plain: echo(t, "app")})
			assert.ErrorIs(t, err, context.Canceled)
		})
	}
	left, err := cfg.Engine.Containers()
	require.NoError(t, err)
	assert.Empty(t, left, "containers left behind")
}

func TestContainedWrongUse(t *testing.T) {
	t.Parallel()
	cfg := configT(t)
	cfg.Image = "nginx:1.31"
	_, err := New(Nginx, writeT(t, "nginx.conf", plainNginx), cfg)
	assert.ErrorContains(t, err, "Config.Engine")
	cfg.Engine, cfg.Binary = new(container.Engine), BinarySystem
	_, err = New(Nginx, writeT(t, "nginx.conf", plainNginx), cfg)
	assert.ErrorContains(t, err, "no Config.Binary")
}
