package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch/internal/rewrite"
)

// TestStepsTableIsCurrent renders the table of decisions again.
func TestStepsTableIsCurrent(t *testing.T) {
	t.Parallel()
	r := built()
	require.NoError(t, r.err)
	gaps, err := readReasons(r.root, gapsFile)
	require.NoError(t, err)
	ways, err := takenWays(t.Context(), r.program)
	require.NoError(t, err)
	table, problems := stepsTable(r.model.Decisions, ways, gaps)
	require.NoError(t, problems)
	committed, err := os.ReadFile(filepath.Join(r.root, stepsFile))
	require.NoError(t, err)
	assert.Equal(t, string(committed), table, "run go run ./harness/fetch/internal/mutants -steps")
	assert.Greater(t, len(r.model.Decisions), 200)
}

func TestStepsTable(t *testing.T) {
	t.Parallel()
	decisions := []rewrite.Decision{{ID: 1, Anchor: "a", Step: "1", Text: "x || y"}}
	both := []taken{{Decision: 1, Yes: true, Example: "case/a", Cases: 2}, {Decision: 1, Yes: false, Example: "case/b", Cases: 1}}
	table, err := stepsTable(decisions, both, nil)
	require.NoError(t, err)
	assert.Equal(t, stepsHead+"| a | 1 | `x \\|\\| y` | case/a (2) | case/b (1) |\n", table)

	_, err = stepsTable(decisions, both[:1], nil)
	assert.ErrorContains(t, err, "no case goes this way")
	table, err = stepsTable(decisions, both[:1], map[string]string{"a 1 x || y no": "never"})
	require.NoError(t, err)
	assert.Contains(t, table, "| case/a (2) | — never |")
	_, err = stepsTable(decisions, both, map[string]string{"a 1 x || y no": "never"})
	assert.ErrorContains(t, err, "case/b takes a way that")
	_, err = stepsTable(decisions, both, map[string]string{"a 2 x no": "never"})
	assert.ErrorContains(t, err, "names no decision")
}
