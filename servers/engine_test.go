package servers

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEngineScript(t *testing.T) {
	t.Parallel()
	const install = "install -y -q --no-install-recommends docker.io debootstrap debian-archive-keyring\n"
	// No engine answers, and apt-get tells what the policy says of two services
	// while it works.
	bare := func() machine {
		return machine{
			"id": "echo 0", "curl": "exit 7", "apt-cache": "", "grep": `exec /bin/grep "$@"`, "rm": `exec /bin/rm "$@"`,
			"cat": "exec /bin/cat", "chmod": `exec /bin/chmod "$@"`,
			"apt-get": `echo "$*" >> "${0%/*}/calls"
for service in docker nginx; do "$CORSPROOF_POLICY" $service start && echo "starts $service" >> "${0%/*}/calls"; done; exit 0`,
		}
	}
	for _, tc := range []struct {
		name   string
		change func(machine)
		env    string
		policy string // that is there already
		code   int
		calls  string
		left   string // of the policy
	}{
		{name: "bare", change: func(machine) {}, calls: install + "starts nginx\n"},
		{name: "not root", change: func(m machine) { m["id"] = "echo 1000" }},
		{name: "no apt-get", change: func(m machine) { delete(m, "apt-get") }},
		{name: "an engine answers", change: func(m machine) { m["curl"] = "" }},
		{name: "an engine is named", change: func(machine) {}, env: "DOCKER_HOST=unix:///s"},
		{name: "both there", change: func(m machine) { m["dockerd"], m["debootstrap"] = "", "" }},
		{
			name: "apt-get fails", code: 2,
			change: func(m machine) { m["apt-get"] = `echo "$*" >> "${0%/*}/calls"; exit 100` },
			calls:  install + "update -q\n",
		},
		{
			name: "the machine's policy stays", change: func(machine) {},
			policy: "#!/bin/sh\nexit 101\n", left: "#!/bin/sh\nexit 101\n", calls: install,
		},
		{
			name: "one that a killed set-up left goes", change: func(machine) {},
			policy: "#!/bin/sh\n# corsproof\nexit 0\n", calls: install + "starts nginx\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := bare()
			tc.change(m)
			dir := t.TempDir()
			for name, script := range m {
				writeProgram(t, filepath.Join(dir, name), "#!/bin/sh\n"+script+"\n")
			}
			policy := filepath.Join(dir, "policy-rc.d")
			if tc.policy != "" {
				require.NoError(t, os.WriteFile(policy, []byte(tc.policy), 0o755))
			}
			cmd := exec.CommandContext(t.Context(), "/bin/sh", "engine.sh")
			cmd.Env = []string{"PATH=" + dir, "CORSPROOF_POLICY=" + policy, tc.env}
			out, err := cmd.CombinedOutput()
			if tc.code == 0 {
				require.NoError(t, err, string(out))
			}
			assert.Equal(t, tc.code, cmd.ProcessState.ExitCode(), string(out))
			calls, _ := os.ReadFile(filepath.Join(dir, "calls"))
			assert.Equal(t, tc.calls, string(calls))
			left, _ := os.ReadFile(policy)
			assert.Equal(t, tc.left, string(left), "the policy")
		})
	}
}
