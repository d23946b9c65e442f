package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What doesn't come can be given up.
func TestInputThatDoesNotCome(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"cases", "check", "run"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			pipe := filepath.Join(dir, "pipe")
			require.NoError(t, syscall.Mkfifo(pipe, 0o600))
			r := startIn(t, dir, nil, command, "pipe")
			feed := openOnceRead(t, r, pipe)
			t.Cleanup(func() { feed.Close() })
			within := r.within()
			sent := time.Now()
			require.NoError(t, r.cmd.Process.Signal(syscall.SIGINT))
			assert.Equal(t, exitUnknown, r.wait(t), r.out)
			assert.Less(t, r.ended.Sub(sent), within)
			assert.Contains(t, r.out, "interrupted")
			r.requireNothingLeft(t)
		})
	}
}

// openOnceRead opens a pipe to write, once the run has it open to read.
func openOnceRead(t *testing.T, r *run, pipe string) *os.File {
	t.Helper()
	opened := make(chan *os.File, 1)
	go func() {
		f, err := os.OpenFile(pipe, os.O_WRONLY, 0) // until somebody reads
		assert.NoError(t, err)
		opened <- f
	}()
	select {
	case f := <-opened:
		return f
	case <-r.done: // at the latest when its time is up
		reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		require.NoError(t, err)
		defer reader.Close()
		(<-opened).Close()
		t.Fatalf("it ended and read nothing:\n%s", r.out)
		return nil
	}
}

// What comes through a pipe is read as if it were in a file.
func TestInputThroughAPipe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	r := startIn(t, dir, nil, "cases", "pipe", "--count")
	feed := openOnceRead(t, r, pipe)
	_, err := feed.WriteString(shopPolicy)
	require.NoError(t, errors.Join(err, feed.Close()))
	assert.Zero(t, r.wait(t), r.out)
	assert.Contains(t, r.out, "cases, ")
}

// What doesn't end is not read to the end.
func TestInputWithoutEnd(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "shop.yaml"))
	require.NoError(t, err)
	require.NoError(t, errors.Join(f.Truncate(1<<40), f.Close())) // a hole
	_, err = readInput(t.Context(), f.Name())
	require.ErrorContains(t, err, "shop.yaml: larger than 16 MiB")
}
