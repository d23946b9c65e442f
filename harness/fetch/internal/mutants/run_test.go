package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch/internal/rewrite"
)

// A rewritten is the program with the rewritten model, built once for all tests.
type rewritten struct {
	root, program string
	model         rewrite.Copy
	err           error
}

var builtDir string

var built = sync.OnceValue(func() (r rewritten) {
	ctx := testContext
	if r.root, r.err = moduleRoot(ctx); r.err != nil {
		return r
	}
	if r.model, r.err = rewriteModel(ctx, r.root); r.err != nil {
		return r
	}
	r.program, r.err = build(ctx, r.root, builtDir, r.model)
	return r
})

// TestCORSCheckMutants runs the mutants of one algorithm, all of which the
// catalogue kills, and the model itself, which it doesn't.
func TestCORSCheckMutants(t *testing.T) {
	t.Parallel()
	r := built()
	require.NoError(t, r.err)
	ids := []int{0}
	for _, m := range r.model.Mutants {
		if m.Function == "CORSCheck" {
			ids = append(ids, m.ID)
		}
	}
	require.Greater(t, len(ids), 10)
	var results []result
	require.NoError(t, runMutants(t.Context(), r.program, ids, defaultPatience, func(r result) { results = append(results, r) }))
	require.Len(t, results, len(ids))
	assert.False(t, results[0].killed(), "%+v", results[0])
	for _, result := range results[1:] {
		assert.NotEmpty(t, result.Standard, "%s", r.model.Mutants[result.Mutant-1].Name)
	}
}

// TestMutantsOfModel keeps the list of survivors to mutants that there are, which
// needs no run.
func TestMutantsOfModel(t *testing.T) {
	t.Parallel()
	r := built()
	require.NoError(t, r.err)
	names, anchors := map[string]bool{}, map[string]int{}
	for _, m := range r.model.Mutants {
		names[m.Name] = true
		anchors[m.Anchor]++
	}
	assert.GreaterOrEqual(t, len(r.model.Mutants), minMutants)
	for _, anchor := range strict {
		assert.NotZero(t, anchors[anchor], anchor)
	}
	listed, err := readReasons(r.root, survivorsFile)
	require.NoError(t, err)
	for name := range listed {
		assert.True(t, names[name], "%s names no mutant: %s", survivorsFile, name)
	}
	assert.LessOrEqual(t, len(listed)*100, len(r.model.Mutants)*(100-minKilled))
}

// TestHangingAndDying kills a mutant that hangs and one that ends its process,
// and goes on behind each.
func TestHangingAndDying(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "program")
	hanging := program + "-hangs"
	require.NoError(t, syscall.Mkfifo(hanging, 0o600))
	const script = `#!/bin/sh
echo '{}'
while read -r id; do
	case $id in
	2) echo >"$0-hangs"; exec sleep 600 ;;
	4) exit 3 ;;
	esac
	echo "{\"mutant\": $id, \"standard\": \"a\"}"
done
`
	require.NoError(t, os.WriteFile(program, []byte(script), 0o700))
	var got []string
	whenItHangs := func(mutant int, giveUp func()) (stop func() bool) {
		if mutant != 2 {
			return func() bool { return true } // for ever
		}
		go func() {
			_, err := os.ReadFile(hanging) // once it does
			assert.NoError(t, err)
			giveUp()
		}()
		return func() bool { return false }
	}
	require.NoError(t, runMutants(t.Context(), program, []int{1, 2, 3, 4, 5}, whenItHangs, func(r result) {
		got = append(got, r.Standard+strings.TrimSuffix(r.Died, " status 3"))
	}))
	assert.Equal(t, []string{"a", "hung", "a", "ended its process: exit", "a"}, got)
}

// TestUnmutatedProgram is what the command is in itself: it has no mutants.
func TestUnmutatedProgram(t *testing.T) {
	t.Parallel()
	assert.ErrorContains(t, runChild(t.Context(), strings.NewReader(""), new(strings.Builder)), "no mutants")
}

func TestReadReasons(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for text, want := range map[string]string{
		"# comment\na\tb\n": "",
		"a b\n":             "file.tsv:1: expected a name, a tab and a reason",
		"a\t \n":            "file.tsv:1: expected a name, a tab and a reason",
		"a\tb\n\na\tc\n":    "file.tsv:3: a is listed twice",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(root, "file.tsv"), []byte(text), 0o600))
		got, err := readReasons(root, "file.tsv")
		if want == "" {
			require.NoError(t, err)
			assert.Equal(t, map[string]string{"a": "b"}, got)
			continue
		}
		assert.ErrorContains(t, err, want)
	}
}
