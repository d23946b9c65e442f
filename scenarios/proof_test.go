package scenarios

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/report"
)

func TestProof(t *testing.T) {
	t.Parallel()
	testRows(t, testStage(t), Proof())
}

// testRows runs the rows, each in a test of its own, and expects that nothing happened
// that belongs to none of them.
func testRows(t *testing.T, stage *Stage, rows []Row) {
	before := stage.strays() // what a sabotage left unfinished
	defer func() { assert.ElementsMatch(t, before, stage.strays(), "requests that belong to no row") }()
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			got := row.Run(t.Context(), stage)
			if got.End == report.EndNotRun {
				if err := Required([]report.Row{got}); err != nil {
					t.Fatal(err)
				}
				t.Skipf("not run: %s: %s", row.Name, got.Missing)
			}
			for _, leg := range got.Legs {
				if leg.End != report.EndProven {
					t.Error(leg.Explain(got))
				}
				assert.NotEmpty(t, leg.Browser+leg.Direct, "%s: the table would have no outcome", leg.Tried)
				assert.NotEmpty(t, leg.Enforced, leg.Tried)
				assert.NotEmpty(t, leg.Evidence, leg.Tried)
				assert.NotEmpty(t, leg.Traces, "%s: no trace in the evidence", leg.Tried)
			}
			assert.Equal(t, report.EndProven, got.End)
		})
	}
}

func TestProofHasEachSentenceOnce(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for i, row := range Proof() {
		assert.Equal(t, i+1, row.Number)
		assert.False(t, names[row.Name], "two rows are named %s", row.Name)
		names[row.Name] = true
		controls := 0
		for _, leg := range row.Legs {
			if leg.Role == report.RoleControl {
				controls++
			}
		}
		assert.Equal(t, report.RoleExperiment, row.Legs[0].Role, row.Name)
		assert.NotZero(t, controls, "row %s has no control", row.Name)
	}
	assert.Len(t, names, 9)
}
