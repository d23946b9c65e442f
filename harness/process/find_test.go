package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// escapes are the ways out of a run's process groups: as an nginx worker or a
// Chromium renderer whose parent died, in a session of its own, with one trace
// of the run each.
func escapes(tb testing.TB, dir string) []escapeCase {
	tb.Helper()
	inside := filepath.Join(dir, "inside")
	require.NoError(tb, os.MkdirAll(inside, 0o711))
	open := filepath.Join(inside, "open")
	require.NoError(tb, os.WriteFile(open, nil, 0o600))
	return []escapeCase{
		{"command-line", ByCommandLine, exile{Argument: "--user-data-dir=" + dir + "/profile"}},
		{"working-folder", ByWorkingFolder, exile{Dir: inside}},
		{"program", ByProgram, exile{Program: copySleep(tb, inside)}},
		{"inherited-file", ByOpenFile, exile{File: open}},
		{"own-file", ByOpenFile, exile{Opens: open}},
	}
}

type escapeCase struct {
	name  string
	by    Trace
	exile exile
}

// A planted leak is noticed, by each trace alone, and Close ends it.
func TestEscapes(t *testing.T) {
	t.Parallel()
	for i := range escapes(t, t.TempDir()) {
		run := newRun(t, Timeouts{Close: 100 * time.Millisecond})
		tc := escapes(t, run.Dir())[i]
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			pid, err := escape(run, asJSON(tc.exile))
			require.NoError(t, err)
			id := identify(t, pid)
			entry, _ := readProcess(pid)
			require.NotEqual(t, os.Getpid(), entry.Parent, "an orphan")
			require.Equal(t, pid, entry.Session, "in a session of its own")

			waitFound(t, run, 1) // it may have to open its file first
			found, err := run.Processes()
			require.NoError(t, err)
			assert.Equal(t, map[int]Trace{pid: tc.by}, tracesOf(found))
			require.NoError(t, run.Close())
			assert.False(t, id.lives(), "Close ended it")
			assert.NoDirExists(t, run.Dir())
		})
	}
}

// waitFound waits until the run has n processes.
func waitFound(tb testing.TB, run *Run, n int) {
	tb.Helper()
	waitUntil(tb, "the processes are found", func() bool {
		found, err := run.Processes()
		return err == nil && len(found) == n
	})
}

// What has no trace of a run is not one of its processes: the proof that the
// traces in TestEscapes are what finds.
func TestNoTrace(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	pid, err := escape(run, asJSON(exile{Argument: "corsproof-" + "another"}))
	require.NoError(t, err)
	id := identify(t, pid)
	t.Cleanup(func() { id.signal(os.Kill) })
	found, err := run.Processes()
	require.NoError(t, err)
	assert.Empty(t, found)
	require.NoError(t, run.Close())
	assert.True(t, id.lives())
}

// A descendant in a session of its own, known by its living parent alone, is
// ended although it has no trace once the parent is dead.
func TestCloseEndsEstranged(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	child := startRole(t, run, "estranged")
	id := identify(t, grandchild(t, child))
	found, err := run.Processes()
	require.NoError(t, err)
	assert.Equal(t, map[int]Trace{child.PID(): ByRecord, id.PID: ByDescent}, tracesOf(found))
	require.NoError(t, run.Close())
	assert.False(t, id.lives())
}

// The children of another run of this process are not this run's, and neither
// is this process, though it has files of both open.
func TestRunsAreApart(t *testing.T) {
	t.Parallel()
	one, two := newRun(t, Timeouts{}), newRun(t, Timeouts{})
	file, err := os.Create(filepath.Join(one.Dir(), "open"))
	require.NoError(t, err)
	defer file.Close()
	child := startRole(t, two, "wait")
	found, err := one.Processes()
	require.NoError(t, err)
	assert.Empty(t, found)
	require.NoError(t, one.Close())
	assert.True(t, child.id.lives())
}

// A child of ours that another package started counts by the files that it was
// given, and not by those of ours that a new program doesn't keep.
func TestChildOfOwnerWithOpenFile(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	file, err := os.Create(filepath.Join(run.Dir(), "open"))
	require.NoError(t, err)
	defer file.Close()
	given, plain := exec.Command("sleep", "600"), exec.Command("sleep", "600")
	given.ExtraFiles = []*os.File{file}
	for _, cmd := range []*exec.Cmd{given, plain} {
		require.NoError(t, cmd.Start())
		t.Cleanup(func() {
			cmd.Process.Kill()
			cmd.Wait()
		})
	}
	found, err := run.Processes()
	require.NoError(t, err)
	assert.Equal(t, map[int]Trace{given.Process.Pid: ByOpenFile}, tracesOf(found))
}

func TestClosesOnExec(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	for _, flag := range []int{0, syscall.O_CLOEXEC} {
		fd, err := syscall.Open(path, syscall.O_RDONLY|flag, 0)
		require.NoError(t, err)
		assert.Equal(t, flag != 0, closesOnExec(os.Getpid(), strconv.Itoa(fd)))
		require.NoError(t, syscall.Close(fd))
	}
	assert.True(t, closesOnExec(os.Getpid(), "99999"), "nobody can say")
}

// A child that has not executed its program yet, as one that another run of this process
// is just starting, has all our files open, and is nobody's of this run.
func TestStartsOfAnotherRunAreNotFound(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	file, err := os.Create(filepath.Join(run.Dir(), "open"))
	require.NoError(t, err)
	defer file.Close()
	pid, errno := forkAlone()
	require.Zero(t, errno)
	defer func() {
		assert.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		_, err := syscall.Wait4(pid, nil, 0, nil)
		assert.NoError(t, err)
	}()
	open, err := os.Readlink(procPath(pid, fmt.Sprintf("fd/%d", file.Fd())))
	require.NoError(t, err)
	require.Equal(t, file.Name(), open, "it has our file")
	found, err := run.Processes()
	require.NoError(t, err)
	assert.Empty(t, found)
}

// forkAlone makes a child that never executes a program, and does nothing. It runs on
// the one thread of the many that a fork leaves it: it calls nothing of Go's.
//
//go:norace
//go:nosplit
func forkAlone() (pid int, errno syscall.Errno) {
	id, _, errno := syscall.RawSyscall(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0)
	for id == 0 && errno == 0 {
		syscall.RawSyscall(syscall.SYS_PPOLL, 0, 0, 0)
	}
	return int(id), errno
}

// Somebody who looks at the folder is left in peace: here a process whose
// parent is older than the run.
func TestOnlookerIsSpared(t *testing.T) {
	t.Parallel()
	shell := newActor(t, "shell")
	waitUntil(t, "the clock of start times has moved on", func() bool {
		now, err := ticksNow()
		return err == nil && now > shell.id.Start
	})
	owner, dir := newOwner(t, t.TempDir())
	onlooker := shell.pid("look", dir)
	t.Cleanup(func() { onlooker.signal(os.Kill) })
	escapee := owner.pid("escape", asJSON(exile{Dir: dir}))

	var found []int
	owner.ask(&found, "processes", "")
	assert.Equal(t, []int{escapee.PID}, found)
	var closed string
	owner.ask(&closed, "close", "")
	assert.False(t, escapee.lives())
	assert.True(t, onlooker.lives())
	assert.NoDirExists(t, dir)
}

// This process and the owner are shielded, and so are the ancestors of both:
// those of the owner as they were when the run began, unless their pids are
// another's by now.
func TestShield(t *testing.T) {
	t.Parallel()
	self := os.Getpid()
	l := look{
		state: state{Owner: owner{processID: processID{500, 40}, Ancestors: []processID{{400, 30}, {450, 35}, {1, 1}}}},
		table: table{}, found: map[int]Found{}, shielded: map[int]bool{}, ownerAncestors: map[int]bool{},
	}
	for _, p := range []process{
		{processID: processID{1, 1}},
		{processID: processID{400, 30}, Parent: 1},
		{processID: processID{450, 77}, Parent: 1}, // given again
		{processID: processID{500, 40}, Parent: 400},
		{processID: processID{700, 50}, Parent: 1},
		{processID: processID{self, 60}, Parent: 700},
	} {
		p.State = 'S'
		l.table[p.PID] = p
	}
	l.shield()
	assert.Equal(t, map[int]bool{1: true, 400: true, 500: true, 700: true, self: true}, l.shielded)
	assert.Equal(t, map[int]bool{1: true, 400: true}, l.ownerAncestors)
	for pid := range l.shielded {
		assert.False(t, l.add(l.table[pid], "", ByRecord), "process %d", pid)
	}
	assert.True(t, l.add(l.table[450], "", ByRecord))
}

func TestForeign(t *testing.T) {
	t.Parallel()
	const (
		began    = 1000
		terminal = 34816 // pts/0
		session  = 300
	)
	// A machine: a user's systemd (200) has a terminal with a shell (300, which
	// leads the session) that runs make (400), which runs the owner (500).
	base := []process{
		{processID: processID{1, 1}, Session: 1},
		{processID: processID{200, 10}, Parent: 1, Session: 200},
		{processID: processID{300, 20}, Parent: 200, Session: session, Terminal: terminal},
		{processID: processID{400, 30}, Parent: 300, Session: session, Terminal: terminal},
		{processID: processID{500, 40}, Parent: 400, Session: session, Terminal: terminal},
		{processID: processID{600, 1001}, Parent: 500, Session: session, Terminal: terminal}, // a child of the run
		{processID: processID{700, 50}, Parent: 200, Session: 700, Terminal: terminal + 1},   // another shell
		{processID: processID{800, 60}, Parent: 1, Session: 800},                             // cron
	}
	for _, tc := range []struct {
		name, why string
		process   process // 900, in the folder
		more      []process
		want      bool
	}{
		{"orphan at init", "a daemon's parent is process 1", process{Parent: 1, Session: 900}, nil, false},
		{"orphan at a subreaper", "or the nearest subreaper above the owner", process{Parent: 200, Session: 900}, nil, false},
		{"orphan that kept its session", "it left its group alone", process{Parent: 200, Session: session, Terminal: terminal}, nil, false},
		{"orphan without a parent", "its parent vanished while we looked", process{Parent: 12345, Session: 900}, nil, false},
		{"child of the owner", "started past this package", process{Parent: 500, Session: 900}, nil, false},
		{"child of a child", "its parent is found", process{Parent: 600, Session: 900}, nil, false},
		{"grandchild of an orphan", "its parent has no trace, but is an orphan", process{Parent: 901, Session: 901}, []process{{processID: processID{901, 1002}, Parent: 1, Session: 901}}, false},
		{"job of the owner's shell", "tail -f in the same terminal", process{Parent: 300, Session: session, Terminal: terminal}, nil, true},
		{"job of another shell", "tail -f in another terminal", process{Parent: 700, Session: 700, Terminal: terminal + 1}, nil, true},
		{"another shell", "a terminal opened in the folder", process{Parent: 200, Session: 900, Terminal: terminal + 2}, nil, true},
		{"below another shell", "an editor's language server", process{Parent: 901, Session: 900}, []process{{processID: processID{901, 1002}, Parent: 200, Session: 901, Terminal: terminal + 2}}, true},
		{"of an older process", "a cron job", process{Parent: 800, Session: 800}, nil, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := tc.process
			p.processID = processID{900, 1003}
			l := look{
				state: state{Began: began, Owner: owner{processID: processID{500, 40}, Session: session}},
				table: table{}, found: map[int]Found{600: {PID: 600}},
				shielded:       map[int]bool{1: true, 200: true, 300: true, 400: true, 500: true},
				ownerAncestors: map[int]bool{1: true, 200: true, 300: true, 400: true},
			}
			for _, q := range append(append(base[:len(base):len(base)], tc.more...), p) {
				q.State = 'S'
				l.table[q.PID] = q
			}
			assert.Equal(t, tc.want, l.foreign(p), tc.why)
		})
	}
	t.Run("child of the process that asks", func(t *testing.T) {
		t.Parallel()
		l := look{
			state:    state{Began: began, Owner: owner{processID: processID{500, 40}}},
			table:    table{550: {processID: processID{550, 2000}, Parent: 1}},
			shielded: map[int]bool{550: true},
		}
		assert.True(t, l.foreign(process{processID: processID{900, 3000}, Parent: 550}), "a sweep's own child")
	})
}

// A group's number that the kernel gave away again is not the run's.
func TestGroups(t *testing.T) {
	t.Parallel()
	child := record{Name: "child", processID: processID{600, 1001}, Group: 600, Session: 300}
	member := process{processID: processID{601, 1002}, Parent: 1, Group: 600, Session: 300, State: 'S'}
	leader := process{processID: processID{600, 1001}, Group: 600, Session: 300, State: 'S'}
	for _, tc := range []struct {
		name   string
		change func(leader, member *process)
		want   map[int]Trace
	}{
		{"both live", func(_, _ *process) {}, map[int]Trace{600: ByRecord, 601: ByGroup}},
		{"the leader is dead", func(leader, _ *process) { leader.State = 'Z' }, map[int]Trace{601: ByGroup}},
		{"the leader is gone", func(leader, _ *process) { leader.PID = 602; leader.Group = 602 }, map[int]Trace{601: ByGroup}},
		{"a stranger leads", func(leader, _ *process) { leader.Start = 5000 }, map[int]Trace{}},
		{"another session", func(leader, member *process) { leader.PID = 602; leader.Group = 602; member.Session = 7 }, map[int]Trace{}},
		{"older than the child", func(leader, member *process) { leader.PID = 602; leader.Group = 602; member.Start = 5 }, map[int]Trace{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			leader, member := leader, member
			tc.change(&leader, &member)
			l := look{
				state: state{Children: []record{child}}, table: table{leader.PID: leader, member.PID: member},
				found: map[int]Found{}, shielded: map[int]bool{},
			}
			l.records()
			l.groups()
			got := map[int]Trace{}
			for pid, f := range l.found {
				got[pid] = f.By
			}
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestTraceString(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "open file", ByOpenFile.String())
	assert.Equal(t, "Trace(99)", Trace(99).String())
	assert.Equal(t, "nginx (pid 7, known by open file): nginx: worker process",
		Found{PID: 7, Name: "nginx", By: ByOpenFile, Command: "nginx: worker process"}.String())
}
