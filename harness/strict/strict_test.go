package strict_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/strict"
)

type word struct {
	Text string          `yaml:",value"`
	At   strict.Position `yaml:",position"`
}

type entry struct {
	Word  word   `yaml:"word,short"`
	Notes []word `yaml:"notes"`
}

type group struct {
	Name    string          `yaml:",key"`
	At      strict.Position `yaml:",position"`
	Entries []entry         `yaml:"entries,short"`
	Level   *int            `yaml:"level" doc:"How high."`
}

type file struct {
	Groups []group `yaml:"groups"`
}

func TestDecode(t *testing.T) {
	t.Parallel()
	d, root := strict.Parse("a.yaml", []byte(`groups:
  second: [x, {word: y, notes: [z]}]
  "first":
    level: 0
    entries: []
`))
	require.NotNil(t, root)
	var got file
	d.Decode(root, &got, "")
	require.Empty(t, d.Errors)
	at := func(line, column int, path string) strict.Position {
		return strict.Position{File: "a.yaml", Line: line, Column: column, Path: path}
	}
	level := 0
	want := file{Groups: []group{
		{Name: "second", At: at(2, 3, "groups.second"), Entries: []entry{
			{Word: word{"x", at(2, 12, "groups.second[0]")}},
			{Word: word{"y", at(2, 22, "groups.second[1].word")}, Notes: []word{{"z", at(2, 33, "groups.second[1].notes[0]")}}},
		}},
		{Name: "first", At: at(3, 3, "groups.first"), Level: &level, Entries: []entry{}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestColonInAList: the parser takes a port for a value if braces are around.
func TestColonInAList(t *testing.T) {
	t.Parallel()
	d, root := strict.Parse("a.yaml", []byte(`groups: {a: {entries: [http://localhost:3000, "b", {word: c, notes: [x:true, y:z]}]}}`))
	require.NotNil(t, root)
	var got file
	d.Decode(root, &got, "")
	require.Empty(t, d.Errors)
	entries := got.Groups[0].Entries
	require.Len(t, entries, 3)
	assert.Equal(t, "http://localhost:3000", entries[0].Word.Text)
	assert.Equal(t, "x:true", entries[2].Notes[0].Text)
	assert.Equal(t, "y:z", entries[2].Notes[1].Text)

	d, root = strict.Parse("a.yaml", []byte(`groups: {a: [http://localhost: 3000]}`))
	require.NotNil(t, root)
	d.Decode(root, new(file), "")
	assert.NotEmpty(t, d.Errors, "with a space it is a mapping")
}

func TestEveryMistakeIsFound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, why, file string
		want            []string
	}{
		{"kinds", "another kind is no value", "groups:\n  a: {level: x, entries: {word: 1}}\n  b: 3\n", []string{
			`a.yaml:2:14: groups.a.level: is "x"; expected a number`,
			`a.yaml:2:26: groups.a.entries: is a mapping; expected a list`,
			`a.yaml:3:6: groups.b: is a number; expected a list`,
		}},
		{"quotes", "a number in quotes is a word", "groups:\n  a: {level: \"3\"}\n  b: {level: '3'}\n  c: {level: 0x10}\n", []string{
			`a.yaml:2:14: groups.a.level: is a string because it is in quotes; expected a number`,
			`a.yaml:3:14: groups.b.level: is a string because it is in quotes; expected a number`,
			`a.yaml:4:14: groups.c.level: is "0x10"; expected a number`,
		}},
		{"unknown", "a slip in a key would be no key at all", "group: {}\ngroups: {a: {levle: 1}}\n", []string{
			`a.yaml:1:1: group: unknown key (did you mean "groups"?); known are groups`,
			`a.yaml:2:14: groups.a.levle: unknown key (did you mean "level"?); known are entries, level`,
		}},
		{"null", "null is a word of YAML", "groups: {a: [null]}\n", []string{
			`a.yaml:1:14: groups.a[0]: is empty; expected a string; for the word itself, write "null" in quotes`,
		}},
		{"alias", "an alias would hide where a value stands", "groups:\n  a: &x [y]\n  b: *x\n", []string{
			`a.yaml:2:6: groups.a: is an anchor or alias, which is not supported; expected a list`,
			`a.yaml:3:6: groups.b: is an anchor or alias, which is not supported; expected a list`,
		}},
		{"two documents", "only one would be read", "groups: {}\n---\ngroups: {}\n", []string{
			`a.yaml:2:1: second YAML document in one file; write each document to its own file`,
		}},
		{"empty", "a person made a file and wrote nothing yet", "", []string{`a.yaml:1:1: the file is empty or has only comments`}},
		{"comments", "the same", "# later\n", []string{`a.yaml:1:1: the file is empty or has only comments`}},
		{"no YAML", "a place is better than an excerpt", "groups: {a: [\n", []string{
			`a.yaml:1:13: invalid YAML: sequence end token ']' not found`,
		}},
		{"star", "a star is what an origin list has", "groups: {a: [*]}\n", []string{
			`a.yaml:1:15: invalid YAML: unexpected scalar value type; put a value that begins with * in quotes`,
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d, root := strict.Parse("a.yaml", []byte(tc.file))
			if root != nil {
				d.Decode(root, new(file), "")
			}
			var got []string
			for _, err := range d.Errors {
				got = append(got, err.Error())
			}
			assert.Equal(t, tc.want, got, tc.why)
		})
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	var got any
	require.NoError(t, json.Unmarshal(strict.Schema{Title: "t"}.Of(reflect.TypeFor[file]()), &got))
	var want any
	require.NoError(t, json.Unmarshal([]byte(`{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "t",
		"type": "object", "additionalProperties": false,
		"properties": {"groups": {"type": "object", "additionalProperties": {"anyOf": [
			{"type": "object", "additionalProperties": false, "properties": {
				"level": {"type": "integer", "description": "How high."},
				"entries": {"type": "array", "items": {"anyOf": [
					{"type": "object", "additionalProperties": false, "properties": {
						"word": {"type": "string"}, "notes": {"type": "array", "items": {"type": "string"}}}},
					{"type": "string"}]}}}},
			{"type": "array", "items": {"anyOf": [
				{"type": "object", "additionalProperties": false, "properties": {
					"word": {"type": "string"}, "notes": {"type": "array", "items": {"type": "string"}}}},
				{"type": "string"}]}}]}}}
	}`), &want))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzDecode looks for a panic.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("groups: {a: [x, {word: y, notes: [z]}], b: {level: 1}}"))
	f.Add([]byte("groups:\n  ? [a]\n  : *b\n<<: &c !!str d\n---\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		if d, root := strict.Parse("fuzz.yaml", data); root != nil {
			d.Decode(root, new(file), "")
		}
	})
}
