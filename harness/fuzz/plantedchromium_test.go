//go:build faults

package fuzz_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fuzz"
)

// TestPlantedFaultsInChromium plants each fault in the model, and lets corsproof
// fuzz look for it with a real Chromium. It takes minutes, so that it is built for
// make faults alone.
func TestPlantedFaultsInChromium(t *testing.T) {
	program := buildPlanted(t, "../../cmd/corsproof")
	id, unknown := firstInChromium(t, program, "none")
	require.Empty(t, id, "without a fault nothing diverges")
	require.Zero(t, unknown, "and all can be observed")
	n := 0
	for _, f := range faults {
		id, unknown := firstInChromium(t, program, f.name)
		if id == "" {
			t.Logf("%-45s not found in %d cases, of which %d could not be observed", f.name, plantedCases, unknown)
			continue
		}
		n++
		t.Logf("%-45s found by %s, after %d that could not be observed", f.name, id, unknown)
	}
	t.Logf("found %d of %d", n, plantedFaults)
	assert.GreaterOrEqual(t, n, leastFound, "faults found of %d", plantedFaults)
}

// batchInChromium is how many cases are made before looking whether one diverged.
const batchInChromium = 250

// firstInChromium returns the ID of the first case that diverges with a fault in
// the model, or "", and how many before it could not be observed: a model that
// wrongly ends a case early has Chromium run cases that the right one can't tell.
func firstInChromium(t *testing.T, program, fault string) (id string, unknown int) {
	t.Helper()
	for first := 0; first < plantedCases; first += batchInChromium {
		file := filepath.Join(t.TempDir(), "result.json")
		cmd := exec.CommandContext(t.Context(), program, "fuzz", "--seed", "1", "--first", strconv.Itoa(first),
			"--cases", strconv.Itoa(min(batchInChromium, plantedCases-first)), "--no-shrink", "--json", file)
		cmd.Env = append(os.Environ(), "CORSPROOF_PLANTED="+fault)
		out, err := cmd.CombinedOutput()
		data, readErr := os.ReadFile(file)
		require.NoError(t, readErr, "%s: %v\n%s", fault, err, out)
		var result fuzz.Result
		require.NoError(t, json.Unmarshal(data, &result))
		require.Equal(t, result.Wanted, result.Shares.Cases, "%s\n%s", fault, out)
		unknown += len(result.Unknown)
		if len(result.Diverged) > 0 {
			return result.Diverged[0].ID, unknown
		}
	}
	return "", unknown
}
