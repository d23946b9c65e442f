package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// shop is a small policy with a risk that it accepts and one that it doesn't.
const shop = `targets: {edge: {url: https://api.shop.test}}
origins: {shop: [https://www.shop.test], ops: [http://localhost:3000], frames: ["null"]}
defaults:
  origins: [shop, ops]
  methods: [GET, PUT]
  headers: [content-type]
  credentials: true
  readable_errors: [404, 500]
  owner: team-shop
routes:
  - {path: /orders}
  - {path: /frames, origins: [frames], credentials: true}
accepted_risks: {null-origin-with-credentials: "the frames are ours, for now"}
`

// hostile is what a server may send: an escape sequence, and what the forms of
// the reports use themselves.
const hostile = "GET\x1b[31m, `*|<b>%0A::error::@all##[add-mask]]>\u0085"

// gatewayLackingPUT is a gateway on paper that lists hostile text instead of
// PUT, and names no origin with errors.
func gatewayLackingPUT(c *catalog.PolicyCase, view *policy.View) catalog.StepAnswerer {
	right := c.Answers(view)
	return func(step int) fetch.Answerer {
		answer := right(step)
		return func(ctx context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
			resp, err := answer(ctx, r)
			headers := slices.Clone(resp.Headers)
			for i, h := range headers {
				if h.Name() == "Access-Control-Allow-Methods" {
					headers[i][1] = hostile
				}
			}
			if resp.Status >= 400 {
				headers = slices.DeleteFunc(headers, func(h fetch.Header) bool { return strings.HasPrefix(h.Name(), "Access-Control-") })
			}
			resp.Headers = headers
			return resp, err
		}
	}
}

// checked is a check of the shop's policy on that gateway: with violations, a
// divergence, something unknown and cases that were not run.
func checked(t *testing.T) (Check, CheckSummary, []*judge.Checked) {
	t.Helper()
	p, err := policy.Parse("shop.yaml", []byte(shop))
	require.NoError(t, err)
	view, err := p.On("edge")
	require.NoError(t, err)
	cases, err := catalog.Derive(view, catalog.DeriveConfig{})
	require.NoError(t, err)
	var all []*judge.Checked
	var s CheckSummary
	collector := judge.NewCollector(judge.CollectorConfig{View: view})
	for i := range cases {
		c := &judge.Checked{Case: &cases[i]}
		switch {
		case c.Case.Probe.Is(catalog.AreaOrigin), c.Case.Probe.Is(catalog.AreaScope), c.Case.Probe.Is(catalog.AreaCache):
			continue // they would make the golden files long
		case c.Case.Disturbs:
			c.NotRun = "the target's upstream isn't ours"
		case c.Case.Probe.Is(catalog.AreaSteady):
			c.NotRun = "it needs a free clock"
		default:
			c.Want, err = c.Case.Expect(t.Context(), nil)
			require.NoError(t, err)
			c.Got, err = c.Case.Run(t.Context(), nil, gatewayLackingPUT(c.Case, view))
			require.NoError(t, err)
			c.Mismatches = c.Case.Compare(c.Want, c.Got)
		}
		switch c.Case.ID {
		case "route/orders/denied/plain":
			c.Engine = slices.Clone(c.Got)
			c.Engine[0].Caller = fetch.Caller{Name: "chromium", Kind: fetch.CallerEngine, Version: "Chrome/156"}
			c.Differences = []judge.StepDifference{{Difference: judge.Difference{Subject: catalog.Subject{Field: catalog.FieldOutcome}, Model: catalog.Text("network-error"), Engine: catalog.Text("response of type cors")}}}
		case "route/orders/allowed/plain":
			c.Unknown = "no answer within 5 s"
		}
		all = append(all, c)
		collector.Add(c)
		s.Add(c)
	}
	s.Findings, s.Notes = collector.Findings()
	s.AddConcerns(p.Lint())
	s.TookMillis = 1234
	check := Check{
		Started: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), Policy: "shop.yaml",
		Target: CheckTarget{Name: "edge", URL: "https://api.shop.test", Gateway: "nginx", File: "nginx.conf", Version: "nginx/1.31"},
	}
	return check, s, all
}

// TestGoldenReports writes one check in every form. A difference is a change that
// users see; -update writes it down.
func TestGoldenReports(t *testing.T) {
	t.Parallel()
	check, s, all := checked(t)
	write := func(name string, to func(b *bytes.Buffer) error) txtar.File {
		var b bytes.Buffer
		require.NoError(t, to(&b), name)
		return txtar.File{Name: name, Data: b.Bytes()}
	}
	got := &txtar.Archive{Comment: []byte("One check in every form; go test ./harness/report -run Golden -update writes it anew.\n"), Files: []txtar.File{
		write("terminal", func(b *bytes.Buffer) error { WriteCheck(b, s, StylePlain); return nil }),
		write("markdown", func(b *bytes.Buffer) error { return WriteCheckMarkdown(b, check, s) }),
		write("annotations", func(b *bytes.Buffer) error { return WriteAnnotations(b, s) }),
		write("junit.xml", func(b *bytes.Buffer) error {
			j := NewJUnit(check)
			for _, c := range all {
				j.Add(c)
			}
			return j.Write(b, s)
		}),
	}}
	const file = "testdata/check.txtar"
	if *update {
		require.NoError(t, os.WriteFile(file, txtar.Format(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	if diff := cmp.Diff(string(want), string(txtar.Format(got))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNothingHostileGetsThrough: what a server sends stands in no report as
// anything but text.
func TestNothingHostileGetsThrough(t *testing.T) {
	t.Parallel()
	check, s, all := checked(t)
	var plain, colour, md, actions, xmlText bytes.Buffer
	WriteCheck(&plain, s, StylePlain)
	WriteCheck(&colour, s, StyleColor)
	require.NoError(t, WriteCheckMarkdown(&md, check, s))
	require.NoError(t, WriteAnnotations(&actions, s))
	j := NewJUnit(check)
	for _, c := range all {
		j.Add(c)
	}
	require.NoError(t, j.Write(&xmlText, s))
	assert.Contains(t, plain.String(), `\x1b[31m`, "it is shown")
	for name, text := range map[string]string{"terminal": plain.String(), "markdown": md.String(), "annotations": actions.String(), "junit": xmlText.String()} {
		assert.NotContains(t, text, "\x1b", name)
		assert.NotContains(t, text, "\u0085", name)
	}
	assert.NotContains(t, colour.String(), "\x1b[31m, ")
	for line := range strings.Lines(actions.String()) {
		assert.Regexp(t, `^::(error|warning|notice) [^:]*title=[a-z-]*::`, line, "one command a line")
	}
	assert.NotContains(t, xmlText.String(), "<b>")
}

// TestFindingsAreShort: a finding takes fourteen lines at most, and ends with how
// to see it again.
func TestFindingsAreShort(t *testing.T) {
	t.Parallel()
	_, s, _ := checked(t)
	require.NotEmpty(t, s.Findings)
	for _, f := range s.Findings {
		for range 30 {
			f.Evidence.Exchanges = append(f.Evidence.Exchanges, f.Evidence.Exchanges[0])
		}
		lines := strings.Split(strings.TrimSuffix(ExplainFinding(f), "\n"), "\n")
		assert.LessOrEqual(t, len(lines), findingLines)
		assert.Contains(t, lines[len(lines)-1], "rerun")
	}
}

// TestCheckJSON reads what a [CheckWriter] wrote, and sees that it is streamed.
func TestCheckJSON(t *testing.T) {
	t.Parallel()
	check, s, all := checked(t)
	var b bytes.Buffer
	w := NewCheckWriter(&b, check)
	for i, c := range all {
		before := b.Len()
		w.Add(c)
		assert.Greater(t, b.Len(), before, "case %d isn't written yet", i)
	}
	require.NoError(t, w.Close(s))
	var back struct {
		Check
		Cases   []CheckedCase
		Summary CheckSummary
	}
	decoder := json.NewDecoder(&b)
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&back))
	assert.Equal(t, CheckSchema, back.Schema)
	assert.Equal(t, check.Target, back.Target)
	require.Len(t, back.Cases, len(all))
	if diff := cmp.Diff(s, back.Summary, cmpopts.IgnoreFields(policy.Fix{}, "Shown", "View")); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	for i, c := range back.Cases {
		assert.Equal(t, all[i].Case.ID, c.ID)
		assert.Equal(t, all[i].End(), c.End)
		assert.Equal(t, c.End == judge.EndPass || c.End == judge.EndNotRun, len(c.Got) == 0, "%s: the evidence of what didn't pass is there", c.ID)
		assert.Equal(t, c.End == judge.EndNotRun, c.NotRun != "", c.ID)
	}
	assert.ErrorContains(t, NewCheckWriter(failing{}, check).Close(s), "write the check: disk full")
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestCheckExitCode(t *testing.T) {
	t.Parallel()
	finding := func(s judge.Severity) []judge.Finding { return []judge.Finding{{ID: judge.Unclassified, Severity: s}} }
	severities := func(text string) []judge.Severity {
		out, err := ParseFailOn(text)
		require.NoError(t, err)
		return out
	}
	tests := []struct {
		name string
		s    CheckSummary
		want int
	}{
		{"all passed", CheckSummary{Cases: 2, Passed: 2}, 0},
		{"one violated", CheckSummary{Cases: 2, Violations: 1, Findings: finding(judge.SeverityMasked)}, 1},
		{"a violation without a finding is one", CheckSummary{Cases: 2, Violations: 1}, 1},
		{"a violation goes before all others", CheckSummary{Cases: 4, Violations: 1, Divergent: 1, Unknown: 1, Findings: finding(judge.SeverityOutage)}, 1},
		{"a divergence goes before what is unknown", CheckSummary{Cases: 4, Divergent: 1, Unknown: 1}, 4},
		{"unknown", CheckSummary{Cases: 4, Passed: 3, Unknown: 1}, 3},
		{"a problem", CheckSummary{Cases: 4, Passed: 4, Problems: []string{"the gateway died"}}, 3},
		{"no case", CheckSummary{}, 3},
		{"nothing run is no pass", CheckSummary{Cases: 4, NotRun: 4}, 3},
		{"some not run", CheckSummary{Cases: 4, Passed: 3, NotRun: 1}, 0},
		{"a severity that counts", CheckSummary{Cases: 2, Violations: 1, Findings: finding(judge.SeverityHole), FailOn: severities("outage, hole")}, 1},
		{"one that doesn't", CheckSummary{Cases: 2, Violations: 1, Findings: finding(judge.SeverityMasked), FailOn: severities("outage,hole")}, 0},
		{"one that doesn't hides nothing else", CheckSummary{Cases: 2, Violations: 1, Unknown: 1, Findings: finding(judge.SeverityMasked), FailOn: severities("outage")}, 3},
		{"a note changes nothing", CheckSummary{Cases: 2, Passed: 2, Notes: finding(judge.SeverityHole)}, 0},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, tc.s.ExitCode())
		})
	}
	_, err := ParseFailOn("outage,holes")
	assert.EqualError(t, err, `--fail-on outage,holes: "holes" is no severity; known are outage hole masked performance annoyance`)
}
