package target

import (
	"context"
	"errors"
	"sync"
)

// A Gateway is a gateway's config, as a policy names it.
type Gateway struct {
	// Kind is the kind of gateway, such as "nginx", File its config.
	Kind, File string
	// Hosts are those of the URLs that pages call.
	Hosts []string
}

// An Opener makes a target of a gateway's config. It starts nothing; whoever called it
// closes the target. The error says what of the config can't be read or run.
type Opener func(ctx context.Context, g Gateway) (Target, error)

// ErrNoGateways is the error where nothing is registered that runs gateways. It shows
// the line to import.
var ErrNoGateways = errors.New("no kind of gateway is registered; import\n\t" + `_ "github.com/corsproof/corsproof/servers/gateway/all"` +
	"\nor, to run programs of container images as well, which takes a Docker client,\n\t" + `_ "github.com/corsproof/corsproof/servers/gateway/containers"`)

var gateways struct {
	mu   sync.RWMutex
	open Opener
}

// RegisterGateways says what runs gateways. The packages that are imported for their
// effect do, such as servers/gateway/all.
func RegisterGateways(open Opener) {
	gateways.mu.Lock()
	defer gateways.mu.Unlock()
	gateways.open = open
}

// OpenGateway makes a target of a gateway's config, by what is registered; the error is
// [ErrNoGateways] if nothing is.
func OpenGateway(ctx context.Context, g Gateway) (Target, error) {
	gateways.mu.RLock()
	open := gateways.open
	gateways.mu.RUnlock()
	if open == nil {
		return nil, ErrNoGateways
	}
	return open(ctx, g)
}
