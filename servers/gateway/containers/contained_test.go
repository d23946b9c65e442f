package containers

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
	"github.com/corsproof/corsproof/servers/gateway"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
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
func engineT(t *testing.T, cfg gateway.Config) *container.Engine {
	t.Helper()
	container.RequireT(t, t.Name())
	container.TurnT(t)
	e, err := container.Open(t.Context(), container.EngineConfig{Run: cfg.Run, Dir: cfg.Installed.Dir})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	return e
}

// The same configs, run by the program in an image.
func TestContained(t *testing.T) {
	t.Parallel()
	cfg := gatewaytest.ConfigT(t)
	engine := engineT(t, cfg)
	var last *runner
	cfg.Images = func(ctx context.Context, c gateway.ImageConfig) (gateway.Runner, error) {
		r, err := On(engine)(ctx, c)
		last = r.(*runner)
		return r, err
	}
	for _, tc := range gatewaytest.Plain {
		cfg := cfg
		cfg.Image = imageT(t, engine, "corsproof-test-"+string(tc.Kind)+":"+cfg.Run.ID(), map[gateway.Kind]string{"nginx": cfg.Installed.Nginx, "envoy": cfg.Installed.Envoy}[tc.Kind])
		t.Run(string(tc.Kind), func(t *testing.T) {
			g, e := gatewaytest.StartT(t, tc.Kind, gatewaytest.WriteT(t, tc.Name, tc.Text), cfg)
			assert.Regexp(t, `^(nginx/)?1\.[0-9]+\.[0-9]+$`, g.Running().Version)
			assert.Equal(t, "unix", e.Listeners[0].Address.Network, "it has no port")
			assert.Regexp(t, "^200 app", gatewaytest.Get(t, gatewaytest.ClientT(t, e), "http://a.test:8080/"))
			require.NoError(t, g.Facts().Life.Err())
			require.NoError(t, g.Close())
			require.NoError(t, g.Close(), "a second Close")
			_, err := gatewaytest.ClientT(t, e).Get("http://a.test:8080/")
			assert.Error(t, err, "it answers after Close")
		})
		t.Run(string(tc.Kind)+"/the fixtures", func(t *testing.T) {
			file := map[gateway.Kind]string{"nginx": "gateways/orders/nginx.conf", "envoy": "gateways/orders/envoy.yaml"}[tc.Kind]
			_, e := gatewaytest.StartT(t, tc.Kind, gatewaytest.FixtureT(t, file), cfg)
			assert.Regexp(t, "^200 orders GET api.example.com /orders", gatewaytest.Get(t, gatewaytest.ClientT(t, e), "https://api.example.com/orders"))
			assert.Regexp(t, "^404", gatewaytest.Get(t, gatewaytest.ClientT(t, e), "https://api.example.com/x"))
		})
		t.Run(string(tc.Kind)+"/it ends", func(t *testing.T) {
			g, e := gatewaytest.StartT(t, tc.Kind, gatewaytest.WriteT(t, tc.Name, tc.Text), cfg)
			require.NoError(t, last.program.Kill())
			select {
			case <-g.Facts().Life.Done():
				assert.ErrorContains(t, g.Facts().Life.Err(), "exited unexpectedly: exit status 137")
			case <-time.After(time.Minute):
				require.Fail(t, "nobody was told")
			}
			_, err := gatewaytest.ClientT(t, e).Get("http://a.test:8080/")
			assert.Error(t, err)
			assert.NoError(t, g.Close())
		})
		t.Run(string(tc.Kind)+"/a config that it doesn't take", func(t *testing.T) {
			broken := strings.NewReplacer("listen 8080;", "listen 8080;\n    brotli on;", "stat_prefix", "statprefix").Replace(tc.Text)
			file := gatewaytest.WriteT(t, tc.Name, broken)
			g, err := gateway.New(t.Context(), tc.Kind, file, cfg)
			require.NoError(t, err)
			_, err = g.Start(t.Context(), wire.Upstream{Plain: gatewaytest.Echo(t, "app")})
			require.Error(t, err)
			assert.Regexp(t, `unknown directive "brotli"|statprefix`, err.Error())
			assert.ErrorContains(t, err, file)
			assert.NoError(t, g.Close())
		})
		t.Run(string(tc.Kind)+"/interrupted", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			g, err := gateway.New(t.Context(), tc.Kind, gatewaytest.WriteT(t, tc.Name, tc.Text), cfg)
			require.NoError(t, err)
			_, err = g.Start(ctx, wire.Upstream{Plain: gatewaytest.Echo(t, "app")})
			assert.ErrorIs(t, err, context.Canceled)
		})
	}
	left, err := engine.Containers()
	require.NoError(t, err)
	assert.Empty(t, left, "containers left behind")
}

// Without an engine to share, the gateway opens one of its own, and ends it.
func TestEngineOfItsOwn(t *testing.T) {
	container.RequireT(t, t.Name())
	container.TurnT(t)
	cfg := gatewaytest.ConfigT(t)
	cfg.Image = "corsproof-test-none:1"
	g, err := gateway.New(t.Context(), "nginx", gatewaytest.WriteT(t, "nginx.conf", gatewaytest.PlainNginx), cfg)
	require.NoError(t, err)
	_, err = g.Start(t.Context(), wire.Upstream{Plain: gatewaytest.Echo(t, "app")})
	assert.ErrorContains(t, err, "corsproof-test-none:1")
	assert.NoError(t, g.Close())
}

func TestImageAndBinary(t *testing.T) {
	t.Parallel()
	cfg := gateway.Config{Image: "nginx:1.31", Binary: gateway.BinarySystem}
	_, err := gateway.New(t.Context(), "nginx", gatewaytest.WriteT(t, "nginx.conf", gatewaytest.PlainNginx), cfg)
	assert.ErrorContains(t, err, "Config.Image and Config.Binary")
}
