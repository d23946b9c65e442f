package kubernetes

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/process"
)

const bothImages = `"images": [{"names": ["docker.io/library/corsproof-fastapi:current"]}, {"names": ["corsproof-node@sha256:1", "corsproof-node:current"]}]`

// Serial: each case has an environment of its own. The kubectl of a case is a
// program that prints; what the real one prints is not seen here.
func TestMissing(t *testing.T) {
	nodes := func(items string) string { return "echo '{\"items\": [" + items + "]}'" }
	one := func(name, spec, status string) string {
		return `{"metadata": {"name": "` + name + `"}, "spec": {` + spec + `}, "status": {"nodeInfo": {"kubeletVersion": "v1.37.0"}, ` + status + `}}`
	}
	control := one("control", `"taints": [{"effect": "NoSchedule"}]`, `"images": []`)
	for _, tc := range []struct {
		name    string
		kubectl string // what it does when asked for nodes; empty: there is no kubectl
		current string // context; empty: none
		named   string
		want    []string // nil: nothing is missing
	}{
		{"no kubectl", "", "", "", []string{"kubectl is missing", "kubernetes.io", "kind create cluster"}},
		{"no context", "exit 9", "", "", []string{"current-context is not set", "kind create cluster"}},
		{"somebody else's cluster", "exit 9", "production", "", []string{"production", "CORSPROOF_KUBERNETES=production"}},
		{"it doesn't answer", "echo no route >&2; exit 1", "kind-a", "", []string{"kind-a", "no route"}},
		{"it hangs", "exec sleep 60", "kind-a", "", []string{"kind-a", "deadline"}},
		{"it answers otherwise", "echo hello", "kind-a", "", []string{"list the nodes of kind-a"}},
		{"no node", nodes(""), "kind-a", "", []string{"no node that accepts pods"}},
		{"no node that accepts pods", nodes(control), "kind-a", "", []string{"no node that accepts pods"}},
		{"no image", nodes(one("w", "", `"images": []`)), "kind-a", "", []string{"node w", "corsproof-fastapi:current", "corsproof setup --containers", "kind load docker-image corsproof-fastapi:current corsproof-node:current"}},
		{"one node without", nodes(one("a", "", bothImages) + "," + one("b", "", `"images": []`)), "kind-a", "", []string{"node b"}},
		{"all there", nodes(control + "," + one("a", "", bothImages)), "kind-a", "", nil},
		{"named", nodes(one("a", "", bothImages)), "production", "staging", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bin := t.TempDir()
			if tc.kubectl != "" {
				script := "#!/bin/sh\nPATH=/usr/bin:/bin\ncase \"$*\" in\n'config current-context')\n"
				if tc.current == "" {
					script += "echo 'error: current-context is not set' >&2; exit 1\n"
				} else {
					script += "echo " + tc.current + "\n"
				}
				context := tc.current
				if tc.named != "" {
					context = tc.named
				}
				script += ";;\n'--context " + context + " get nodes --output json')\n" + tc.kubectl + "\n;;\n*) exit 8 ;;\nesac\n"
				require.NoError(t, os.WriteFile(filepath.Join(bin, "kubectl"), []byte(script), 0o755))
			}
			t.Setenv("PATH", bin)
			t.Setenv(ContextVar, tc.named)
			timeouts := Timeouts{}
			if tc.name == "it hangs" {
				timeouts.Look = timeouts.withDefaults().Look / 10
			}
			found, err := Find(t.Context(), timeouts)
			if tc.want == nil {
				require.NoError(t, err)
				assert.Equal(t, "v1.37.0", found.Version)
				return
			}
			require.Error(t, err)
			for _, want := range tc.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}

func TestIsDead(t *testing.T) {
	t.Parallel()
	lives, gone := t.TempDir(), filepath.Join(t.TempDir(), "gone")
	for _, tc := range []struct {
		dir, host string
		want      bool
	}{
		{gone, process.Host(), true},
		{lives, process.Host(), false},
		{gone, "another boot", false},
		{gone, "", false},
		{"", process.Host(), false},
	} {
		assert.Equal(t, tc.want, isDead(map[string]string{annotationRun: tc.dir, annotationHost: tc.host}), tc)
	}
}
