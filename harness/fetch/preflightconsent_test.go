package fetch_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

// TestPreflightConsent: what is decided of a preflight as it is written is what
// CORS-preflight fetch decides of the one that it makes.
func TestPreflightConsent(t *testing.T) {
	t.Parallel()
	const origin = "https://app.test"
	consenting := func(more ...fetch.Header) fetch.HeaderList {
		return append(fetch.HeaderList{{"Access-Control-Allow-Origin", origin}, {"Access-Control-Allow-Credentials", "true"}}, more...)
	}
	methods := func(value string) fetch.Header { return fetch.Header{"Access-Control-Allow-Methods", value} }
	names := func(value string) fetch.Header { return fetch.Header{"Access-Control-Allow-Headers", value} }
	tests := []struct {
		name        string
		method      string
		header      string
		credentials fetch.CredentialsMode
		status      int
		answer      fetch.HeaderList
		step        string // empty: it consents
		detail      string
	}{
		{"a listed method", "PUT", "", fetch.CredentialsOmit, 204, consenting(methods("PUT")), "", ""},
		{"another origin", "PUT", "", fetch.CredentialsOmit, 204, fetch.HeaderList{{"Access-Control-Allow-Origin", "https://other.test"}}, "4", fetch.DetailMismatch},
		{"an error", "PUT", "", fetch.CredentialsOmit, 404, consenting(methods("PUT")), "7", fetch.DetailPreflightStatus},
		{"methods that are no list", "GET", "x-one", fetch.CredentialsOmit, 204, consenting(methods("GET; POST"), names("x-one")), "7.3", fetch.DetailPreflightMethodsGrammar},
		{"names that are no list", "GET", "x-one", fetch.CredentialsOmit, 204, consenting(names("x one")), "7.3", fetch.DetailPreflightHeadersGrammar},
		{"no method", "PUT", "", fetch.CredentialsOmit, 204, consenting(), "7.5", fetch.DetailMethodNotAllowed},
		{"every method", "PUT", "", fetch.CredentialsOmit, 204, consenting(methods("*")), "", ""},
		{"* with credentials", "PUT", "", fetch.CredentialsInclude, 204, consenting(methods("*")), "7.5", fetch.DetailMethodNotAllowed},
		{"every name, and Authorization", "GET", "authorization", fetch.CredentialsOmit, 204, consenting(names("*")), "7.6", fetch.DetailAuthorizationNotListed},
		{"Authorization", "GET", "authorization", fetch.CredentialsOmit, 204, consenting(names("Authorization")), "", ""},
		{"a name in capitals", "GET", "x-one", fetch.CredentialsOmit, 204, consenting(names("X-One")), "", ""},
		{"no name", "GET", "x-one", fetch.CredentialsOmit, 204, consenting(), "7.7", fetch.DetailHeaderNotAllowed},
		{"* for names, with credentials", "GET", "x-one", fetch.CredentialsInclude, 204, consenting(names("*")), "7.7", fetch.DetailHeaderNotAllowed},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			request := fetch.Request{URL: "https://api.test/", Method: tc.method, Origin: origin, Credentials: tc.credentials}
			if tc.header != "" {
				request.Headers = fetch.HeaderList{{tc.header, "1"}}
			}
			var preflight fetch.HeaderList
			trace, err := fetch.Predict(t.Context(), request, func(_ context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
				if r.Preflight {
					preflight = r.Headers
					return fetch.NetworkResponse{Status: tc.status, Headers: tc.answer}, nil
				}
				return fetch.NetworkResponse{Status: 200, Headers: consenting()}, nil
			})
			require.NoError(t, err)
			require.NotNil(t, preflight)
			block := fetch.PreflightConsent(preflight, tc.credentials, tc.status, tc.answer)
			if tc.step == "" {
				assert.Nil(t, block)
				assert.Nil(t, trace.Outcome.Block)
				return
			}
			require.NotNil(t, block)
			require.NotNil(t, trace.Outcome.Block)
			assert.Equal(t, tc.step, block.Step)
			assert.Equal(t, tc.detail, block.Detail)
			assert.NotEmpty(t, block.Sentence)
			assert.Equal(t, block.Phase, trace.Outcome.Block.Phase)
			assert.Equal(t, block.Step, trace.Outcome.Block.Step)
			assert.Equal(t, block.Detail, trace.Outcome.Block.Detail)
		})
	}
}
