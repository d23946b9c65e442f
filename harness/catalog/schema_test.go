package catalog_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
)

var update = flag.Bool("update", false, "rewrite case.schema.json and PHASES.md")

// TestSchemaIsCurrent compares the committed schema with the Go types. A
// difference is a change of the case file's form; -update writes it down.
func TestSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	const file = "case.schema.json"
	if *update {
		require.NoError(t, os.WriteFile(file, catalog.Schema(), 0o644))
	}
	committed, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(committed), string(catalog.Schema()), "run go test ./harness/catalog -run Schema -update")
}

// TestPhasesAreCurrent compares the committed list with what the model ends in.
func TestPhasesAreCurrent(t *testing.T) {
	t.Parallel()
	const file = "PHASES.md"
	if *update {
		require.NoError(t, os.WriteFile(file, catalog.Phases(), 0o644))
	}
	committed, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(committed), string(catalog.Phases()), "run go test ./harness/catalog -run Phases -update")
}

// FuzzParse looks for a panic of the loader.
func FuzzParse(f *testing.F) {
	f.Add([]byte("section: a\ncases:\n  - id: a/b\n    why: x\n    request: {url: https://a/}\n    expect: {outcome: refused, phase: dom-request, step: '35', no-exchanges: true}\n"))
	f.Add([]byte("cases: [{table: [{row: x}], server: [{to: a}], steps: [1]}]"))
	f.Add([]byte("section: [\n"))
	f.Add([]byte("cases:\n- &a {id: x}\n- *a\n- <<: *a\n- !!str 1\n- ? {}\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = catalog.Parse("fuzz.yaml", data)
	})
}
