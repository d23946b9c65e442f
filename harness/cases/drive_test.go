package cases

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/report"
)

// TestStrayRequestsMakeTheirCaseUnknown: what the browser sends beside a case makes
// that case unknown; what nobody can be found for, each that was driven at the time.
func TestStrayRequestsMakeTheirCaseUnknown(t *testing.T) {
	t.Parallel()
	stray := func(target string) error {
		return &browser.StrayError{Exchanges: []fetch.Exchange{{ID: "s#1.1", Server: "https://api.test", Request: fetch.SentRequest{Method: "GET", Target: target}}}}
	}
	for _, tc := range []struct {
		name    string
		err     error
		unknown []string
	}{
		{"none", nil, nil},
		{"of a case", stray("/t2/b?q"), []string{"test/two"}},
		{"of several", errors.Join(stray("/t1"), stray("/t3/x/y")), []string{"test/one", "test/three"}},
		{"of nobody", stray("/t22/b"), []string{"test/one", "test/two"}},
		{"of nobody, beside one of a case", errors.Join(stray("/t3/"), stray("/")), []string{"test/one", "test/two", "test/three"}},
	} {
		cases := parseCases(t, "section: concept-cors-check\ncases:\n"+readable("one")+readable("two")+readable("three"))
		b := &driving{}
		for i, token := range []string{"t1", "t2", "t3"} {
			placed := cases[i].Place(token)
			traces := []fetch.Trace{{Caller: fetch.Caller{Name: "chromium", Kind: fetch.CallerEngine}, Outcome: fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{Type: fetch.ResponseCORS, Status: 200}}}}
			if token == "t3" {
				traces = append(traces, traces[0]) // it is ahead
			}
			b.cases = append(b.cases, &Driven{Case: &cases[i], Placed: placed, Traces: traces, token: token})
		}
		b.doubt(0, tc.err)
		var unknown []string
		for _, d := range b.cases {
			last := d.Traces[len(d.Traces)-1].Outcome
			if last.Kind == fetch.OutcomeUnknown {
				unknown = append(unknown, d.Case.ID)
				assert.Contains(t, last.Error, "the browser sent what no job asked for: GET /", tc.name)
			}
		}
		assert.Equal(t, tc.unknown, unknown, tc.name)
	}
}

// TestDoubtedCasesCountAsUnknown follows such a case into the summary.
func TestDoubtedCasesCountAsUnknown(t *testing.T) {
	t.Parallel()
	cases := parseCases(t, "section: concept-cors-check\ncases:\n"+readable("one"))
	doubted := fetch.Trace{Caller: fetch.Caller{Name: "chromium", Kind: fetch.CallerEngine}, Outcome: fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "doubt"}}
	d := Driven{Case: &cases[0], Placed: cases[0].Place("t1"), Traces: []fetch.Trace{doubted}}
	var ended []report.CaseRun
	run := &casesRun{runs: map[string]report.CaseRun{}, cfg: Config{Engines: []browser.EngineName{browser.EngineChromium}, Each: func(r report.CaseRun) { ended = append(ended, r) }, Cases: cases}}
	_, err := run.model(t.Context())
	require.NoError(t, err)
	require.NoError(t, run.judge(t.Context(), d))
	require.Len(t, ended, 1)
	assert.Equal(t, judge.EndUnknown, ended[0].End())
	assert.Equal(t, 1, run.summary.Unknown)
	assert.Equal(t, 0, run.summary.Passed+run.summary.Failed+run.summary.Divergent)
	assert.Equal(t, 3, run.summary.ExitCode())
}
