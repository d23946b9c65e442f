package rewrite_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch/internal/rewrite"
)

const pointPath = "github.com/corsproof/corsproof/harness/fetch/internal/point"

var smallScope = rewrite.Scope{
	Roots:  []string{"Judge"},
	Fields: []string{"record.sentence"},
}

func instrumentSmall(t *testing.T) rewrite.Copy {
	t.Helper()
	pkg, err := rewrite.Load(t.Context(), filepath.Join("testdata", "small"))
	require.NoError(t, err)
	return rewrite.Instrument(pkg, smallScope, pointPath)
}

// TestMutants wants every operator at work where it applies, and nothing planted
// where no judge looks: the list is the whole list.
func TestMutants(t *testing.T) {
	t.Parallel()
	small := instrumentSmall(t)
	var names []string
	for i, m := range small.Mutants {
		assert.Equal(t, i+1, m.ID)
		names = append(names, strings.TrimPrefix(m.Name, "small.go "))
	}
	assert.ElementsMatch(t, []string{
		`vowel: swap && and ||: c == 'a' || c == 'e'`,
		`vowel: drop operand: c == 'a'`,
		`vowel: drop operand: c == 'e'`,
		`vowel: never: c == 'a' || c == 'e'`,
		`vowel: always: c == 'a' || c == 'e'`,
		`newSet: drop statement: for i := range s { s[i] = in(byte(i)) }`,
		`newSet: drop statement: s[i] = in(byte(i))`,
		`newSet: never: in(byte(i))`,
		`newSet: always: in(byte(i))`,
		`Judge: never: n > limit && name != ""`,
		`Judge: always: n > limit && name != ""`,
		`Judge: swap && and ||: n > limit && name != ""`,
		`Judge: drop operand: n > limit`,
		`Judge: drop operand: name != ""`,
		`Judge: boundary: n > limit`,
		`Judge: off by one: n > limit`,
		`Judge: drop item: "one"`,
		`Judge: drop item: "two"`,
		`Judge: drop statement: n++`,
		`Judge: never: len(name) > 3`,
		`Judge: always: len(name) > 3`,
		`Judge: boundary: len(name) > 3`,
		`Judge: off by one: len(name) > 3`,
		`Judge: never: i < n`,
		`Judge: boundary: i < n`,
		`Judge: off by one: 0`,
		`Judge: drop statement: for i := 0; i < n; i++ { r.name += strings.Repeat("x", 2) }`,
		`Judge: drop statement: r.name += strings.Repeat("x", 2)`,
		`Judge: other string: "x"`,
		`Judge: off by one: 2`,
		`Judge: never: long`,
		`Judge: always: long`,
		`Judge: drop statement: r.count(vowel[name[0]])`,
		`Judge: off by one: 0 #2`,
		`record.count: never: is`,
		`record.count: always: is`,
		`record.count: drop statement: r.name = "true"`,
	}, names)
	used := map[rewrite.Operator]bool{}
	for _, m := range small.Mutants {
		used[m.Operator] = true
	}
	for _, o := range rewrite.Operators {
		if o.Operator != rewrite.OpNegate { // TestEveryMutantChangesTheProgram has one
			assert.True(t, used[o.Operator], "nothing shows the operator %q", o.Operator)
		}
	}
	assert.Empty(t, small.Unused)
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	var got []string
	for _, d := range instrumentSmall(t).Decisions {
		got = append(got, d.Anchor+" "+d.Step+" "+d.Text)
	}
	assert.Equal(t, []string{
		`concept-small 1 n > limit && name != ""`,
		`concept-small 2 name is "one", "two"`,
		`concept-small 2.1 len(name) > 3`,
		`concept-small 2.1 long`,
	}, got)
}

// TestUnusedScope reports entries of the scope that keep nothing in or out.
func TestUnusedScope(t *testing.T) {
	t.Parallel()
	pkg, err := rewrite.Load(t.Context(), filepath.Join("testdata", "small"))
	require.NoError(t, err)
	copied := rewrite.Instrument(pkg, rewrite.Scope{
		Roots: []string{"Judge", "Nobody"}, Outside: map[string]string{"unreached": "x"},
		Elsewhere: map[string]string{"large.go": "x"}, Fields: []string{"record.none"}, Parameters: []string{"none"}, Types: []string{"none"},
	}, pointPath)
	assert.Equal(t, []string{"field record.none", "file large.go", "function unreached", "parameter none", "root Nobody", "type none"}, copied.Unused)
}

// TestEveryMutantChangesTheProgram builds and runs a program that prints what a
// function gives, once with each of its mutants, each of which shows.
func TestEveryMutantChangesTheProgram(t *testing.T) {
	t.Parallel()
	program, err := filepath.Abs(filepath.Join("testdata", "program"))
	require.NoError(t, err)
	pkg, err := rewrite.Load(t.Context(), program)
	require.NoError(t, err)
	copied := rewrite.Instrument(pkg, rewrite.Scope{Roots: []string{"answers"}}, pointPath)
	dir := t.TempDir()
	replace := map[string]string{}
	for name, text := range copied.Files {
		replace[name] = filepath.Join(dir, filepath.Base(name))
		require.NoError(t, os.WriteFile(replace[name], []byte(text), 0o600))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	overlayFile := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(overlayFile, overlay, 0o600))
	cmd := exec.CommandContext(t.Context(), "go", "run", "-overlay", overlayFile, program)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	require.Len(t, lines, len(copied.Mutants)+1)
	for i, m := range copied.Mutants {
		assert.NotEqual(t, lines[0], lines[i+1], m.Name)
	}
	operators := map[rewrite.Operator]bool{}
	for _, m := range copied.Mutants {
		operators[m.Operator] = true
	}
	for _, o := range rewrite.Operators {
		assert.True(t, operators[o.Operator], "nothing shows the operator %q", o.Operator)
	}
}
