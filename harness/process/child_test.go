package process

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStart(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	spec := roleSpec("describe", "a b", "")
	spec.Env = append(spec.Env, "B=2", "A=1")
	child, err := run.Start(t.Context(), spec)
	require.NoError(t, err)
	<-child.Done()
	require.NoError(t, child.Err())
	var got description
	require.NoError(t, json.Unmarshal(child.Log(), &got))
	assert.Empty(t, cmp.Diff(description{
		Args: []string{"a b", ""}, Env: spec.Env, Dir: filepath.Join(run.Dir(), "describe"),
		Group: child.PID(), PID: child.PID(), Input: "0 EOF",
	}, got))
}

func TestStartEmptyEnvironment(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	child, err := run.Start(t.Context(), Spec{Name: "environment", Path: "/usr/bin/env"})
	require.NoError(t, err)
	<-child.Done()
	require.NoError(t, child.Err())
	assert.Empty(t, string(child.Log()), "nothing is inherited")
}

func TestStartRecords(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	child := startRole(t, run, "wait")
	s, err := readState(run.Dir())
	require.NoError(t, err)
	assert.Empty(t, cmp.Diff([]record{child.record}, s.Children, cmp.AllowUnexported(record{})))
	assert.Equal(t, identify(t, child.PID()), s.Children[0].processID)
	assert.Equal(t, child.PID(), s.Children[0].Group)
	assert.Equal(t, identify(t, os.Getpid()), s.Owner.processID)

	require.NoError(t, child.Stop(t.Context()))
	waitUntil(t, "the record is gone", func() bool {
		s, err := readState(run.Dir())
		return err == nil && len(s.Children) == 0
	})
}

func TestStartErrors(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		name string
		ctx  context.Context
		spec Spec
		want string
	}{
		{"no-name", t.Context(), Spec{Path: "sleep"}, `name ""`},
		{"name-of-the-logs", t.Context(), Spec{Name: "logs", Path: "sleep"}, `name "logs"`},
		{"name-that-climbs", t.Context(), Spec{Name: "../x", Path: "sleep"}, `name "../x"`},
		{"no-program", t.Context(), Spec{Name: "x"}, "set Spec.Path"},
		{"unknown-program", t.Context(), Spec{Name: "x", Path: "no-such-program"}, "install it, or set Spec.Path"},
		{"no-folder", t.Context(), Spec{Name: "x", Path: "sleep", Dir: filepath.Join(run.Dir(), "none")}, "no such file"},
		{"ended-context", ended, Spec{Name: "x", Path: "sleep"}, "context canceled"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := run.Start(tc.ctx, tc.spec)
			assert.ErrorContains(t, err, tc.want)
		})
	}
}

// otherUser is nobody on every Linux.
var otherUser = &Owner{UID: 65534, GID: 65534}

func TestStartAsAnotherUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	root := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(root), 0o711)) // the other user must get there
	run, err := NewRun(Config{Root: root})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, run.Close()) })
	child, err := run.Start(t.Context(), Spec{
		Name: "other", Path: "/bin/sh", Owner: otherUser, Env: []string{"PATH=/usr/bin:/bin"},
		Args: []string{"-c", "id -u; id -g; id -G; : > mine; : >> /dev/stderr; echo ready; exec sleep 60"},
	})
	require.NoError(t, err)
	waitLog(t, child, "ready")
	assert.Equal(t, "65534\n65534\n65534\nready\n", string(child.Log()), "no group of ours, and it may open its log again")

	dir, err := run.Mkdir("other", otherUser)
	require.NoError(t, err)
	for _, path := range []string{dir, filepath.Join(dir, "mine")} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.EqualValues(t, otherUser.UID, info.Sys().(*syscall.Stat_t).Uid, path)
	}
	id := identify(t, child.PID())
	require.NoError(t, run.Close())
	assert.False(t, id.lives())
}

// needRoot skips the test, or fails it where CORSPROOF_REQUIRE lists "root",
// unless it runs as root.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	const cure = "needs root to run a child as another user: run the tests as root"
	if slices.Contains(strings.Split(os.Getenv("CORSPROOF_REQUIRE"), ","), "root") {
		t.Fatal(cure)
	}
	t.Skip(cure)
}

func TestCredential(t *testing.T) {
	t.Parallel()
	root, user := Owner{0, 0}, Owner{1000, 1000}
	for _, tc := range []struct {
		name    string
		owner   *Owner
		by      Owner
		want    *syscall.Credential
		wantErr string
	}{
		{"none", nil, user, nil, ""},
		{"itself", &user, user, nil, ""},
		{"root as another", otherUser, root, &syscall.Credential{Uid: 65534, Gid: 65534}, ""},
		{"a user as another", otherUser, user, nil, "run it as root, or leave Spec.Owner nil"},
		{"a user with another group", &Owner{1000, 50}, user, nil, "run it as root"},
		{"no user", &Owner{-1, 0}, root, nil, "want none below 0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := tc.owner.credential(tc.by)
			assert.Equal(t, tc.want, got)
			if tc.wantErr == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, tc.wantErr)
			}
		})
	}
}

// A child outlives the thread that asked for it: the parent-death signal is
// bound to the thread that forked.
func TestStartOutlivesThread(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	var child *Child
	var thread int
	ended := make(chan struct{})
	var begin func()
	begin = func() {
		runtime.LockOSThread()
		if thread = syscall.Gettid(); thread == os.Getpid() {
			defer runtime.UnlockOSThread()
			go begin() // Go never ends the main thread: get another, and keep this one off
			<-ended
			return
		}
		defer close(ended) // with the thread locked: that ends it
		child = startRole(t, run, "answer")
	}
	go begin()
	<-ended
	waitUntil(t, "the thread is gone", func() bool {
		_, err := os.Stat("/proc/self/task/" + strconv.Itoa(thread))
		return errors.Is(err, os.ErrNotExist)
	})
	require.NoError(t, child.handle.Signal(syscall.SIGUSR1))
	waitLog(t, child, "pong")
}

func TestStop(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, role string
		stop            os.Signal
		timeout         time.Duration
		wantErr         string // of Child.Err
		wantLog         string
	}{
		{"obeys", "a child that ends as asked ended well", "wait", nil, patience, "", "ready\n"},
		{"stubborn", "a child that ignores the signal is killed at its timeout", "stubborn", nil, 50 * time.Millisecond, `was killed: it did not end in time after signal "terminated"`, "ready\n"},
		{"own-signal", "a child may have a stop signal of its own", "interrupt", os.Interrupt, patience, "", "ready\ninterrupted\n"},
		{"not-the-default-signal", "and gets no other", "interrupt", nil, 50 * time.Millisecond, "was killed", "ready\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			run := newRun(t, Timeouts{})
			spec := roleSpec(tc.role)
			spec.Stop, spec.StopTimeout = tc.stop, tc.timeout
			child := startSpec(t, run, spec)
			require.NoError(t, child.Err(), "it runs")
			id := identify(t, child.PID())
			begun := time.Now()
			var stops sync.WaitGroup
			for range 3 {
				stops.Go(func() { assert.NoError(t, child.Stop(context.WithoutCancel(t.Context())), tc.why) })
			}
			stops.Wait()
			assert.False(t, id.lives(), tc.why)
			assert.Less(t, time.Since(begun), patience, tc.why)
			if tc.wantErr == "" {
				assert.NoError(t, child.Err(), tc.why)
			} else {
				assert.ErrorContains(t, child.Err(), tc.wantErr, tc.why)
				assert.GreaterOrEqual(t, time.Since(begun), tc.timeout, "it had its time")
			}
			assert.Equal(t, tc.wantLog, string(child.Log()))
			assert.NoError(t, child.Stop(t.Context()), "again")
		})
	}
}

func TestStopHurries(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{Stop: 2 * patience})
	child := startRole(t, run, "stubborn")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	begun := time.Now()
	require.NoError(t, child.Stop(ended))
	assert.Less(t, time.Since(begun), patience, "the end of the context cuts the stop timeout short")
	assert.ErrorContains(t, child.Err(), "was killed")
}

// Stop ends what a child started, in its group or out of it.
func TestStopEndsDescendants(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"parent", "estranged"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			run := newRun(t, Timeouts{})
			child := startRole(t, run, role)
			id := identify(t, grandchild(t, child))
			require.NoError(t, child.Stop(t.Context()))
			assert.False(t, id.lives())
		})
	}
}

// When a child dies, nobody is left to end its group.
func TestEndOfChildEndsGroup(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	child := startRole(t, run, "parent")
	id := identify(t, grandchild(t, child))
	require.NoError(t, child.handle.Kill())
	<-child.Done()
	assert.ErrorContains(t, child.Err(), "ended: signal: killed")
	waitDead(t, id)
}

func TestErr(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	child := startRoleUntilEnd(t, run, "fail")
	assert.ErrorContains(t, child.Err(), "fail (pid "+strconv.Itoa(child.PID())+") ended: exit status 3")
	assert.NoError(t, child.Stop(t.Context()), "it has ended")
	assert.NoError(t, startRoleUntilEnd(t, run, "end").Err())
}

func startRoleUntilEnd(t *testing.T, run *Run, role string) *Child {
	t.Helper()
	child, err := run.Start(t.Context(), roleSpec(role))
	require.NoError(t, err)
	<-child.Done()
	return child
}

func TestLog(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	first, second := startRoleUntilEnd(t, run, "fail"), startRoleUntilEnd(t, run, "fail")
	for _, child := range []*Child{first, second} {
		require.ErrorContains(t, child.Err(), "exit status 3")
		assert.Equal(t, "first\nlast words\n", string(child.Log()), "a log of its own for each")
		assert.Equal(t, "last words", child.LogTail(1))
		assert.Equal(t, "first\nlast words", child.LogTail(5))
	}
	assert.Empty(t, startRoleUntilEnd(t, run, "end").LogTail(5))

	require.NoError(t, os.Truncate(first.log, 0))
	f, err := os.OpenFile(first.log, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer f.Close()
	_, err = f.WriteString(strings.Repeat("x", logLimit) + "\nend\n")
	require.NoError(t, err)
	assert.Len(t, first.Log(), logLimit, "the end alone of a large log")
	assert.Equal(t, "end", first.LogTail(1))
}

func TestRegister(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	cmd := exec.Command(must1(os.Executable()))
	cmd.Env = []string{roleVariable + "=parent"}
	cmd.SysProcAttr = SysProcAttr()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	id, inGroup := startLibraryChild(t, cmd, out)
	require.NoError(t, run.Register("library", id.PID))

	found, err := run.Processes()
	require.NoError(t, err)
	assert.Empty(t, cmp.Diff(map[int]Trace{id.PID: ByRecord, inGroup.PID: ByGroup}, tracesOf(found)))
	require.NoError(t, run.Close())
	assert.False(t, id.lives())
	assert.False(t, inGroup.lives())

	late := exec.Command(must1(os.Executable()))
	late.Env = []string{roleVariable + "=parent"}
	late.SysProcAttr = SysProcAttr()
	out, err = late.StdoutPipe()
	require.NoError(t, err)
	id, inGroup = startLibraryChild(t, late, out)
	require.ErrorIs(t, run.Register("late", id.PID), ErrClosed)
	waitDead(t, id)
	waitDead(t, inGroup)
}

// A library's child in our own group must not take us with it.
func TestRegisterOwnGroup(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	cmd := exec.Command(must1(os.Executable()))
	cmd.Env = []string{roleVariable + "=parent"}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	id, child := startLibraryChild(t, cmd, out)
	require.NoError(t, run.Register("library", id.PID))
	s, err := readState(run.Dir())
	require.NoError(t, err)
	assert.Zero(t, s.Children[0].Group)
	found, err := run.Processes()
	require.NoError(t, err)
	assert.Empty(t, cmp.Diff(map[int]Trace{id.PID: ByRecord, child.PID: ByDescent}, tracesOf(found)))
	require.NoError(t, run.Close())
	assert.False(t, id.lives())
	assert.False(t, child.lives())
}

func TestRegisterErrors(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	assert.ErrorContains(t, run.Register("me", os.Getpid()), "is this one")
	child := startRoleUntilEnd(t, run, "end")
	assert.ErrorContains(t, run.Register("dead", child.PID()), "does not run")
	assert.ErrorContains(t, run.Register("A", os.Getppid()), `name "A"`)
}

// startLibraryChild starts cmd, which plays parent, as a library would.
func startLibraryChild(t *testing.T, cmd *exec.Cmd, out interface{ Read([]byte) (int, error) }) (id, grandchild processID) {
	t.Helper()
	started := make(chan error, 1)
	ended := make(chan struct{})
	go func() { // as chromedp does
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		started <- cmd.Start()
		if cmd.Process != nil {
			cmd.Process.Wait()
		}
	}()
	require.NoError(t, <-started)
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
	})
	buffer := make([]byte, 64)
	n, err := out.Read(buffer)
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(string(buffer[:n]), "child ")))
	require.NoError(t, err)
	return identify(t, cmd.Process.Pid), identify(t, pid)
}

func tracesOf(found []Found) map[int]Trace {
	traces := map[int]Trace{}
	for _, f := range found {
		traces[f.PID] = f.By
	}
	return traces
}

func TestStartWithPipes(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	stdin, in, err := os.Pipe()
	require.NoError(t, err)
	defer in.Close()
	out, stdout, err := os.Pipe()
	require.NoError(t, err)
	defer out.Close()
	child, err := run.Start(t.Context(), Spec{
		Name: "piped", Path: "/bin/sh", Args: []string{"-c", "cat; echo aside >&2"}, Env: []string{"PATH=/usr/bin:/bin"},
		Stdin: stdin, Stdout: stdout,
	})
	require.NoError(t, err)
	require.NoError(t, errors.Join(stdin.Close(), stdout.Close()))
	_, err = in.WriteString("through")
	require.NoError(t, err)
	require.NoError(t, in.Close())
	read, err := io.ReadAll(out)
	require.NoError(t, err)
	<-child.Done()
	require.NoError(t, child.Err())
	assert.Equal(t, "through", string(read))
	assert.Equal(t, "aside\n", string(child.Log()))
}
