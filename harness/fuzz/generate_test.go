package fuzz_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/fuzz"
)

// TestGenerateHangsOnSeedAndNumberAlone makes the same cases in another order.
func TestGenerateHangsOnSeedAndNumberAlone(t *testing.T) {
	t.Parallel()
	const n = 200
	var forwards [n]catalog.Case
	for i := range n {
		forwards[i] = fuzz.Generate(7, i)
	}
	different := 0
	for i := n - 1; i >= 0; i-- {
		again, other := fuzz.Generate(7, i), fuzz.Generate(8, i)
		if diff := cmp.Diff(forwards[i], again); diff != "" {
			t.Errorf("case %d isn't the same again\n%s", i, diff)
		}
		other.ID = again.ID
		if !cmp.Equal(other, again) {
			different++
		}
	}
	assert.Greater(t, different, n*9/10, "cases of another seed that are others")
}

// TestGenerateRuns makes many cases and wants each to run on the model, to come
// back from a case file, to leave the clock alone, and to have an answer to all
// that is sent, whatever rule of the profile is at work.
func TestGenerateRuns(t *testing.T) {
	t.Parallel()
	profiles := []*fetch.Profile{&fetch.Standard, &fetch.Chromium}
	for _, d := range fetch.Chromium.Differences {
		profiles = append(profiles, fetch.Chromium.Without(d.Rule))
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			for i := range 400 {
				c := fuzz.Generate(seed, i)
				for _, s := range append(c.Steps, c.Step) {
					require.Zero(t, s.After, c.ID)
				}
				for _, p := range profiles {
					_, mismatches, err := catalog.RunModel(t.Context(), &c, p)
					require.NoError(t, err)
					require.Empty(t, mismatches, "%s with %s", c.ID, p.Name)
				}
			}
		})
	}
}

// TestShares holds the generator to the bounds that the project states.
func TestShares(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2, 3} {
		r, err := fuzz.Run(t.Context(), fuzz.Config{Seed: seed, Cases: 600, Profile: &fetch.Chromium, Driver: modelDriver(&fetch.Chromium)})
		require.NoError(t, err)
		s := r.Shares
		t.Logf("seed %d: %+v", seed, s)
		assert.Equal(t, 600, s.Cases)
		assert.Equal(t, s.Cases, s.Allowed+s.Blocked+s.Unknown)
		for name, share := range map[string]float64{"allowed": s.Percent(s.Allowed), "blocked": s.Percent(s.Blocked)} {
			assert.True(t, 25 <= share && share <= 75, "seed %d: %s %.1f %%", seed, name, share)
		}
		assert.GreaterOrEqual(t, s.Percent(s.Preflight), 40.0)
		assert.GreaterOrEqual(t, s.Percent(s.Redirect), 20.0)
		assert.Less(t, s.Percent(s.Unknown), 1.0)
		assert.Empty(t, s.Lopsided())
	}
}

func TestLopsided(t *testing.T) {
	t.Parallel()
	fair := fuzz.Shares{Cases: 100, Allowed: 50, Blocked: 50, Preflight: 40, Redirect: 20}
	assert.Empty(t, fair.Lopsided())
	for want, s := range map[string]fuzz.Shares{
		"allowed":          {Cases: 100, Allowed: 24, Blocked: 76, Preflight: 40, Redirect: 20},
		"blocked":          {Cases: 100, Allowed: 70, Blocked: 24, Preflight: 40, Redirect: 20},
		"with a preflight": {Cases: 100, Allowed: 50, Blocked: 50, Preflight: 39, Redirect: 20},
		"with a redirect":  {Cases: 100, Allowed: 50, Blocked: 50, Preflight: 40, Redirect: 19},
	} {
		assert.Equal(t, want, s.Lopsided())
	}
}

// TestGrammarReaches wants the generator to reach the decisions that the CORS
// protocol is about: each step is taken by some case of a few thousand.
func TestGrammarReaches(t *testing.T) {
	t.Parallel()
	reached, types := map[string]int{}, map[fetch.ResponseType]int{}
	for i := range 8000 {
		c := fuzz.Generate(4, i)
		traces, _, err := catalog.RunModel(t.Context(), &c, &fetch.Chromium)
		require.NoError(t, err)
		for _, trace := range traces {
			if b := trace.Outcome.Block; b != nil {
				reached[b.Phase+" "+b.Step+" "+b.Detail]++
			}
			if r := trace.Outcome.Response; r != nil {
				types[r.Type]++
			}
		}
	}
	for _, want := range []string{
		"concept-cors-check 2 missing", "concept-cors-check 4 mismatch", "concept-cors-check 4 multiple", "concept-cors-check 4 invalid",
		"concept-cors-check 4 wildcard-with-credentials", "concept-cors-check 8 credentials-missing", "concept-cors-check 8 credentials-invalid",
		"cors-preflight-fetch-0 7 status-not-ok", "cors-preflight-fetch-0 7.3 allow-methods-invalid", "cors-preflight-fetch-0 7.3 allow-headers-invalid",
		"cors-preflight-fetch-0 7.5 method-not-allowed", "cors-preflight-fetch-0 7.6 authorization-not-listed", "cors-preflight-fetch-0 7.7 header-not-allowed",
		"concept-http-redirect-fetch 5 location-invalid", "concept-http-redirect-fetch 6 location-scheme", "concept-http-redirect-fetch 7 too-many-redirects",
		"concept-http-redirect-fetch 9 location-credentials", "concept-http-redirect-fetch 10 location-credentials",
		"concept-http-fetch 6.3(1).1 redirect-mode-error",
		"concept-main-fetch 7 mixed-content", "concept-main-fetch 12 mode-same-origin", "concept-main-fetch 12(4).1 no-cors-redirect-mode",
		"concept-main-fetch 12 not-http", "concept-main-fetch 23.2 integrity-no-body", "concept-main-fetch 23.3.1 integrity-mismatch", "block-bad-port 2 bad-port",
		"cross-origin-resource-policy-internal-check 5 same-origin", "cross-origin-resource-policy-internal-check 5 same-site",
		"concept-http-network-or-cache-fetch 8.10.5 keepalive-limit", "concept-http-network-or-cache-fetch 11.1 not-cached",
		"concept-http-network-fetch 8.3 stream-http1",
		"dom-request 5.2 invalid-url", "dom-request 5.3 url-credentials", "dom-request 17 mode-navigate", "dom-request 21 only-if-cached",
		"dom-request 25.2 invalid-method", "dom-request 25.2 forbidden-method", "dom-request 32.1 no-cors-method", "dom-request 35 body-not-allowed",
		"dom-request 39.1 no-duplex", "dom-request 39.2 stream-mode", "headers-validate 1 invalid-header", "concept-bodyinit-extract 10 stream-keepalive",
		"dom-xmlhttprequest-open 2 invalid-method", "dom-xmlhttprequest-open 3 forbidden-method", "dom-xmlhttprequest-setrequestheader 4 invalid-header",
	} {
		assert.NotZero(t, reached[want], want)
	}
	for _, want := range []fetch.ResponseType{fetch.ResponseBasic, fetch.ResponseCORS, fetch.ResponseOpaque, fetch.ResponseOpaqueRedirect} {
		assert.NotZero(t, types[want], want)
	}
}
