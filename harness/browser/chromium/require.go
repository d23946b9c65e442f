package chromium

import (
	"testing"

	"github.com/corsproof/corsproof/harness/browser"
)

// RequireT skips a test that needs a browser where there is none, and says how
// to get one. CORSPROOF_REQUIRE=chromium, or all, makes a failure of it.
func RequireT(tb testing.TB) {
	tb.Helper()
	_, _, err := Find()
	if err == nil {
		return
	}
	browser.SkipT(tb, "chromium", err.Error())
}
