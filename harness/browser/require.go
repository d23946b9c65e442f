package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/corsproof/corsproof/harness/process"
)

// RequireVar is the environment variable that turns skips into failures: a
// comma-separated list of prerequisites, or "all".
const RequireVar = "CORSPROOF_REQUIRE"

// SkipT skips a test if a prerequisite is missing, and says why. If CORSPROOF_REQUIRE has
// the part's name, or all, the test fails instead.
func SkipT(tb testing.TB, part, missing string) {
	tb.Helper()
	required := strings.Split(os.Getenv(RequireVar), ",")
	if slices.Contains(required, part) || slices.Contains(required, "all") {
		tb.Fatalf("%s=%s: %s", RequireVar, os.Getenv(RequireVar), missing)
	}
	tb.Skipf("not run: %s", missing)
}

// Turn waits until fewer test binaries on the machine drive a browser than it has
// processors. The process then counts as one of them until release is called or it exits.
// More of them would only wait for each other.
func Turn(ctx context.Context) (release func(), err error) {
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	type place struct {
		release func()
		err     error
	}
	n := runtime.NumCPU()
	places := make(chan place, n)
	for i := range n {
		go func() {
			release, err := process.Lock(waiting, filepath.Join(os.TempDir(), fmt.Sprintf("corsproof-browser-%d.lock", i)))
			places <- place{release, err}
		}()
	}
	for asked := range n {
		got := <-places
		if got.err != nil {
			err = got.err
			continue
		}
		go func() { // one is enough
			for range n - 1 - asked {
				if other := <-places; other.err == nil {
					other.release()
				}
			}
		}()
		return got.release, nil
	}
	return nil, err
}
