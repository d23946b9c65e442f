package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The line that a finding ends with, in a shell, makes the same check of the same
// config again, by the flags that it was given.
func TestRerun(t *testing.T) {
	t.Parallel()
	broken := strings.Replace(shopConfig, `"https://shop.example.com" "https://shop.example.com"`, `~shop\.example\.com$ $http_origin`, 1)
	files := map[string]string{"shop.yaml": shopPolicy, "nginx.conf": shopConfig, "it's broken.conf": broken}
	r := startWith(t, files, "check", "shop.yaml", "--gateway", "nginx=it's broken.conf", "--origin", "https://pr-1.shop.example.com",
		"--origin", "https://pr-2.shop.example.com", "--engine", "model", "--timeout", "4s", "--fail-on", "hole", "--json", "r.json")
	require.Equal(t, exitNotProven, r.wait(t), r.out)
	var line string
	for l := range strings.Lines(r.stdout()) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(l), "rerun     "); ok && line == "" {
			line = text
		}
	}
	assert.Equal(t, "corsproof check shop.yaml --target edge --engine model --gateway 'nginx=it'\\''s broken.conf' "+
		"--origin https://pr-1.shop.example.com --origin https://pr-2.shop.example.com --timeout 4s --case ",
		line[:strings.LastIndex(line, " ")+1])
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = r.cmd.Dir
	cmd.Env = append(os.Environ(), "TMPDIR="+r.temp, "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.Error(t, cmd.Run())
	assert.Equal(t, exitNotProven, cmd.ProcessState.ExitCode(), out.String())
	assert.Contains(t, out.String(), "suffix-match-origin", "one case has the finding that it has among all")
	assert.Contains(t, out.String(), "1 case: 0 passed, 1 violation in 1 finding")
}
