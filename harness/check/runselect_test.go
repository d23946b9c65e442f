package check

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSelectedBy(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		run, skip, id string
		want          bool
	}{
		{"", "", "route/orders", true},
		{"TestEdge", "", "route/orders", true},
		{"TestOther", "", "route/orders", false},
		{"^TestEdge$/^route$", "", "route/orders", true},
		{"^TestEdge$/^route$/^order$", "", "route/orders", false},
		{"TestEdge/route/orders/allowed/plain", "", "route/orders", true}, // testing runs what could have such a part
		{"TestEdge//orders", "", "route/orders", true},
		{"TestEdge/(origin|route)/orders", "", "route/orders", true},
		{"TestEdge/origin|TestEdge/route", "", "route/orders", true},
		{"TestEdge/[a/|]oute", "", "route/orders", false},
		{"TestEdge/[r/|]oute", "", "route/orders", true},
		{`TestEdge/route\/`, "", "route/orders", false},
		{"TestEdge/a b", "", "a_b", true},
		{"", "TestEdge", "route/orders", false},
		{"", "TestEdge/route", "route/orders", false},
		{"", "TestEdge/route/orders/allowed", "route/orders", true},
		{"", "TestEdge/origin", "route/orders", true},
		{"TestEdge/route", "/orders", "route/orders", true},
		{"TestEdge/route", "//orders", "route/orders", false},
		{"TestEdge/route", "Other|/route", "route/orders", false},
	} {
		assert.Equal(t, tc.want, selectedBy(selection{tc.run, tc.skip}, "TestEdge")(tc.id), "-run %q -skip %q: %s", tc.run, tc.skip, tc.id)
	}
}
