package judge

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

func read() fetch.Trace {
	return fetch.Trace{
		Exchanges: []fetch.Exchange{{
			Server:  "https://api.test",
			Request: fetch.SentRequest{Method: "GET", Target: "/a", Headers: fetch.HeaderList{{"Origin", "https://app.test"}, {"Cookie", "sid=[redacted]"}}},
		}},
		Outcome: fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{
			Type: fetch.ResponseCORS, Status: 200, Headers: fetch.HeaderList{{"content-type", "text/plain"}},
			Body: fetch.PayloadOf([]byte("a")),
		}},
	}
}

func blockedBy(b *fetch.Block) fetch.Trace {
	return fetch.Trace{Exchanges: []fetch.Exchange{}, Outcome: fetch.Outcome{Kind: fetch.OutcomeNetworkError, Block: b}}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	missing := &fetch.Block{Phase: "concept-cors-check", Step: "2", Detail: "missing"}
	network := &fetch.Block{Phase: "concept-http-network-fetch", Step: "8.1", Detail: "transport"}
	tests := []struct {
		name   string
		model  fetch.Trace
		change func(*fetch.Trace)
		want   []string // what differs
	}{
		{"same", read(), func(*fetch.Trace) {}, nil},
		{"header names in another case", read(), func(e *fetch.Trace) { e.Outcome.Response.Headers[0][0] = "Content-Type" }, nil},
		{"one more exchange", read(), func(e *fetch.Trace) { e.Exchanges = append(e.Exchanges, e.Exchanges[0]) }, []string{"exchanges"}},
		{"another method", read(), func(e *fetch.Trace) { e.Exchanges[0].Request.Method = "PUT" }, []string{"exchanges"}},
		{"another server", read(), func(e *fetch.Trace) { e.Exchanges[0].Server = "https://cdn.test" }, []string{"exchanges"}},
		{"no Origin", read(), func(e *fetch.Trace) { e.Exchanges[0].Request.Headers = e.Exchanges[0].Request.Headers[1:] }, []string{"exchange 1: Origin"}},
		{"two Origin lines", read(), func(e *fetch.Trace) {
			e.Exchanges[0].Request.Headers = append(e.Exchanges[0].Request.Headers, fetch.Header{"Origin", "https://app.test"})
		}, []string{"exchange 1: Origin"}},
		{"no cookie", read(), func(e *fetch.Trace) { e.Exchanges[0].Request.Headers = e.Exchanges[0].Request.Headers[:1] }, []string{"exchange 1: cookies"}},
		{"blocked", read(), func(e *fetch.Trace) { e.Outcome = blockedBy(missing).Outcome }, []string{"outcome"}},
		{"unknown", read(), func(e *fetch.Trace) { e.Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown} }, []string{"outcome"}},
		{"both unknown", fetch.Trace{Outcome: fetch.Outcome{Kind: fetch.OutcomeUnknown}}, func(*fetch.Trace) {}, []string{"outcome"}},
		{"everything that is read", read(), func(e *fetch.Trace) {
			e.Outcome.Response = &fetch.ReadResponse{Type: fetch.ResponseBasic, Status: 201, Body: fetch.PayloadOf([]byte("b"))}
		}, []string{"type", "status", "readable headers", "body"}},
		{"redirected", read(), func(e *fetch.Trace) { e.Outcome.Response.Redirected = true }, []string{"redirected"}},
		{"XMLHttpRequest tells of neither type nor redirects", fetch.Trace{Request: fetch.Request{API: fetch.APIXHR}, Outcome: read().Outcome},
			func(e *fetch.Trace) {
				e.Outcome.Response.Type, e.Outcome.Response.Redirected = fetch.ResponseBasic, true
			}, nil},
		{"no body and an empty one", fetch.Trace{Outcome: fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{}}},
			func(e *fetch.Trace) { e.Outcome.Response.Body = fetch.PayloadOf(nil) }, nil},
		{"another step", blockedBy(missing), func(e *fetch.Trace) { e.Outcome.Block.Step = "4" }, []string{"reason"}},
		{"another detail", blockedBy(missing), func(e *fetch.Trace) { e.Outcome.Block.Detail = "multiple" }, []string{"reason"}},
		{"step not told", blockedBy(missing), func(e *fetch.Trace) { e.Outcome.Block.Step, e.Outcome.Block.Detail = "", "" }, nil},
		{"an engine has a reason for a CORS check", blockedBy(missing), func(e *fetch.Trace) { e.Outcome.Block = nil }, []string{"reason"}},
		{"an engine need not have one for the network", blockedBy(network), func(e *fetch.Trace) { e.Outcome.Block = nil }, nil},
		{"a reason of its own is another", blockedBy(network), func(e *fetch.Trace) { e.Outcome.Block = &fetch.Block{Code: "LocalNetworkAccess"} }, []string{"reason"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			engine := copyOf(tc.model)
			tc.change(&engine)
			var got []string
			for _, d := range Compare(tc.model, engine) {
				assert.NotEmpty(t, d.Model.String(), d.Subject)
				assert.NotEmpty(t, d.Engine.String(), d.Subject)
				got = append(got, d.Subject.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("what differs (-want +got):\n%s", diff)
			}
		})
	}
}

// Which of several headers that aren't listed is named says nothing; one that is
// listed, or wasn't asked for, does.
func TestCompareUnlistedHeaders(t *testing.T) {
	t.Parallel()
	model := blockedBy(&fetch.Block{Phase: "cors-preflight-fetch-0", Step: "7.6", Detail: "authorization-not-listed"})
	model.Exchanges = []fetch.Exchange{{
		Server: "https://api.test", Kind: fetch.ExchangePreflight,
		Request:  fetch.SentRequest{Method: "OPTIONS", Target: "/a", Headers: fetch.HeaderList{{"Access-Control-Request-Headers", "authorization,x-a,x-b"}}},
		Response: &fetch.SentResponse{Status: 204, Headers: fetch.HeaderList{{"Access-Control-Allow-Headers", "X-B"}}},
	}}
	for _, tc := range []struct {
		name, parameter string
		allow           string
		same            bool
	}{
		{"the other", "x-a", "X-B", true},
		{"in another case", "X-A", "X-B", true},
		{"one that is listed", "x-b", "X-B", false},
		{"one that wasn't asked for", "x-c", "X-B", false},
		{"none", "", "X-B", false},
		{"though all are allowed", "x-a", "*", false},
	} {
		engine := copyOf(model)
		engine.Exchanges[0].Response = &fetch.SentResponse{Status: 204, Headers: fetch.HeaderList{{"Access-Control-Allow-Headers", tc.allow}}}
		engine.Outcome.Block = &fetch.Block{Phase: "cors-preflight-fetch-0", Step: "7.7", Detail: "header-not-allowed", Parameter: tc.parameter}
		assert.Equal(t, tc.same, len(Compare(model, engine)) == 0, tc.name)
	}
}

// copyOf shares nothing with t that a test changes.
func copyOf(t fetch.Trace) fetch.Trace {
	exchanges := make([]fetch.Exchange, len(t.Exchanges))
	for i, x := range t.Exchanges {
		x.Request.Headers = append(fetch.HeaderList{}, x.Request.Headers...)
		exchanges[i] = x
	}
	t.Exchanges = exchanges
	if r := t.Outcome.Response; r != nil {
		c := *r
		c.Headers = append(fetch.HeaderList{}, r.Headers...)
		t.Outcome.Response = &c
	}
	if b := t.Outcome.Block; b != nil {
		t.Outcome.Block = new(*b)
	}
	return t
}

// TestDifferencesInJSON: a difference is three texts there, and a request's has its step.
func TestDifferencesInJSON(t *testing.T) {
	t.Parallel()
	d := Difference{catalog.Subject{Field: catalog.FieldSent, Exchange: 2, Header: "Origin"}, catalog.Text(`["null"]`), catalog.Text("none")}
	text, err := json.Marshal([]any{d, StepDifference{1, d}})
	require.NoError(t, err)
	assert.JSONEq(t, `[{"what":"exchange 2: Origin","model":"[\"null\"]","engine":"none"},
		{"step":1,"what":"exchange 2: Origin","model":"[\"null\"]","engine":"none"}]`, string(text))
	var back []StepDifference
	require.NoError(t, json.Unmarshal([]byte(`[{"step":1,"what":"exchange 2: Origin","model":"[\"null\"]","engine":"none"}]`), &back))
	again, err := json.Marshal(back)
	require.NoError(t, err)
	assert.JSONEq(t, `[{"step":1,"what":"exchange 2: Origin","model":"[\"null\"]","engine":"none"}]`, string(again))
}
