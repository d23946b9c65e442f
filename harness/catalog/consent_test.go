package catalog

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

// TestConsentToAMalformedList: a preflight that asks for a safelisted method isn't
// consented to by a list that doesn't parse, as no browser takes it either.
func TestConsentToAMalformedList(t *testing.T) {
	t.Parallel()
	preflight := func(methods string) fetch.Trace {
		return fetch.Trace{Exchanges: []fetch.Exchange{{
			Request: fetch.SentRequest{Method: "OPTIONS", Headers: fetch.HeaderList{
				{"Origin", "https://app.test"}, {"Access-Control-Request-Method", "GET"}, {"Access-Control-Request-Headers", "X-One, X-Two"},
			}},
			Response: &fetch.SentResponse{Status: 204, Headers: fetch.HeaderList{
				{"Access-Control-Allow-Origin", "https://app.test"}, {"Access-Control-Allow-Methods", methods}, {"Access-Control-Allow-Headers", "x-one,x-two"},
			}},
		}}}
	}
	assert.Nil(t, Consent(preflight("PUT")), "GET needs no listing")
	block := Consent(preflight("GET; PUT"))
	require.NotNil(t, block)
	assert.Equal(t, "7.3", block.Step)
	assert.Equal(t, fetch.DetailPreflightMethodsGrammar, block.Detail)
}
