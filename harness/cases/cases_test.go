package cases

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/wire"
)

func parseCases(tb testing.TB, text string) []catalog.Case {
	tb.Helper()
	cases, err := catalog.Parse("test.yaml", []byte(text))
	require.NoError(tb, err)
	return cases
}

// patient waits as long as a busy machine may take.
var patient = harness.LabConfig{Timeouts: harness.LabTimeouts{Browser: chromium.Timeouts{
	Start: 5 * time.Minute, Open: 5 * time.Minute, Stall: 5 * time.Minute, Settle: 5 * time.Minute,
}}}

// runCasesT runs cases in Chromium and returns them by ID.
func runCasesT(tb testing.TB, ctx context.Context, cfg Config) (map[string]report.CaseRun, report.CasesSummary, error) {
	tb.Helper()
	cfg.Engines = []browser.EngineName{browser.EngineChromium}
	if cfg.Lab == (harness.LabConfig{}) {
		cfg.Lab = patient
	}
	runs := map[string]report.CaseRun{}
	cfg.Each = func(r report.CaseRun) { runs[r.ID] = r }
	summary, err := Run(ctx, cfg)
	return runs, summary, err
}

// The whole catalogue: the model meets it, Chromium meets it, and the model with
// Chromium's profile says of each case just what Chromium does.
func TestCatalogueInChromium(t *testing.T) {
	t.Parallel()
	cases, err := catalog.Builtin()
	require.NoError(t, err)
	runs, summary, err := runCasesT(t, t.Context(), Config{Cases: cases})
	require.NoError(t, err)
	for _, c := range cases {
		if r := runs[c.ID]; r.End() != judge.EndPass {
			t.Error(r.Explain())
		}
	}
	assert.Len(t, runs, len(cases))
	assert.Equal(t, 0, summary.ExitCode(), summary.String())
	assert.Empty(t, summary.Problems)
	driven := 0
	for i := range cases {
		if cases[i].DrivenBy(catalog.DriverBrowser) {
			driven++
			assert.Len(t, runs[cases[i].ID].Verdicts, 2, cases[i].ID)
		} else {
			assert.NotEmpty(t, runs[cases[i].ID].NotRun["chromium"], cases[i].ID)
		}
	}
	assert.Equal(t, len(cases)-driven, summary.NotRun["chromium"])
	require.Len(t, summary.Engines, 1)
	assert.Contains(t, summary.Engines[0].Version, "Chrom")
}

const readableCase = `
  - id: test/%
    why: it is a test
    request: {url: https://api.test/a}
    server:
      - {to: https://api.test/a, status: 200, headers: ["Access-Control-Allow-Origin: *"]}
    expect:
      outcome: response
      type: cors
      exchanges:
        - {send: GET https://api.test/a, origin: https://app.test}
`

func readable(name string) string { return strings.ReplaceAll(readableCase, "%", name) }

// A case file that states something else than what is, fails, whatever it is.
func TestAlteredCasesFail(t *testing.T) {
	t.Parallel()
	text := "section: concept-cors-check\ncases:\n" + readable("right")
	alterations := map[string][2]string{
		"outcome": {"outcome: response\n      type: cors", "outcome: network-error\n      phase: concept-cors-check\n      step: \"2\""},
		"type":    {"type: cors", "type: basic"},
		"origin":  {"origin: https://app.test", "origin: \"null\""},
		"method":  {"send: GET", "send: PUT"},
		"url":     {"send: GET https://api.test/a", "send: GET https://api.test/b"},
		"asks":    {"send: GET https://api.test/a, origin: https://app.test", "send: OPTIONS https://api.test/a, origin: https://app.test, asks: GET, for: \"-\""},
	}
	for name, a := range alterations {
		altered := strings.Replace(readable(name), a[0], a[1], 1)
		require.NotEqual(t, readable(name), altered, name)
		text += altered
	}
	runs, summary, err := runCasesT(t, t.Context(), Config{Cases: parseCases(t, text)})
	require.NoError(t, err)
	assert.Equal(t, 1, summary.ExitCode())
	assert.Equal(t, judge.EndPass, runs["test/right"].End(), runs["test/right"].Explain())
	for name := range alterations {
		r := runs["test/"+name]
		assert.Equal(t, judge.EndFailed, r.End(), name)
		require.Len(t, r.Verdicts, 2)
		assert.Equal(t, judge.EndFailed, r.Verdicts[0].End, "model, "+name)
		assert.Equal(t, judge.EndFailed, r.Verdicts[1].End, "chromium, "+name)
		assert.Empty(t, r.Verdicts[1].Differences, "model and Chromium agree all the same")
		assert.Contains(t, r.Explain(), "test.yaml:")
		assert.Contains(t, r.Explain(), "corsproof run test.yaml --case test/"+name)
	}
}

// A failure that a rule of Chromium's profile explains names the rule, and no other
// failure does.
func TestFailedCaseNamesItsRule(t *testing.T) {
	t.Parallel()
	const rule = "referrer-downgrade-by-scheme"
	const stated = `
  - id: test/%
    why: it is a test
    request: {url: "http://127.0.0.1:8000/a", referrer: "https://app.test/here", referrer-policy: no-referrer-when-downgrade}
    server:
      - {to: "http://127.0.0.1:8000/a", status: 200, headers: ["Access-Control-Allow-Origin: *"]}
    expect:
      outcome: response
      type: cors
      exchanges:
        - {send: "GET http://127.0.0.1:8000/a", origin: https://app.test, referer: "^"}
`
	text := "section: concept-request-referrer\ncases:\n" +
		strings.NewReplacer("%", "standard", "^", "https://app.test/here").Replace(stated) +
		strings.NewReplacer("%", "wrong", "^", "https://app.test/there").Replace(stated)
	runs, _, err := runCasesT(t, t.Context(), Config{Cases: parseCases(t, text)})
	require.NoError(t, err)
	standard, wrong := runs["test/standard"], runs["test/wrong"]
	assert.Equal(t, judge.EndFailed, standard.End())
	assert.Contains(t, standard.Explain(), "rule        "+rule+": ")
	assert.Contains(t, standard.Explain(), "profiles: {chromium: "+rule+"}")
	assert.Equal(t, judge.EndFailed, wrong.End())
	assert.NotContains(t, wrong.Explain(), rule)
}

// The page that runs cases is where the model has it: its URL is a referrer.
func TestPagePath(t *testing.T) {
	t.Parallel()
	assert.Equal(t, wire.PagePath, catalog.PagePath)
}

// A server that never answers makes its own case unknown, at its deadline, and no
// other.
func TestHungCaseIsUnknownAlone(t *testing.T) {
	t.Parallel()
	text := "section: concept-cors-check\ncases:\n" + readable("one") + `
  - id: test/hangs
    why: nobody knows what becomes of it
    drivers: [browser]
    because: the model does not wait
    request: {url: https://api.test/a}
    server:
      - {to: https://api.test/a, fails: no answer}
    expect:
      outcome: unknown
      exchanges:
        - {send: GET https://api.test/a, origin: https://app.test}
` + readable("two")
	// One deadline for all: long enough for those that are answered, on any machine.
	const deadline = 2 * DefaultTimeout
	runs, summary, err := runCasesT(t, t.Context(), Config{Cases: parseCases(t, text), Timeout: deadline})
	require.NoError(t, err)
	assert.Equal(t, 3, summary.ExitCode(), summary.String())
	assert.Equal(t, judge.EndUnknown, runs["test/hangs"].End())
	assert.Contains(t, runs["test/hangs"].Explain(), "no outcome within "+deadline.String())
	for _, id := range []string{"test/one", "test/two"} {
		assert.Equal(t, judge.EndPass, runs[id].End(), runs[id].Explain())
	}
}

func TestRunCasesEndsWithItsContext(t *testing.T) {
	t.Parallel()
	cases, err := catalog.Builtin()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := 0
	_, err = Run(ctx, Config{Cases: cases, Engines: []browser.EngineName{browser.EngineChromium}, Each: func(r report.CaseRun) {
		if len(r.Verdicts) == 2 {
			seen++
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	assert.Positive(t, seen)
}

// What is written is valid JSON with all that was run, and nothing secret.
func TestCasesJSON(t *testing.T) {
	t.Parallel()
	cases := parseCases(t, "section: concept-cors-check\ncases:\n"+readable("one")+strings.Replace(readable("two"), "{url: https://api.test/a}",
		`{url: "https://app.test/a", headers: ["Authorization: Bearer s3cret"]}`, 1))
	var out strings.Builder
	w := report.NewCasesWriter(&out, time.Now())
	summary, err := Run(t.Context(), Config{Cases: cases, Engines: []browser.EngineName{browser.EngineChromium}, Each: w.Add})
	require.NoError(t, err)
	require.NoError(t, w.Close(summary, nil))
	var got struct {
		Schema  string
		Cases   []report.CaseRun
		Summary report.CasesSummary
	}
	require.NoError(t, json.Unmarshal([]byte(out.String()), &got))
	assert.Equal(t, report.CasesSchema, got.Schema)
	require.Len(t, got.Cases, 2)
	assert.Equal(t, "test/one", got.Cases[0].ID)
	require.Len(t, got.Cases[0].Traces, 3, "the standard, the profile, the engine")
	assert.Equal(t, "corsproof.trace/1", got.Cases[0].Traces[0].Schema)
	assert.Equal(t, 2, got.Summary.Cases)
	assert.NotContains(t, out.String(), "s3cret")
}
