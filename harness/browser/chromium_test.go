package browser

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestChromiumSaysWhatRuns(t *testing.T) {
	t.Parallel()
	i := start(t)
	info := i.chromium.Info()
	t.Logf("%+v", info)
	assert.Contains(t, info.Flags, "--proxy-bypass-list=<-loopback>;*.google.com;*.googleapis.com;*.gvt1.com")
}
