package process

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLockExcludes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	var held, times atomic.Int64
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for range 20 {
				release, err := Lock(t.Context(), path)
				if !assert.NoError(t, err) {
					return
				}
				times.Add(held.Add(1))
				held.Add(-1)
				release()
				release()
			}
		})
	}
	work.Wait()
	assert.EqualValues(t, 160, times.Load(), "one at a time")
}

// The lock of a killed process is free, and until then nobody gets it.
func TestLockOfAnotherProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	locker := newActor(t, "locker", path)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Lock(ended, path)
	require.ErrorIs(t, err, context.Canceled)

	got := make(chan error, 1)
	go func() {
		release, err := Lock(t.Context(), path)
		if err == nil {
			release()
		}
		got <- err
	}()
	waitUntil(t, "somebody waits for the lock", func() bool { return flockWaiters(t, path) == 1 })
	select {
	case err := <-got:
		t.Fatalf("two have the lock: %v", err)
	default:
	}
	locker.kill()
	require.NoError(t, <-got)
}

// A waiter whose context ends returns at once, and frees the lock when it
// gets it late.
func TestLockIsAbandoned(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	release, err := Lock(t.Context(), path)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() {
		_, err := Lock(ctx, path)
		got <- err
	}()
	waitUntil(t, "somebody waits for the lock", func() bool { return flockWaiters(t, path) == 1 })
	cancel()
	require.ErrorIs(t, <-got, context.Canceled)
	release()
	again, err := Lock(t.Context(), path)
	require.NoError(t, err)
	again()
	waitUntil(t, "nobody waits", func() bool { return flockWaiters(t, path) == 0 })
}

func TestLockErrors(t *testing.T) {
	t.Parallel()
	_, err := Lock(t.Context(), filepath.Join(t.TempDir(), "none", "lock"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// flockWaiters counts those who wait for the lock, as /proc/locks tells it:
// lines with an arrow, which end in the file's inode and a range.
func flockWaiters(tb testing.TB, path string) int {
	tb.Helper()
	var stat syscall.Stat_t
	require.NoError(tb, syscall.Stat(path, &stat))
	raw, err := os.ReadFile("/proc/locks")
	require.NoError(tb, err)
	return countWaiters(string(raw), stat.Ino)
}

func countWaiters(locks string, inode uint64) int {
	waiters := 0
	for line := range strings.Lines(locks) {
		fields := strings.Fields(line)
		if len(fields) > 6 && fields[1] == "->" && strings.HasSuffix(fields[6], ":"+strconv.FormatUint(inode, 10)) {
			waiters++
		}
	}
	return waiters
}
