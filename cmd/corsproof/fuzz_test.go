package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fuzz"
)

func TestFuzzWrongUse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"no cases", []string{"--cases", "0"}, "--cases 0"},
		{"a number below 0", []string{"--first", "-1"}, "--first -1"},
		{"no seed", []string{"--seed", "x"}, "--seed"},
		{"a file that can't be written", []string{"--json", "no/such/folder/x.json"}, "--json"},
		{"no folder", []string{"--out", "a-file"}, `--out "a-file"`},
		{"an argument", []string{"now"}, "now"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			code, out := runIn(t, map[string]string{"a-file": ""}, append([]string{"fuzz"}, tc.args...)...)
			assert.Equal(t, exitUsage, code, out)
			assert.Contains(t, out, tc.want)
		})
	}
}

// Cases in a real Chromium: each has one end, the exit code says the gravest,
// and what diverges is there as a case file.
func TestFuzz(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := startIn(t, dir, nil, "fuzz", "--seed", "1", "--cases", "60", "--json", "result.json", "--out", "made/small")
	code := r.wait(t)
	r.requireNothingLeft(t)
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	require.NoError(t, err, r.out)
	var got fuzz.Result
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, fuzz.ResultSchema, got.Schema)
	assert.Contains(t, got.Engine, "chromium")
	explained := 0
	for _, e := range got.Explained {
		explained += e.Cases
	}
	assert.Equal(t, 60, got.Agreed+explained+len(got.Diverged)+len(got.ModelUnknown)+len(got.Unknown))
	assert.Greater(t, got.Agreed, 40, r.out)
	want := exitProven
	switch {
	case len(got.Diverged) > 0:
		want = exitDivergence
	case len(got.Unknown) > 0:
		want = exitUnknown
	}
	assert.Equal(t, want, code, r.out)
	for _, d := range got.Diverged {
		if d.Minimal == "" {
			continue
		}
		file := filepath.Join(dir, "made", "small", strings.TrimPrefix(d.ID, "fuzz/")+".yaml")
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		cases, err := catalog.Parse(file, data)
		require.NoError(t, err)
		assert.Contains(t, cases[0].Why, "DRAFT")
	}
}

func TestFuzzInterrupted(t *testing.T) {
	t.Parallel()
	r := start(t, nil, "fuzz", "--cases", "1000000")
	r.requireLine(t, " of 1000000 cases")
	require.NoError(t, r.cmd.Process.Signal(syscall.SIGINT))
	assert.Equal(t, exitUnknown, r.wait(t), r.out)
	assert.Contains(t, r.out, "interrupted (interrupt)")
	assert.Contains(t, r.out, "follow the standard", "what was seen until then")
	r.requireNothingLeft(t)
}
