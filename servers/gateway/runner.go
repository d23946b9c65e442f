package gateway

import (
	"context"
	"io"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// A Runner runs the program of one gateway, as a process or in a container. Its methods
// are not called concurrently.
type Runner interface {
	// Place returns where to run a config whose copies are in dir, with upstreams at
	// addresses that the program can reach.
	Place(dir string, upstream wire.Upstream) (adapter.Place, error)
	// Run starts the program and waits until it is ready. On an error, including the end
	// of ctx, nothing is left running.
	Run(ctx context.Context, job Job) (Instance, error)
	// Close closes what Place, and the code that created the runner, created for it. It
	// is called once, after the program that Run started has ended.
	Close() error
}

// A Job is the input of [Runner].Run.
type Job struct {
	Kind     string // the gateway's
	Program  adapter.Program
	Args     []string
	Dir      string         // its working folder, with all files that it reads
	Owner    *process.Owner // the user that it runs as; nil: the user of this process
	Env      []string       // in addition to PATH, as "NAME=value"
	Ready    func(context.Context) error
	Timeouts Timeouts // without zeroes
}

// An Instance is a gateway's program, while it runs and after. Its methods may be called
// concurrently.
type Instance interface {
	// Version returns the version that the program prints.
	Version() string
	// Done returns a channel that is closed when the program has exited.
	Done() <-chan struct{}
	// Err returns why it exited; nil while it runs, after status 0 and after Stop.
	Err() error
	// Log returns the end of its output.
	Log() []byte
	// Stop stops it at once. It is idempotent.
	Stop(context.Context) error
}

// An ImageOpener returns a [Runner] for the program of a container image.
type ImageOpener func(context.Context, ImageConfig) (Runner, error)

// An ImageConfig says which image to run, and with what.
type ImageConfig struct {
	Image    string       // see [Config].Image
	Run      *process.Run // owns what is created for it
	CacheDir string       // of what is installed; empty if [Config].Images is set without [Config].Installed
	Progress io.Writer    // as in [Config]
}
