package container

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// RequireVar is the environment variable that turns skips into failures: a
// comma-separated list of what must be there, or "all".
const RequireVar = "CORSPROOF_REQUIRE"

// RequireT skips a test that needs an engine if err, [Open]'s, says that there is
// none, and says how to get one. CORSPROOF_REQUIRE=docker, or all, makes a
// failure of it, which every other error is anyway.
func RequireT(tb testing.TB, err error) {
	tb.Helper()
	if err == nil {
		return
	}
	required := strings.Split(os.Getenv(RequireVar), ",")
	switch {
	case !errors.Is(err, ErrNoEngine):
		tb.Fatal(err)
	case slices.Contains(required, "docker") || slices.Contains(required, "all"):
		tb.Fatalf("%s=%s: %v", RequireVar, os.Getenv(RequireVar), err)
	}
	tb.Skipf("not run: %v", err)
}
