package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/judge"
)

// TestFailedCasesMayDiverge counts a case that has failed and in which browser and
// model disagree as both.
func TestFailedCasesMayDiverge(t *testing.T) {
	t.Parallel()
	mismatch := []catalog.Mismatch{{What: "outcome"}}
	difference := []judge.StepDifference{{Difference: judge.Difference{Subject: catalog.Subject{Field: catalog.FieldOutcome}}}}
	for _, tc := range []struct {
		name          string
		model, engine judge.Verdict
		want          CasesSummary
		code          int
	}{
		{"passed", judge.Verdict{End: judge.EndPass}, judge.Verdict{End: judge.EndPass}, CasesSummary{Cases: 1, Passed: 1}, 0},
		{"failed", judge.Verdict{End: judge.EndFailed, Mismatches: mismatch}, judge.Verdict{End: judge.EndFailed, Mismatches: mismatch},
			CasesSummary{Cases: 1, Failed: 1}, 1},
		{"divergent", judge.Verdict{End: judge.EndPass}, judge.Verdict{End: judge.EndDivergence, Differences: difference},
			CasesSummary{Cases: 1, Divergent: 1}, 4},
		{"failed on the model, divergent in the engine", judge.Verdict{End: judge.EndFailed, Mismatches: mismatch},
			judge.Verdict{End: judge.EndDivergence, Differences: difference}, CasesSummary{Cases: 1, Failed: 1, Divergent: 1}, 1},
		{"both in the engine", judge.Verdict{End: judge.EndPass},
			judge.Verdict{End: judge.EndFailed, Mismatches: mismatch, Differences: difference}, CasesSummary{Cases: 1, Failed: 1, Divergent: 1}, 1},
		{"unknown", judge.Verdict{End: judge.EndPass}, judge.Verdict{End: judge.EndUnknown, Unknown: "x", Differences: difference},
			CasesSummary{Cases: 1, Unknown: 1}, 3},
		{"failed on the model, unknown in the engine", judge.Verdict{End: judge.EndFailed, Mismatches: mismatch},
			judge.Verdict{End: judge.EndUnknown, Unknown: "x", Differences: difference}, CasesSummary{Cases: 1, Failed: 1}, 1},
	} {
		var got CasesSummary
		got.Add(CaseRun{Verdicts: []judge.Verdict{tc.model, tc.engine}})
		assert.Equal(t, tc.want, got, tc.name)
		assert.Equal(t, tc.code, got.ExitCode(), tc.name)
	}
}
