package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/process"
)

// binary is the command, built once for the whole test binary.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		release, err := browser.Turn(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer release()
		dir, err := os.MkdirTemp("", "corsproof-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "corsproof")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the command: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// full reports whether what the daily run does less often is to be done in full: it
// never found anything that the daily run doesn't.
func full() bool { return os.Getenv("CORSPROOF_FULL") == "1" || soak() }

// soak reports whether a test is to be run at many more moments.
func soak() bool { return os.Getenv("CORSPROOF_SOAK") != "" }

// A run is a command under test, with a folder of its own for all that it makes.
type run struct {
	cmd     *exec.Cmd
	temp    string // what it leaves here, it left behind
	out     string
	lines   chan string // of stderr, as they come; closed at the end
	done    chan struct{}
	err     error
	started time.Time
	ended   time.Time
	shm     string // see sharedMemory
	output  *lineWriter
}

// stdout is what was written there, once the command has ended.
func (r *run) stdout() string { return r.output.stdout.String() }

// limit bounds a whole run of the command.
const limit = 3 * time.Minute

// start starts the command. What it leaves behind fails the test.
func start(t *testing.T, env []string, args ...string) *run {
	t.Helper()
	return startIn(t, t.TempDir(), env, args...)
}

// startIn is start in a working folder.
func startIn(t *testing.T, dir string, env []string, args ...string) *run {
	t.Helper()
	return startFrom(t, dir, env, nil, args...)
}

// startWithInput is startIn with a text on standard input.
func startWithInput(t *testing.T, dir, input string, args ...string) *run {
	t.Helper()
	return startFrom(t, dir, nil, strings.NewReader(input), args...)
}

func startFrom(t *testing.T, dir string, env []string, input io.Reader, args ...string) *run {
	t.Helper()
	// Not t.TempDir: its path is too long for a unix socket, and other users
	// can't traverse it.
	temp, err := os.MkdirTemp("", "cp")
	require.NoError(t, err)
	t.Cleanup(func() {
		process.Sweep(temp) // a run that was killed for its time would not be found any more
		os.RemoveAll(temp)
	})
	require.NoError(t, os.Chmod(temp, 0o711))
	r := &run{temp: temp, lines: make(chan string, 1000), done: make(chan struct{}), shm: sharedMemory(t)}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
	t.Cleanup(cancel)
	r.cmd = exec.CommandContext(ctx, binary, args...)
	r.cmd.Dir = dir
	r.cmd.Env = append(os.Environ(), append([]string{"TMPDIR=" + temp}, env...)...)
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.output = &lineWriter{lines: r.lines}
	r.cmd.Stdin = input
	r.cmd.Stdout, r.cmd.Stderr = stdoutWriter{r.output}, r.output
	r.started = time.Now()
	require.NoError(t, r.cmd.Start())
	go func() {
		r.err = r.cmd.Wait()
		r.ended = time.Now()
		r.out = r.output.all.String()
		close(r.lines)
		close(r.done)
	}()
	t.Cleanup(func() {
		r.cmd.Process.Kill()
		<-r.done
	})
	return r
}

// wait waits for the end and returns the exit code.
func (r *run) wait(t *testing.T) int {
	t.Helper()
	<-r.done
	require.GreaterOrEqual(t, r.cmd.ProcessState.ExitCode(), 0, "it didn't end by itself: %v\n%s", r.err, r.out)
	return r.cmd.ProcessState.ExitCode()
}

// requireLine waits for a line of output that contains the text.
func (r *run) requireLine(t *testing.T, text string) {
	t.Helper()
	for line := range r.lines {
		if strings.Contains(line, text) {
			return
		}
	}
	t.Fatalf("it ended without a line %q:\n%s", text, r.out)
}

// requireNothingLeft fails the test if the run left a process or a file.
func (r *run) requireNothingLeft(t *testing.T) {
	t.Helper()
	require.Empty(t, processesBelow(t, r.temp), "processes left behind\n%s", r.out)
	files, err := os.ReadDir(r.temp)
	require.NoError(t, err)
	for _, f := range files {
		t.Errorf("left behind: %s\n%s", f.Name(), r.out)
	}
	assert.Equal(t, r.shm, sharedMemory(t), "System V shared memory, which a killed PostgreSQL would leave\n%s", r.out)
}

// sharedMemory returns the machine's System V shared memory segments that no
// process is attached to, by id.
func sharedMemory(t *testing.T) string {
	t.Helper()
	table, err := os.ReadFile("/proc/sysvipc/shm")
	require.NoError(t, err)
	var ids []string
	for line := range strings.Lines(string(table)) {
		// key shmid perms size cpid lpid nattch …
		if f := strings.Fields(line); len(f) > 6 && f[6] == "0" {
			ids = append(ids, f[1])
		}
	}
	return strings.Join(ids, " ")
}

// processesBelow finds processes that have a path below dir in their command
// line, as working folder or open. It is written apart from the package process
// on purpose: it checks it.
func processesBelow(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	procs, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, p := range procs {
		if p == fmt.Sprintf("/proc/%d", os.Getpid()) {
			continue
		}
		cmdline, err := os.ReadFile(p + "/cmdline")
		if err != nil {
			continue // it has ended
		}
		reasons := []string{string(cmdline)}
		if cwd, err := os.Readlink(p + "/cwd"); err == nil {
			reasons = append(reasons, cwd)
		}
		fds, _ := filepath.Glob(p + "/fd/*")
		for _, fd := range fds {
			if to, err := os.Readlink(fd); err == nil {
				reasons = append(reasons, to)
			}
		}
		for _, reason := range reasons {
			if strings.Contains(reason, dir+"/") {
				found = append(found, p+" "+strings.ReplaceAll(string(cmdline), "\x00", " "))
				break
			}
		}
	}
	return found
}

// A lineWriter keeps all output and sends each line on.
type lineWriter struct {
	mu     sync.Mutex // stdout and stderr write at the same time
	all    strings.Builder
	stdout strings.Builder
	line   []byte
	lines  chan<- string
}

// A stdoutWriter keeps what is written to stdout apart, too.
type stdoutWriter struct{ *lineWriter }

func (w stdoutWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.stdout.Write(p)
	w.mu.Unlock()
	return w.lineWriter.Write(p)
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(p)
	for _, c := range p {
		if c != '\n' {
			w.line = append(w.line, c)
			continue
		}
		select {
		case w.lines <- string(w.line):
		default: // nobody reads; all keeps it
		}
		w.line = w.line[:0]
	}
	return len(p), nil
}

// However a command ended, that it couldn't clean up hides neither a violation nor why.
func TestCleanedUp(t *testing.T) {
	t.Parallel()
	failed := errors.New("the folder stays")
	for _, tc := range []struct {
		ended error
		code  int
		says  string
	}{
		{nil, exitUnknown, "clean up: the folder stays"},
		{&exitError{exitNotProven, nil}, exitNotProven, "clean up: the folder stays"},
		{&exitError{exitDivergence, nil}, exitDivergence, "clean up: the folder stays"},
		{&exitError{exitUnknown, errors.New("interrupted")}, exitUnknown, "interrupted\nclean up: the folder stays"},
	} {
		err := cleanedUp(tc.ended, failed)
		var exit *exitError
		require.ErrorAs(t, err, &exit)
		assert.Equal(t, tc.code, exit.code)
		assert.EqualError(t, exit.err, tc.says)
		assert.Equal(t, tc.ended, cleanedUp(tc.ended, nil))
	}
	assert.EqualError(t, cleanedUp(errors.New("wrong use"), failed), "wrong use\nclean up: the folder stays")
}
