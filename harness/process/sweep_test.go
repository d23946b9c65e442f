package process

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A killed owner's children die with it; what escaped is found, and ended by
// the next run.
func TestOwnerIsKilled(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	owner, dir := newOwner(t, root)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.ModeDir|0o711, info.Mode())
	child := owner.pid("start", "stubborn")
	parent := owner.pid("start", "parent")
	escapee := owner.pid("escape", asJSON(exile{Dir: dir}))
	var pid int
	waitUntil(t, "the parent has a child", func() bool {
		log, err := os.ReadFile(filepath.Join(dir, logFolder, "parent.log"))
		if err != nil {
			return false
		}
		_, err = fmt.Sscanf(string(log), "child %d\n", &pid)
		return err == nil
	})
	inGroup := identify(t, pid)
	left, err := FindLeft(root)
	require.NoError(t, err)
	require.Empty(t, left, "its owner lives")

	owner.kill()
	waitDead(t, child)
	waitDead(t, parent)
	require.True(t, inGroup.lives(), "the signal is for children alone")
	require.True(t, escapee.lives())
	left, err = FindLeft(root)
	require.NoError(t, err)
	require.Len(t, left, 1)
	assert.Equal(t, dir, left[0].Dir)
	assert.Equal(t, owner.id.PID, left[0].OwnerPID)
	assert.Equal(t, map[int]Trace{inGroup.PID: ByGroup, escapee.PID: ByWorkingFolder}, tracesOf(left[0].Processes))
	assert.Contains(t, left[0].String(), "known by working folder")
	assert.DirExists(t, dir, "looking changes nothing")
	assert.True(t, escapee.lives())

	run, err := NewRun(Config{Root: root})
	require.NoError(t, err)
	assert.False(t, inGroup.lives())
	assert.False(t, escapee.lives())
	assert.NoDirExists(t, dir)
	require.NoError(t, run.Close())
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

// A program that is told of its owner's end takes its own processes with it: nothing is
// left to sweep.
func TestOrphanedProgramEndsItsOwn(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(root), 0o711))
	owner, dir := newOwner(t, root)
	master := owner.pid("start-master", "")
	var pid int
	waitUntil(t, "the master has a child", func() bool {
		log, err := os.ReadFile(filepath.Join(dir, logFolder, "master.log"))
		if err != nil {
			return false
		}
		_, err = fmt.Sscanf(string(log), "child %d\n", &pid)
		return err == nil
	})
	worker := identify(t, pid)
	owner.kill()
	waitDead(t, master)
	waitDead(t, worker)
}

func TestOwnerIsKilledWithChildOfAnotherUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	root := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(root), 0o711))
	owner, _ := newOwner(t, root)
	child := owner.pid("start-other", "")
	uid, ok := userID(child.PID)
	require.True(t, ok)
	require.Equal(t, otherUser.UID, uid)
	owner.kill()
	waitDead(t, child)
	_, err := Sweep(root)
	require.NoError(t, err)
}

// Sweeps don't touch live runs, whoever owns them, nor those being made.
func TestSweepSparesTheLiving(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	owner, dir := newOwner(t, root)
	child := owner.pid("start", "wait")
	own, err := NewRun(Config{Root: root})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, own.Close()) })
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range 5 {
				run, err := NewRun(Config{Root: root})
				if !assert.NoError(t, err) {
					return
				}
				left, err := FindLeft(root)
				assert.NoError(t, err)
				assert.Empty(t, left)
				_, err = os.Stat(filepath.Join(run.Dir(), stateFile))
				assert.NoError(t, err)
				assert.NoError(t, run.Close())
			}
		})
		work.Go(func() {
			for range 20 {
				left, err := Sweep(root)
				assert.NoError(t, err)
				for _, l := range left { // but one that was swept before its maker had locked it
					assert.Zero(t, l.OwnerPID, "swept %s", l)
				}
			}
		})
	}
	work.Wait()
	assert.True(t, child.lives())
	assert.DirExists(t, dir)
	assert.DirExists(t, own.Dir())
	var closed string
	owner.ask(&closed, "close", "")
	assert.NoDirExists(t, dir)
}

// One sweep of several gets the dead run, the others wait until it is gone.
func TestSweepsAtOnce(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	owner, dir := newOwner(t, root)
	escapee := owner.pid("escape", asJSON(exile{Dir: dir}))
	owner.kill()
	var mu sync.Mutex
	var swept []Left
	var work sync.WaitGroup
	for range 6 {
		work.Go(func() {
			left, err := Sweep(root)
			assert.NoError(t, err)
			assert.False(t, escapee.lives(), "a sweep is over when the run is gone")
			assert.NoDirExists(t, dir)
			mu.Lock()
			defer mu.Unlock()
			swept = append(swept, left...)
		})
	}
	work.Wait()
	require.Len(t, swept, 1)
	assert.Equal(t, dir, swept[0].Dir)
}

// A state file that names living strangers does them no harm: their pids were
// given again, or meant something before the last boot.
func TestSweepSparesStrangers(t *testing.T) {
	t.Parallel()
	strangers := newRun(t, Timeouts{})
	stranger := startRole(t, strangers, "wait")
	t.Cleanup(func() { // after the subtests, before the end of the run
		assert.True(t, stranger.id.lives())
	})
	for _, tc := range []struct {
		name   string
		change func(*state)
	}{
		{"the owner's pid is another process's", func(s *state) {
			s.Owner.Start--
			s.Children = []record{{Name: "child", processID: processID{stranger.PID(), stranger.id.Start - 1}, Group: stranger.PID(), Session: stranger.record.Session}}
		}},
		{"before the last boot", func(s *state) {
			s.Boot = "another"
			s.Children = []record{stranger.record}
		}},
		{"another pid namespace", func(s *state) {
			s.Namespace = "pid:[1]"
			s.Children = []record{stranger.record}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			f, lock, s, err := makeFolder(root)
			require.NoError(t, err)
			tc.change(&s)
			require.NoError(t, s.write(f.dir()))
			unlock(lock)

			left, err := FindLeft(root)
			require.NoError(t, err)
			require.Len(t, left, 1)
			assert.Empty(t, left[0].Processes)
			left, err = Sweep(root)
			require.NoError(t, err)
			require.Len(t, left, 1)
			assert.NoDirExists(t, f.dir())
		})
	}
}

// A run of another pid namespace is dead only if nobody holds its lock.
func TestSweepSparesAnotherNamespace(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	f, lock, s, err := makeFolder(root)
	require.NoError(t, err)
	defer unlock(lock)
	s.Namespace = "pid:[1]"
	require.NoError(t, s.write(f.dir()))
	for _, look := range []func(string) ([]Left, error){FindLeft, Sweep} {
		left, err := look(root)
		require.NoError(t, err)
		assert.Empty(t, left)
	}
	assert.DirExists(t, f.dir())
}

// What only looks like a run's folder is not touched.
func TestSweepSparesOtherFolders(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{"corsproof-notes", ".corsproof-abcdefghij", "corsproof-abcdefghij.old", "corsproof-ABCDEFGHIJ"} {
		require.NoError(t, os.Mkdir(filepath.Join(root, name), 0o700))
	}
	require.NoError(t, os.WriteFile(filepath.Join(root, "corsproof-aaaaaaaaaa"), nil, 0o600))
	require.NoError(t, os.Symlink(root, filepath.Join(root, "corsproof-bbbbbbbbbb")))
	require.NoError(t, os.Mkdir(filepath.Join(root, "corsproof-cccccccccc"), 0o700)) // no state file
	if os.Geteuid() == 0 {
		dir := filepath.Join(root, "corsproof-dddddddddd")
		require.NoError(t, os.Mkdir(dir, 0o700))
		require.NoError(t, state{Schema: stateSchema, ID: "dddddddddd"}.write(dir))
		require.NoError(t, os.Chown(dir, otherUser.UID, otherUser.GID))
	}
	before, err := os.ReadDir(root)
	require.NoError(t, err)
	left, err := Sweep(root)
	require.NoError(t, err)
	assert.Empty(t, left)
	after, err := os.ReadDir(root)
	require.NoError(t, err)
	assert.Len(t, after, len(before))
}

// A maker or remover that was killed leaves a hidden folder, which is swept;
// one that is at work holds its lock.
func TestSweepHiddenFolders(t *testing.T) {
	t.Parallel()
	for _, stage := range []stage{stageMaking, stageRuining} {
		root := t.TempDir()
		f := folder{root: root, id: "abcdefghij", stage: stage}
		require.NoError(t, os.MkdirAll(filepath.Join(f.path(), "inside"), 0o711))
		lock, err := f.tryLock(syscall.LOCK_EX)
		require.NoError(t, err)
		for _, look := range []func(string) ([]Left, error){FindLeft, Sweep} {
			left, err := look(root)
			require.NoError(t, err)
			assert.Empty(t, left)
		}
		assert.DirExists(t, f.path())

		unlock(lock)
		left, err := FindLeft(root)
		require.NoError(t, err)
		assert.Len(t, left, int(stage)-int(stageMaking), "one that is being made may be about to be locked")
		left, err = Sweep(root)
		require.NoError(t, err)
		assert.Len(t, left, 1)
		assert.NoDirExists(t, f.path())
	}
}

// A folder that was made again under its name is another one.
func TestFolderVerify(t *testing.T) {
	t.Parallel()
	f := folder{root: t.TempDir(), id: "abcdefghij"}
	_, err := f.open()
	require.ErrorIs(t, err, errGone)
	require.NoError(t, os.Mkdir(f.path(), 0o711))
	fd, err := f.open()
	require.NoError(t, err)
	defer syscall.Close(fd) // keeps the first folder's inode from being used again
	require.NoError(t, f.verify(fd))
	require.NoError(t, os.Remove(f.path()))
	require.ErrorIs(t, f.verify(fd), errGone)
	require.NoError(t, os.Mkdir(f.path(), 0o711))
	require.ErrorIs(t, f.verify(fd), errGone)
}

func TestSweepBrokenState(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "corsproof-abcdefghij")
	require.NoError(t, os.Mkdir(dir, 0o711))
	require.NoError(t, state{Schema: "corsproof.run/9"}.write(dir))
	_, err := Sweep(root)
	assert.ErrorContains(t, err, `schema "corsproof.run/9", want "corsproof.run/1"`)
	assert.DirExists(t, dir)
}
