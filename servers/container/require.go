package container

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsproof/corsproof/harness/process"
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

// TurnT waits until no other test on the machine has the engine of the cache directory,
// however long that takes, and keeps the others waiting until the test ends. Once in a
// test, and not in one that runs inside of another that has the turn.
func TurnT(tb testing.TB) {
	tb.Helper()
	release, err := process.Lock(tb.Context(), filepath.Join(os.TempDir(), "corsproof-engine.lock"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(release)
}
