package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/corsproof/corsproof/harness/strict"
	"github.com/corsproof/corsproof/harness/target"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// registered is what a program imported.
var registered registry

// Register registers kinds. The packages servers/gateway/all and
// servers/gateway/containers call it when they are imported. It panics if a kind is
// registered twice.
func Register(all ...adapter.Adapter) {
	registered.add(all)
	target.RegisterGateways(func(ctx context.Context, g target.Gateway) (target.Target, error) {
		return New(ctx, Kind(g.Kind), g.File, Config{Hosts: g.Hosts})
	})
}

// RegisterImages sets the function that runs container images if [Config].Images is nil.
// Package servers/gateway/containers calls it when it is imported.
func RegisterImages(open ImageOpener) {
	registered.mu.Lock()
	defer registered.mu.Unlock()
	registered.images = open
}

// importContainers is what a program imports for its effect.
const importContainers = `_ "github.com/corsproof/corsproof/servers/gateway/containers"`

// ErrNoKinds is returned if no kind is registered. It contains the import to add.
var ErrNoKinds = target.ErrNoGateways

var errNoImages = errors.New("Config.Image is set, but no package that runs images is registered; import\n\t" + importContainers)

// A registry has the kinds of gateways, and who runs images. The zero value is empty.
type registry struct {
	mu       sync.RWMutex
	adapters map[Kind]adapter.Adapter
	images   ImageOpener
}

func (r *registry) add(all []adapter.Adapter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.adapters == nil {
		r.adapters = map[Kind]adapter.Adapter{}
	}
	for _, a := range all {
		if _, twice := r.adapters[Kind(a.Kind)]; twice {
			panic("gateway.Register: " + a.Kind + " is registered twice")
		}
		r.adapters[Kind(a.Kind)] = a
	}
}

// kinds returns all, sorted.
func (r *registry) kinds() []Kind {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.adapters))
}

// adapter returns that of a kind. The error names all kinds, or is [ErrNoKinds].
func (r *registry) adapter(k Kind) (adapter.Adapter, error) {
	r.mu.RLock()
	a, ok := r.adapters[k]
	r.mu.RUnlock()
	if ok {
		return a, nil
	}
	var names []string
	for _, k := range r.kinds() {
		names = append(names, string(k))
	}
	if len(names) == 0 {
		return a, fmt.Errorf("gateway %q: %w", k, ErrNoKinds)
	}
	return a, fmt.Errorf("unknown kind of gateway %q%s; known are %s", k, strict.Suggestion(string(k), names), strings.Join(names, ", "))
}

// opener returns who runs images; nil if nobody does.
func (r *registry) opener() ImageOpener {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.images
}
