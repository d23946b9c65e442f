package check

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/policy"
)

// Every case is in one portion, with all of its signature; those that disturb
// the target come last, and cases of one page origin stay together.
func TestPortions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../fixtures/policies/shop.yaml")
	require.NoError(t, err)
	p, err := policy.Parse("shop.yaml", text)
	require.NoError(t, err)
	view, err := p.On("edge")
	require.NoError(t, err)
	cases, err := catalog.Derive(view, catalog.DeriveConfig{OwnURLs: true})
	require.NoError(t, err)
	for i := range 4 { // so many that there are several portions
		for _, c := range cases[:400] {
			c.Signature += fmt.Sprint("-", i)
			cases = append(cases, c)
		}
	}
	of := map[string]int{}
	var indices, last []int
	var order []manner
	visits := map[string]int{}
	origin := ""
	for n, portion := range portions(cases) {
		assert.Less(t, len(portion.cases), portionSize+20)
		if !slices.Contains(order, portion.manner) {
			order = append(order, portion.manner)
		}
		for _, i := range portion.cases {
			if first, ok := of[cases[i].Signature]; ok {
				assert.Equal(t, first, n, "%s: its signature is in two portions", cases[i].ID)
			}
			of[cases[i].Signature] = n
			indices = append(indices, i)
			if cases[i].Disturbs {
				last = append(last, i)
			} else if o := cases[i].Steps[0].Request.Origin; o != origin {
				visits[o]++
				origin = o
			}
			assert.Equal(t, mannerOf(&cases[i]), portion.manner)
		}
	}
	assert.Equal(t, manners, order)
	assert.Equal(t, last, indices[len(indices)-len(last):], "those that disturb come last")
	for origin, n := range visits {
		assert.Equal(t, 1, n, origin)
	}
	slices.Sort(indices)
	assert.Len(t, slices.Compact(indices), len(cases))
}
