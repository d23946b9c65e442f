package chromium

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/fetch"
)

func TestChromiumSaysWhatRuns(t *testing.T) {
	t.Parallel()
	i := start(t)
	info := i.chromium.Info()
	assert.Equal(t, "chromium", info.Name)
	assert.Equal(t, fetch.CallerEngine, info.Kind)
	assert.Regexp(t, `\d+\.\d+`, info.Version)
	// The flags are the running process's: what was asked for, and what Chromium
	// and chromedp make of it.
	assert.Contains(t, info.Flags, "--proxy-server=socks5://"+i.router.Addr())
	assert.Contains(t, info.Flags, "--ignore-certificate-errors-spki-list="+i.ca.SPKIPin())
	assert.Contains(t, info.Flags, "--remote-debugging-pipe")
	for _, f := range info.Flags {
		assert.False(t, strings.HasPrefix(f, "--ignore-certificate-errors") && !strings.HasPrefix(f, "--ignore-certificate-errors-spki-list"), f)
		assert.NotContains(t, f, "web-security")
	}
	assert.Equal(t, info.Sandbox != "on", slices.Contains(info.Flags, "--no-sandbox"))
	if os.Geteuid() == 0 {
		assert.Equal(t, "off: it runs as root", info.Sandbox)
	}
	assert.Equal(t, []string{"profile.cookie_controls_mode=0"}, info.Preferences)
	info.Flags[0] = "changed"
	assert.NotContains(t, i.chromium.Info().Flags, "changed")
	assert.NoError(t, i.chromium.Err())
}
