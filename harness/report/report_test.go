package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

func rows(ends ...End) []Row {
	var out []Row
	for i, e := range ends {
		out = append(out, Row{Number: i + 1, Name: "name", Test: "TestProof", Sentence: "A needs B", End: e, Legs: []Leg{{Role: RoleExperiment, Tried: "this", End: e}}})
	}
	return out
}

func TestEnd(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		report Report
		want   End
		code   int
	}{
		{"all proven", Report{Proof: rows(EndProven, EndProven)}, EndProven, 0},
		{"one not proven", Report{Proof: rows(EndProven, EndNotProven)}, EndNotProven, 1},
		{"one unknown", Report{Proof: rows(EndUnknown, EndProven)}, EndUnknown, 3},
		{"not proven goes before unknown", Report{Proof: rows(EndUnknown, EndNotProven)}, EndNotProven, 1},
		{"a stray request", Report{Proof: rows(EndProven), Strays: []string{"GET /"}}, EndUnknown, 3},
		{"a stray request and a row not proven", Report{Proof: rows(EndNotProven), Strays: []string{"GET /"}}, EndNotProven, 1},
		{"no row", Report{}, EndUnknown, 3},
		{"a mechanism not proven", Report{Proof: rows(EndProven), Mechanisms: rows(EndProven, EndNotProven)}, EndNotProven, 1},
		{"a mechanism alone", Report{Mechanisms: rows(EndProven)}, EndProven, 0},
		{"a mechanism unknown", Report{Proof: rows(EndProven), Mechanisms: rows(EndUnknown)}, EndUnknown, 3},
		{"a mechanism not run", Report{Proof: rows(EndProven), Mechanisms: rows(EndNotRun)}, EndProven, 0},
		{"a row in containers not proven", Report{Proof: rows(EndProven), Containers: rows(EndNotProven)}, EndNotProven, 1},
		{"no row in containers run", Report{Proof: rows(EndProven), Containers: rows(EndNotRun, EndNotRun)}, EndProven, 0},
		{"nothing run", Report{Proof: rows(EndNotRun)}, EndUnknown, 3},
		{"a row without an end", Report{Proof: rows("")}, EndUnknown, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, tc.report.End())
			assert.Equal(t, tc.code, tc.report.End().ExitCode())
		})
	}
}

func TestSaveIsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := &Report{Schema: Schema, Proof: rows(EndProven)}
	file := filepath.Join(dir, "report.json")
	require.NoError(t, r.Save(file))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var back Report
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, r.Proof[0].Sentence, back.Proof[0].Sentence)

	r.Proof[0].Legs[0].Facts = map[string]any{"broken": make(chan int)} // JSON has no such thing
	require.Error(t, r.Save(file))
	again, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(text), string(again), "the old report stays")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 1, "no temporary file stays")
}

func TestWriteProof(t *testing.T) {
	t.Parallel()
	r := &Report{Proof: rows(EndProven, EndNotProven, EndUnknown), Strays: []string{"fastapi#1.1: GET /odd"}}
	r.Proof[1].Legs[0].Failures = []string{"the page read it"}
	r.Proof[2].Legs[0].Unknown = "no browser"
	r.Mechanisms = rows(EndProven, EndNotRun)
	r.Mechanisms[1].Missing, r.Mechanisms[1].Name = "it needs root", "mtls"
	r.Containers = rows(EndNotRun, EndNotRun, EndNotRun)
	for i, missing := range []string{"no engine", "no engine", "no cluster"} {
		r.Containers[i].Missing, r.Containers[i].Name = missing, string(rune('a'+i))
	}
	var plain, colour bytes.Buffer
	r.WriteProof(&plain, StylePlain)
	r.WriteProof(&colour, StyleColor)
	for _, want := range []string{"NOT PROVEN", "UNKNOWN", "the page read it", "no browser", "GET /odd", "1 of 3 rows proven, 1 of 1 mechanisms proven (1 not run), 0 of 0 container rows proven (3 not run)",
		"not run: mtls: it needs root\n", "not run: a, b: no engine\n", "not run: c: no cluster\n"} {
		assert.Contains(t, plain.String(), want)
	}
	assert.NotContains(t, plain.String(), "\x1b[")
	assert.Contains(t, colour.String(), "\x1b[")
	for line := range strings.Lines(plain.String()) {
		if strings.HasPrefix(line, "│") {
			assert.LessOrEqual(t, len([]rune(line)), 150, line)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	row := rows(EndNotProven)[0]
	leg := row.Legs[0]
	leg.Failures = []string{"the database has 1 rows, not 0"}
	leg.Traces = []fetch.Trace{{
		Caller:  fetch.Caller{Name: "chromium"},
		Request: fetch.Request{Method: "POST", URL: "http://a.example/orders", Origin: "http://b.example"},
		Exchanges: []fetch.Exchange{{ID: "a#1.1", Kind: fetch.ExchangePreflight, Request: fetch.SentRequest{Method: "OPTIONS"},
			Response: &fetch.SentResponse{Status: 405, Headers: fetch.HeaderList{{"Access-Control-Allow-Origin", "*"}}}}},
		Outcome: fetch.Outcome{Kind: fetch.OutcomeNetworkError, Block: &fetch.Block{Code: "PreflightInvalidStatus"}},
	}}
	want := `row 1, A needs B: not proven (this)
    experiment  the database has 1 rows, not 0
    request     POST http://a.example/orders  from http://b.example
    chromium    network-error: PreflightInvalidStatus
    wire        OPTIONS  -> 405  Access-Control-Allow-Origin: ["*"] (a#1.1)
                POST     never sent
    rerun       go test ./scenarios -run '^TestProof$/^name$'
`
	if diff := cmp.Diff(want, leg.Explain(row)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	assert.Empty(t, Leg{End: EndProven}.Explain(row))
}
