package gateway

import (
	"io"
	"time"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// BinarySystem as [Config].Binary selects the gateway's program in PATH.
const BinarySystem = adapter.BinarySystem

// Config configures a gateway. Its zero value works: it runs the pinned program, which is
// installed on first use.
type Config struct {
	// Run owns the process and its folder, and CA signs the gateway's certificates. If
	// nil, the gateway creates its own, and ends them when it is closed.
	Run *process.Run
	CA  *wire.CA

	// Binary is the program: empty for the pinned one that corsproof installs,
	// [BinarySystem], or a path.
	Binary string
	// Installed is the result of [servers.Install]. If nil, [New] calls it if necessary.
	Installed *servers.Installed

	// Image is a container image with the program, instead of Binary. The container has
	// no network: it listens on, and calls its upstreams by, sockets in the gateway's
	// folder.
	Image string
	// Images runs Image. If nil, the registered function is used, which package
	// servers/gateway/containers registers, with a container engine of the gateway's own.
	Images ImageOpener

	// Hosts are additional names for the certificate, besides those in the config: the
	// hosts of the URLs that pages call.
	Hosts []string
	// Env is the gateway's environment in addition to PATH, as "NAME=value".
	Env []string
	// Progress gets a line for each program or image that is installed or pulled. If nil,
	// nothing is written.
	Progress io.Writer

	Timeouts Timeouts
}

// from says where the program comes from.
func (c Config) from() adapter.From {
	switch {
	case c.Image != "":
		return adapter.FromImage
	case c.Binary != "":
		return adapter.FromMachine
	}
	return adapter.FromSetup
}

// Timeouts bound the waits for a gateway. A zero field means its default.
type Timeouts struct {
	// Ready bounds the time from the start to the first response: 20 s.
	Ready time.Duration
	// Poll is the interval for polling a container that starts: 20 ms.
	Poll time.Duration
	// Version bounds the time for printing the version: 5 s.
	Version time.Duration
}

func (t Timeouts) withDefaults() Timeouts {
	if t.Ready == 0 {
		t.Ready = 20 * time.Second
	}
	if t.Poll == 0 {
		t.Poll = 20 * time.Millisecond
	}
	if t.Version == 0 {
		t.Version = 5 * time.Second
	}
	return t
}
