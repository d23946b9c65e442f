package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/report"
)

const caseFile = `section: concept-cors-check
cases:
  - id: mine/readable
    why: the server consents
    request: {url: https://api.test/a}
    server:
      - {to: https://api.test/a, status: 200, headers: ["Access-Control-Allow-Origin: *"]}
    expect:
      outcome: response
      type: cors
      exchanges:
        - {send: GET https://api.test/a, origin: https://app.test}
`

// startWith starts the command in a folder with files.
func startWith(t *testing.T, files map[string]string, args ...string) *run {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return startIn(t, dir, nil, args...)
}

// runIn runs the command in a folder with files, to its end.
func runIn(t *testing.T, files map[string]string, args ...string) (code int, out string) {
	t.Helper()
	r := startWith(t, files, args...)
	code = r.wait(t)
	r.requireNothingLeft(t)
	return code, r.out
}

func TestRunWrongUse(t *testing.T) {
	t.Parallel()
	mistakes := strings.Replace(caseFile, "why: the", "wy: the", 1)
	mistakes = strings.Replace(mistakes, "outcome: response", "outcome: respons", 1)
	for _, tc := range []struct {
		name  string
		files map[string]string
		args  []string
		want  []string
	}{
		{"unknown engine", nil, []string{"run", "--engine", "netscape"}, []string{`"netscape"`, "model", "chromium"}},
		{"no such case", nil, []string{"run", "no-such/case"}, []string{`"no-such/case"`, "--list"}},
		{"all mistakes of a file at once", map[string]string{"mine.yaml": mistakes}, []string{"run", "mine.yaml"},
			[]string{"mine.yaml:4:5", `"why"`, "mine.yaml:9:16", `"response"`}},
		{"an empty folder", map[string]string{"cases/readme.txt": ""}, []string{"run", "cases"}, []string{"cases: contains no case files"}},
		{"one ID twice", map[string]string{"a.yaml": caseFile, "cases/b.yaml": caseFile}, []string{"run", "a.yaml", "cases"},
			[]string{"cases/b.yaml:3:7: the case ID mine/readable is already used at a.yaml:3:7"}},
		{"no such case of these", map[string]string{"a.yaml": caseFile}, []string{"run", "a.yaml", "--case", "mine/other"}, []string{`--case "mine/other"`, "--list"}},
		{"a file that can't be written", nil, []string{"run", "--engine", "model", "--json", "no/such/folder/x.json"}, []string{"--json"}},
		{"callers without a browser", nil, []string{"run", "--callers", "--engine", "model"}, []string{"--callers", "--engine chromium"}},
		{"no time", nil, []string{"run", "--timeout", "0s"}, []string{"--timeout"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			code, out := runIn(t, tc.files, tc.args...)
			assert.Equal(t, exitUsage, code, out)
			for _, want := range tc.want {
				assert.Contains(t, out, want)
			}
		})
	}
}

func TestRunLists(t *testing.T) {
	t.Parallel()
	code, out := runIn(t, nil, "run", "--list", "cors-check/credentials/*")
	require.Zero(t, code, out)
	assert.Contains(t, out, "cors-check/credentials/allowed\n")
	assert.NotContains(t, out, "cors-check/allow-origin")
	for line := range strings.Lines(out) {
		assert.True(t, strings.HasPrefix(line, "cors-check/credentials/"), line)
	}
}

// A folder of case files in a real Chromium, and the file with the evidence.
func TestRunFiles(t *testing.T) {
	t.Parallel()
	code, out := runIn(t, map[string]string{"cases/mine.yaml": caseFile}, "run", "cases")
	require.Zero(t, code, out)
	assert.Contains(t, out, "1 cases: 1 passed")
	assert.Contains(t, out, "chromium")

	altered := strings.Replace(caseFile, "type: cors", "type: basic", 1)
	code, out = runIn(t, map[string]string{"mine.yaml": altered}, "run", "mine.yaml", "--engine", "chromium")
	assert.Equal(t, exitNotProven, code)
	assert.Contains(t, out, `mine.yaml:3:7: mine/readable/chromium: failed: the server consents`)
	assert.Contains(t, out, `type: want "basic", got "cors"`)
	assert.Contains(t, out, "corsproof run mine.yaml --case mine/readable --engine chromium")
	code, again := runIn(t, map[string]string{"mine.yaml": altered}, "run", "mine.yaml", "--case", "mine/readable", "--engine", "chromium")
	assert.Equal(t, exitNotProven, code)
	assert.Contains(t, again, `type: want "basic", got "cors"`)
}

// What a link to a folder leads to is read, and so no report may take its place.
func TestRunThroughALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "real"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "real", "mine.yaml"), []byte(caseFile), 0o644))
	require.NoError(t, os.Symlink("real", filepath.Join(dir, "cases")))
	r := startIn(t, dir, nil, "run", "cases", "--engine", "model", "--json", "cases/mine.yaml")
	assert.Equal(t, exitUsage, r.wait(t), r.out)
	assert.Contains(t, r.out, "is the input file")
	text, err := os.ReadFile(filepath.Join(dir, "real", "mine.yaml"))
	require.NoError(t, err)
	assert.Equal(t, caseFile, string(text))
	r = startIn(t, dir, nil, "run", "cases", "--engine", "model")
	assert.Zero(t, r.wait(t), r.out)
	assert.Contains(t, r.out, "1 cases: 1 passed")
}

// A pipe in a folder of cases is told of, and not waited for.
func TestRunOfAFolderWithAPipe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "x.yaml"), 0o600))
	r := startIn(t, dir, nil, "run", ".", "--engine", "model")
	assert.Equal(t, exitUsage, r.wait(t), r.out)
	assert.Contains(t, r.out, "x.yaml is not a regular file")
}

func TestRunWritesEvidence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "cases.json")
	code, out := runIn(t, map[string]string{"mine.yaml": caseFile}, "run", "mine.yaml", "--json", file)
	require.Zero(t, code, out)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var got struct {
		Schema  string
		Cases   []report.CaseRun
		Summary report.CasesSummary
	}
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, report.CasesSchema, got.Schema)
	require.Len(t, got.Cases, 1)
	assert.Len(t, got.Cases[0].Verdicts, 2)
	assert.Equal(t, 1, got.Summary.Passed)
	require.Len(t, got.Summary.Engines, 1)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 1, "no temporary file stays")
}

// Each case that the browser denied is made by every other caller.
func TestRunCallers(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cases.json")
	code, out := runIn(t, nil, "run", "cors-check/allow-origin-refused/*", "preflight/method-refused/*", "--callers", "--json", file)
	require.Zero(t, code, out)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var got struct {
		Summary report.CasesSummary
		Denied  []report.Differential
	}
	require.NoError(t, json.Unmarshal(text, &got))
	share := got.Summary.Share
	require.NotNil(t, share)
	assert.Contains(t, out, share.String())
	assert.Len(t, got.Denied, share.Denied)
	assert.NotZero(t, share.Read)
	assert.Equal(t, share.Denied, share.Read+len(share.Exceptions))
	for _, e := range share.Exceptions {
		assert.Contains(t, e.Why, "its preflight was refused", e.Name)
		assert.True(t, strings.HasPrefix(e.Name, "preflight/method-refused/"), e.Name)
		assert.Contains(t, out, e.Name)
	}
	for _, d := range got.Denied {
		require.Len(t, d.Callers, 1+len(direct.Names()), d.Case)
		for _, row := range d.Callers {
			if row.Body.Fate != report.BodyNone {
				assert.NotEmpty(t, row.Body.Exchanges, "%s: %s", d.Case, row.Caller.Name)
			}
		}
	}
}

// A caller that says other than its recorder saw loses its own row: happy-dom goes
// where a redirect to data: leads, and calls that a 200. The table stands.
func TestRunCallersKeepTheTable(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cases.json")
	code, out := runIn(t, nil, "run", "redirect/location-refused-at-home/data", "cors-check/allow-origin-refused/missing", "--callers", "--json", file)
	require.Zero(t, code, out)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var got struct{ Denied []report.Differential }
	require.NoError(t, json.Unmarshal(text, &got))
	require.Len(t, got.Denied, 2, out)
	for _, d := range got.Denied {
		for _, row := range d.Callers {
			odd := row.Caller.Name == "happy-dom" && d.Case == "redirect/location-refused-at-home/data"
			assert.Equal(t, odd, strings.Contains(row.Refused.Text, "happy-dom read status 200, but its recorder saw 302"), "%s: %s: %s", d.Case, row.Caller.Name, row.Refused.Text)
		}
	}
}

// A caller that doesn't work makes the share unknown, not smaller.
func TestRunCallersWithABrokenCurl(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "curl"), []byte("#!/bin/sh\nexit 1\n"), 0o755))
	r := start(t, []string{"PATH=" + bin + ":" + os.Getenv("PATH")}, "run", "cors-check/allow-origin-refused/missing", "--callers")
	assert.Equal(t, exitUnknown, r.wait(t), r.out)
	assert.Contains(t, r.out, "1 passed")
	assert.Contains(t, r.out, "in 0 of 1 denied cases")
	assert.Contains(t, r.out, "curl: it could not be observed")
	r.requireNothingLeft(t)
}

// The whole catalogue, ended at any moment, leaves nothing behind: at once after a
// signal that can be caught, by the next run after one that can't.
func TestRunKilled(t *testing.T) {
	t.Parallel()
	const seed = 4711
	moments := 1
	if soak() {
		moments = 10
	}
	random := rand.New(rand.NewPCG(seed, 0))
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		for i := range moments {
			moment := time.Duration((float64(i) + random.Float64()) / float64(moments) * float64(4*time.Second))
			t.Run(fmt.Sprintf("%s-%d", sig, i+1), func(t *testing.T) {
				t.Parallel()
				r := start(t, nil, "run", "--json", "out.json")
				select {
				case <-time.After(moment): // not a wait for an event: the moment is the test's input
				case <-r.done:
				}
				within := r.within()
				sent := time.Now()
				signalled := r.cmd.Process.Signal(sig) == nil
				<-r.done
				if signalled && r.ended.After(sent) {
					assert.Less(t, r.ended.Sub(sent), within, "after %v: %s", moment, r.out)
				}
				if sig == syscall.SIGKILL {
					next := start(t, []string{"TMPDIR=" + r.temp}, "run", "cors-check/credentials")
					require.Zero(t, next.wait(t), next.out)
				}
				r.requireNothingLeft(t)
				if r.cmd.ProcessState.ExitCode() != 0 {
					assert.NoFileExists(t, filepath.Join(r.cmd.Dir, "out.json"))
				}
			})
		}
	}
}
