package process

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNewRun(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(root, link))
	run, err := NewRun(Config{Root: link})
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(root, "corsproof-"+run.ID()), run.Dir(), "the kernel shows paths without links")
	info, err := os.Stat(run.Dir())
	require.NoError(t, err)
	assert.Equal(t, os.ModeDir|0o711, info.Mode())

	dir, err := run.Mkdir("socket", nil)
	require.NoError(t, err)
	assert.DirExists(t, dir)
	again, err := run.Mkdir("socket", nil)
	require.NoError(t, err)
	assert.Equal(t, dir, again)
	_, err = run.Mkdir("../socket", nil)
	assert.Error(t, err)

	require.NoError(t, run.Close())
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	assert.Empty(t, entries, "nothing is left, no hidden folder either")
	require.NoError(t, run.Close(), "again")
	_, err = run.Mkdir("late", nil)
	assert.ErrorIs(t, err, ErrClosed)
	_, err = run.Start(t.Context(), roleSpec("wait"))
	assert.ErrorIs(t, err, ErrClosed)
	found, err := run.Processes()
	require.NoError(t, err)
	assert.Empty(t, found)
}

func TestNewRunNoRoot(t *testing.T) {
	t.Parallel()
	_, err := NewRun(Config{Root: filepath.Join(t.TempDir(), "none")})
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "make it, or set Config.Root")
}

// However stubborn its processes are, a run is closed when its own time is
// over, a second by default; a child's stop timeout doesn't count.
func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	require.LessOrEqual(t, Timeouts{}.withDefaults().Close, time.Second)
	run := newRun(t, Timeouts{Stop: 2 * patience, Close: 300 * time.Millisecond})
	ids := []processID{}
	for _, role := range []string{"wait", "stubborn", "stubborn", "parent", "estranged"} {
		child := startRole(t, run, role)
		ids = append(ids, child.id)
		if role == "parent" || role == "estranged" {
			ids = append(ids, identify(t, grandchild(t, child)))
		}
	}
	for _, e := range escapes(t, run.Dir()) {
		pid, err := escape(run, asJSON(e.exile))
		require.NoError(t, err)
		ids = append(ids, identify(t, pid))
	}
	waitFound(t, run, len(ids))
	begun := time.Now()
	require.NoError(t, run.Close())
	assert.Less(t, time.Since(begun), patience)
	for _, id := range ids {
		assert.False(t, id.lives())
	}
	assert.NoDirExists(t, run.Dir())
}

// What a child starts when it is asked to end is ended too.
func TestCloseEndsLateEscape(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	startRole(t, run, "hydra")
	require.NoError(t, run.Close())
	all, err := readTable()
	require.NoError(t, err)
	for pid := range all {
		cwd, _ := os.Readlink(procPath(pid, "cwd"))
		assert.NotContains(t, cwd, run.ID(), "process %d", pid)
	}
}

// Polite children don't wait for the time that stubborn ones would have.
func TestCloseIsPrompt(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{Close: patience})
	child := startRole(t, run, "wait")
	begun := time.Now()
	require.NoError(t, run.Close())
	assert.Less(t, time.Since(begun), patience/2)
	assert.NoError(t, child.Err(), "it was asked")
	assert.Nil(t, child.Log(), "the log went with the folder")
}

// A start either makes a child that Close ends or an error, never a leak.
func TestCloseDuringStarts(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{Close: 100 * time.Millisecond})
	startRole(t, run, "wait")
	var mu sync.Mutex
	var children []*Child
	var work sync.WaitGroup
	begun := make(chan struct{}, 100)
	for range 4 {
		work.Go(func() {
			for {
				child, err := run.Start(t.Context(), Spec{Name: "sleep", Path: "sleep", Args: []string{"600"}})
				if err != nil {
					assert.ErrorIs(t, err, ErrClosed)
					return
				}
				mu.Lock()
				children = append(children, child)
				mu.Unlock()
				select {
				case begun <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 8 {
		<-begun
	}
	var closes sync.WaitGroup
	for range 2 {
		closes.Go(func() { assert.NoError(t, run.Close()) })
	}
	closes.Wait()
	work.Wait()
	for _, child := range children {
		assert.False(t, child.id.lives())
	}
	assert.NoDirExists(t, run.Dir())
}

// A file that appears while the folder is removed doesn't survive it.
func TestCloseRemovesWhatIsWritten(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	stop, stopped := make(chan struct{}), make(chan struct{})
	dir := filepath.Join(run.Dir(), "busy")
	require.NoError(t, os.Mkdir(dir, 0o711))
	fd, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer fd.Close()
	var once sync.Once
	writing := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			f, err := fd.Create("file")
			if errors.Is(err, os.ErrNotExist) {
				return // the folder is gone
			}
			if err == nil {
				f.Close()
			}
			once.Do(func() { close(writing) })
		}
	}()
	<-writing
	assert.NoError(t, run.Close())
	close(stop)
	<-stopped
	entries, err := os.ReadDir(filepath.Dir(run.Dir()))
	require.NoError(t, err)
	assert.Empty(t, entries)
}
