package chromium

import (
	"testing"

	"github.com/corsproof/corsproof/harness/browser"
)

// RequireT skips a test that needs a browser if there is none, and says how to install
// one. With CORSPROOF_REQUIRE=chromium, or all, the test fails instead.
func RequireT(tb testing.TB) {
	tb.Helper()
	_, _, err := Find()
	if err == nil {
		return
	}
	browser.SkipT(tb, "chromium", err.Error())
}
