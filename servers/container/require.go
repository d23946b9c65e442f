package container

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// RequireVar is the environment variable that turns skips into failures: a
// comma-separated list of what must be there, or "all".
const RequireVar = "CORSPROOF_REQUIRE"

// RequireT skips a test where there is no engine, by the name of what is not run,
// and says how to get one. CORSPROOF_REQUIRE=docker, or all, makes a failure of
// it.
func RequireT(tb testing.TB, what string) {
	tb.Helper()
	missing := MissingEngine(tb.Context())
	if missing == "" {
		return
	}
	required := strings.Split(os.Getenv(RequireVar), ",")
	if slices.Contains(required, "docker") || slices.Contains(required, "all") {
		tb.Fatalf("%s=%s: %s was not run: %s", RequireVar, os.Getenv(RequireVar), what, missing)
	}
	tb.Skipf("not run: %s: %s", what, missing)
}
