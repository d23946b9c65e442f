package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/direct"
)

// doctor runs the command with the environment and decodes what it says.
func doctor(t *testing.T, env ...string) (d diagnosis, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "doctor", "--json")
	cmd.Env = append(os.Environ(), env...)
	cmd.Dir = t.TempDir()
	out, _ := cmd.Output()
	require.NoError(t, json.Unmarshal(out, &d), string(out))
	return d, cmd.ProcessState.ExitCode()
}

func (d *diagnosis) item(t *testing.T, name string) item {
	t.Helper()
	for _, i := range d.Items {
		if i.Name == name {
			return i
		}
	}
	require.Fail(t, "not listed: "+name)
	return item{}
}

func TestDoctorOnAMachineThatIsSetUp(t *testing.T) {
	t.Parallel()
	r := start(t, nil, "setup")
	require.Zero(t, r.wait(t), r.out)
	d, code := doctor(t)
	assert.Zero(t, code)
	assert.Equal(t, doctorSchema, d.Schema)
	assert.True(t, d.Ready)
	for _, name := range append(direct.Names(), "chromium", "Node.js", "Python", "FastAPI", "Express", "PostgreSQL", "nginx", "Envoy", "React page") {
		i := d.item(t, name)
		assert.True(t, i.There, "%+v", i)
		assert.NotEmpty(t, i.Version, name)
		assert.Equal(t, needDemo, i.Need, name)
		if i.Path != "" {
			_, err := os.Stat(i.Path)
			assert.NoError(t, err, name)
		}
	}
}

func TestDoctorNamesEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	cache := filepath.Join(t.TempDir(), "cache")
	d, code := doctor(t, "PATH=/nonexistent", "CORSPROOF_CACHE="+cache, "CORSPROOF_CHROMIUM=", "DOCKER_HOST=unix:///nonexistent.sock")
	assert.Equal(t, exitUnknown, code)
	assert.False(t, d.Ready)
	for name, cure := range map[string]string{
		"chromium": "apt-get install", "curl": "apt-get install curl", "node": "nodejs.org", "Node.js": "nodejs.org", "Python": "apt-get install python3",
		"httpx": "corsproof setup", "newman": "corsproof setup", "jsdom": "corsproof setup", "happy-dom": "corsproof setup",
		"FastAPI": "corsproof setup", "nginx": "corsproof setup", "Envoy": "corsproof setup", "ip": "iproute2", "nft": "nftables",
		"docker": "DOCKER_HOST", "images": "corsproof setup --containers", "kubernetes": "kubernetes.io",
	} {
		i := d.item(t, name)
		assert.False(t, i.There, name)
		assert.Contains(t, i.Problem, cure, name)
		assert.Empty(t, i.Path+i.Version, "%s: it isn't there", name)
	}
	assert.NoDirExists(t, cache, "it made something")

	r := start(t, []string{"PATH=/nonexistent", "CORSPROOF_CACHE=" + cache}, "doctor")
	assert.Equal(t, exitUnknown, r.wait(t), r.out)
	assert.Contains(t, r.out, "missing for the demo:")
	r.requireNothingLeft(t)
}

func TestDoctorAsksTheDockerEngine(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "d.sock")
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
			w.Write([]byte("OK"))
		case strings.HasSuffix(r.URL.Path, "/version"):
			w.Write([]byte(`{"Version": "99.1.2"}`))
		default:
			http.Error(w, `{"message": "No such image"}`, http.StatusNotFound)
		}
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	d, _ := doctor(t, "DOCKER_HOST=unix://"+socket)
	engine := d.item(t, "docker")
	assert.True(t, engine.There)
	assert.Equal(t, "99.1.2", engine.Version)
	assert.Equal(t, "unix://"+socket, engine.Path)
	assert.False(t, d.item(t, "images").There)

	d, _ = doctor(t, "DOCKER_HOST=tcp://127.0.0.1:2375")
	assert.Contains(t, d.item(t, "docker").Problem, "is not a unix socket")
}

func TestDoctorSaysWhatEachIsFor(t *testing.T) {
	t.Parallel()
	d, _ := doctor(t)
	seen := map[string]bool{}
	for _, i := range d.Items {
		assert.NotEmpty(t, i.For, i.Name)
		assert.Equal(t, i.There, i.Problem == "", i.Name)
		seen[i.Name] = true
	}
	for name := range purposes {
		assert.True(t, seen[name], "%s is not listed", name)
	}
}
