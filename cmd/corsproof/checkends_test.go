package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
)

// mostToNotice is how long it may take until a check notices that it can't go on:
// twice the time of a request, which is 5 s where --timeout doesn't say otherwise. The
// end itself comes after it.
const mostToNotice = 10 * time.Second

// shopFiles are a policy of so many routes that a check takes a while, and a config
// that knows one of them.
func shopFiles() map[string]string {
	var routes strings.Builder
	for i := range 60 {
		fmt.Fprintf(&routes, "  - {path: /r-%d, methods: [PUT, DELETE], headers: [x-%d]}\n", i, i)
	}
	return map[string]string{"shop.yaml": shopPolicy + routes.String(), "nginx.conf": shopConfig}
}

// processOf waits for a process of the run that has the text in its command line,
// and returns its id.
func (r *run) processOf(t *testing.T, text string) int {
	t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		for _, p := range processesBelow(t, r.temp) {
			path, command, _ := strings.Cut(p, " ")
			if pid, err := strconv.Atoi(strings.TrimPrefix(path, "/proc/")); err == nil && strings.Contains(command, text) {
				return pid
			}
		}
		select {
		case <-r.done:
			t.Fatalf("it ended before there was a process %q:\n%s", text, r.out)
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatalf("no process %q", text)
	return 0
}

// Whatever becomes of the gateway or the browser in the middle, nobody is charged
// with it: the check ends within seconds, says why, and leaves nothing behind.
func TestCheckThatCannotGoOn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		args []string
		// until is a process that has to be there first.
		until string
		do    func(t *testing.T, r *run) error
		want  []string
	}{
		{"the gateway dies", []string{"--engine", "model"}, "nginx: worker", func(t *testing.T, r *run) error {
			return syscall.Kill(r.processOf(t, "nginx: master"), syscall.SIGKILL)
		}, []string{"gateway nginx with nginx.conf exited unexpectedly", "killed"}},
		{"the gateway dies under the browser", nil, "--type=renderer", func(t *testing.T, r *run) error {
			return syscall.Kill(r.processOf(t, "nginx: master"), syscall.SIGKILL)
		}, []string{"gateway nginx with nginx.conf exited unexpectedly"}},
		{"the gateway hangs", []string{"--engine", "model", "--timeout", "1s"}, "nginx: worker", func(t *testing.T, r *run) error {
			return syscall.Kill(-r.processOf(t, "nginx: master"), syscall.SIGSTOP)
		}, []string{"stopped answering", "within 1s"}},
		{"the gateway hangs under the browser", []string{"--timeout", "2s"}, "--type=renderer", func(t *testing.T, r *run) error {
			return syscall.Kill(-r.processOf(t, "nginx: master"), syscall.SIGSTOP)
		}, []string{"stopped answering"}}, // of whom it was noticed hangs on who is faster: see TestCheckOfAHungTarget
		{"the browser dies", nil, "--type=renderer", func(t *testing.T, r *run) error {
			return syscall.Kill(r.processOf(t, "--headless"), syscall.SIGKILL)
		}, []string{"browser"}},
		{"Ctrl-C under the browser", nil, "--type=renderer", func(t *testing.T, r *run) error {
			return r.cmd.Process.Signal(syscall.SIGINT)
		}, []string{"interrupted"}},
		{"SIGTERM", []string{"--engine", "model"}, "nginx: worker", func(t *testing.T, r *run) error {
			return r.cmd.Process.Signal(syscall.SIGTERM)
		}, []string{"interrupted"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := startWith(t, shopFiles(), append([]string{"check", "shop.yaml", "--json", "report.json"}, tc.args...)...)
			r.processOf(t, tc.until)
			most := mostToNotice + r.within()
			require.NoError(t, tc.do(t, r))
			began := time.Now()
			assert.Equal(t, exitUnknown, r.wait(t), r.out)
			assert.Less(t, r.ended.Sub(began), most)
			for _, want := range tc.want {
				assert.Contains(t, r.out, want)
			}
			assert.Empty(t, r.stdout(), "a finding of what could not be observed")
			r.requireNothingLeft(t)
			files, err := os.ReadDir(r.cmd.Dir)
			require.NoError(t, err)
			assert.Len(t, files, len(shopFiles()), "a part of a report, or what was to become one")
		})
	}
}

// What the gateway says of a config that it doesn't take is shown, with the user's
// own file and line.
func TestCheckOfAConfigThatWontStart(t *testing.T) {
	t.Parallel()
	config := strings.Replace(shopConfig, "proxy_read_timeout 3s;", "proxy_read_timeout 3s; brotli on;", 1)
	code, out := runIn(t, map[string]string{"shop.yaml": shopPolicy, "nginx.conf": config}, "check", "shop.yaml")
	assert.Equal(t, exitUnknown, code, out)
	assert.Contains(t, out, `unknown directive "brotli" in nginx.conf:28`)
	assert.Contains(t, out, "lacks its module")
}

// Where a client's certificate is wanted there is nothing to judge.
func TestCheckOfAConfigThatWantsCertificates(t *testing.T) {
	t.Parallel()
	config := strings.Replace(shopConfig, "ssl_certificate_key key.pem;", "ssl_certificate_key key.pem;\nssl_client_certificate ca.pem; ssl_verify_client on;", 1)
	code, out := runIn(t, map[string]string{"shop.yaml": shopPolicy, "nginx.conf": config}, "check", "shop.yaml", "--engine", "model")
	assert.Equal(t, exitUnknown, code, out)
	assert.Contains(t, out, "the target requires a client certificate (nginx.conf:12: ssl_verify_client on)")
	envoy, err := fixtures.Files.ReadFile("example/envoy.yaml")
	require.NoError(t, err)
	text := strings.Replace(string(envoy), "              common_tls_context:\n",
		"              require_client_certificate: true\n              common_tls_context:\n                validation_context: {trusted_ca: {filename: ca.pem}}\n", 1)
	code, out = runIn(t, map[string]string{"shop.yaml": shopPolicy, "envoy.yaml": text}, "check", "shop.yaml", "--engine", "model", "--gateway", "envoy=envoy.yaml")
	assert.Equal(t, exitUnknown, code, out)
	assert.Regexp(t, `it requires a client certificate \(envoy.yaml:\d+: require_client_certificate: true\)`, out)
}

// The config's own ports, of listeners and of upstreams, are nobody's here: who has
// them makes no difference, and is not asked.
func TestCheckBesideTakenPorts(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() })
	asked := make(chan struct{}, 1)
	go func() {
		for {
			conn, err := taken.Accept()
			if err != nil {
				return
			}
			conn.Close()
			select {
			case asked <- struct{}{}:
			default:
			}
		}
	}()
	config := strings.NewReplacer("listen 443 ssl", "listen "+taken.Addr().String()+" ssl", "orders.internal:8080", taken.Addr().String()).Replace(shopConfig)
	_, port, err := net.SplitHostPort(taken.Addr().String())
	require.NoError(t, err)
	text := strings.Replace(shopPolicy, "https://api.shop.example.com", "https://api.shop.example.com:"+port, 1)
	code, out := runIn(t, map[string]string{"shop.yaml": text, "nginx.conf": config}, "check", "shop.yaml", "--engine", "model")
	assert.Equal(t, exitProven, code, out)
	assert.Empty(t, asked, "whoever has the port was asked")
}
