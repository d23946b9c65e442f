package gateway

import (
	"context"
	"io"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// A Runner runs the program of one gateway: as a process, or in a container. Its
// methods are called one after the other.
type Runner interface {
	// Place returns where a config is to be run whose copies are in dir: with
	// upstreams at addresses that the program reaches.
	Place(dir string, upstream wire.Upstream) (adapter.Place, error)
	// Run starts the program and waits until it is ready. On an error, the end of
	// ctx among them, nothing of it runs any more.
	Run(ctx context.Context, job Job) (Instance, error)
	// Close ends what Place, and whoever made the runner, made for it. It is called
	// once, after the end of what Run started.
	Close() error
}

// A Job is what a [Runner] is to run.
type Job struct {
	Kind     string // the gateway's
	Program  adapter.Program
	Args     []string
	Dir      string         // its working folder, which has all that it reads
	Owner    *process.Owner // whom it runs as; nil: whoever this process runs as
	Env      []string       // beside PATH, as "NAME=value"
	Ready    func(context.Context) error
	Timeouts Timeouts // without zeroes
}

// An Instance is a gateway's program while it runs, and after. Its methods may be
// called concurrently.
type Instance interface {
	// Version is what the program says its version is.
	Version() string
	// Done returns a channel that is closed when the program has ended.
	Done() <-chan struct{}
	// Err says why it ended; nil while it runs, after status 0 and after Stop.
	Err() error
	// Log returns the end of what it wrote.
	Log() []byte
	// Stop ends it at once. It is idempotent.
	Stop(context.Context) error
}

// An ImageOpener returns a [Runner] for the program of a container image.
type ImageOpener func(context.Context, ImageConfig) (Runner, error)

// An ImageConfig says which image runs, and with what.
type ImageConfig struct {
	Image    string       // see [Config].Image
	Run      *process.Run // owns what is made for it
	CacheDir string       // of what is installed; empty if [Config].Images is set without [Config].Installed
	Progress io.Writer    // as in [Config]
}
