package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/netns"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/scenarios"
	"github.com/corsproof/corsproof/servers/container"
)

// Each test of this file runs the whole system.

// whole is how long a whole demo takes, set by TestDemo.
var whole time.Duration

// end is how soon the command has to be gone after a signal or a failure, where
// nothing else runs; see [run.within].
const end = 3 * time.Second

// within is how soon a run has to end now. What it started takes longer to end, too,
// where it took longer to start.
func (r *run) within() time.Duration { return end + time.Since(r.started) }

// Serial: the time that it takes is what the interrupted runs are spread over.
func TestDemo(t *testing.T) {
	container.TurnT(t) // for the rows in containers
	r := start(t, nil, "demo", "--keep", "--out", "out")
	r.requireLine(t, "Ctrl-C ends it")
	whole = time.Since(r.started)
	runs, err := filepath.Glob(filepath.Join(r.temp, "corsproof-*"))
	require.NoError(t, err)
	require.Len(t, runs, 1)
	namespaces := filepath.Join(process.NamespaceFolder, filepath.Base(runs[0])+"-*")
	made, err := filepath.Glob(namespaces)
	require.NoError(t, err)
	if os.Geteuid() == 0 {
		assert.Len(t, made, 3, "the outside, FastAPI's, Node's")
	}
	within := r.within()
	sent := time.Now()
	require.NoError(t, r.cmd.Process.Signal(os.Interrupt))
	require.Zero(t, r.wait(t), r.out)
	assert.Less(t, r.ended.Sub(sent), within)
	r.requireNothingLeft(t)
	assert.Contains(t, r.out, "9 of 9 rows proven")
	assert.Contains(t, r.out, "what was tried in containers")
	left, err := filepath.Glob(namespaces)
	require.NoError(t, err)
	assert.Empty(t, left, "network namespaces")

	out := filepath.Join(r.cmd.Dir, "out")
	for _, picture := range []string{"blocked.png", "working.png"} {
		png, err := os.ReadFile(filepath.Join(out, picture))
		require.NoError(t, err)
		assert.Equal(t, "\x89PNG", string(png[:4]), picture)
	}
	text, err := os.ReadFile(filepath.Join(out, "report.json"))
	require.NoError(t, err)
	var rep report.Report
	require.NoError(t, json.Unmarshal(text, &rep))
	assert.Equal(t, report.Schema, rep.Schema)
	assert.Equal(t, report.EndProven, rep.End())
	assert.Len(t, rep.Mechanisms, 6)
	assert.Len(t, rep.Containers, len(scenarios.Containers()))
	for _, row := range rep.Rows() {
		if row.End == report.EndNotRun {
			assert.NotEmpty(t, row.Part, row.Name)
			assert.NotEmpty(t, row.Missing, row.Name)
			assert.Contains(t, r.out, row.Missing, row.Name)
		} else {
			assert.Equal(t, report.EndProven, row.End, row.Name)
		}
	}
	require.NoError(t, scenarios.Required(rep.Rows()))
	for _, row := range rep.Proof {
		for _, leg := range row.Legs {
			for _, trace := range leg.Traces {
				assert.Equal(t, fetch.TraceSchema, trace.Schema)
				for _, x := range trace.Exchanges {
					assert.Equal(t, fetch.WitnessRecorder, x.Witness, "row %d, %s", row.Number, leg.Tried)
				}
			}
		}
	}
	require.NotEmpty(t, rep.Environment.Engines)
	for _, flag := range rep.Environment.Engines[0].Flags {
		assert.NotContains(t, flag, "disable-web-security")
	}
}

// What is required and lacks ends the run before its first row.
func TestDemoWithoutAnEngineThatIsRequired(t *testing.T) {
	t.Parallel()
	r := start(t, []string{"DOCKER_HOST=unix:///nonexistent.sock", "CORSPROOF_REQUIRE=docker"}, "demo")
	assert.Equal(t, exitUnknown, r.wait(t), r.out)
	assert.Equal(t, 1, strings.Count(r.out, "CORSPROOF_REQUIRE=docker: not run: container-to-container, published-port: no Docker Engine answers at DOCKER_HOST"), r.out)
	assert.NotContains(t, r.out, "row 1,")
	r.requireNothingLeft(t)
}

// Each of these moments has something up that the others have not: part of the system;
// networks and an engine's containers. In the middle of the rows what ends the run is
// the same cancellation, see [TestDemoNamesWhatWasKilled]. What is up is waited for; at
// moments of the clock's own choosing, over whole runs, it is interrupted in the full
// and in the soak.
func TestDemoEndsCleanlyWhenInterrupted(t *testing.T) {
	t.Parallel() // so it comes after TestDemo
	for _, tc := range []struct {
		name  string
		args  []string
		until string
		sig   syscall.Signal
		needs func(t *testing.T)
	}{
		{"while the system starts", nil, "started ", syscall.SIGINT, nil},
		{"beside networks and containers", []string{"internal-network", "container-to-container"}, "started node in a container", syscall.SIGTERM, func(t *testing.T) {
			container.RequireT(t, t.Name())
			container.TurnT(t)
			if missing := netns.Missing(); missing != "" {
				browser.SkipT(t, "internal-network", missing)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.needs != nil {
				tc.needs(t)
			}
			r := start(t, nil, append([]string{"demo"}, tc.args...)...)
			r.requireLine(t, tc.until)
			within := r.within()
			sent := time.Now()
			require.NoError(t, r.cmd.Process.Signal(tc.sig))
			assert.Equal(t, exitUnknown, r.wait(t), r.out)
			assert.Less(t, r.ended.Sub(sent), within, r.out)
			assert.Contains(t, r.out, "interrupted ("+tc.sig.String())
			r.requireNothingLeft(t)
		})
	}
	interrupts, terminations := 0, 0
	switch {
	case soak():
		interrupts, terminations = 40, 10
	case full():
		interrupts, terminations = 3, 1
	default:
		return
	}
	const seed = 20260
	if whole == 0 {
		r := start(t, nil, "demo")
		require.Zero(t, r.wait(t), r.out)
		whole = r.ended.Sub(r.started)
	}
	took := whole + end // clean-up included
	random := rand.New(rand.NewPCG(seed, 0))
	for i, sig := range signals(interrupts, terminations) {
		// Spread over the whole run, each somewhere in its own part of it.
		n := interrupts + terminations
		moment := time.Duration((float64(i) + random.Float64()) / float64(n) * float64(took))
		t.Run(fmt.Sprintf("%s-%02d-of-%d", sig, i+1, n), func(t *testing.T) {
			t.Parallel()
			r := start(t, nil, "demo")
			select {
			case <-time.After(moment): // not a wait for an event: the moment is the test's input
			case <-r.done:
			}
			within := r.within()
			sent := time.Now()
			signalled := r.cmd.Process.Signal(sig) == nil
			code := r.wait(t)
			if signalled && r.ended.After(sent) {
				assert.Less(t, r.ended.Sub(sent), within, "after %v: %s", moment, r.out)
				if code == 0 {
					// It came when all was done but the last lines.
					assert.Contains(t, r.out, "9 of 9 rows proven", r.out)
				} else {
					assert.Contains(t, r.out, "interrupted ("+sig.String(), r.out)
				}
			}
			r.requireNothingLeft(t)
		})
	}
}

// signals returns the signals in an order in which the rarer ones are spread.
func signals(interrupts, terminations int) []syscall.Signal {
	var all []syscall.Signal
	for i := range interrupts + terminations {
		if terminations > 0 && i%((interrupts+terminations)/terminations) == 1 {
			all = append(all, syscall.SIGTERM)
		} else {
			all = append(all, syscall.SIGINT)
		}
	}
	return all
}

func TestDemoNamesWhatWasKilled(t *testing.T) {
	t.Parallel()
	all := []struct{ name, argv, want string }{
		{"browser", "--user-data-dir=", "chromium exited during the run"},
		{"fastapi", "uvicorn", "fastapi exited during the run"},
		{"node", "server.js", "node exited during the run"},
		{"nginx", "nginx: master process", "nginx exited during the run"},
		{"postgres", "postgres", "postgres exited during the run"},
	}
	if !full() {
		all = all[:2] // the servers differ in their names alone
	}
	for _, tc := range all {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, nil, "demo")
			r.requireLine(t, "row 1,")
			pid := findChild(t, r.temp, tc.argv)
			within := r.within()
			killed := time.Now()
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
			assert.Equal(t, exitUnknown, r.wait(t), r.out)
			assert.Less(t, r.ended.Sub(killed), within, r.out)
			assert.Contains(t, r.out, tc.want)
			r.requireNothingLeft(t)
		})
	}
}

// plantWorker stops the nginx worker below the folder, so that it can't end with
// its parent, and returns its pid. Its process group survives being orphaned:
// nginx takes the kernel's SIGHUP for a reload.
func plantWorker(t *testing.T, folder string) int {
	t.Helper()
	for _, p := range processesBelow(t, folder) {
		path, cmdline, _ := strings.Cut(p, " ")
		pid, err := strconv.Atoi(filepath.Base(path))
		require.NoError(t, err)
		if strings.Contains(cmdline, "nginx: worker process") {
			require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
			return pid
		}
	}
	t.Fatalf("no nginx worker below %s", folder)
	return 0
}

// plantRenderer starts the real browser program as a renderer of the profile,
// in a session of its own, held before its first instruction as a debugger
// does. (The renderers of a running Chromium can't be planted: the kernel kills
// each with its zygote.) It returns the pid; SIGKILL ends it at once.
func plantRenderer(t *testing.T, folder string) int {
	t.Helper()
	profiles, err := filepath.Glob(filepath.Join(folder, "corsproof-*", "chromium-*"))
	require.NoError(t, err)
	require.NotEmpty(t, profiles, "no profile below %s", folder)
	program, _, err := chromium.Find()
	require.NoError(t, err)
	release, started := make(chan struct{}), make(chan error)
	cmd := exec.Command(program, "--type=renderer", "--user-data-dir="+profiles[0])
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Ptrace: true}
	go func() {
		runtime.LockOSThread() // the one who holds is a thread, which ends with this goroutine
		started <- cmd.Start()
		<-release
	}()
	require.NoError(t, <-started)
	t.Cleanup(func() {
		cmd.Process.Kill()
		close(release)
	})
	return cmd.Process.Pid
}

// findChild returns the first process below the folder with the text in its
// command line; the one with the least pid is the parent of its kind.
func findChild(t *testing.T, folder, argv string) int {
	t.Helper()
	least := 0
	for _, p := range processesBelow(t, folder) {
		path, cmdline, _ := strings.Cut(p, " ")
		pid, err := strconv.Atoi(filepath.Base(path))
		require.NoError(t, err)
		if strings.Contains(cmdline, argv) && (least == 0 || pid < least) {
			least = pid
		}
	}
	require.NotZero(t, least, "no process with %q in its command line below %s", argv, folder)
	return least
}

func TestDemoSaysWhichPortIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:8000")
	if err == nil { // else somebody has it already, which does as well
		defer taken.Close()
	}
	r := start(t, nil, "demo", "--ports", "story")
	assert.Equal(t, exitUnknown, r.wait(t), r.out)
	assert.Contains(t, r.out, "127.0.0.1:8000")
	assert.Contains(t, r.out, "address already in use")
	r.requireNothingLeft(t)
}

func TestDemoSaysWhichInterpreterIsMissing(t *testing.T) {
	cache, err := os.MkdirTemp("", "cp-cache-") // not t.TempDir: PostgreSQL's user has to reach it
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(cache) })
	require.NoError(t, os.Chmod(cache, 0o755))
	r := start(t, []string{"PATH=/nonexistent", "CORSPROOF_CACHE=" + cache}, "demo")
	assert.Equal(t, exitUnknown, r.wait(t), r.out)
	assert.Contains(t, strings.ToLower(r.out), "python")
	assert.Contains(t, strings.ToLower(r.out), "node")
	r.requireNothingLeft(t)
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"unknown command", []string{"dmeo"}, "dmeo"},
		{"unknown flag", []string{"demo", "--prots", "free"}, "--prots"},
		{"unknown ports", []string{"demo", "--ports", "any"}, "free or story"},
		{"argument", []string{"demo", "now"}, "now"},
		{"unknown flag of doctor", []string{"doctor", "--jsn"}, "--jsn"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, nil, tc.args...)
			assert.Equal(t, exitUsage, r.wait(t), r.out)
			assert.Contains(t, r.out, tc.want)
			r.requireNothingLeft(t)
		})
	}
}

// What a SIGKILL of ourselves leaves is noticed, and swept by the next run. nginx is told
// of it by the kernel, and ends its workers.
func TestWhatASIGKILLLeavesIsSwept(t *testing.T) {
	t.Parallel()
	r := start(t, nil, "demo")
	r.requireLine(t, "row 1,")
	worker := plantWorker(t, r.temp)
	planted := map[string]int{"a Chromium renderer": plantRenderer(t, r.temp)}
	require.NoError(t, r.cmd.Process.Kill())
	<-r.done
	require.Eventually(t, func() bool {
		return !slices.ContainsFunc(processesBelow(t, r.temp), func(p string) bool { return strings.HasPrefix(p, fmt.Sprintf("/proc/%d ", worker)) })
	}, time.Minute, 10*time.Millisecond, "an nginx worker outlives its master")

	left, err := process.FindLeft(r.temp)
	require.NoError(t, err)
	require.Len(t, left, 1)
	for what, pid := range planted {
		assert.True(t, slices.ContainsFunc(left[0].Processes, func(f process.Found) bool { return f.PID == pid }),
			"%s (process %d) is not among what was left: %v", what, pid, left[0])
		assert.True(t, slices.ContainsFunc(processesBelow(t, r.temp), func(p string) bool {
			return strings.HasPrefix(p, fmt.Sprintf("/proc/%d ", pid))
		}), "the test's own look doesn't see %s", what)
	}

	next := start(t, []string{"TMPDIR=" + r.temp}, "demo", "--ports", "story", "--out", "/proc/nowhere")
	assert.Equal(t, exitUsage, next.wait(t), next.out)
	require.NotEmpty(t, processesBelow(t, r.temp), "wrong use starts nothing, so it sweeps nothing")

	next = start(t, []string{"TMPDIR=" + r.temp}, "demo")
	next.requireLine(t, "started ")
	for _, p := range processesBelow(t, r.temp) {
		for what, pid := range planted {
			assert.NotContains(t, p, fmt.Sprintf("/proc/%d ", pid), what)
		}
	}
	require.NoError(t, next.cmd.Process.Signal(os.Interrupt))
	next.wait(t)
	r.requireNothingLeft(t)
}
