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
// comma-separated list of prerequisites, or "all".
const RequireVar = "CORSPROOF_REQUIRE"

// RequireT skips a test if there is no engine, says what is not run, and how to get an
// engine. With CORSPROOF_REQUIRE=docker, or all, the test fails instead.
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

// TurnT waits until no other test on the machine uses the engine of the cache directory,
// without a time limit, and keeps other tests waiting until the test ends. Call it once
// in a test, and not in a test that runs inside of another one that called it.
func TurnT(tb testing.TB) {
	tb.Helper()
	release, err := process.Lock(tb.Context(), filepath.Join(os.TempDir(), "corsproof-engine.lock"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(release)
}
