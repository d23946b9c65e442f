package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch/internal/rewrite"
)

// TestSummarize wants a run to fail for each thing that makes a list of survivors
// wrong, and for nothing else.
func TestSummarize(t *testing.T) {
	t.Parallel()
	var mutants []rewrite.Mutant
	var results []result
	for i := range 400 {
		anchor := append(strict, "concept-fetch")[i%(len(strict)+1)]
		mutants = append(mutants, rewrite.Mutant{ID: i + 1, Name: string(rune('A' + i)), Operator: rewrite.OpNever, Anchor: anchor, Position: "x.go:1"})
		results = append(results, result{Mutant: i + 1, Standard: "case/a"})
	}
	survive := func(ids ...int) []result {
		out := append([]result(nil), results...)
		for _, id := range ids {
			out[id-1] = result{Mutant: id}
		}
		return out
	}
	name := func(id int) string { return mutants[id-1].Name }
	for _, tc := range []struct {
		name    string
		results []result
		listed  map[string]string
		want    string
	}{
		{"all-killed", results, nil, ""},
		{"survivor-listed", survive(4), map[string]string{name(4): "not stated: x"}, ""},
		{"survivor-not-listed", survive(4), nil, "survives: add a case"},
		{"killed-and-listed", results, map[string]string{name(4): "x"}, "is killed, and a line"},
		{"listed-and-unknown", results, map[string]string{"nobody": "x"}, "names no mutant"},
		{"strict-survivor-not-stated", survive(1), map[string]string{name(1): "not stated: x"}, "where only what is equivalent may"},
		{"strict-survivor-equivalent", survive(1), map[string]string{name(1): "equivalent: x"}, ""},
		{"too-few-mutants", results[:200], nil, "at least 300"},
		{"too-few-killed", survive(4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76, 80, 84), nil, "95 % killed"},
		{"an-algorithm-is-gone", withoutStrict(mutants, results), nil, "the algorithm isn't found"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := summarize(mutants, tc.results, tc.listed)
			if tc.want == "" {
				assert.NoError(t, s.err())
				return
			}
			assert.ErrorContains(t, s.err(), tc.want)
		})
	}
}

func withoutStrict(mutants []rewrite.Mutant, results []result) []result {
	var out []result
	for _, r := range results {
		if mutants[r.Mutant-1].Anchor != strict[0] {
			out = append(out, r)
		}
	}
	return out
}

// TestSummaryCounts tells the ways of being killed apart.
func TestSummaryCounts(t *testing.T) {
	t.Parallel()
	mutants := make([]rewrite.Mutant, 5)
	s := summarize(mutants, []result{
		{Mutant: 1, Standard: "a", Chromium: "a", Visible: "a"},
		{Mutant: 2, Standard: "a", Panicked: true},
		{Mutant: 3, Chromium: "b"},
		{Mutant: 4, Died: "hung"},
		{Mutant: 5},
	}, nil)
	assert.Equal(t, tally{5, 4}, s.total)
	assert.Equal(t, []int{1, 1, 1, 1}, []int{s.panicked, s.died, s.chromiumOnly, s.visible})
	var b strings.Builder
	s.write(&b)
	assert.Contains(t, b.String(), "4 of    5 killed (80.0 %)")
}
