package harness

import (
	"context"

	"github.com/corsproof/corsproof/harness/wire"
)

// A Target is what a policy is checked against: a gateway with its own config,
// or whatever a user brings.
type Target interface {
	// Start makes the target answer, with everything behind it leading to
	// upstream, and says where it answers. ctx bounds the start alone.
	Start(ctx context.Context, upstream wire.Upstream) (wire.Endpoint, error)
	// Close ends it.
	Close() error
}
