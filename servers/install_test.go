package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInstallTwice(t *testing.T) {
	t.Parallel()
	first, err := Install(t.Context(), InstallConfig{})
	require.NoError(t, err)
	before := folders(t, first.Dir)

	var progress strings.Builder
	second, err := Install(t.Context(), InstallConfig{Progress: &progress})
	require.NoError(t, err)
	assert.Empty(t, progress.String(), "the second call installed something")
	assert.Empty(t, cmp.Diff(first, second))
	assert.Empty(t, cmp.Diff(before, folders(t, first.Dir)), "the second call changed the cache directory")

	for _, path := range []string{
		second.Python, filepath.Join(second.FastAPI, "app.py"), second.Node, filepath.Join(second.NodeService, "server.js"),
		filepath.Join(second.NodeService, "node_modules", "express"), filepath.Join(second.Postgres, "bin", "initdb"),
		filepath.Join(second.Postgres, "share"), second.Nginx, second.Envoy, filepath.Join(second.PageDist, "index.html"),
		filepath.Join(second.Clients, "main.js"), filepath.Join(second.Clients, "node_modules", "newman"),
	} {
		_, err := os.Stat(path)
		assert.NoError(t, err)
	}
}

// folders returns when the entries of the cache directory last changed. Another
// test binary may take the lock meanwhile, so that is left out.
func folders(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	changed := map[string]int64{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && e.IsDir() {
			changed[e.Name()] = info.ModTime().UnixNano()
		}
	}
	return changed
}

// testCache is a cache in a folder of the test's own, with a part that counts
// how often it was built.
func testCache(t *testing.T, build func(ctx context.Context, tools *tools, dir string) error) (*cache, *part, *atomic.Int32) {
	t.Helper()
	c := &cache{dir: t.TempDir(), progress: progressTo(nil)}
	var builds atomic.Int32
	p := newPart(c.dir, "thing", "whole", "input")
	p.build = func(ctx context.Context, tools *tools, dir string) error {
		builds.Add(1)
		return build(ctx, tools, dir)
	}
	return c, p, &builds
}

func writeWhole(_ context.Context, _ *tools, dir string) error {
	return os.WriteFile(filepath.Join(dir, "whole"), nil, 0o600)
}

func TestPartIsBuiltOnce(t *testing.T) {
	t.Parallel()
	c, p, builds := testCache(t, writeWhole)
	errs := make(chan error)
	for range 4 {
		go func() { errs <- c.ensure(t.Context(), []*part{p}) }()
	}
	for range 4 {
		assert.NoError(t, <-errs)
	}
	assert.EqualValues(t, 1, builds.Load())
	info, err := os.Stat(filepath.Join(p.dir(), "whole"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o644), info.Mode().Perm(), "another user has to be able to read it")
}

func TestCutOffBuildDoesNotCount(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	c, p, builds := testCache(t, func(_ context.Context, _ *tools, dir string) error {
		cancel(interrupted)
		return writeWhole(t.Context(), nil, dir)
	})
	assert.ErrorIs(t, c.ensure(ctx, []*part{p}), interrupted)
	assert.False(t, p.there())
	assert.Empty(t, folders(t, c.dir), "something is left")

	require.NoError(t, c.ensure(t.Context(), []*part{p}))
	assert.True(t, p.there())
	assert.EqualValues(t, 2, builds.Load())
}

func TestLeftOfKilledProcessDoesNotCount(t *testing.T) {
	t.Parallel()
	c, p, builds := testCache(t, writeWhole)
	stale := filepath.Join(c.dir, p.base()+unfinished)
	other := filepath.Join(c.dir, "other-123"+unfinished)
	for _, dir := range []string{stale, other, p.dir()} { // the last one without its witness
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "half"), 0o755))
	}
	require.NoError(t, c.ensure(t.Context(), []*part{p}))
	assert.EqualValues(t, 1, builds.Load())
	assert.FileExists(t, filepath.Join(p.dir(), "whole"))
	assert.NoDirExists(t, filepath.Join(p.dir(), "half"))
	assert.Len(t, folders(t, c.dir), 1)
}

func TestPartWithoutWitnessIsAnError(t *testing.T) {
	t.Parallel()
	c, p, _ := testCache(t, func(context.Context, *tools, string) error { return nil })
	assert.ErrorContains(t, c.ensure(t.Context(), []*part{p}), "install: thing: the installation is incomplete")
	assert.Empty(t, folders(t, c.dir))
}

func TestPartsAreBuiltInOrder(t *testing.T) {
	t.Parallel()
	c, first, _ := testCache(t, writeWhole)
	second := newPart(c.dir, "second", "whole", "input")
	second.needs = []*part{first}
	second.build = func(_ context.Context, _ *tools, dir string) error {
		if !first.there() {
			return errors.New("what it needs is not there")
		}
		return writeWhole(t.Context(), nil, dir)
	}
	require.NoError(t, c.ensure(t.Context(), []*part{second, first}))
	assert.True(t, second.there())
}

func TestToolEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	pids := filepath.Join(t.TempDir(), "pids")
	require.NoError(t, syscall.Mkfifo(pids, 0o600))
	c, p, _ := testCache(t, func(ctx context.Context, tools *tools, dir string) error {
		return tools.exec(ctx, command{path: "/bin/sh", dir: dir,
			args: []string{"-c", `sleep 3600 & echo "$$ $!" > "$0"; wait`, pids}})
	})
	done := make(chan error, 1)
	go func() { done <- c.ensure(ctx, []*part{p}) }()
	said, err := os.ReadFile(pids) // waits until both run
	require.NoError(t, err)
	cancel()
	select {
	case err := <-done:
		assert.ErrorIs(t, err, context.Canceled)
	case <-time.After(20 * time.Second):
		require.Fail(t, "the tool goes on")
	}
	assert.Empty(t, folders(t, c.dir))
	for _, field := range strings.Fields(string(said)) {
		pid, err := strconv.Atoi(field)
		require.NoError(t, err)
		assert.NoDirExistsf(t, fmt.Sprintf("/proc/%d/fd/0", pid), "process %d", pid)
		assert.Falsef(t, running(pid), "process %d outlives the call", pid)
	}
}

// running says whether the process lives; one that only waits to be reaped, by
// whoever is its parent by now, doesn't.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

func TestFailedToolSaysWhy(t *testing.T) {
	t.Parallel()
	c, p, _ := testCache(t, func(ctx context.Context, tools *tools, dir string) error {
		return tools.exec(ctx, command{path: "/bin/sh", dir: dir, cure: "turn it round",
			args: []string{"-c", "echo the reason; exit 3"}})
	})
	err := c.ensure(t.Context(), []*part{p})
	require.Error(t, err)
	for _, part := range []string{"install: thing: sh -c", "exit status 3", "\n    the reason", "\nturn it round"} {
		assert.ErrorContains(t, err, part)
	}
	assert.Empty(t, folders(t, c.dir))
}

func TestCacheHasToBeReachable(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "private", "cache")
	require.NoError(t, mkdirReadable(dir))
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o700))
	err := reachableByAll(dir)
	assert.ErrorContains(t, err, filepath.Dir(dir)+" has mode 0700")
	assert.ErrorContains(t, err, "set "+CacheVar)
}

func TestKeyTellsInputsApart(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, inputs := range [][]string{{"ab", "c"}, {"a", "bc"}, {"abc"}, {"abc", ""}} {
		keys[newPart("", "x", "", inputs...).key] = true
	}
	assert.Len(t, keys, 4)
}
