package target

import (
	"context"
	"errors"
	"sync"
)

// A Gateway is a gateway config, as a policy names it.
type Gateway struct {
	// Kind is the kind of gateway, such as "nginx", File its config.
	Kind, File string
	// Hosts are the hosts of the URLs that pages call.
	Hosts []string
}

// An Opener returns a target for a gateway's config. It starts nothing; its caller closes
// the target. The error says what in the config cannot be read or run.
type Opener func(ctx context.Context, g Gateway) (Target, error)

// ErrNoGateways is returned if no package that runs gateways is registered. It contains
// the import to add.
var ErrNoGateways = errors.New("no kind of gateway is registered; import\n\t" + `_ "github.com/corsproof/corsproof/servers/gateway/all"` +
	"\nor, to run programs of container images as well, which takes a Docker client,\n\t" + `_ "github.com/corsproof/corsproof/servers/gateway/containers"`)

var gateways struct {
	mu   sync.RWMutex
	open Opener
}

// RegisterGateways sets the function that opens gateways. Packages that are imported for
// their effect call it, such as servers/gateway/all.
func RegisterGateways(open Opener) {
	gateways.mu.Lock()
	defer gateways.mu.Unlock()
	gateways.open = open
}

// OpenGateway opens a target for a gateway's config with the registered function, or
// returns [ErrNoGateways].
func OpenGateway(ctx context.Context, g Gateway) (Target, error) {
	gateways.mu.RLock()
	open := gateways.open
	gateways.mu.RUnlock()
	if open == nil {
		return nil, ErrNoGateways
	}
	return open(ctx, g)
}
