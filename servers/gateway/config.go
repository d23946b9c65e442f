package gateway

import (
	"io"
	"time"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// BinarySystem as [Config].Binary means the program of the gateway's name in
// PATH.
const BinarySystem = adapter.BinarySystem

// Config is how a gateway is run. Its zero value works: the project's own program,
// which is installed when it is first needed.
type Config struct {
	// Run owns the process and its folder, and CA signs the gateway's certificates.
	// Nil: the gateway makes its own, and ends them when it is closed.
	Run *process.Run
	CA  *wire.CA

	// Binary is the program: empty for the project's own, pinned one;
	// [BinarySystem]; or a path.
	Binary string
	// Installed is what [servers.Install] returned. Nil: [New] calls it, if it needs
	// what is installed.
	Installed *servers.Installed

	// Image is a container image that has the program, in place of Binary. The
	// container has no network: it is reached, and reaches its upstreams, by sockets
	// in the gateway's folder.
	Image string
	// Images runs Image. Nil: what is registered, which package
	// servers/gateway/containers is, with a container engine of the gateway's own.
	Images ImageOpener

	// Hosts are names that the certificate must have beside those that the config
	// names: the host of the URL that pages call.
	Hosts []string
	// Env is the gateway's environment beside PATH, as "NAME=value".
	Env []string
	// Progress is told, a line each, what is being installed or pulled. Nil means
	// that nobody is told.
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

// Timeouts bound what a gateway is waited for. A zero field means its default.
type Timeouts struct {
	// Ready bounds the time from the start to the first answer: 20 s.
	Ready time.Duration
	// Poll is the pause between two looks at a container that starts: 20 ms.
	Poll time.Duration
	// Version bounds the time to say its version: 5 s.
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
