package catalog_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
)

var (
	anyHost = regexp.MustCompile(`[a-z]+(\.[a-z]+)*\.test\b`)
	anyPath = regexp.MustCompile(`(<host-\d+>(?::\d+)?)/[a-z0-9]+\b`)
)

// TestNoTwoCasesAreEqual renames hosts and paths in the order in which they
// appear, leaves out what no step reads, and wants no two cases to be the same.
func TestNoTwoCasesAreEqual(t *testing.T) {
	t.Parallel()
	cases, err := catalog.Builtin()
	require.NoError(t, err)
	seen := map[string]string{}
	for _, c := range cases {
		id := c.ID
		c.ID, c.Why, c.Position, c.Drivers, c.Profiles = "", "", "", nil, nil
		data, err := json.Marshal(c)
		require.NoError(t, err)
		names := map[string]string{}
		rename := func(kind string) func(string) string {
			return func(s string) string {
				if names[s] == "" {
					names[s] = fmt.Sprintf("<%s-%d>", kind, len(names))
				}
				return names[s]
			}
		}
		text := anyHost.ReplaceAllStringFunc(string(data), rename("host"))
		text = anyPath.ReplaceAllString(text, "$1/<path>")
		if first, ok := seen[text]; ok {
			t.Errorf("%s and %s are the same case", first, id)
		}
		seen[text] = id
	}
}
