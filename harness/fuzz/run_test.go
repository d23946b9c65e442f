package fuzz_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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
	fetch.RuleUnsetIsLax:               "there are no cookies",
	fetch.RuleAddressIsNoSite:          "no host is an address",
	fetch.RuleDowngradeByScheme:        "the Referer header is not compared",
	fetch.Rule407WithoutProxy:          "no answer is 407: the standard leaves open what becomes of it",
	fetch.RuleTimeoutSentAgain:         "no answer is 408: which connections are open is nobody's to say",
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

// manyCases are enough to meet each rule that is within reach.
const manyCases = 4000

// many is one run of so many cases with nothing to find, for the tests that look
// for what its cases show.
var many = sync.OnceValues(func() (*fuzz.Result, error) {
	return fuzz.Run(context.Background(), fuzz.Config{Seed: 7, Cases: manyCases, Profile: &fetch.Chromium, Driver: modelDriver(&fetch.Chromium)})
})

// TestRunExplains counts what the profile's rules explain, each by its name,
// and finds no divergence. Each rule within reach explains some case alone.
func TestRunExplains(t *testing.T) {
	t.Parallel()
	r, err := many()
	require.NoError(t, err)
	assert.Empty(t, r.Diverged)
	assert.Empty(t, r.Unknown)
	total := r.Agreed + len(r.ModelUnknown)
	for _, e := range r.Explained {
		total += e.Cases
	}
	assert.Equal(t, manyCases, total, "every case has one end")
	for _, rule := range rulesOf(fetch.Chromium) {
		why, out := outOfReach[rule]
		for _, e := range r.Explained {
			if out {
				assert.NotContains(t, strings.Split(e.Rules, " + "), string(rule), "%s shows it, though %s", e.Example, why)
			}
		}
		assert.True(t, out || exampleOf(r, rule) >= 0, "nothing shows %s alone", rule)
	}
}

// exampleOf returns the number of a case that a rule explains alone, or -1.
func exampleOf(r *fuzz.Result, rule fetch.Rule) int {
	for _, e := range r.Explained {
		var seed, number int
		if _, err := fmt.Sscanf(e.Example, "fuzz/seed-%d-case-%d", &seed, &number); err == nil && e.Rules == string(rule) {
			return number
		}
	}
	return -1
}

// TestRunFindsEachDifference takes each rule away from the profile in turn: the
// engine that has it diverges in the case that the rule explains, and the minimal
// case is a case file whose expectation the model meets and the engine doesn't.
func TestRunFindsEachDifference(t *testing.T) {
	t.Parallel()
	shown, err := many()
	require.NoError(t, err)
	for _, rule := range rulesOf(fetch.Chromium) {
		if _, out := outOfReach[rule]; out {
			continue
		}
		t.Run(string(rule), func(t *testing.T) {
			t.Parallel()
			number := exampleOf(shown, rule)
			require.GreaterOrEqual(t, number, 0, "nothing shows it alone")
			without := fetch.Chromium.Without(rule)
			r, err := fuzz.Run(t.Context(), fuzz.Config{
				Seed: shown.Seed, First: number, Cases: 1, Profile: without, Driver: modelDriver(&fetch.Chromium), Shrink: 1, Rounds: 5,
			})
			require.NoError(t, err)
			require.Len(t, r.Diverged, 1)
			d := r.Diverged[0]
			assert.False(t, d.Unsteady)
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
		})
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

// TestRunComparesConditions has an engine that adds headers of its own: what it
// validates a stored response with is compared, the rest isn't.
func TestRunComparesConditions(t *testing.T) {
	t.Parallel()
	chromium := modelDriver(&fetch.Chromium)
	for added, diverges := range map[string]bool{"If-None-Match": true, "If-Modified-Since": true, "Sec-Fetch-Mode": false, "Priority": false} {
		r, err := fuzz.Run(t.Context(), fuzz.Config{Seed: 1, Cases: 20, Profile: &fetch.Chromium, Shrink: fuzz.ShrinkNone,
			Driver: func(ctx context.Context, cases []catalog.Case) ([]fuzz.Observation, error) {
				out, err := chromium(ctx, cases)
				for _, o := range out {
					for _, trace := range o.Traces {
						for i := range trace.Exchanges {
							request := &trace.Exchanges[i].Request
							request.Headers = append(slices.Clone(request.Headers), fetch.Header{added, "x"})
						}
					}
				}
				return out, err
			}})
		require.NoError(t, err)
		assert.Equal(t, diverges, len(r.Diverged) > 0, added)
		for _, d := range r.Diverged {
			assert.Contains(t, d.Differences[0].Subject.String(), strings.ToLower(added))
		}
	}
}

// TestShrink has one divergence shrink to what it hangs on, the same each time.
func TestShrink(t *testing.T) {
	t.Parallel()
	cfg := fuzz.Config{Seed: 1, Cases: 400, Profile: fetch.Chromium.Without(fetch.RuleWildcardAuthorization), Driver: modelDriver(&fetch.Chromium), Shrink: 1}
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
