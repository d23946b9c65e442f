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
	require.Empty(t, firstInChromium(t, program, "none"), "without a fault nothing diverges")
	n := 0
	for _, f := range faults {
		id := firstInChromium(t, program, f.name)
		if id == "" {
			t.Logf("%-45s not found in %d cases", f.name, plantedCases)
			continue
		}
		n++
		t.Logf("%-45s found by %s", f.name, id)
	}
	t.Logf("found %d of %d", n, plantedFaults)
	assert.GreaterOrEqual(t, n, leastFound, "faults found of %d", plantedFaults)
}

// batchInChromium is how many cases are made before looking whether one diverged.
const batchInChromium = 500

// firstInChromium returns the ID of the first case that diverges with a fault in
// the model, or "". What could not be observed ends the test: nothing may be
// found, or missed, by chance.
func firstInChromium(t *testing.T, program, fault string) string {
	t.Helper()
	for first := 0; first < plantedCases; first += batchInChromium {
		file := filepath.Join(t.TempDir(), "result.json")
		cmd := exec.CommandContext(t.Context(), program, "fuzz", "--seed", "1", "--first", strconv.Itoa(first),
			"--cases", strconv.Itoa(min(batchInChromium, plantedCases-first)), "--no-shrink", "--json", file)
		cmd.Env = append(os.Environ(), "CORSPROOF_PLANTED="+fault)
		out, err := cmd.CombinedOutput()
		var result fuzz.Result
		data, readErr := os.ReadFile(file)
		require.NoError(t, readErr, "%s: %v\n%s", fault, err, out)
		require.NoError(t, json.Unmarshal(data, &result))
		if len(result.Diverged) > 0 {
			return result.Diverged[0].ID
		}
		require.NoError(t, err, "%s\n%s", fault, out)
	}
	return ""
}
