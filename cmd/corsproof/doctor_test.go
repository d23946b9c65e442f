package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
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
	for _, name := range append(direct.Names(), "chromium", "Node.js", "Python", "FastAPI", "Express", "PostgreSQL", "nginx", "React page") {
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
		"FastAPI": "corsproof setup", "nginx": "corsproof setup", "docker": "docker.io", "kubernetes": "kubernetes.io",
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
	answer := `{"Version": "20.10.24"}`
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/version", r.URL.Path)
		w.Write([]byte(answer))
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })

	version, err := dockerVersion(t.Context(), "unix://"+socket)
	require.NoError(t, err)
	assert.Equal(t, "20.10.24", version)
	answer = "hello"
	_, err = dockerVersion(t.Context(), "unix://"+socket)
	assert.ErrorContains(t, err, "not as a Docker Engine")
	_, err = dockerVersion(t.Context(), "ssh://host")
	assert.ErrorContains(t, err, "neither unix:// nor tcp://")
}
