package harness

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// A URLTarget is a target that runs already. Nothing is started or ended, and
// nothing behind it is ours: only cases that can harm nobody are run against it.
type URLTarget struct{ origin fetch.Origin }

// NewURLTarget returns the target at an origin, as in "https://api.example.com".
func NewURLTarget(origin string) (*URLTarget, error) {
	if _, _, err := parseOrigin(origin); err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	return &URLTarget{fetch.Origin(origin)}, nil
}

// Start implements [Target].
func (t *URLTarget) Start(ctx context.Context, _ wire.Upstream) (wire.Endpoint, error) {
	host, port, err := parseOrigin(string(t.origin))
	if err != nil {
		return wire.Endpoint{}, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return wire.Endpoint{}, fmt.Errorf("target %s: port %q is no number", t.origin, port)
	}
	address := net.JoinHostPort(host, port)
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return wire.Endpoint{}, fmt.Errorf("target %s can't be reached: %w", t.origin, err)
	}
	conn.Close()
	return wire.Endpoint{Listeners: []wire.EndpointListener{{
		Written: string(t.origin), Port: number, TLS: isSecure(t.origin), Hosts: []string{host},
		Address: wire.Address{Network: "tcp", Address: address},
	}}}, nil
}

// Close implements [Target].
func (t *URLTarget) Close() error { return nil }
