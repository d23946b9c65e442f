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
		if expect.Phase != "" {
			alter["step"] = func(e *catalog.Expect) { e.Step += "1" }
			alter["phase"] = func(e *catalog.Expect) { e.Phase += "x" }
		}
		if expect.Type != "" {
			alter["type"] = func(e *catalog.Expect) { e.Type = "default" }
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
	const file = `section: concept-cors-check
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
`
	_, err := catalog.Parse("bad.yaml", []byte(file))
	require.Error(t, err)
	text := err.Error()
	for _, want := range []string{
		`bad.yaml:4:5: cases[0].wy: unknown key (did you mean "why"?)`,
		`bad.yaml:5:40: cases[0].request.methd: unknown key (did you mean "method"?)`,
		`bad.yaml:5:63: cases[0].request.keepalive: is "3"; expected true or false`,
		`bad.yaml:6:13: cases[0].server: is a string; expected a list`,
		`bad.yaml:10:46: cases[1].request.mode: is "no-core" (did you mean "no-cors"?)`,
		`has "no colon"; expected "Name: value"`,
		`there is no response, so there is no type`,
		`phase and step are missing`,
		`needs origin`,
		`${nothing} is in no column`,
		`the column "extra" of row "x" is used nowhere`,
	} {
		assert.Contains(t, text, want)
	}
	assert.GreaterOrEqual(t, strings.Count(text, "\n"), 10, "one line for each mistake")
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
