package direct

import (
	"net"
	"sync/atomic"
)

// calls counts the calls of this process that have an address of their own.
var calls atomic.Uint32

// nextSource returns an address of the loopback network for one call to be made
// from. They begin anew after seven million; those of wire.Router are others.
func nextSource() string {
	n := calls.Add(1)
	return net.IPv4(127, byte(112+n>>16%112), byte(n>>8), byte(n)).String()
}
