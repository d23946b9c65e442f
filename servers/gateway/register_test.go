package gateway

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// Without a registered kind, the error shows the line to import.
func TestNothingRegistered(t *testing.T) {
	t.Parallel()
	var r registry
	_, err := r.adapter("nginx")
	require.ErrorIs(t, err, ErrNoKinds)
	assert.ErrorContains(t, err, "\n\t_ \"github.com/corsproof/corsproof/servers/gateway/all\"\n")
	assert.Empty(t, r.kinds())
	assert.Nil(t, r.opener())
}

func TestRegisteredTwice(t *testing.T) {
	t.Parallel()
	var r registry
	r.add([]adapter.Adapter{{Kind: "b"}, {Kind: "a"}})
	assert.Equal(t, []Kind{"a", "b"}, r.kinds())
	_, err := r.adapter("c")
	assert.EqualError(t, err, `unknown kind of gateway "c"; known are a, b`)
	assert.PanicsWithValue(t, "gateway.Register: a is registered twice", func() { r.add([]adapter.Adapter{{Kind: "a"}}) })
}
