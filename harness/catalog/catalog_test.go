package catalog_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// TestModelMeetsCatalogue runs every case on the model: the standard's meets
// every expectation; another profile's all but those that the case excepts,
// which it must not meet.
func TestModelMeetsCatalogue(t *testing.T) {
	t.Parallel()
	cases, err := catalog.Builtin()
	require.NoError(t, err)
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			_, mismatches, err := catalog.RunModel(t.Context(), &c, &fetch.Standard)
			require.NoError(t, err)
			for _, m := range mismatches {
				t.Errorf("%s: %s\n    why: %s", c.Position, m, c.Why)
			}
			_, mismatches, err = catalog.RunModel(t.Context(), &c, &fetch.Chromium)
			require.NoError(t, err)
			if rule, ok := c.Profiles[fetch.Chromium.Name]; ok {
				assert.NotEmpty(t, mismatches, "%s: chromium meets it, and is excepted by %s", c.Position, rule)
				return
			}
			for _, m := range mismatches {
				t.Errorf("%s: chromium: %s", c.Position, m)
			}
		})
	}
	t.Logf("%d cases", len(cases))
}

// TestExpectationsAreJudged alters each expectation of each case in turn, and
// wants a mismatch each time.
func TestExpectationsAreJudged(t *testing.T) {
	t.Parallel()
	cases, err := catalog.Builtin()
	require.NoError(t, err)
	for _, c := range cases {
		traces, _, err := catalog.RunModel(t.Context(), &c, nil)
		require.NoError(t, err)
		last := len(traces) - 1
		expect := *c.Expectations()[last]
		alter := map[string]func(e *catalog.Expect){
			"outcome": func(e *catalog.Expect) { e.Outcome = "other" },
			"exchanges": func(e *catalog.Expect) {
				e.Exchanges = append(e.Exchanges[:len(e.Exchanges):len(e.Exchanges)], catalog.Exchange{Send: "GET https://x.test/", Origin: "-"})
			},
		}
		switch expect.Phase {
		case "":
		case catalog.PhaseAny:
			alter["phase"] = func(e *catalog.Expect) { e.Phase, e.Step = "concept-fetch", "1" }
		default:
			alter["step"] = func(e *catalog.Expect) { e.Step += "1" }
			alter["phase"] = func(e *catalog.Expect) { e.Phase += "x" }
		}
		if expect.Type != "" {
			alter["type"] = func(e *catalog.Expect) { e.Type = "default" }
		}
		if len(expect.Headers) > 0 {
			alter["value"] = func(e *catalog.Expect) { e.Headers = []catalog.HeaderLine{e.Headers[0] + "x"} }
		}
		if len(expect.Exchanges) > 0 && expect.Exchanges[0].Referer != "" {
			alter["referer"] = func(e *catalog.Expect) {
				e.Exchanges = append([]catalog.Exchange(nil), e.Exchanges...)
				e.Exchanges[0].Referer += "x"
			}
		}
		if len(expect.Exchanges) > 0 && len(expect.Exchanges[0].Has) > 0 {
			alter["has"] = func(e *catalog.Expect) {
				e.Exchanges = append([]catalog.Exchange(nil), e.Exchanges...)
				e.Exchanges[0].Has = []catalog.HeaderLine{e.Exchanges[0].Has[0] + "x"}
			}
		}
		if len(expect.Exchanges) > 0 {
			alter["origin"] = func(e *catalog.Expect) {
				e.Exchanges = append([]catalog.Exchange(nil), e.Exchanges...)
				e.Exchanges[0].Origin += "x"
			}
		}
		for what, change := range alter {
			altered := expect
			change(&altered)
			assert.NotEmpty(t, altered.Judge(traces[last]), "%s with another %s", c.ID, what)
		}
	}
}

func TestParseFindsAllMistakes(t *testing.T) {
	t.Parallel()
	const file = `section: cors-chek
cases:
  - id: Bad ID
    wy: typo
    request: {url: https://api.test/a, methd: PUT, keepalive: 3}
    server: none
    expect: {outcome: response}
  - id: a/b
    why: contradictory
    request: {url: https://api.test/a, mode: no-core}
    server:
      - {to: https://api.test/a, status: 200, headers: [no colon]}
    expect:
      outcome: network-error
      type: cors
      exchanges:
        - {send: GET https://api.test/a}
  - id: a/table
    why: a column that is used nowhere, and one that isn't there
    table:
      - {row: x, extra: "1"}
    request: {url: "${nothing}"}
    expect: {outcome: refused, phase: dom-request, step: "5.2", no-exchanges: true}
  - id: a/phases
    why: nothing ends there
    request: {url: https://api.test/a}
    steps:
      - {request: {api: xhr, url: https://api.test/a, referrer: no-referrer}, expect: {outcome: refused, phase: dom-requst, step: "5.2", no-exchanges: true}}
      - {request: {url: https://api.test/a}, expect: {outcome: refused, phase: dom-request, step: "5.9", no-exchanges: true}}
      - {request: {url: https://api.test/a}, expect: {outcome: refused, phase: dom-request, step: "25.2", detail: invalid-metod, no-exchanges: true}}
      - {request: {url: https://api.test/a}, expect: {outcome: refused, phase: any, step: "5.2", no-exchanges: true}}
      - {request: {url: https://api.test/a}, expect: {outcome: response, type: cors, unreadable: [X-A], headers: [X, "X-A: b"], no-exchanges: true}}
      - {request: {url: https://api.test/a}, expect: {outcome: response, type: opaque, headers: ["X-A: b"], no-exchanges: true}}
`
	_, err := catalog.Parse("bad.yaml", []byte(file))
	require.Error(t, err)
	text := err.Error()
	for _, want := range []string{
		`bad.yaml:1:10: section: is "cors-chek" (did you mean "cors-check"?)`,
		`bad.yaml:4:5: cases[0].wy: unknown key (did you mean "why"?)`,
		`bad.yaml:5:40: cases[0].request.methd: unknown key (did you mean "method"?)`,
		`bad.yaml:5:63: cases[0].request.keepalive: is "3"; expected true or false`,
		`bad.yaml:6:13: cases[0].server: is a string; expected a list`,
		`bad.yaml:10:46: cases[1].request.mode: is "no-core" (did you mean "no-cors"?)`,
		`has "no colon"; expected "Name: value"`,
		`the outcome is not a response; remove type`,
		`phase and step are missing; a blocked request needs both, or phase: any for any step`,
		`bad.yaml:28:113: cases[3].steps[0].expect.phase: is "dom-requst" (did you mean "dom-request"?); expected one of block-bad-port, `,
		`bad.yaml:28:65: cases[3].steps[0].request.referrer: XMLHttpRequest does not accept a referrer`,
		`bad.yaml:29:99: cases[3].steps[1].expect.step: is "5.9" (did you mean "5.2"?); expected one of 14.3.2, 17, `,
		`bad.yaml:30:115: cases[3].steps[2].expect.detail: is "invalid-metod" (did you mean "invalid-method"?); expected one of forbidden-method, invalid-method`,
		`cases[3].steps[3].expect.phase: is any, which covers every step`,
		`cases[3].steps[4].expect.headers[0]: is "X"; expected "Name: value"`,
		`cases[3].steps[4].expect.headers[1]: "X-A" is also in unreadable; remove one of the two`,
		`cases[3].steps[5].expect.type: a response of type opaque shows no status and no headers`,
		`needs origin`,
		`has no column ${nothing}`,
		`the column "extra" of row "x" is not used; remove it or use it`,
	} {
		assert.Contains(t, text, want)
	}
	assert.GreaterOrEqual(t, strings.Count(text, "\n"), 10, "one line for each mistake")
}

// TestSectionsNameWhatTheModelIsMadeOf wants each phase among the sections that a
// case file may be about.
func TestSectionsNameWhatTheModelIsMadeOf(t *testing.T) {
	t.Parallel()
	for _, b := range fetch.Blocks {
		_, err := catalog.Parse("a.yaml", []byte("section: "+b.Phase+"\ncases: []\n"))
		assert.NoError(t, err)
	}
}

// TestExplainedBy looks for the rules that keep Chromium's model from meeting
// what a case states, and finds those that the catalogue names.
func TestExplainedBy(t *testing.T) {
	t.Parallel()
	cases, err := catalog.Builtin()
	require.NoError(t, err)
	excepted := 0
	for i := range cases {
		c := &cases[i]
		rule, ok := c.Profiles[fetch.Chromium.Name]
		if !ok && i%20 > 0 {
			continue // some of those that Chromium meets
		}
		rules, err := catalog.ExplainedBy(t.Context(), c, &fetch.Chromium)
		require.NoError(t, err)
		if !ok {
			assert.Empty(t, rules, c.ID)
			continue
		}
		excepted++
		assert.Contains(t, rules, fetch.Rule(rule), c.ID)
	}
	assert.Greater(t, excepted, 50)

	wrong := cases[0]
	wrong.Expect = &catalog.Expect{Outcome: fetch.OutcomeUnknown}
	rules, err := catalog.ExplainedBy(t.Context(), &wrong, &fetch.Chromium)
	require.NoError(t, err)
	assert.Empty(t, rules, "no rule makes a wrong expectation right")
}

// TestProfileEntriesShow holds the Chromium profile against the catalogue: each
// entry is shown by a case, each exception names an entry, and deviations touch
// at most 5 % of the cases.
func TestProfileEntriesShow(t *testing.T) {
	t.Parallel()
	cases, err := catalog.Builtin()
	require.NoError(t, err)
	shown, deviating := map[string]bool{}, 0
	kinds := map[string]fetch.DifferenceKind{}
	for _, d := range fetch.Chromium.Differences {
		kinds[string(d.Rule)] = d.Kind
	}
	for _, c := range cases {
		rule, ok := c.Profiles[fetch.Chromium.Name]
		if !ok {
			continue
		}
		assert.Contains(t, kinds, rule, c.ID)
		shown[rule] = true
		if kinds[rule] == fetch.Deviation {
			deviating++
		}
	}
	for _, d := range fetch.Chromium.Differences {
		if d.Kind != fetch.SpecErratum {
			assert.True(t, shown[string(d.Rule)], "no case shows %s", d.Rule)
		}
	}
	assert.LessOrEqual(t, deviating*20, len(cases), "%d of %d cases deviate", deviating, len(cases))
	assert.GreaterOrEqual(t, len(cases), 400)
}
