package target

import (
	"context"

	"github.com/corsproof/corsproof/harness/wire"
)

// A Target is who answers for a policy's URL: a gateway that is started with its own
// config, as package servers/gateway has them, a server that runs already, or
// somebody's own.
type Target interface {
	// Facts says what is known of the target before it is asked anything. A check asks
	// for them once, before Start.
	Facts() Facts
	// Start makes the target answer, what it stands before being led to upstream
	// where that can be told to it, and returns where it does. It is called once.
	// The error shows what the target itself said.
	Start(ctx context.Context, upstream wire.Upstream) (wire.Endpoint, error)
	// Close ends what Start started, whatever it is doing. It is idempotent, and
	// may be called without a Start.
	Close() error
}
