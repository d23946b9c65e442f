package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A server that only its owners reach: by a name that only resolves inside, with a CA of
// their own, for clients with a certificate, through a proxy.
func TestExplainReaches(t *testing.T) {
	t.Parallel()
	var presented atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) > 0 {
			presented.Add(1)
		}
		w.Header().Set("Access-Control-Allow-Origin", "https://app.test")
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	dir := t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(server.TLS.Certificates[0].PrivateKey)
	require.NoError(t, err)
	pair := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	file := filepath.Join(dir, "client.pem")
	require.NoError(t, os.WriteFile(file, pair, 0o600))
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	var connected atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "CONNECT alone", http.StatusMethodNotAllowed)
			return
		}
		connected.Add(1)
		up, err := net.Dial("tcp", server.Listener.Addr().String()) // wherever it is meant to go
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		down, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			up.Close()
			return
		}
		io.WriteString(down, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(up, down); up.Close() }()
		io.Copy(down, up)
		down.Close()
	}))
	t.Cleanup(proxy.Close)
	url := "https://api.example.com:" + port + "/orders"
	resolve := []string{"--resolve", "api.example.com:" + port + ":127.0.0.1"}
	ca, cert := []string{"--cacert", file}, []string{"--cert", file}
	for _, tc := range []struct {
		name string
		args [][]string
		code int
		says string
	}{
		{"all of it", [][]string{resolve, ca, cert}, exitProven, "Readable"},
		{"through a proxy, which knows the name", [][]string{{"--proxy", strings.TrimPrefix(proxy.URL, "http://")}, ca, cert}, exitProven, "Readable"},
		{"without verifying", [][]string{resolve, {"-k"}, cert}, exitProven, "Readable"},
		{"a CA that nobody knows", [][]string{resolve, cert}, exitUnknown, "certificate signed by unknown authority"},
		{"no client certificate", [][]string{resolve, ca}, exitUnknown, "could not be reached"},
		{"a name that resolves nowhere", [][]string{ca, cert}, exitUnknown, "could not be reached"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			args := []string{"explain", url, "--origin", "https://app.test"}
			for _, more := range tc.args {
				args = append(args, more...)
			}
			r := startIn(t, dir, []string{"HTTPS_PROXY=", "https_proxy="}, args...)
			require.Equal(t, tc.code, r.wait(t), "%s", r.out)
			assert.Contains(t, r.out, tc.says)
			r.requireNothingLeft(t)
		})
	}
	assert.NotZero(t, presented.Load())
	assert.NotZero(t, connected.Load())
}
