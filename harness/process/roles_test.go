package process

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience bounds every wait of the tests; none of them is meant to last.
const patience = 2 * time.Minute

const openVariable = "PROCESS_TEST_OPEN"

// roleVariable makes the test binary play a part of a test instead of running
// the tests.
const roleVariable = "PROCESS_TEST_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		time.AfterFunc(2*patience, func() { os.Exit(9) }) // whatever becomes of the test
		roles[role](os.Args[1:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var roles = map[string]func(args []string){
	// wait lives until it is signalled.
	"wait": func([]string) { say("ready"); forever() },
	// stubborn lives until it is killed, with a file open if its environment
	// says so.
	"stubborn": func([]string) {
		if path := os.Getenv(openVariable); path != "" {
			defer must1(os.Open(path)).Close()
		}
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
		say("ready")
		forever()
	},
	// interrupt ends on SIGINT, with a word, and not on SIGTERM.
	"interrupt": func([]string) {
		signal.Ignore(syscall.SIGTERM)
		interrupts := make(chan os.Signal, 1)
		signal.Notify(interrupts, os.Interrupt)
		say("ready")
		<-interrupts
		say("interrupted")
	},
	// answer says pong on each SIGUSR1.
	"answer": func([]string) {
		pings := make(chan os.Signal, 1)
		signal.Notify(pings, syscall.SIGUSR1)
		say("ready")
		for range pings {
			say("pong")
		}
	},
	// describe says what it was started with.
	"describe": func(args []string) {
		dir, err := os.Getwd()
		must(err)
		input, err := os.Stdin.Read(make([]byte, 1))
		say("%s", asJSON(description{
			Args: args, Env: os.Environ(), Dir: dir, Group: syscall.Getpgrp(), PID: os.Getpid(),
			Input: fmt.Sprint(input, err),
		}))
	},
	// fail says two lines and ends with status 3.
	"fail": func([]string) { say("first"); say("last words"); os.Exit(3) },
	// end ends with status 0.
	"end": func([]string) {},
	// parent starts a stubborn process in its own group and says its pid.
	"parent": func([]string) {
		pid := fork(exile{role: "stubborn"})
		say("child %d", pid)
		forever()
	},
	// master does, too, and ends that process when it is asked to end.
	"master": func([]string) {
		terms := make(chan os.Signal, 1)
		signal.Notify(terms, syscall.SIGTERM)
		pid := fork(exile{role: "stubborn"})
		say("child %d", pid)
		<-terms
		must(syscall.Kill(pid, syscall.SIGKILL))
	},
	// estranged starts a stubborn process in a session of its own, which has no
	// trace of the run but its living parent.
	"estranged": func([]string) {
		pid := fork(exile{role: "stubborn", leave: true})
		say("child %d", pid)
		forever()
	},
	// escape starts what its argument describes in a session of its own, as a
	// daemon does, says its pid and ends.
	"escape": func(args []string) {
		var e exile
		must(json.Unmarshal([]byte(args[0]), &e))
		e.role, e.leave = "stubborn", true
		say("child %d", fork(e))
	},
	// hydra starts a daemon with its own working folder when it is asked to end.
	"hydra": func([]string) {
		terms := make(chan os.Signal, 1)
		signal.Notify(terms, syscall.SIGTERM)
		say("ready")
		<-terms
		say("child %d", fork(exile{role: "stubborn", leave: true, Dir: must1(os.Getwd())}))
	},
	// owner owns a run under the root in its argument and obeys its input.
	"owner": func(args []string) {
		syscall.Umask(0o077) // which the run's folders don't follow
		run, err := NewRun(Config{Root: args[0], Timeouts: Timeouts{Close: 100 * time.Millisecond}})
		must(err)
		say("%s", asJSON(run.Dir()))
		obey(map[string]func(argument string) any{
			"start": func(role string) any {
				return must1(run.Start(context.Background(), roleSpec(role))).PID()
			},
			"start-master": func(string) any {
				spec := roleSpec("master")
				spec.Orphaned = syscall.SIGTERM
				return must1(run.Start(context.Background(), spec)).PID()
			},
			"start-other": func(string) any {
				spec := Spec{Name: "other", Path: "/bin/sleep", Args: []string{"600"}, Owner: otherUser}
				return must1(run.Start(context.Background(), spec)).PID()
			},
			"escape": func(argument string) any { return must1(escape(run, argument)) },
			"processes": func(string) any {
				pids := []int{}
				for _, f := range must1(run.Processes()) {
					pids = append(pids, f.PID)
				}
				return pids
			},
			"close": func(string) any { must(run.Close()); return "closed" },
		})
	},
	// shell starts what its input says: foreign processes that look at a folder.
	"shell": func([]string) {
		say("null")
		obey(map[string]func(string) any{
			"look": func(dir string) any { return fork(exile{role: "stubborn", Dir: dir}) },
		})
	},
	// locker takes the lock in its argument and keeps it.
	"locker": func(args []string) {
		_, err := Lock(context.Background(), args[0])
		must(err)
		say("null")
		forever()
	},
}

type description struct {
	Args, Env  []string
	Dir        string
	Group, PID int
	Input      string
}

// An exile is a process as a fork in a role makes it: in another working
// folder, with another argument or an open file, and nothing else that could
// show where it comes from.
type exile struct {
	role  string
	leave bool // the session
	// Dir is its working folder, "/" if empty.
	Dir string
	// Argument is in its command line.
	Argument string
	// File is open: it was given to it.
	File string
	// Opens is open: it opened it itself, as Go does, to be closed on exec.
	Opens string
	// Program is what it executes instead of the test binary: with an argument
	// of seconds, for it is a copy of sleep(1).
	Program string
}

func fork(e exile) int {
	null := must1(os.OpenFile(os.DevNull, os.O_RDWR, 0))
	attr := &os.ProcAttr{
		Dir: e.Dir, Files: []*os.File{null, null, null},
		Env: []string{roleVariable + "=" + e.role, openVariable + "=" + e.Opens},
		Sys: &syscall.SysProcAttr{Setsid: e.leave},
	}
	if attr.Dir == "" {
		attr.Dir = "/"
	}
	if e.File != "" {
		attr.Files = append(attr.Files, must1(os.Open(e.File)))
	}
	program, argument := must1(os.Executable()), e.Argument
	if e.Program != "" {
		program, argument = e.Program, "600"
	}
	// The program's name is not the first argument: only its link may show it.
	return must1(os.StartProcess(program, []string{"exile", argument}, attr)).Pid
}

// escape starts an exile from run and returns its pid once it is an orphan.
func escape(run *Run, description string) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	spec := roleSpec("escape", description)
	spec.Dir = "/"
	child, err := run.Start(ctx, spec)
	if err != nil {
		return 0, err
	}
	select {
	case <-child.Done():
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	var pid int
	if _, err := fmt.Sscanf(string(child.Log()), "child %d", &pid); err != nil {
		return 0, fmt.Errorf("%w in %q", err, child.Log())
	}
	return pid, child.Err()
}

// obey answers each line "command argument" of the input with one of JSON, and
// ends with the input.
func obey(commands map[string]func(argument string) any) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		command, argument, _ := strings.Cut(lines.Text(), " ")
		say("%s", asJSON(commands[command](argument)))
	}
}

// forever waits for a signal that ends the process.
func forever() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR2) // else Go sees a deadlock
	select {}
}

func say(format string, values ...any) { fmt.Fprintf(os.Stdout, format+"\n", values...) }

func asJSON(value any) string { return string(must1(json.Marshal(value))) }

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(8)
	}
}

func must1[T any](value T, err error) T {
	must(err)
	return value
}

// roleSpec is a child that plays role.
func roleSpec(role string, args ...string) Spec {
	return Spec{
		Name: role, Path: must1(os.Executable()), Args: args, Env: []string{roleVariable + "=" + role},
	}
}

// newRun returns a run under a root of its own, closed with the test.
func newRun(tb testing.TB, t Timeouts) *Run {
	tb.Helper()
	run, err := NewRun(Config{Root: tb.TempDir(), Timeouts: t})
	require.NoError(tb, err)
	tb.Cleanup(func() {
		if err := run.Close(); err != nil {
			tb.Error(err)
		}
	})
	return run
}

// startRole starts a child that plays role and waits for its first line.
func startRole(tb testing.TB, run *Run, role string, args ...string) *Child {
	tb.Helper()
	return startSpec(tb, run, roleSpec(role, args...))
}

func startSpec(tb testing.TB, run *Run, spec Spec) *Child {
	tb.Helper()
	child, err := run.Start(tb.Context(), spec)
	require.NoError(tb, err)
	waitLog(tb, child, "\n")
	return child
}

// waitLog waits until the child's log has text in it.
func waitLog(tb testing.TB, child *Child, text string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	require.NoError(tb, WaitReady(ctx, child, func(context.Context) error {
		if !bytes.Contains(child.Log(), []byte(text)) {
			return errors.New("not in the log: " + text)
		}
		return nil
	}))
}

// grandchild returns the pid that a child said.
func grandchild(tb testing.TB, child *Child) int {
	tb.Helper()
	var pid int
	_, err := fmt.Sscanf(string(child.Log()), "child %d", &pid)
	require.NoError(tb, err)
	return pid
}

func identify(tb testing.TB, pid int) processID {
	tb.Helper()
	p, ok := readProcess(pid)
	require.True(tb, ok, "no process %d", pid)
	require.True(tb, p.live(), "process %d is dead", pid)
	return p.processID
}

// waitDead waits until the process is dead.
func waitDead(tb testing.TB, id processID) {
	tb.Helper()
	waitUntil(tb, fmt.Sprintf("process %d is dead", id.PID), func() bool { return !id.lives() })
}

func waitUntil(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	require.Eventually(tb, holds, patience, time.Millisecond, what)
}

// An actor is a process of the test's, outside any run, that takes commands.
type actor struct {
	tb    testing.TB
	cmd   *exec.Cmd
	in    *bufio.Writer
	out   *bufio.Scanner
	id    processID
	first string
}

// newActor starts a process that plays role and waits for its first line. It
// is killed with the test.
func newActor(tb testing.TB, role string, args ...string) *actor {
	tb.Helper()
	cmd := exec.Command(must1(os.Executable()), args...)
	cmd.Env = []string{roleVariable + "=" + role}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(tb, err)
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	a := &actor{tb: tb, cmd: cmd, in: bufio.NewWriter(in), out: bufio.NewScanner(out)}
	tb.Cleanup(a.kill)
	a.id = identify(tb, cmd.Process.Pid)
	require.True(tb, a.out.Scan(), "%s said nothing", role)
	a.first = a.out.Text()
	return a
}

// kill kills the actor and waits for its end.
func (a *actor) kill() {
	a.cmd.Process.Kill()
	a.cmd.Wait()
}

// ask has a command done and reads the answer into to.
func (a *actor) ask(to any, command, argument string) {
	a.tb.Helper()
	fmt.Fprintf(a.in, "%s %s\n", command, argument)
	require.NoError(a.tb, a.in.Flush())
	require.True(a.tb, a.out.Scan(), "no answer to %s", command)
	require.NoError(a.tb, json.Unmarshal(a.out.Bytes(), to))
}

// pid is ask for a process.
func (a *actor) pid(command, argument string) processID {
	a.tb.Helper()
	var pid int
	a.ask(&pid, command, argument)
	return identify(a.tb, pid)
}

// newOwner starts a process that owns a run under root, and returns the run's
// folder.
func newOwner(tb testing.TB, root string) (owner *actor, dir string) {
	tb.Helper()
	owner = newActor(tb, "owner", root)
	require.NoError(tb, json.Unmarshal([]byte(owner.first), &dir))
	return owner, dir
}

// copySleep puts a copy of sleep(1) into dir.
func copySleep(tb testing.TB, dir string) string {
	tb.Helper()
	from, err := exec.LookPath("sleep")
	require.NoError(tb, err)
	raw, err := os.ReadFile(from)
	require.NoError(tb, err)
	path := filepath.Join(dir, "program")
	require.NoError(tb, os.WriteFile(path, raw, 0o755))
	return path
}
