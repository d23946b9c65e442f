package nginx

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

// Without an answer there is nothing to look at, and the fix is words that can't be
// pasted; without a kind there is none.
func TestNginxFixWithoutAnswers(t *testing.T) {
	t.Parallel()
	main := gatewaytest.FixtureT(t, "gateways/orders/nginx.conf")
	c, err := read(main, adapter.FromSetup)
	require.NoError(t, err)
	for _, kind := range policy.FixKinds() {
		w := c.Fix(policy.Fix{Kind: kind, Values: gatewaytest.FixValues[kind]})
		assert.Equal(t, policy.Words, w.Change, kind)
		assert.Equal(t, main, w.File)
		assert.Zero(t, w.Line)
	}
	assert.Equal(t, policy.Wording{}, c.Fix(policy.Fix{}))
}
