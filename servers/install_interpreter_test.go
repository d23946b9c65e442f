package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Serial, as are the others here: they change the environment.
func TestMissingInterpretersAreNamedAtOnce(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("CORSPROOF_NODE", "")
	t.Setenv("CORSPROOF_PYTHON", "/nowhere/python3")
	_, err := Install(t.Context(), InstallConfig{CacheDir: reachableTempDir(t)})
	require.Error(t, err)
	for _, part := range []string{
		"Node.js is missing: no node in PATH; required is 20.19, or 22.12 and newer; install it from nodejs.org, or name one in CORSPROOF_NODE",
		"Python is missing: no /nowhere/python3 as CORSPROOF_PYTHON says; required is 3.11",
	} {
		assert.ErrorContains(t, err, part)
	}
}

func TestUnsuitableInterpreter(t *testing.T) {
	for _, tc := range []struct {
		kind    runtimeKind
		version string
		suits   bool
	}{
		{nodeKind, "18.20.4", false},
		{nodeKind, "20.18.9", false},
		{nodeKind, "20.19.0", true},
		{nodeKind, "21.7.3", false},
		{nodeKind, "22.11.0", false},
		{nodeKind, "22.12.0", true},
		{nodeKind, "24.0.0", true},
		{nodeKind, "", false},
		{pythonKind, "2.7.18", false},
		{pythonKind, "3.10.13", false},
		{pythonKind, "3.11.0", true},
		{pythonKind, "3.14.0", true},
	} {
		t.Run(tc.kind.command+"/"+tc.version, func(t *testing.T) {
			fake := fakeInterpreter(t, tc.version)
			t.Setenv(tc.kind.variable, fake)
			c := &cache{dir: t.TempDir()}
			found, err := c.find(t.Context(), tc.kind)
			if tc.suits {
				require.NoError(t, err)
				assert.Equal(t, tc.version, found.Version)
				assert.Equal(t, fake, found.Path)
				return
			}
			assert.ErrorContains(t, err, "not suitable: required is "+tc.kind.least)
		})
	}
}

func TestInterpreterIsAskedOnce(t *testing.T) {
	fake := fakeInterpreter(t, "20.19.0")
	t.Setenv(nodeKind.variable, fake)
	c := &cache{dir: t.TempDir()}
	first, err := c.find(t.Context(), nodeKind)
	require.NoError(t, err)
	again, err := c.find(t.Context(), nodeKind)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	calls, err := os.ReadFile(fake + ".calls")
	require.NoError(t, err)
	assert.Equal(t, "called\n", string(calls))

	// Another file in its place is another interpreter.
	writeInterpreter(t, fake, "24.10.0")
	changed, err := c.find(t.Context(), nodeKind)
	require.NoError(t, err)
	assert.Equal(t, "24.10.0", changed.Version)
	assert.NotEqual(t, first.identity, changed.identity)
}

// fakeInterpreter makes a program that answers the question for its version.
func fakeInterpreter(t *testing.T, version string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "interpreter")
	writeInterpreter(t, path, version)
	return path
}

func writeInterpreter(t *testing.T, path, version string) {
	t.Helper()
	script := fmt.Sprintf("#!/bin/sh\necho called >> '%s.calls'\necho '%s'\necho '%s'\n", path, path, version)
	writeProgram(t, path, script)
}

// writeProgram writes a program that is going to be run. The lock keeps a child
// that another test starts meanwhile from holding the file open for writing: it
// couldn't be run then.
func writeProgram(t *testing.T, path, script string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	require.NoError(t, os.WriteFile(path, []byte(script), 0o755))
}

// reachableTempDir is a temporary folder that other users can reach, which
// t.TempDir needn't be.
func reachableTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "corsproof-test-")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}
