package target

import (
	"context"

	"github.com/corsproof/corsproof/harness/wire"
)

// A Target answers for a policy's URL: a gateway that is started with its own config, as
// in package servers/gateway, a server that runs already, or an implementation of your
// own.
type Target interface {
	// Facts returns what is known of the target in advance. A check calls it once, before
	// Start.
	Facts() Facts
	// Start starts the target, with its requests to upstream servers redirected to
	// upstream where that is possible, and returns where it listens. It is called once.
	// The error shows the output of the target.
	Start(ctx context.Context, upstream wire.Upstream) (wire.Endpoint, error)
	// Close stops what Start started, at any time. It is idempotent, and may be called
	// without Start.
	Close() error
}
