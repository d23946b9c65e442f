package judge

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// TestFlip: where one header on one kind of answer decides, it is named with the
// value that the policy calls for; where more than one would have to change, or
// none would help, none is.
func TestFlip(t *testing.T) {
	t.Parallel()
	r := paperRuns(t)[0]
	tests := []struct {
		id   FindingID
		want *Flip
	}{
		{AllowMethodsMissing, &Flip{"OPTIONS", "Access-Control-Allow-Methods", nil, "GET, POST, PUT, PATCH, OPTIONS"}},
		{AllowHeadersMissing, &Flip{"OPTIONS", "Access-Control-Allow-Headers", nil, "content-type, x-one, range, accept-language"}},
		{AcaoMultiValue, &Flip{"GET", "Access-Control-Allow-Origin", nil, "https://app.example.com"}},
		{AcaoNotAnOrigin, &Flip{"GET", "Access-Control-Allow-Origin", []string{"https://app.example.com/"}, "https://app.example.com"}},
		{WildcardWithCredentials, &Flip{"GET", "Access-Control-Allow-Origin", []string{"*"}, "https://app.example.com"}},
		{AcacNotTrue, &Flip{"GET", "Access-Control-Allow-Credentials", []string{"True"}, "true"}},
		{SuffixMatch, &Flip{"GET", "Access-Control-Allow-Origin", nil, ""}},
		{ExposeMissing, &Flip{"GET", "Access-Control-Expose-Headers", nil, "etag, x-total"}},
		{MaxAgeInvalid, &Flip{"OPTIONS", "Access-Control-Max-Age", []string{"10m"}, "600"}},
		{MissingVaryOrigin, &Flip{"GET", "Vary", nil, "Origin"}},
		{VaryOverwritten, &Flip{"GET", "Vary", []string{"Origin"}, "Accept-Language, Origin"}},
		{Preflight404, nil},         // the status would have to change, too
		{FilterNotImplemented, nil}, // with credentials it takes two headers
		{RedirectOriginNull, nil},
	}
	for _, tc := range tests {
		t.Run(string(tc.id), func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(seeds, func(s seed) bool { return s.id == tc.id })
			findings, _, _ := r.judge(t, seeds[i].mistake)
			require.Equal(t, 1, len(findings), "%v", ids(findings))
			got := findings[0].Flip
			if tc.want != nil && tc.want.Was == nil && got != nil {
				got.Was = nil // not what this is about
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestFinding holds all of a finding against what it has to say.
func TestFinding(t *testing.T) {
	t.Parallel()
	r := paperRuns(t)[0]
	m := edited(func(p *paper, _ fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if resp.Headers.Contains("Access-Control-Allow-Methods") && p.view.Route("/items").Route.Name.Text == p.c.Route {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Methods", "GET")
		}
	})
	findings, _, _ := r.judge(t, m)
	require.Equal(t, 1, len(findings), "%v", ids(findings))
	got := findings[0]
	for i := range got.Evidence.Exchanges {
		x := &got.Evidence.Exchanges[i]
		got.Evidence.Exchanges[i] = fetch.Exchange{ID: x.ID, Request: fetch.SentRequest{Method: x.Request.Method}, Response: x.Response}
		x.Response.Body, x.Response.Version = fetch.Payload{}, ""
	}
	got.Evidence.Request = fetch.Request{Method: got.Evidence.Request.Method}
	rule := policy.Rule{Kind: policy.RuleRoute, Text: "path: /items", At: got.Rule.At}
	list := fetch.HeaderList{
		{"Access-Control-Allow-Origin", "https://app.example.com"}, {"Access-Control-Allow-Credentials", "true"},
		{"Access-Control-Allow-Headers", "authorization, content-type"}, {"Access-Control-Max-Age", "600"}, {"Vary", "Origin"},
		{"Access-Control-Allow-Methods", "GET"},
	}
	saw := "request 1: blocked, but must be readable"
	want := Finding{
		ID: AllowMethodsMissing, Title: "Access-Control-Allow-Methods lacks a method", Severity: SeverityOutage, Fault: LayerGateway,
		Summary: `"https://app.example.com" cannot read the response, but the policy allows it`,
		Rule:    rule, Owners: []string{"team-shop"}, Routes: []string{"items"}, Origins: []string{"https://app.example.com"},
		Cases: []FoldedCase{
			{"route/items/allowed/preflighted", "items", rule, saw},
			{"method/allowed/delete/items", "items", policy.Rule{Kind: policy.RuleMethod, Text: "DELETE", At: got.Cases[1].Rule.At}, saw},
			{"header/asked-with-capitals/items", "items", got.Cases[2].Rule, "request 1: no consent, but consent is required"},
			{"header/asked-with-spaces/items", "items", got.Cases[3].Rule, "request 1: no consent, but consent is required"},
			{"header/asked-with-two-lines/items", "items", got.Cases[4].Rule, "request 1: no consent, but consent is required"},
			{"header/asked-with-unsorted/items", "items", got.Cases[5].Rule, "request 1: no consent, but consent is required"},
			{"auth/preflight/items", "items", got.Cases[6].Rule, saw},
		},
		Evidence: Evidence{
			Case: "route/items/allowed/preflighted", Request: fetch.Request{Method: "DELETE"},
			Want: "readable: response type cors, status 200", Got: "blocked by the CORS-preflight fetch, step 7.5: Access-Control-Allow-Methods does not list the method",
			Block:     got.Evidence.Block,
			Exchanges: []fetch.Exchange{{ID: "model#1", Request: fetch.SentRequest{Method: "OPTIONS"}, Response: &fetch.SentResponse{Status: 204, Headers: list}}},
			NeverSent: "DELETE", Reached: "did not reach the upstream",
		},
		Flip: &Flip{"OPTIONS", "Access-Control-Allow-Methods", []string{"GET"}, "GET, DELETE"},
		Fix:  policy.Fix{Kind: policy.FixAllowMethod, Values: []string{"DELETE"}, Because: rule},
		Curl: `curl -i -X OPTIONS -H 'Access-Control-Request-Method: DELETE' -H 'Access-Control-Request-Headers: authorization' ` +
			`-H 'Origin: https://app.example.com' '` + of(r, "route/items/allowed/preflighted").Steps[0].Request.URL + `'`,
		Command: "corsproof check defaults.yaml --target edge --case route/items/allowed/preflighted",
	}
	require.NotEmpty(t, got.Fix.Shown)
	shown := got.Fix.Shown[0]
	assert.Equal(t, policy.Shown{
		Request: shown.Request, Method: "OPTIONS", URL: shown.URL, Preflight: true, Status: 204, Answer: list,
	}, shown)
	assert.NotNil(t, got.Fix.View)
	got.Fix.Shown, got.Fix.View = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// of returns a case by its ID.
func of(r *paperRun, id string) *catalog.PolicyCase {
	return &r.cases[slices.IndexFunc(r.cases, func(c catalog.PolicyCase) bool { return c.ID == id })]
}

// TestTwoMistakesAreTwoFindings: one cause doesn't hide another.
func TestTwoMistakesAreTwoFindings(t *testing.T) {
	t.Parallel()
	r := paperRuns(t)[1]
	seeded := func(id FindingID) mistake {
		return seeds[slices.IndexFunc(seeds, func(s seed) bool { return s.id == id })].mistake
	}
	errors, suffix := seeded(AcaoMissingOnError), seeded(SuffixMatch)
	findings, notes, checked := r.judge(t, mistake{accepts: suffix.accepts, response: errors.response})
	require.Empty(t, ids(notes))
	var got []FindingID
	folded := 0
	for _, f := range findings {
		got = append(got, f.ID)
		folded += len(f.Cases)
	}
	assert.Equal(t, []FindingID{SuffixMatch, AcaoMissingOnError}, got, "the gravest first")
	assert.Equal(t, len(failedCases(checked)), folded)
}

// TestWhatNoCauseExplainsIsKept: a violation is never lost.
func TestWhatNoCauseExplainsIsKept(t *testing.T) {
	t.Parallel()
	r := paperRuns(t)[0]
	findings, _, checked := r.judge(t, edited(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if !isPreflight(r) && resp.Status == 200 {
			resp.Status = 203
		}
	}))
	require.Equal(t, 1, len(findings), "%v", ids(findings))
	assert.Equal(t, Unclassified, findings[0].ID)
	assert.Equal(t, failedCases(checked), foldedCases(findings[0]))
	assert.Empty(t, findings[0].Fix.String())
}

// TestUnsteadyTargets: an answer that was another one when it was asked for again
// is a finding, though both are what the policy calls for.
func TestUnsteadyTargets(t *testing.T) {
	t.Parallel()
	r := paperRuns(t)[0]
	c := NewCollector(CollectorConfig{View: r.view})
	k := r.check(t, 0, mistake{}, nil)
	k.Unsteady = "exchange 1: status: 200, then 503"
	c.Add(k)
	findings, _ := c.Findings()
	require.Equal(t, 1, len(findings), "%v", ids(findings))
	assert.Equal(t, AcaoIntermittent, findings[0].ID)
	assert.Equal(t, []string{k.Case.ID}, foldedCases(findings[0]))
}

func TestEnds(t *testing.T) {
	t.Parallel()
	r := paperRuns(t)[0]
	const preflighted = 1 // route/orders/allowed/preflighted
	pass := func() *Checked { return r.check(t, preflighted, mistake{}, nil) }
	fail := func() *Checked { return r.check(t, preflighted, seeds[0].mistake, nil) }
	tests := []struct {
		name   string
		c      *Checked
		change func(*Checked)
		want   End
	}{
		{"as the policy says", pass(), func(*Checked) {}, EndPass},
		{"not run", pass(), func(c *Checked) { c.NotRun = "it needs our upstream" }, EndNotRun},
		{"unknown", pass(), func(c *Checked) { c.Unknown = "no answer in time" }, EndUnknown},
		{"the model can't tell", pass(), func(c *Checked) { c.Got[0].Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "prompt"} }, EndUnknown},
		{"an engine does otherwise", pass(), func(c *Checked) { c.Differences = []StepDifference{{}} }, EndDivergence},
		{"and something is unknown", pass(), func(c *Checked) { c.Differences, c.Unknown = []StepDifference{{}}, "x" }, EndDivergence},
		{"a violation", fail(), func(*Checked) {}, EndViolation},
		{"unsteady", pass(), func(c *Checked) { c.Unsteady = "status 200, then 503" }, EndViolation},
		{"what is unknown isn't charged", fail(), func(c *Checked) { c.Got[0].Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown} }, EndUnknown},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.change(tc.c)
			assert.Equal(t, tc.want, tc.c.End())
		})
	}
}
