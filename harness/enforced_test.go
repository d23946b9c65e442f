package harness

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestWhoEnforced(t *testing.T) {
	t.Parallel()
	const secret, other = "secret", "other"
	read := func(name, body string) fetch.Trace {
		return fetch.Trace{Caller: fetch.Caller{Name: name}, Outcome: fetch.Outcome{Kind: fetch.OutcomeResponse,
			Response: &fetch.ReadResponse{Type: fetch.ResponseDefault, Status: 200, Body: fetch.PayloadOf([]byte(body))}}}
	}
	none := fetch.Trace{Caller: fetch.Caller{Name: "curl"}, Outcome: fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: "refused"}}
	unknown := fetch.Trace{Caller: fetch.Caller{Name: "curl"}, Outcome: fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "no curl"}}
	blocked := func(kind fetch.ExchangeKind, status int, body string) fetch.Trace {
		return fetch.Trace{Outcome: fetch.Outcome{Kind: fetch.OutcomeNetworkError}, Exchanges: []fetch.Exchange{{
			Kind: kind, Response: &fetch.SentResponse{Status: status, Body: fetch.PayloadOf([]byte(body))}}}}
	}
	opaque := blocked(fetch.ExchangeRequest, 200, secret)
	opaque.Outcome = fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{Type: fetch.ResponseOpaque}}

	ended := func(body string, block *fetch.Block) fetch.Trace {
		t := blocked(fetch.ExchangeRequest, 200, body)
		t.Outcome.Block, t.Exchanges[0].Incomplete = block, "the client reset the stream: CANCEL"
		return t
	}

	for _, tc := range []struct {
		name    string
		browser fetch.Trace
		direct  []fetch.Trace
		want    Enforcer
	}{
		{"same bytes, browser withheld them", blocked(fetch.ExchangeRequest, 200, secret), []fetch.Trace{read("curl", secret)}, EnforcerBrowser},
		{"opaque is withheld, too", opaque, []fetch.Trace{read("curl", secret)}, EnforcerBrowser},
		{"blocked at the head, before a body came", ended("", &fetch.Block{}), []fetch.Trace{read("curl", secret)}, EnforcerBrowser},
		{"blocked in the middle of the body", ended(secret[:3], &fetch.Block{}), []fetch.Trace{read("curl", secret)}, EnforcerBrowser},
		{"blocked in the middle of another body", ended(other[:3], &fetch.Block{}), []fetch.Trace{read("curl", secret)}, EnforcerServer},
		{"cut short, and not blocked", ended(secret[:3], nil), []fetch.Trace{read("curl", secret)}, EnforcerUnknown},
		{"preflight refused", blocked(fetch.ExchangePreflight, 200, ""), []fetch.Trace{read("curl", secret)}, EnforcerBrowser},
		{"everybody read", read("chromium", secret), []fetch.Trace{read("curl", secret)}, EnforcerNobody},
		{"other bytes for the browser", blocked(fetch.ExchangeRequest, 200, other), []fetch.Trace{read("curl", secret)}, EnforcerServer},
		{"other status for the browser", blocked(fetch.ExchangeRequest, 403, secret), []fetch.Trace{read("curl", secret)}, EnforcerServer},
		{"one of two got the same bytes", blocked(fetch.ExchangeRequest, 200, secret), []fetch.Trace{read("net/http", secret), read("curl", other)}, EnforcerServer},
		{"a direct client got nothing", blocked(fetch.ExchangeRequest, 200, secret), []fetch.Trace{none}, EnforcerServer},
		{"only the browser read", read("chromium", secret), []fetch.Trace{none}, EnforcerServer},
		{"no direct client", blocked(fetch.ExchangeRequest, 200, secret), nil, EnforcerUnknown},
		{"a client unknown", blocked(fetch.ExchangeRequest, 200, secret), []fetch.Trace{unknown}, EnforcerUnknown},
		{"the browser unknown", unknown, []fetch.Trace{read("curl", secret)}, EnforcerUnknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, why := WhoEnforced(tc.browser, tc.direct...)
			assert.Equal(t, tc.want, got, why)
			assert.NotEmpty(t, why)
		})
	}
}
