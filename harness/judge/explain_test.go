package judge

import (
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryKindHasAPage: each ID is explained in full, in words of its own, and
// nothing else is.
func TestEveryKindHasAPage(t *testing.T) {
	t.Parallel()
	what := map[string]FindingID{}
	for _, k := range Kinds() {
		p, ok := Explain(k.ID)
		require.True(t, ok, "%s has no page", k.ID)
		for name, text := range map[string]string{"what": p.What, "Console": p.Console, "Reproduce": p.Reproduce, "Fix": p.Fix} {
			assert.NotEmpty(t, text, "%s: %s", k.ID, name)
		}
		assert.Empty(t, what[p.What], "%s says the same", k.ID)
		what[p.What] = k.ID
		assert.Contains(t, p.String(), string(k.ID)+": "+k.Title)
	}
	headings := regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(pagesText, -1)
	assert.Len(t, headings, len(Kinds()), "a page of no kind, or one that is there twice")
	_, ok := Explain("no-such-id")
	assert.False(t, ok)
}

// TestEveryKindHasARemedy: a finding that a gateway can have says what to do in
// policy.Fix, unless it isn't about a header.
func TestEveryKindHasARemedy(t *testing.T) {
	t.Parallel()
	without := map[FindingID]bool{NonCORSBlocked: true, SameOriginMisdetected: true, LooksLikeCORS: true, AuthBeyond: true, NeverServed: true, Unclassified: true}
	for _, s := range seeds {
		if s.note || s.id == HeadersOnWrongAnswer {
			continue
		}
		ok := rowOf(s.id).remedy != nil
		assert.NotEqual(t, without[s.id], ok, "%s", s.id)
	}
}

// TestEveryExplanationHasAPlace: no two explanations are in one place, but those by
// the way in which origins are compared, of which only one holds.
func TestEveryExplanationHasAPlace(t *testing.T) {
	t.Parallel()
	taken := map[int]FindingID{}
	for _, e := range explanations {
		if e.place != placeScope {
			assert.Empty(t, taken[e.place], "%s is in the same place, %d", e.id, e.place)
		}
		taken[e.place] = e.id
	}
	assert.IsIncreasing(t, slices.Compact(slices.Collect(func(yield func(int) bool) {
		for _, e := range explanations {
			if !yield(e.place) {
				return
			}
		}
	})))
}
