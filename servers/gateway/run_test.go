package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

// Each config as a user has it, in the real gateway: what it answers, and which
// upstream it asked for what.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		kind gateway.Kind
		file string // of testdata, the first file in it; or of the fixtures
		want map[string]string
	}{
		{"nginx/real", "nginx", "nginx-real", map[string]string{
			"http://api.shop.example.com/x":           "301 https://api.shop.example.com/x",
			"https://api.shop.example.com/orders?a=b": "200 app GET api.shop.example.com /orders?a=b",
			"https://api.shop.example.com/v1/a":       "200 legacy.internal:8443 GET api.shop.example.com /api/a",
			"https://api.shop.example.com/dyn/x?y":    "200 users.internal:8080 GET api.shop.example.com /u/",
			"https://api.shop.example.com/dyn2/x?y":   "200 users.internal:8080 GET api.shop.example.com /dyn2/x?y",
			"https://api.shop.example.com/s/%41":      "200 $host GET api.shop.example.com /s/%41",
			"https://x.shop.example.com/":             "404 nope",
		}},
		{"nginx/wrapped", "nginx", "nginx-wrapped", map[string]string{
			"http://api.example.com/a/b":  "200 app:8000 GET 127.0.0.1 /a/b",
			"https://api.example.com/a/b": "200 app:8000 GET 127.0.0.1 /a/b", // behind who ends TLS
		}},
		{"nginx/forms", "nginx", "nginx-forms", map[string]string{
			"http://example.com:81/a/x":     "200 app GET app /x",
			"http://example.com:81/b/x":     "200 app GET app /b/x",
			"http://example.com:81/c/x":     "200 a.internal GET 127.0.0.1 /c/x",
			"http://b.example.com:81/c/x":   "200 b.internal:81 GET 127.0.0.1 /c/x",
			"http://example.com:81/d/x":     "200 a.internal GET 127.0.0.1 /d",
			"http://example.com:81/e/x":     "200 app GET app /e/x",
			"http://example.com:81/g/x/y?z": "200 g.internal:8080 GET 127.0.0.1 /x/y?z",
			"http://example.com:81/h/x":     "403 ",
			"http://example.com:81/i/x":     "200 unix:/run/i.sock GET 127.0.0.1 /i/x",
			"http://example.com:81/l/x":     "200 twin GET 127.0.0.1 /l/x",
			"http://example.com:81/k/x":     `200 http://k.internal "quoted" {;} # no comment`,
		}},
		{"envoy/orders", "envoy", "gateways/orders/envoy.yaml", map[string]string{
			"http://api.example.com/x":           "308 https://api.example.com/x",
			"https://api.example.com/orders?a=b": "200 orders GET api.example.com /orders?a=b",
			"https://api.example.com/stock/A-1":  "200 stock GET api.example.com /stock/A-1",
			"https://api.example.com/x":          "404 not found",
		}},
		{"envoy/forms", "envoy", "envoy-run", map[string]string{
			"http://a.test:8080/one":        "200 one GET a.test:8080 /one",
			"http://a.test:8080/direct":     "200 hello",
			"https://api.example.com:8443/": "200 two GET api.example.com:8443 /",
			"https://b.example.org:8444/x":  "200 two GET b.example.org:8444 /x",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			g, e := gatewaytest.StartT(t, tc.kind, configFile(t, tc.file), gatewaytest.ConfigT(t))
			assert.Regexp(t, `^(nginx/)?1\.[0-9]+\.[0-9]+$`, g.Running().Version)
			assert.NotEmpty(t, g.Running().Substitutions)
			c := gatewaytest.ClientT(t, e)
			for url, want := range tc.want {
				got := gatewaytest.Get(t, c, url)
				if strings.HasSuffix(want, " ") {
					got = got[:min(len(got), len(want))]
				}
				// What nginx calls by an address has the address's port.
				assert.Equal(t, want, withoutPort.ReplaceAllString(got, "127.0.0.1"), url)
			}
			require.NoError(t, g.Facts().Life.Err())
			require.NoError(t, g.Close())
			require.NoError(t, g.Close(), "a second Close")
			_, err := c.Get("http://api.example.com/")
			assert.Error(t, err, "it answers after Close")
			_, err = g.Start(t.Context(), wire.Upstream{})
			assert.ErrorIs(t, err, gateway.ErrClosed)
		})
	}
}

var withoutPort = regexp.MustCompile(`127\.0\.0\.1:[0-9]+`)

// configFile returns the path of a config: of the fixtures, or unpacked.
func configFile(t *testing.T, name string) string {
	t.Helper()
	if strings.Contains(name, "/") {
		return gatewaytest.FixtureT(t, name)
	}
	for _, folder := range []string{"substitute", "run"} {
		text, err := os.ReadFile(filepath.Join("testdata", folder, name+".txtar"))
		if err != nil {
			continue
		}
		dir := gatewaytest.Unpack(t, string(text))
		for _, main := range []string{"nginx.conf", "default.conf", "envoy.yaml"} {
			if path := filepath.Join(dir, main); exists(path) {
				return path
			}
		}
	}
	require.Fail(t, "no config "+name)
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Whoever has the config's own ports makes no difference.
func TestTakenPorts(t *testing.T) {
	t.Parallel()
	for _, tc := range gatewaytest.Plain {
		t.Run(string(tc.Kind), func(t *testing.T) {
			t.Parallel()
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer taken.Close()
			_, port, err := net.SplitHostPort(taken.Addr().String())
			require.NoError(t, err)
			file := gatewaytest.WriteT(t, tc.Name, strings.ReplaceAll(tc.Text, "8080", port))
			cfg := gatewaytest.ConfigT(t)
			for range 2 { // nor does the same config, running
				_, e := gatewaytest.StartT(t, tc.Kind, file, cfg)
				assert.Regexp(t, "^200 app", gatewaytest.Get(t, gatewaytest.ClientT(t, e), "http://a.test:"+port+"/"))
			}
		})
	}
}

func TestBrokenConfigShowsTheGatewaysOwnWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind       gateway.Kind
		name, text string
		says       []string
	}{
		{"nginx", "nginx.conf", strings.Replace(gatewaytest.PlainNginx, "listen 8080;", "listen 8080;\n    brotli on;", 1),
			[]string{`unknown directive "brotli" in FILE:5`, "lacks its module", "start gateway nginx with FILE"}},
		{"nginx", "nginx.conf", strings.Replace(gatewaytest.PlainNginx, "listen 8080;", "listen 8080;\n    return 200 ${UNSET};", 1),
			[]string{`unknown "unset" variable`, "give the rendered file"}},
		{"nginx", "default.conf", "server {\n  location / { proxy_pass http://a; }\n  location / { }\n}\n",
			[]string{`duplicate location "/" in FILE:3`}},
		{"envoy", "envoy.yaml", strings.Replace(gatewaytest.PlainEnvoy, "stat_prefix", "statprefix", 1),
			[]string{"statprefix", "has unknown fields", "FILE", "a field is misspelled"}},
		{"envoy", "envoy.yaml", strings.Replace(gatewaytest.PlainEnvoy, "cluster: app", "cluster: other", 1), []string{"unknown cluster 'other'"}},
	} {
		t.Run(string(tc.kind)+"/"+tc.says[0], func(t *testing.T) {
			t.Parallel()
			file, cfg := gatewaytest.WriteT(t, tc.name, tc.text), gatewaytest.ConfigT(t)
			g, err := gateway.New(t.Context(), tc.kind, file, cfg)
			require.NoError(t, err)
			_, err = g.Start(t.Context(), wire.Upstream{Plain: gatewaytest.Echo(t, "app")})
			require.Error(t, err)
			for _, s := range tc.says {
				assert.Contains(t, err.Error(), strings.ReplaceAll(s, "FILE", file))
			}
			assert.NotContains(t, err.Error(), cfg.Run.Dir()+"/gateway-", "a name that the user doesn't know")
			assert.NoError(t, g.Close())
		})
	}
}

func TestMissingBinary(t *testing.T) {
	cfg := gatewaytest.ConfigT(t)
	start := func(k gateway.Kind, binary string) error {
		cfg.Binary = binary
		g, err := gateway.New(t.Context(), k, gatewaytest.WriteT(t, map[gateway.Kind]string{"nginx": "nginx.conf", "envoy": "envoy.yaml"}[k], map[gateway.Kind]string{"nginx": gatewaytest.PlainNginx, "envoy": gatewaytest.PlainEnvoy}[k]), cfg)
		require.NoError(t, err)
		_, err = g.Start(t.Context(), wire.Upstream{Plain: gatewaytest.Echo(t, "app")})
		require.Error(t, err)
		assert.NoError(t, g.Close())
		return err
	}
	t.Setenv("PATH", t.TempDir())
	assert.ErrorContains(t, start("nginx", adapter.BinarySystem), "nginx is not in PATH: on Debian and Ubuntu: apt-get install")
	assert.ErrorContains(t, start("envoy", adapter.BinarySystem), "envoy is not in PATH: install it as described at envoyproxy.io")
	assert.ErrorContains(t, start("nginx", "/nowhere/nginx"), "no program at /nowhere/nginx")
	assert.ErrorContains(t, start("nginx", "/bin/echo"), `/bin/echo is not nginx: with -v it prints "-v"`)
	assert.ErrorContains(t, start("envoy", cfg.Installed.Nginx), "is not envoy: with --version it prints")
}

// The binary of a path, and that in PATH, are what is run.
func TestGivenBinary(t *testing.T) {
	cfg := gatewaytest.ConfigT(t)
	given := cfg.Installed.Nginx
	cfg.Installed = nil
	cfg.Binary = given
	file := gatewaytest.WriteT(t, "nginx.conf", gatewaytest.PlainNginx)
	_, e := gatewaytest.StartT(t, "nginx", file, cfg)
	assert.Regexp(t, "^200 app.internal", gatewaytest.Get(t, gatewaytest.ClientT(t, e), "http://a.test:8080/"))
	cfg.Binary = adapter.BinarySystem
	t.Setenv("PATH", filepath.Dir(given))
	_, e = gatewaytest.StartT(t, "nginx", file, cfg)
	assert.Regexp(t, "^200 app.internal", gatewaytest.Get(t, gatewaytest.ClientT(t, e), "http://a.test:8080/"))
}

// childT returns the pid of the one process of a run that is this one's child.
func childT(t *testing.T, run *process.Run) int {
	t.Helper()
	all, err := run.Processes()
	require.NoError(t, err)
	i := slices.IndexFunc(all, func(f process.Found) bool {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.PID))
		return err == nil && strings.Contains(string(status), fmt.Sprintf("\nPPid:\t%d\n", os.Getpid()))
	})
	require.GreaterOrEqual(t, i, 0, "%v", all)
	return all[i].PID
}

func TestDeathInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, tc := range gatewaytest.Plain {
		t.Run(string(tc.Kind), func(t *testing.T) {
			t.Parallel()
			cfg := gatewaytest.ConfigT(t)
			g, e := gatewaytest.StartT(t, tc.Kind, gatewaytest.WriteT(t, tc.Name, tc.Text), cfg)
			c := gatewaytest.ClientT(t, e)
			assert.Regexp(t, "^200 ", gatewaytest.Get(t, c, "http://a.test:8080/"))
			require.NoError(t, syscall.Kill(childT(t, cfg.Run), syscall.SIGKILL))
			select {
			case <-g.Facts().Life.Done():
				assert.ErrorContains(t, g.Facts().Life.Err(), "exited unexpectedly")
				assert.ErrorContains(t, g.Facts().Life.Err(), "killed")
			case <-time.After(time.Minute):
				require.Fail(t, "nobody was told")
			}
			_, err := c.Get("http://a.test:8080/")
			assert.Error(t, err)
			assert.NoError(t, g.Close())
			assert.NoError(t, g.Facts().Life.Err(), "after Close it is no news")
		})
	}
}

// mostToEnd is how long the end of anything may take.
const mostToEnd = 3 * time.Second

func TestHungGatewayEnds(t *testing.T) {
	t.Parallel()
	for _, tc := range gatewaytest.Plain {
		t.Run(string(tc.Kind), func(t *testing.T) {
			t.Parallel()
			cfg := gatewaytest.ConfigT(t)
			g, _ := gatewaytest.StartT(t, tc.Kind, gatewaytest.WriteT(t, tc.Name, tc.Text), cfg)
			require.NoError(t, syscall.Kill(-childT(t, cfg.Run), syscall.SIGSTOP))
			began := time.Now()
			require.NoError(t, g.Close())
			assert.Less(t, time.Since(began), mostToEnd)
			left, err := cfg.Run.Processes()
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

// A program that never answers, as a gateway whose start hangs.
func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	cfg := gatewaytest.ConfigT(t)
	script := filepath.Join(cfg.Run.Dir(), "nginx")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\ncase $1 in -v) echo nginx version: nginx/1.0.0; exit;; esac\necho it waits; sleep 3600 & sleep 3600\n"), 0o755))
	cfg.Binary = script
	g, err := gateway.New(t.Context(), "nginx", gatewaytest.WriteT(t, "nginx.conf", gatewaytest.PlainNginx), cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := g.Start(ctx, wire.Upstream{Plain: gatewaytest.Echo(t, "app")})
		failed <- err
	}()
	require.NoError(t, waitFor(t, func() bool { // the child and the two that it started
		left, err := cfg.Run.Processes()
		return err == nil && len(left) >= 3
	}))
	cancel()
	began := time.Now()
	select {
	case err := <-failed:
		assert.ErrorIs(t, err, context.Canceled)
		assert.ErrorContains(t, err, "it waits")
	case <-time.After(10 * time.Second):
		require.Fail(t, "it goes on")
	}
	assert.Less(t, time.Since(began), mostToEnd)
	left, err := cfg.Run.Processes()
	require.NoError(t, err)
	assert.Empty(t, left)
}

// waitFor polls until done, or for ten seconds.
func waitFor(t *testing.T, done func() bool) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !done() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		runtime.Gosched()
	}
	return nil
}

// Certificates of two kinds for one server, names that no certificate can have,
// and a name that the config doesn't know, asked for by a page.
func TestCertificates(t *testing.T) {
	t.Parallel()
	cfg := gatewaytest.ConfigT(t)
	cfg.Hosts = []string{"shop.example.com"}
	file := gatewaytest.WriteT(t, "nginx.conf", `events {}
http {
  server {
    listen 443 ssl;
    server_name _ ~^x(?<n>[0-9])\.example\.net$;
    ssl_certificate rsa.pem; ssl_certificate_key rsa.key;
    ssl_certificate ecdsa.pem; ssl_certificate_key ecdsa.key;
    ssl_dhparam dh.pem; ssl_session_ticket_key t.key; ssl_password_file p; ssl_client_certificate c.pem; ssl_trusted_certificate d.pem;
    location / { proxy_pass https://app.internal; proxy_ssl_verify on; proxy_ssl_trusted_certificate ca.pem; proxy_ssl_certificate a; proxy_ssl_certificate_key b; }
  }
}
`)
	_, e := gatewaytest.StartT(t, "nginx", file, cfg)
	c := gatewaytest.ClientT(t, e)
	assert.Regexp(t, "^200 app.internal GET", gatewaytest.Get(t, c, "https://shop.example.com/"))
	_, err := c.Get("https://other.example.com/")
	assert.ErrorContains(t, err, "certificate is valid for shop.example.com")
}

// A recorder in front gives a page's browser the run's own certificate for the
// name that it asks for, and sees what passes, in both versions of HTTP.
func TestBehindARecorder(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind gateway.Kind
		file string
	}{{"nginx", "gateways/orders/nginx.conf"}, {"envoy", "gateways/orders/envoy.yaml"}} {
		t.Run(string(tc.kind), func(t *testing.T) {
			t.Parallel()
			cfg := gatewaytest.ConfigT(t)
			_, e := gatewaytest.StartT(t, tc.kind, configFile(t, tc.file), cfg)
			l, err := e.For("https://api.example.com")
			require.NoError(t, err)
			r, err := wire.NewRecorder(wire.RecorderConfig{
				Name: "gateway", Naming: wire.NamingOrigin, Upstream: l.Address, TLS: cfg.CA, UpstreamRoots: e.Roots,
			})
			require.NoError(t, err)
			defer r.Close()
			front := wire.Endpoint{Roots: cfg.CA.Pool(), Listeners: []wire.EndpointListener{{Port: 443, TLS: true, Address: wire.Address{Network: "tcp", Address: r.Addr()}}}}
			assert.Regexp(t, "^200 orders", gatewaytest.Get(t, gatewaytest.ClientT(t, front), "https://api.example.com/orders"))
			all := r.Since(0)
			require.Len(t, all, 1)
			assert.Equal(t, "https://api.example.com", all[0].Server)
			assert.Equal(t, "HTTP/2", all[0].Request.Version)
		})
	}
}

func TestNothingIsLeftInTheUsersFolder(t *testing.T) {
	t.Parallel()
	file := configFile(t, "nginx-real")
	before := tree(t, filepath.Dir(file))
	_, e := gatewaytest.StartT(t, "nginx", file, gatewaytest.ConfigT(t))
	gatewaytest.Get(t, gatewaytest.ClientT(t, e), "https://api.shop.example.com/orders")
	assert.Equal(t, before, tree(t, filepath.Dir(file)))
}

func tree(t *testing.T, dir string) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil {
			var info os.FileInfo
			if info, err = d.Info(); err == nil {
				b.WriteString(path + " " + info.ModTime().String() + "\n")
			}
		}
		return err
	}))
	return b.String()
}
