package cases

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/drive"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/report"
)

// TestRunsOwnTheirPaths: what the browser sends to a case's URLs is the case's.
func TestRunsOwnTheirPaths(t *testing.T) {
	t.Parallel()
	cases := parseCases(t, "section: concept-cors-check\ncases:\n"+readable("one"))
	placed := cases[0].Place("t1")
	r := runOf(cases[0].ID, &placed, "t1")
	require.Len(t, r.Requests, 1)
	u, err := url.Parse(r.Requests[0].Fetch.URL)
	require.NoError(t, err)
	for target, owned := range map[string]bool{u.RequestURI(): true, "/t1/x/y?z": true, "/t1": true, "/t11/b": false, "/": false} {
		assert.Equal(t, owned, r.Owns(fetch.Exchange{Request: fetch.SentRequest{Target: target}}), target)
	}
}

// TestDoubtedCasesCountAsUnknown follows such a case into the summary.
func TestDoubtedCasesCountAsUnknown(t *testing.T) {
	t.Parallel()
	cases := parseCases(t, "section: concept-cors-check\ncases:\n"+readable("one"))
	doubted := fetch.Trace{Caller: fetch.Caller{Name: "chromium", Kind: fetch.CallerEngine}, Outcome: fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "doubt"}}
	d := Driven{Case: &cases[0], Placed: cases[0].Place("t1"), Run: drive.Run{Traces: []fetch.Trace{doubted}}}
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
