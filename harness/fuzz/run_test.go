package fuzz_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/fuzz"
)

// modelDriver has the model with a profile stand in for an engine.
func modelDriver(p *fetch.Profile) fuzz.Driver {
	return func(ctx context.Context, cases []catalog.Case) ([]fuzz.Observation, error) {
		out := make([]fuzz.Observation, len(cases))
		for i := range cases {
			traces, _, err := catalog.RunModel(ctx, &cases[i], p)
			out[i] = fuzz.Observation{Traces: traces, Err: err}
		}
		return out, ctx.Err()
	}
}

// outOfReach are rules that no generated case can show.
var outOfReach = map[fetch.Rule]string{
	fetch.RuleMaxAgeLimit2h:            "the clock stands still",
	fetch.RuleSameSiteIgnoresRedirects: "there are no cookies",
	fetch.RuleNoneNeedsSecure:          "there are no cookies",
	fetch.RuleNoThirdPartyCookies:      "there are no cookies",
	fetch.RuleAddressIsNoSite:          "no host is an address",
}

// rulesOf returns what a profile has beyond the standard's errata.
func rulesOf(p fetch.Profile) []fetch.Rule {
	var out []fetch.Rule
	for _, d := range p.Differences {
		if d.Kind != fetch.SpecErratum {
			out = append(out, d.Rule)
		}
	}
	return out
}

// TestRunFindsEachDifference takes each rule away from the profile in turn: the
// engine that has it diverges, and the minimal case is a case file whose
// expectation the model meets and the engine doesn't.
func TestRunFindsEachDifference(t *testing.T) {
	t.Parallel()
	for _, rule := range rulesOf(fetch.Chromium) {
		t.Run(string(rule), func(t *testing.T) {
			t.Parallel()
			without := fetch.Chromium.Without(rule)
			r, err := fuzz.Run(t.Context(), fuzz.Config{Seed: 5, Cases: 2500, Profile: without, Driver: modelDriver(&fetch.Chromium), Shrink: 1})
			require.NoError(t, err)
			if why, ok := outOfReach[rule]; ok {
				assert.Empty(t, r.Diverged, "it is within reach, though %s", why)
				return
			}
			require.NotEmpty(t, r.Diverged)
			for _, d := range r.Diverged {
				assert.False(t, d.Unsteady)
				if d.Minimal == "" {
					continue
				}
				assert.LessOrEqual(t, len(d.Minimal), len(d.Case))
				cases, err := catalog.Parse("minimal.yaml", []byte(d.Minimal))
				require.NoError(t, err, "%s", d.Minimal)
				_, mismatches, err := catalog.RunModel(t.Context(), &cases[0], without)
				require.NoError(t, err)
				assert.Empty(t, mismatches, "%s", d.Minimal)
				assert.Contains(t, cases[0].Why, "DRAFT")
				_, mismatches, err = catalog.RunModel(t.Context(), &cases[0], &fetch.Chromium)
				require.NoError(t, err)
				if len(mismatches) == 0 {
					// A case states less than what is compared.
					assert.NotEmpty(t, d.MinimalDifferences)
				}
			}
		})
	}
}

// TestRunExplains counts what the profile's rules explain, each by its name,
// and finds no divergence.
func TestRunExplains(t *testing.T) {
	t.Parallel()
	r, err := fuzz.Run(t.Context(), fuzz.Config{Seed: 6, Cases: 8000, Profile: &fetch.Chromium, Driver: modelDriver(&fetch.Chromium)})
	require.NoError(t, err)
	assert.Empty(t, r.Diverged)
	assert.Empty(t, r.Unknown)
	total := r.Agreed + len(r.ModelUnknown)
	alone := map[string]int{}
	for _, e := range r.Explained {
		alone[e.Rules], total = e.Cases, total+e.Cases
	}
	assert.Equal(t, 8000, total, "every case has one end")
	for _, rule := range rulesOf(fetch.Chromium) {
		if _, ok := outOfReach[rule]; !ok {
			assert.NotZero(t, alone[string(rule)], rule)
		}
	}
}

// TestRunNeedsTheExactDifference has an engine that has one of the profile's
// differences and something of its own: that isn't explained.
func TestRunNeedsTheExactDifference(t *testing.T) {
	t.Parallel()
	chromium := modelDriver(&fetch.Chromium)
	r, err := fuzz.Run(t.Context(), fuzz.Config{Seed: 1, Cases: 2000, Profile: &fetch.Chromium,
		Driver: func(ctx context.Context, cases []catalog.Case) ([]fuzz.Observation, error) {
			out, err := chromium(ctx, cases)
			for _, o := range out {
				for i := range o.Traces {
					for k, x := range o.Traces[i].Exchanges {
						if x.Request.Headers.Contains("Save-Data") {
							o.Traces[i].Exchanges[k].Request.Headers = append(x.Request.Headers, fetch.Header{"Save-Data", "twice"})
						}
					}
				}
			}
			return out, err
		}})
	require.NoError(t, err)
	require.NotEmpty(t, r.Diverged)
	for _, d := range r.Diverged {
		assert.Contains(t, strings.ToLower(d.Case), "save-data")
	}
}

// TestShrink has one divergence shrink to what it hangs on, the same each time.
func TestShrink(t *testing.T) {
	t.Parallel()
	cfg := fuzz.Config{Seed: 1, Cases: 1000, Profile: fetch.Chromium.Without(fetch.RuleWildcardAuthorization), Driver: modelDriver(&fetch.Chromium), Shrink: 1}
	r, err := fuzz.Run(t.Context(), cfg)
	require.NoError(t, err)
	i := slices.IndexFunc(r.Diverged, func(d fuzz.Divergence) bool { return d.Minimal != "" })
	require.GreaterOrEqual(t, i, 0)
	cases, err := catalog.Parse("minimal.yaml", []byte(r.Diverged[i].Minimal))
	require.NoError(t, err)
	c := cases[0]
	assert.Equal(t, catalog.Request{URL: c.Request.URL, Headers: []catalog.HeaderLine{"Authorization: "}}, c.Request)
	assert.Empty(t, c.Steps)
	assert.Equal(t, catalog.Page{}, c.Page)
	assert.Equal(t, []catalog.Answer{
		{To: "OPTIONS " + c.Request.URL, Status: 200, Headers: []catalog.HeaderLine{"Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: *"}},
		{To: c.Request.URL, Status: 200, Headers: []catalog.HeaderLine{"Access-Control-Allow-Origin: *"}},
	}, c.Server)
	again, err := fuzz.Run(t.Context(), cfg)
	require.NoError(t, err)
	for i := range r.Diverged {
		assert.Equal(t, r.Diverged[i].Minimal, again.Diverged[i].Minimal)
	}
}

// TestRunUnknown keeps what could not be observed apart, with its reason.
func TestRunUnknown(t *testing.T) {
	t.Parallel()
	chromium := modelDriver(&fetch.Chromium)
	n := 0
	r, err := fuzz.Run(t.Context(), fuzz.Config{Seed: 1, Cases: 40, Batch: 10, Profile: &fetch.Chromium,
		Driver: func(ctx context.Context, cases []catalog.Case) ([]fuzz.Observation, error) {
			out, err := chromium(ctx, cases)
			out[0] = fuzz.Observation{Err: errors.New("the page went away")}
			out[1].Traces = out[1].Traces[1:]
			last := len(out[2].Traces) - 1
			out[2].Traces[last].Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "no answer within 5s"}
			n++
			return out, err
		}})
	require.NoError(t, err)
	assert.Equal(t, 4, n)
	require.Len(t, r.Unknown, 12)
	assert.Equal(t, fuzz.Unknown{ID: "fuzz/seed-1-case-0", Why: "the page went away"}, r.Unknown[0])
	assert.Contains(t, r.Unknown[1].Why, "another number of requests")
	assert.Equal(t, "no answer within 5s", r.Unknown[2].Why)
	assert.Equal(t, 40, r.Shares.Cases)
	assert.Empty(t, r.Diverged)
}

// TestRunUnsteady says so if a case doesn't diverge a second time.
func TestRunUnsteady(t *testing.T) {
	t.Parallel()
	calls := 0
	r, err := fuzz.Run(t.Context(), fuzz.Config{Seed: 1, Cases: 500, Profile: &fetch.Chromium,
		Driver: func(ctx context.Context, cases []catalog.Case) ([]fuzz.Observation, error) {
			if calls++; calls == 1 {
				return modelDriver(&fetch.Standard)(ctx, cases)
			}
			return modelDriver(&fetch.Chromium)(ctx, cases)
		}})
	require.NoError(t, err)
	require.NotEmpty(t, r.Diverged)
	assert.True(t, r.Diverged[0].Unsteady)
	assert.Empty(t, r.Diverged[0].Minimal)
	assert.NotEmpty(t, r.Diverged[0].Case)
}

// TestRunEnds gives back what was seen when the context ends or the driver
// fails, and refuses a driver that leaves cases out.
func TestRunEnds(t *testing.T) {
	t.Parallel()
	interrupted, lost := errors.New("interrupted"), errors.New("the browser is gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	chromium := modelDriver(&fetch.Chromium)
	r, err := fuzz.Run(ctx, fuzz.Config{Seed: 1, Cases: 1000, Batch: 100, Profile: &fetch.Chromium, Driver: chromium,
		Progress: func(p fuzz.Progress) {
			if p.Done == 300 {
				cancel(interrupted)
			}
		}})
	require.Error(t, err)
	assert.Equal(t, 300, r.Shares.Cases)
	assert.Equal(t, 1000, r.Wanted)

	n := 0
	r, err = fuzz.Run(t.Context(), fuzz.Config{Seed: 1, Cases: 1000, Batch: 100, Profile: &fetch.Chromium,
		Driver: func(ctx context.Context, cases []catalog.Case) ([]fuzz.Observation, error) {
			if n++; n == 3 {
				return nil, lost
			}
			return chromium(ctx, cases)
		}})
	require.ErrorIs(t, err, lost)
	assert.Equal(t, 200, r.Shares.Cases)

	_, err = fuzz.Run(t.Context(), fuzz.Config{Seed: 1, Cases: 10, Profile: &fetch.Chromium,
		Driver: func(context.Context, []catalog.Case) ([]fuzz.Observation, error) { return nil, nil }})
	require.ErrorContains(t, err, "ran 0 of 10 cases")
}

// TestRunProgress tells how far a run is, and how long it took by the clock
// that it was given.
func TestRunProgress(t *testing.T) {
	t.Parallel()
	var seen []fuzz.Progress
	now := time.Unix(0, 0)
	r, err := fuzz.Run(t.Context(), fuzz.Config{
		Seed: 1, Cases: 250, Batch: 100, Profile: &fetch.Standard, Driver: modelDriver(&fetch.Chromium), Shrink: 1,
		Progress: func(p fuzz.Progress) { seen = append(seen, p) },
		Clock:    func() time.Time { now = now.Add(2 * time.Second); return now },
	})
	require.NoError(t, err)
	require.Greater(t, len(seen), 3)
	assert.Equal(t, []int{100, 200, 250}, []int{seen[0].Done, seen[1].Done, seen[2].Done})
	assert.Equal(t, len(r.Diverged), seen[2].Diverged)
	last := seen[len(seen)-1]
	assert.Equal(t, last.ToShrink, last.Shrinking)
	assert.Equal(t, 125.0, r.CasesPerSecond)
	assert.Equal(t, 4.0, r.Seconds)
}
