package catalog_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// What a policy leaves open, a target may decide: each of these does what the
// policy says, in another way than the gateway on paper.
func TestFaithfulInAnotherWay(t *testing.T) {
	t.Parallel()
	p := shopPolicy(t)
	view, err := p.On("edge")
	require.NoError(t, err)
	for _, tc := range []struct {
		name  string
		alter func(r fetch.NetworkRequest, e *policy.Effective, resp *fetch.NetworkResponse)
	}{
		{"names the origin where * would do, and nobody without an Origin", func(r fetch.NetworkRequest, _ *policy.Effective, resp *fetch.NetworkResponse) {
			origin, _ := r.Headers.Get("Origin")
			var kept fetch.HeaderList
			for _, h := range resp.Headers {
				switch {
				case h.Name() != "Access-Control-Allow-Origin" || h.Value() != fetch.Wildcard:
					kept = append(kept, h)
				case origin != "":
					kept = append(kept, fetch.Header{h.Name(), origin})
				}
			}
			if !kept.Contains("Vary") {
				kept = append(kept, fetch.Header{"Vary", "Origin"})
			}
			resp.Headers = kept
		}},
		{"looks for the token itself", func(r fetch.NetworkRequest, e *policy.Effective, resp *fetch.NetworkResponse) {
			preflight := r.Method == "OPTIONS" && r.Headers.Contains("Access-Control-Request-Method")
			if e == nil || e.Auth == nil || e.Auth.Bearer == nil || preflight || r.Headers.Contains("Authorization") {
				return
			}
			origin, _ := r.Headers.Get("Origin")
			*resp = fetch.NetworkResponse{Status: 401, Body: fetch.PayloadOf(nil), Headers: append(e.ResponseHeaders(origin, 401), fetch.Header{"WWW-Authenticate", "Bearer"})}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			altered := 0
			for _, c := range derive(t, p, "edge") {
				right := c.Answers(view)
				got, err := c.Run(t.Context(), nil, func(step int) fetch.Answerer {
					answer := right(step)
					return func(ctx context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
						resp, err := answer(ctx, r)
						if r.URL.Origin() == catalog.Elsewhere {
							return resp, err
						}
						before, status := slices.Clone(resp.Headers), resp.Status
						tc.alter(r, view.Route(r.URL.Path), &resp)
						if status != resp.Status || !slices.Equal(before, resp.Headers) {
							altered++
						}
						return resp, err
					}
				})
				require.NoError(t, err, c.ID)
				if ok, _ := c.Provoked(got); !ok {
					continue
				}
				for i, trace := range got {
					assert.NotEqual(t, fetch.OutcomeUnknown, trace.Outcome.Kind, "%s, request %d: %s", c.ID, i+1, trace.Outcome.Error)
				}
				assert.Empty(t, c.Compare(expect(t, &c, view), got), "%s %s", c.ID, strings.Join(strings.Fields(c.Why), " "))
			}
			assert.Greater(t, altered, 10)
		})
	}
}
