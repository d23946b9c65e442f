package check

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/target"
)

func planT(t *testing.T, facts target.Facts, only func(string) bool) *plan {
	t.Helper()
	p, err := policy.Parse("shop.yaml", []byte(checkedPolicy))
	require.NoError(t, err)
	view, err := p.On("api")
	require.NoError(t, err)
	made, err := makePlan(view, facts, only)
	require.NoError(t, err)
	return made
}

// Each case of a plan is in one portion, and goes with it.
func TestPlanHandsOutEachCaseOnce(t *testing.T) {
	t.Parallel()
	p := planT(t, target.Facts{Ours: true, Requests: target.AllRequests}, nil)
	seen := map[string]int{}
	for _, some := range p.portions {
		for _, one := range p.takeAll(some, true) {
			seen[one.ID]++
			assert.Empty(t, one.leftOut, one.ID)
		}
	}
	assert.Len(t, seen, p.total)
	for id, n := range seen {
		assert.Equal(t, 1, n, id)
	}
	for _, left := range p.cases {
		assert.Empty(t, left.ID)
	}
}

// What a plan selects has context beside it, and nothing of itself.
func TestPlanHasContext(t *testing.T) {
	t.Parallel()
	one := planT(t, target.Facts{Ours: true, Requests: target.AllRequests}, nil).cases[0].ID
	p := planT(t, target.Facts{Ours: true, Requests: target.AllRequests}, func(id string) bool { return id == one })
	assert.Equal(t, 1, p.total)
	context, err := p.context(false, false)
	require.NoError(t, err)
	assert.NotEmpty(t, context)
	for _, pc := range context {
		assert.NotEqual(t, one, pc.ID)
	}
}

func TestLeftOut(t *testing.T) {
	t.Parallel()
	put := &catalog.PolicyCase{Steps: []catalog.PolicyStep{{Request: catalog.Request{Method: "PUT"}}}}
	get := &catalog.PolicyCase{Steps: []catalog.PolicyStep{{Request: catalog.Request{Method: "GET"}}}}
	scripted := &catalog.PolicyCase{Steps: []catalog.PolicyStep{{Request: catalog.Request{Method: "GET"}, Upstream: []catalog.UpstreamAnswer{{Act: catalog.ActHangs}}}}}
	h2 := &catalog.PolicyCase{Protocol: catalog.HTTP2, Steps: get.Steps}
	ours := target.Facts{Ours: true, Requests: target.AllRequests}
	for _, tc := range []struct {
		name  string
		pc    *catalog.PolicyCase
		facts target.Facts
		http2 bool
		left  bool
	}{
		{"PUT to ours", put, ours, false, false},
		{"PUT to others'", put, target.Facts{}, false, true},
		{"PUT to others' who don't mind", put, target.Facts{Requests: target.AllRequests}, false, false},
		{"GET to others'", get, target.Facts{}, false, false},
		{"a script for ours", scripted, ours, false, false},
		{"a script for others'", scripted, target.Facts{Requests: target.AllRequests}, false, true},
		{"HTTP/2 where it is spoken", h2, ours, true, false},
		{"HTTP/2 where it is not", h2, ours, false, true},
	} {
		assert.Equal(t, tc.left, leftOut(tc.pc, tc.facts, tc.http2) != "", tc.name)
	}
}

func TestShareChoosesOneOfEachDecision(t *testing.T) {
	t.Parallel()
	page := func(id, decision string) *judge.Checked {
		return &judge.Checked{Case: &catalog.PolicyCase{ID: id, Decision: decision, Steps: []catalog.PolicyStep{{Request: catalog.Request{Origin: "https://a.test"}}}}}
	}
	twice := page("twice", "d")
	twice.Case.Steps[0].Repeat = 2
	notRun := page("not-run", "e")
	notRun.NotRun = "a reason"
	own := page("own", "f")
	own.Case.Steps[0].Request.Origin = "https://target.test"
	all := []*judge.Checked{twice, page("first", "d"), page("second", "d"), notRun, own, page("secret", "g")}
	chosen := func(engine browser.EngineName) (ids []string) {
		for _, one := range newShare(engine, "https://target.test").choose(all, func(pc *catalog.PolicyCase) bool { return pc.ID != "secret" }) {
			ids = append(ids, one.Case.ID)
		}
		return ids
	}
	assert.Equal(t, []string{"first"}, chosen(""))
	assert.Equal(t, []string{"first", "second"}, chosen(browser.EngineChromium))
}
