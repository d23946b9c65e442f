package direct

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// RequireT skips a test that needs the clients that are absent, and says how to
// get them. CORSPROOF_REQUIRE with one of their names, or all, makes a failure of
// it: a comma-separated list of what must be there.
func RequireT(tb testing.TB, absent ...Absent) {
	tb.Helper()
	required := strings.Split(os.Getenv("CORSPROOF_REQUIRE"), ",")
	var missing []string
	for _, a := range absent {
		missing = append(missing, a.Name+": "+a.Err.Error())
	}
	switch {
	case len(absent) == 0:
	case slices.Contains(required, "all") || slices.ContainsFunc(absent, func(a Absent) bool { return slices.Contains(required, a.Name) }):
		tb.Fatalf("CORSPROOF_REQUIRE=%s: %s", os.Getenv("CORSPROOF_REQUIRE"), strings.Join(missing, "; "))
	default:
		tb.Skipf("not run: %s", strings.Join(missing, "; "))
	}
}
