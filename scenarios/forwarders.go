package scenarios

import (
	"context"
	"net"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/wire"
)

// forwarder returns the forwarder with the name, which is made at the first
// call and lasts as long as the stage. The browser may call it.
func (s *Stage) forwarder(name string, timeouts wire.Timeouts, dial func(context.Context, fetch.ExchangeKind) (net.Conn, error)) (*wire.Forwarder, error) {
	if f := s.forwarders[name]; f != nil {
		return f, nil
	}
	f, err := wire.NewForwarder(wire.ForwarderConfig{Name: name, Clock: s.Lab.Clock, Dial: dial, Timeouts: timeouts})
	if err != nil {
		return nil, err
	}
	s.forwarders[name] = f
	return f, s.Lab.Watch(f.Recorder)
}
