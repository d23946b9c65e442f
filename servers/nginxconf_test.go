package servers

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/process"
)

const pageOrigin = "http://127.0.0.1:5173"

func TestNginxTakesEveryVariant(t *testing.T) {
	t.Parallel()
	n := newNginx(t)
	certificate, key := selfSigned(t, n.dir)
	for name, change := range map[string]func(*NginxConfig){
		"off": func(*NginxConfig) {},
		"origins": func(c *NginxConfig) {
			c.Origins = []string{pageOrigin, "https://" + strings.Repeat("long.", 60) + "test", "null"}
		},
		"any":    func(c *NginxConfig) { c.Origins = []string{"*"} },
		"tls":    func(c *NginxConfig) { c.Certificate, c.Key = certificate, key },
		"mutual": func(c *NginxConfig) { c.Certificate, c.Key, c.ClientCA = certificate, key, certificate },
		"double": func(c *NginxConfig) { c.Origins, c.DoubleHeader = []string{pageOrigin}, true },
		"all": func(c *NginxConfig) {
			c.Origins, c.DoubleHeader, c.Certificate, c.Key = []string{pageOrigin}, true, certificate, key
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := n.config("http://127.0.0.1:1", "http://127.0.0.1:2")
			change(&cfg)
			child := n.start(t, cfg, "-t")
			<-child.Done()
			assert.NoErrorf(t, child.Err(), "%s", child.Log())
		})
	}
}

func TestNginxRefusesValues(t *testing.T) {
	t.Parallel()
	good := NginxConfig{Dir: "/d", Listen: "/d/s", FastAPI: "http://a", Node: "http://b", Origins: []string{pageOrigin}}
	_, err := good.Render()
	require.NoError(t, err)
	for want, change := range map[string]func(*NginxConfig){
		"node is empty":                          func(c *NginxConfig) { c.Node = "" },
		"certificate and key require each other": func(c *NginxConfig) { c.Key = "/k" },
		"without a certificate":                  func(c *NginxConfig) { c.ClientCA = "/ca" },
		`origin "*" is one of 2`:                 func(c *NginxConfig) { c.Origins = []string{pageOrigin, "*"} },
		`"~^https?://.*" is not an origin`:       func(c *NginxConfig) { c.Origins = []string{"~^https?://.*"} },
		`"example.com" is not an origin`:         func(c *NginxConfig) { c.Origins = []string{"example.com"} },
		`"" is not an origin`:                    func(c *NginxConfig) { c.Origins = []string{""} },
		"character with a meaning in nginx":      func(c *NginxConfig) { c.Origins = []string{`http://a"; return 200`} },
		`"/d;" has a character`:                  func(c *NginxConfig) { c.Dir = "/d;" },
		`"http://$host" has a character`:         func(c *NginxConfig) { c.FastAPI = "http://$host" },
	} {
		cfg := good
		change(&cfg)
		_, err := cfg.Render()
		assert.ErrorContains(t, err, want)
	}
}

func TestNginxAnswers(t *testing.T) {
	t.Parallel()
	service := func(name string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Arrived", name+" "+r.Method+" "+r.RequestURI)
			if r.URL.Path == "/own" {
				w.Header().Set("Access-Control-Allow-Origin", pageOrigin)
			}
			if r.URL.Path == "/fail" {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}))
		t.Cleanup(s.Close)
		return s
	}
	fastapi, node := service("fastapi"), service("node")

	type answer struct {
		status                 int
		arrived                string
		origin                 []string // Access-Control-Allow-Origin
		methods, headers, vary string
	}
	const (
		off    = ""
		on     = pageOrigin
		double = "double"
	)
	preflight := map[string]string{"Origin": pageOrigin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
	denied := map[string]string{"Origin": "http://other.test", "Access-Control-Request-Method": "POST"}
	fromPage, fromOther := map[string]string{"Origin": pageOrigin}, map[string]string{"Origin": "http://other.test"}
	one, two := []string{pageOrigin}, []string{pageOrigin, pageOrigin}
	gateways := map[string]*http.Client{}
	for _, mode := range []string{off, on, double} {
		n := newNginx(t)
		cfg := n.config(fastapi.URL, node.URL)
		if mode != off {
			cfg.Origins, cfg.DoubleHeader = []string{"https://first.test", pageOrigin}, mode == double
		}
		gateways[mode] = n.serve(t, cfg)
	}
	for _, tc := range []struct {
		name, mode, method, path string
		headers                  map[string]string
		want                     answer
	}{
		{"listed origin", on, "GET", "/api/orders?a=1", fromPage, answer{200, "fastapi GET /orders?a=1", one, "", "", "Origin"}},
		{"listed origin, node", on, "GET", "/node/orders", fromPage, answer{200, "node GET /orders", one, "", "", "Origin"}},
		{"unlisted origin", on, "GET", "/api/orders", fromOther, answer{200, "fastapi GET /orders", nil, "", "", "Origin"}},
		{"no origin", on, "GET", "/api/orders", nil, answer{200, "fastapi GET /orders", nil, "", "", "Origin"}},
		{"error", on, "GET", "/api/fail", fromPage, answer{500, "fastapi GET /fail", one, "", "", "Origin"}},
		{"no such path", on, "GET", "/nope", fromPage, answer{404, "", one, "", "", "Origin"}},
		{"preflight", on, "OPTIONS", "/api/orders", preflight, answer{204, "", one, "GET, POST", "content-type", "Origin"}},
		{"preflight denied", on, "OPTIONS", "/api/orders", denied, answer{204, "", nil, "", "", "Origin"}},
		{"options, no preflight", on, "OPTIONS", "/api/orders", fromPage, answer{200, "fastapi OPTIONS /orders", one, "", "", "Origin"}},
		{"both", on, "GET", "/api/own", fromPage, answer{200, "fastapi GET /own", two, "", "", "Origin"}},
		{"sabotage", double, "GET", "/api/orders", fromPage, answer{200, "fastapi GET /orders", two, "", "", "Origin"}},
		{"off", off, "GET", "/api/orders", fromPage, answer{200, "fastapi GET /orders", nil, "", "", ""}},
		{"off, preflight", off, "OPTIONS", "/node/orders", preflight, answer{200, "node OPTIONS /orders", nil, "", "", ""}},
		{"off, service's own", off, "GET", "/api/own", fromPage, answer{200, "fastapi GET /own", one, "", "", ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), tc.method, "http://gateway"+tc.path, nil)
			require.NoError(t, err)
			for name, value := range tc.headers {
				req.Header.Set(name, value)
			}
			resp, err := gateways[tc.mode].Do(req)
			require.NoError(t, err)
			defer resp.Body.Close()
			_, err = io.Copy(io.Discard, resp.Body)
			require.NoError(t, err)
			h := resp.Header
			assert.Equal(t, tc.want, answer{
				resp.StatusCode, h.Get("X-Arrived"), h.Values("Access-Control-Allow-Origin"),
				strings.Join(h.Values("Access-Control-Allow-Methods"), "|"), strings.Join(h.Values("Access-Control-Allow-Headers"), "|"),
				strings.Join(h.Values("Vary"), "|"),
			})
		})
	}
}

// A testNginx is a folder in a run of the test's own to start nginx in.
type testNginx struct {
	run   *process.Run
	owner *process.Owner
	path  string
	dir   string
}

func newNginx(t *testing.T) *testNginx {
	t.Helper()
	installed, err := Install(t.Context(), InstallConfig{})
	require.NoError(t, err)
	run, err := process.NewRun(process.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, run.Close()) })
	owner, err := Unprivileged()
	require.NoError(t, err)
	dir, err := run.Mkdir("nginx", owner)
	require.NoError(t, err)
	return &testNginx{run: run, owner: owner, path: installed.Nginx, dir: dir}
}

func (n *testNginx) config(fastapi, node string) NginxConfig {
	return NginxConfig{Dir: n.dir, Listen: filepath.Join(n.dir, "s"), FastAPI: fastapi, Node: node}
}

func (n *testNginx) start(t *testing.T, cfg NginxConfig, args ...string) *process.Child {
	t.Helper()
	conf, err := cfg.Render()
	require.NoError(t, err)
	file := filepath.Join(n.dir, "nginx.conf")
	require.NoError(t, os.WriteFile(file, conf, 0o644))
	child, err := n.run.Start(t.Context(), process.Spec{
		Name: "nginx", Path: n.path, Dir: n.dir, Owner: n.owner,
		Args: append([]string{"-p", n.dir, "-e", "stderr", "-c", file}, args...),
	})
	require.NoError(t, err)
	return child
}

// serve starts nginx and returns a client that talks to it.
func (n *testNginx) serve(t *testing.T, cfg NginxConfig) *http.Client {
	t.Helper()
	child := n.start(t, cfg)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", cfg.Listen)
	}
	require.NoError(t, process.WaitReady(t.Context(), child, func(ctx context.Context) error {
		conn, err := dial(ctx, "", "")
		if err != nil {
			return err
		}
		return conn.Close()
	}))
	transport := &http.Transport{DialContext: dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// selfSigned writes a certificate and its key for nginx to read.
func selfSigned(t *testing.T, dir string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"gateway"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	certificate, key = filepath.Join(dir, "crt"), filepath.Join(dir, "key")
	require.NoError(t, os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o644))
	return certificate, key
}
