package fuzz_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	// plantedFaults are planted, leastFound of them have to be found.
	plantedFaults, leastFound = 20, 18
	// plantedCases are how many cases the fuzzer has for each, at most.
	plantedCases = 3000
)

// plantedSource is what the overlay adds to the model: which fault is at work.
const plantedSource = `package fetch

import "os"

var planted = os.Getenv("CORSPROOF_PLANTED")

func Plant(name string) { planted = name }

func isPlanted(name string) bool { return planted == name }
`

// TestPlantedFaults plants faults in the model, one at a time, and lets the fuzzer look for
// each, with the model without it in the place of the engine. Each day has every second
// fault, the next day the others; CORSPROOF_FULL=1 has all.
func TestPlantedFaults(t *testing.T) {
	t.Parallel()
	require.Len(t, faults, plantedFaults)
	faults, missed := faults, plantedFaults-leastFound
	if os.Getenv("CORSPROOF_FULL") == "" {
		day := int(time.Now().Unix() / (24 * 60 * 60))
		var today []fault
		for i, f := range faults {
			if i%2 == day%2 {
				today = append(today, f)
			}
		}
		faults = today
	}
	args := []string{strconv.Itoa(plantedCases)}
	for _, f := range faults {
		args = append(args, f.name)
	}
	program := buildPlanted(t, "./testdata/planted")
	var found map[string]string
	require.NoError(t, json.Unmarshal(run(t, program, args...), &found))
	require.Len(t, found, len(faults))
	n := 0
	for _, f := range faults {
		if found[f.name] == "" {
			t.Logf("%-45s not found in %d cases", f.name, plantedCases)
			continue
		}
		n++
		t.Logf("%-45s found by %s", f.name, found[f.name])
	}
	assert.GreaterOrEqual(t, n, len(faults)-missed, "faults found of %d", len(faults))
}

// buildPlanted builds a program with all faults in it, of which
// CORSPROOF_PLANTED or fetch.Plant chooses one.
func buildPlanted(t *testing.T, pkg string) string {
	t.Helper()
	folder := t.TempDir()
	model, err := filepath.Abs("../fetch")
	require.NoError(t, err)
	sources := map[string]string{"planted.go": plantedSource}
	for _, f := range faults {
		if sources[f.file] == "" {
			data, err := os.ReadFile(filepath.Join(model, f.file))
			require.NoError(t, err)
			sources[f.file] = string(data)
		}
		require.Equal(t, 1, strings.Count(sources[f.file], f.old), "%s: %s has the text to replace this many times: %s", f.name, f.file, f.old)
		planted := strings.ReplaceAll(f.new, "FAULT", "isPlanted("+strconv.Quote(f.name)+")")
		sources[f.file] = strings.Replace(sources[f.file], f.old, planted, 1)
	}
	replace := map[string]string{}
	for name, source := range sources {
		file := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
		replace[filepath.Join(model, name)] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	overlayFile := filepath.Join(folder, "overlay.json")
	require.NoError(t, os.WriteFile(overlayFile, overlay, 0o600))
	program := filepath.Join(folder, "planted")
	run(t, "go", "build", "-overlay", overlayFile, "-o", program, pkg)
	return program
}

// run runs a program to its end and returns what it wrote.
func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", name, stderr.String())
	return out
}
