package cases

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
)

// The model gets for opaque origins what the browser's pages have.
func TestOpaquePagesComeFromTheirPrecursor(t *testing.T) {
	t.Parallel()
	assert.Equal(t, browser.OpaqueHost, catalog.OpaquePrecursor)
}
