package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// roundTrip writes cases and reads them back.
func roundTrip(t *testing.T, cases ...catalog.Case) ([]catalog.Case, string) {
	t.Helper()
	data := catalog.Marshal(catalog.File{Section: "concept-fetch", Cases: cases})
	back, err := catalog.Parse("marshalled.yaml", data)
	require.NoError(t, err, "%s", data)
	return back, string(data)
}

var samePosition = cmpopts.IgnoreFields(catalog.Case{}, "Position", "Builtin")

// TestMarshalBuiltin writes the whole catalogue and reads it back.
func TestMarshalBuiltin(t *testing.T) {
	t.Parallel()
	cases, err := catalog.Builtin()
	require.NoError(t, err)
	back, _ := roundTrip(t, cases...)
	if diff := cmp.Diff(cases, back, samePosition, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-written +read)\n%s", diff)
	}
}

// TestMarshalStrings writes strings that YAML takes for something else, or that
// no plain scalar can hold, in every kind of place that has free text.
func TestMarshalStrings(t *testing.T) {
	t.Parallel()
	texts := []string{
		"null", "true", "No", "y", "1", "25.2", "0x10", "1e3", "~", "+5", "-", "2001-01-01", ".inf", "=", "<<",
		"a: b", "a:", "a #b", "#a", "- x", "? x", "*", "&a", "!x", "%x", "@x", "`x", "|", ">", "{a", "[x]", "a, b", "${x}",
		" lead", "trail ", "tab\tin", "line\nfeed", "return\r", "back\\slash", `"double"`, "'single'", "it's",
		"\x00", "\x01\x1b", "\x7f", "\u0080\u0085\u00a0\u00ad", "\u00e9\u00ff", "\u2028\ufeff",
	}
	for b := range 256 {
		texts = append(texts, "x"+fetch.IsomorphicDecode([]byte{byte(b)})+"y", fetch.IsomorphicDecode([]byte{byte(b)}))
	}
	for _, text := range texts {
		c := catalog.Case{ID: "a/b", Why: "why " + text, Step: catalog.Step{
			Request: catalog.Request{
				Method: text, URL: "https://api.test/" + text, Integrity: text, Referrer: text,
				Headers: []catalog.HeaderLine{catalog.HeaderLine("X-A: " + text), catalog.HeaderLine("X-A:" + text)},
				Body:    &catalog.Body{Text: text},
			},
			Server: []catalog.Answer{{To: "GET " + text, Fails: catalog.FailureReset, Headers: []catalog.HeaderLine{catalog.HeaderLine(text + ":")}, Body: text}},
			Expect: &catalog.Expect{Outcome: fetch.OutcomeNetworkError, Phase: catalog.PhaseAny,
				Exchanges: []catalog.Exchange{{Send: "GET " + text, Origin: text, Referer: text, Lacks: []string{text}}}},
		}}
		back, file := roundTrip(t, c)
		if diff := cmp.Diff([]catalog.Case{c}, back, samePosition); diff != "" {
			t.Errorf("%q (-written +read)\n%s%s", text, diff, file)
		}
	}
}

// TestMarshalLeavesOutWhatIsEmpty reads well, and keeps an empty body, which is
// not the same as none.
func TestMarshalLeavesOutWhatIsEmpty(t *testing.T) {
	t.Parallel()
	_, file := roundTrip(t, catalog.Case{ID: "a/b", Why: "it's short: really", Drivers: []catalog.Driver{}, Step: catalog.Step{
		Request: catalog.Request{Method: "POST", URL: "https://api.test/a", Headers: []catalog.HeaderLine{"X-A: 1"}, Body: &catalog.Body{}},
		Server:  []catalog.Answer{{To: "https://api.test/a", Status: 200}},
		Expect: &catalog.Expect{Outcome: fetch.OutcomeNetworkError, Phase: "concept-cors-check", Step: "2",
			Exchanges: []catalog.Exchange{{Send: "POST https://api.test/a", Origin: "https://app.test"}}},
	}})
	assert.Equal(t, `section: concept-fetch
cases:
  - id: a/b
    why: "it's short: really"
    request:
      method: POST
      url: https://api.test/a
      headers:
        - "X-A: 1"
      body: {}
    server:
      - to: https://api.test/a
        status: 200
    expect:
      outcome: network-error
      phase: concept-cors-check
      step: "2"
      exchanges:
        - send: POST https://api.test/a
          origin: https://app.test
`, file)
}
