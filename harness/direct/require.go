package direct

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// RequireT skips a test that needs absent clients, and says how to install them. If
// CORSPROOF_REQUIRE, a comma-separated list of prerequisites, has one of their names or
// all, the test fails instead.
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
