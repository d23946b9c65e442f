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
	required := strings.Split(os.Getenv(RequireVar), ",")
	if slices.Contains(required, "chromium") || slices.Contains(required, "all") {
		tb.Fatalf("%s=%s: %v", RequireVar, os.Getenv(RequireVar), err)
	}
	tb.Skipf("not run: %v", err)
}

// Exclusive waits until no other test binary on the machine drives a browser,
// and keeps them waiting until release is called or this process ends. Two
// browsers at once on a small machine make each other's deadlines pass.
func Exclusive(ctx context.Context) (release func(), err error) {
	return process.Lock(ctx, filepath.Join(os.TempDir(), "corsproof-browser.lock"))
}
