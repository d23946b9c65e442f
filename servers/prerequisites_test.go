package servers

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A machine is a PATH with these programs only; each is a shell script.
type machine map[string]string

// whole is a machine on which nothing is missing.
func whole() machine {
	return machine{
		"id": "echo 0", "make": "", "ip": "", "nft": "", "curl": "", "gcc": "", "chromium": "", "npm": "",
		"go":      "echo go1.26.1",
		"node":    `case "$2" in process.versions.node) echo 20.19.0;; *) echo /nowhere;; esac`,
		"python3": "", "apt-cache": "",
		"apt-get": `echo "apt-get $*" >> "${0%/*}/calls"`,
	}
}

func TestPrerequisites(t *testing.T) {
	t.Parallel()
	const apt = "  apt-get update && apt-get install --no-install-recommends"
	for _, tc := range []struct {
		name   string
		change func(machine)
		code   int
		says   []string
		notes  []string // what it says though it succeeds
		silent []string // what it must not say
		calls  string   // of apt-get
	}{
		{name: "whole", change: func(machine) {}},
		{
			name: "empty",
			change: func(m machine) {
				for name := range m {
					if name != "id" && name != "apt-get" {
						delete(m, name)
					}
				}
			},
			code: 2,
			says: []string{
				"Go 1.26 or newer: get it from https://go.dev/dl\n",
				"Node.js 20.19, or 22.12 and newer, with npm: get it from https://nodejs.org",
				apt + " python3 python3-venv gcc libc6-dev make curl chromium\n",
			},
		},
		{
			name: "too old",
			change: func(m machine) {
				m["go"] = "echo go1.25.9"
				m["node"] = `case "$2" in process.versions.node) echo 21.7.3;; *) echo /nowhere;; esac`
				m["python3"] = `case "$2" in *exit*) exit 1;; *) echo 3.10.13;; esac`
			},
			code:   2,
			says:   []string{"go is go1.25.9;", "node is 21.7.3;", "python3 is 3.10.13;"},
			silent: []string{"apt-get"},
		},
		{
			name:   "no venv, no npm",
			change: func(m machine) { m["python3"] = `case "$2" in *venv*) exit 1;; esac`; delete(m, "npm") },
			code:   2,
			says:   []string{apt + " python3-venv\n", "npm: it comes with Node.js"},
			silent: []string{"Go 1.26"},
		},
		{
			name:   "compiler without headers",
			change: func(m machine) { m["gcc"] = "exit 1" },
			code:   2, says: []string{apt + " gcc libc6-dev\n"},
		},
		{
			name:   "no chromium, not root",
			change: func(m machine) { delete(m, "chromium"); m["id"] = "echo 1000" },
			code:   2,
			says:   []string{"  sudo apt-get update && sudo apt-get install --no-install-recommends chromium\n"},
		},
		{
			name: "no chromium, no apt-get",
			change: func(m machine) {
				delete(m, "chromium")
				delete(m, "apt-get")
			},
			code: 2, says: []string{"Chromium, Chrome or Edge: install one"},
		},
		{
			name: "no chromium, root",
			change: func(m machine) {
				delete(m, "chromium")
				m["apt-get"] += `; echo '#!/bin/sh' > "${0%/*}/chromium"; /bin/chmod +x "${0%/*}/chromium"`
			},
			calls: "apt-get install -y -q --no-install-recommends chromium\n",
		},
		{
			name: "no chromium, no network tools, root",
			change: func(m machine) {
				delete(m, "chromium")
				delete(m, "ip")
				delete(m, "nft")
				m["apt-get"] += `; for p in chromium ip nft; do echo '#!/bin/sh' > "${0%/*}/$p"; /bin/chmod +x "${0%/*}/$p"; done`
			},
			calls: "apt-get install -y -q --no-install-recommends chromium iproute2 nftables\n",
		},
		{
			name:   "no nftables, root, none to be had",
			change: func(m machine) { delete(m, "nft"); m["apt-get"] += "; exit 100" },
			notes:  []string{"installed no nftables: the scenarios on networks will not be run"},
			calls:  "apt-get install -y -q --no-install-recommends nftables\napt-get update -q\n",
		},
		{
			name:   "no network tools, not root",
			change: func(m machine) { delete(m, "ip"); delete(m, "nft"); m["id"] = "echo 1000" },
		},
		{
			name:   "no chromium, root, none to be had",
			change: func(m machine) { delete(m, "chromium"); m["apt-get"] += "; exit 100" },
			code:   2,
			says:   []string{"apt-get installed no Chromium"},
			calls:  "apt-get install -y -q --no-install-recommends chromium\napt-get update -q\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := whole()
			tc.change(m)
			dir := t.TempDir()
			for name, script := range m {
				writeProgram(t, filepath.Join(dir, name), "#!/bin/sh\n"+script+"\n")
			}
			authorities := filepath.Join(dir, "authorities")
			require.NoError(t, os.WriteFile(authorities, []byte("one"), 0o644))

			cmd := exec.CommandContext(t.Context(), "/bin/sh", "prerequisites.sh")
			cmd.Env = []string{"PATH=" + dir, "SSL_CERT_FILE=" + authorities}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			code := 0
			if err := cmd.Run(); err != nil {
				exit, ok := errors.AsType[*exec.ExitError](err)
				require.True(t, ok, err)
				code = exit.ExitCode()
			}
			said := stderr.String()
			assert.Equal(t, tc.code, code, said)
			if tc.code == 0 && tc.notes == nil {
				assert.Empty(t, said)
			}
			for _, part := range append(tc.says, tc.notes...) {
				assert.Contains(t, said, part)
			}
			for _, part := range tc.silent {
				assert.NotContains(t, said, part)
			}
			calls, err := os.ReadFile(filepath.Join(dir, "calls"))
			if !errors.Is(err, os.ErrNotExist) {
				require.NoError(t, err)
			}
			assert.Equal(t, tc.calls, string(calls))
		})
	}
}
