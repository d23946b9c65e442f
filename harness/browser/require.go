package browser

import (
	"context"
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

// RequireT skips a test that needs a browser where there is none, and says how
// to get one. CORSPROOF_REQUIRE=chromium, or all, makes a failure of it.
func RequireT(tb testing.TB) {
	tb.Helper()
	_, _, err := Find()
	if err == nil {
		return
	}
	SkipT(tb, "chromium", err.Error())
}

// SkipT skips a test that needs the part where it is missing, and says why.
// CORSPROOF_REQUIRE with the part's name, or all, makes a failure of it.
func SkipT(tb testing.TB, part, missing string) {
	tb.Helper()
	required := strings.Split(os.Getenv(RequireVar), ",")
	if slices.Contains(required, part) || slices.Contains(required, "all") {
		tb.Fatalf("%s=%s: %s", RequireVar, os.Getenv(RequireVar), missing)
	}
	tb.Skipf("not run: %s", missing)
}

// Exclusive waits until no other test binary on the machine drives a browser,
// and keeps them waiting until release is called or this process ends. Two
// browsers at once on a small machine make each other's deadlines pass.
func Exclusive(ctx context.Context) (release func(), err error) {
	return process.Lock(ctx, filepath.Join(os.TempDir(), "corsproof-browser.lock"))
}
