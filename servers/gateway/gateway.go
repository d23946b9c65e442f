package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/container"
)

// BinarySystem as [Config].Binary means the program of the gateway's name in
// PATH.
const BinarySystem = "system"

// Config is how a gateway is run.
type Config struct {
	Run *process.Run // owns the process and its folder; required
	CA  *wire.CA     // signs the gateway's certificates; required

	// Binary is the program: empty for the project's own, pinned one, which
	// Installed has; [BinarySystem]; or a path.
	Binary string
	// Installed is what [servers.Install] returned. Required unless Binary says
	// otherwise.
	Installed *servers.Installed

	// Image is a container image that has the program, in place of Binary, and
	// Engine who runs it. The container has no network: it is reached, and reaches
	// its upstreams, by sockets in the gateway's folder.
	Image  string
	Engine *container.Engine

	// Hosts are names that the certificate must have beside those that the config
	// names: the host of the URL that pages call.
	Hosts []string
	// Env is the gateway's environment beside PATH, as "NAME=value".
	Env []string

	// Gone is called once if the gateway ends though nobody ended it, with an
	// error that shows its last words. Nil means that nobody is told; see also
	// [Gateway.Err].
	Gone func(error)

	Timeouts Timeouts
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

// A Gateway is a user's config that is run by a real gateway. It is a target:
// [Gateway.Start] and [Gateway.Close]. All methods may be called concurrently.
type Gateway struct {
	kind   kind
	title  Kind
	file   string
	cfg    Config
	config config
	dry    *plan

	mu      sync.Mutex // guards what follows
	started bool
	closed  bool
	version string
	plan    *plan
	child   *process.Child     // nil if it runs in a container
	program *container.Program // nil if it doesn't
	relays  []io.Closer
	gone    sync.Once
}

// numbers tells the folders of gateways in one run apart.
var numbers atomic.Int64

// New reads the config, with all that it includes, and starts nothing. The error
// has every mistake and every place that can't be run, each with its file, line
// and what to do.
func New(k Kind, file string, cfg Config) (*Gateway, error) {
	g := &Gateway{kind: kinds[k], title: k, file: file, cfg: cfg}
	if _, err := ParseKind(string(k)); err != nil {
		return nil, err
	}
	switch {
	case cfg.Run == nil || cfg.CA == nil:
		return nil, fmt.Errorf("gateway %s: Config.Run and Config.CA have to be set", k)
	case cfg.Image != "" && (cfg.Binary != "" || cfg.Engine == nil):
		return nil, fmt.Errorf("gateway %s: with Config.Image goes Config.Engine, and no Config.Binary", k)
	case cfg.Image == "" && cfg.Binary == "" && cfg.Installed == nil:
		return nil, fmt.Errorf("gateway %s: Config.Installed has to be set, or Config.Binary", k)
	}
	g.cfg.Timeouts = cfg.Timeouts.withDefaults()
	var err error
	if g.config, err = g.kind.read(file, g.cfg); err == nil {
		// Nothing of it is kept: it is to find what can't be run before anything is.
		nowhere := wire.Address{Network: "tcp", Address: "127.0.0.1:1"}
		g.dry, err = g.config.plan(place{dir: "/nowhere", sockets: cfg.Image != "", upstream: wire.Upstream{Plain: nowhere, TLS: nowhere}})
	}
	if err != nil {
		return nil, fmt.Errorf("gateway %s: %s can't be run:\n%w", k, file, err)
	}
	return g, nil
}

// Kind returns the gateway's kind.
func (g *Gateway) Kind() Kind { return g.title }

// File returns the config's file as it was given.
func (g *Gateway) File() string { return g.file }

// Upstreams returns the names of the config's upstreams, sorted, as
// [wire.Upstream].Named calls them.
func (g *Gateway) Upstreams() []string {
	names := slices.Clone(g.dry.upstreams)
	slices.Sort(names)
	return slices.Compact(names)
}

// Files returns the files that belong to the config, itself among them.
func (g *Gateway) Files() []string {
	var files []string
	for _, s := range g.dry.copies {
		if s.path != "" { // else it is ours
			files = append(files, s.path)
		}
	}
	return append(files, g.dry.reads...)
}

// Notes returns what is other here than where the config is used, and what of it
// isn't tried by itself.
func (g *Gateway) Notes() []Note { return slices.Concat(g.dry.notes, g.config.named().notes) }

// Substitutions returns every place that is other than the user wrote it, in the
// order of files and lines. It is empty before the start.
func (g *Gateway) Substitutions() []Substitution {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.plan == nil {
		return nil
	}
	return slices.Clone(g.plan.substitutions)
}

// Version returns what the program says its version is; empty before the start.
func (g *Gateway) Version() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.version
}

// ErrClosed is the error of a gateway that was closed, or started before.
var ErrClosed = errors.New("the gateway was started or closed before")

// Start runs the gateway, its upstreams leading to upstream, and returns where it
// answers once it does. It starts once. On an error, the end of ctx among
// them, nothing of it runs any more; the error shows the gateway's own log, with
// the user's file names in it.
func (g *Gateway) Start(ctx context.Context, upstream wire.Upstream) (wire.Endpoint, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.started || g.closed {
		return wire.Endpoint{}, fmt.Errorf("start gateway %s: %w", g.title, ErrClosed)
	}
	g.started = true
	listeners, err := g.start(ctx, upstream)
	if err != nil {
		err = errors.Join(err, g.stop(context.WithoutCancel(ctx)))
		return wire.Endpoint{}, g.explain(fmt.Errorf("start gateway %s with %s: %w", g.title, g.file, err))
	}
	return wire.Endpoint{Listeners: listeners, Roots: g.cfg.CA.Pool()}, nil
}

func (g *Gateway) start(ctx context.Context, upstream wire.Upstream) ([]wire.EndpointListener, error) {
	if upstream.Plain == (wire.Address{}) {
		return nil, errors.New("wire.Upstream.Plain is not set")
	}
	owner, err := servers.Unprivileged()
	if err != nil {
		return nil, err
	}
	if g.cfg.Image != "" {
		return g.startContained(ctx, upstream, owner)
	}
	binary, err := g.binary()
	if err != nil {
		return nil, err
	}
	if g.version, err = g.ask(ctx, binary, owner); err != nil {
		return nil, err
	}
	dir, err := g.prepare(upstream, owner)
	if err != nil {
		return nil, err
	}
	// It keeps nothing that an orderly end would save, and ends with its group.
	g.child, err = g.cfg.Run.Start(ctx, process.Spec{
		Name: string(g.title), Path: binary, Args: g.plan.args, Dir: dir, Owner: owner, Stop: syscall.SIGKILL,
		Env: append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"}, g.cfg.Env...),
	})
	if err != nil {
		return nil, err
	}
	ready, cancel := context.WithTimeout(ctx, g.cfg.Timeouts.Ready)
	defer cancel()
	var listeners []wire.EndpointListener
	err = process.WaitReady(ready, g.child, func(ctx context.Context) (err error) {
		listeners, err = g.plan.listeners(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	go g.watch(g.child)
	return listeners, nil
}

// prepare writes what is to be run into a folder of its own.
func (g *Gateway) prepare(upstream wire.Upstream, owner *process.Owner) (dir string, err error) {
	if dir, err = g.cfg.Run.Mkdir(fmt.Sprintf("gateway-%d", numbers.Add(1)), owner); err != nil {
		return "", err
	}
	if g.cfg.Image != "" {
		if upstream, err = g.relay(dir, upstream); err != nil {
			return "", err
		}
	}
	if g.plan, err = g.config.plan(place{dir: dir, sockets: g.cfg.Image != "", upstream: upstream}); err != nil {
		return "", err
	}
	return dir, g.write(dir, owner)
}

// An instance is the gateway's program while it runs, and after.
type instance interface {
	Done() <-chan struct{}
	Err() error
	Log() []byte
	LogTail(lines int) string
	Stop(context.Context) error
}

// instance returns what was started; nil if nothing was.
func (g *Gateway) instance() instance {
	switch {
	case g.child != nil:
		return g.child
	case g.program != nil:
		return g.program
	}
	return nil
}

// stop ends what was started.
func (g *Gateway) stop(ctx context.Context) error {
	var errs []error
	if i := g.instance(); i != nil {
		errs = append(errs, i.Stop(ctx))
	}
	for _, r := range g.relays {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

// write writes the copies of the config, and certificates with their key.
func (g *Gateway) write(dir string, owner *process.Owner) error {
	hosts := append(slices.Clone(g.cfg.Hosts), g.plan.hosts...)
	if len(hosts) == 0 {
		hosts = []string{"localhost"}
	}
	slices.Sort(hosts)
	chain, key, err := g.cfg.CA.ServerPEM(slices.Compact(hosts)...)
	if err != nil {
		return err
	}
	files := append(slices.Clone(g.plan.files), planned{"chain.pem", chain}, planned{"key.pem", key}, planned{"ca.pem", g.cfg.CA.PEM()})
	for _, f := range files {
		if !filepath.IsLocal(f.name) {
			return fmt.Errorf("the copy %s would be outside of the gateway's folder", f.name)
		}
		path := filepath.Join(dir, f.name)
		if err := mkdirListable(filepath.Dir(path)); err != nil {
			return err
		}
		// Copies of a user's files may hold secrets.
		if err := os.WriteFile(path, f.text, 0o600); err != nil {
			return err
		}
		if owner != nil {
			if err := os.Chown(path, owner.UID, owner.GID); err != nil {
				return err
			}
		}
	}
	return nil
}

// watch tells of a gateway that ends by itself.
func (g *Gateway) watch(i instance) {
	<-i.Done()
	if err := g.Err(); err != nil && g.cfg.Gone != nil {
		g.gone.Do(func() { g.cfg.Gone(err) })
	}
}

// logTail is how many lines of a gateway's log an error shows.
const logTail = 12

// Err says how the gateway ended though nobody ended it. It is nil while it runs
// and after Close.
func (g *Gateway) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := g.instance()
	if i == nil || g.closed {
		return nil
	}
	select {
	case <-i.Done():
	default:
		return nil
	}
	reason := "it ended with status 0"
	if err := i.Err(); err != nil {
		reason = err.Error()
	}
	return g.explain(fmt.Errorf("gateway %s with %s ended by itself: %s; its log ends:\n%s", g.title, g.file, reason, i.LogTail(logTail)))
}

// Log returns the end of what the gateway logged, with the user's file names in
// it.
func (g *Gateway) Log() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := g.instance()
	if i == nil {
		return ""
	}
	return g.original(string(i.Log()))
}

// Close ends the gateway, at once, whatever it is doing. Its folder goes with the
// run. It is idempotent.
func (g *Gateway) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	return g.stop(context.Background()) // bound by the timeouts of its run, or engine
}

// An explained error has the user's file names in its text.
type explained struct {
	error
	text string
}

func (e explained) Error() string { return e.text }
func (e explained) Unwrap() error { return e.error }

// explain puts the user's file names in the place of the copies', and adds what
// to do.
func (g *Gateway) explain(err error) error {
	text := g.original(err.Error())
	if c, ok := g.config.(teller); ok {
		text = c.tell(text)
	}
	if g.kind.mistyped != nil {
		if what := g.kind.mistyped(text); what != "" {
			return explained{err, text + "\n" + what}
		}
	}
	for _, c := range g.kind.cures {
		if c.line.MatchString(text) {
			text += "\n" + c.text
			break
		}
	}
	return explained{err, text}
}

// original puts the user's file names in the place of the copies'.
func (g *Gateway) original(text string) string {
	if g.plan == nil {
		return text
	}
	copies := slices.Clone(g.plan.copies)
	slices.SortFunc(copies, func(a, b *source) int { return len(b.copy) - len(a.copy) }) // a name may begin another
	var pairs []string
	for _, s := range copies {
		pairs = append(pairs, filepath.Join(g.plan.dir, s.copy), s.name)
	}
	pairs = append(pairs, g.plan.dir, "(corsproof's folder)")
	return strings.NewReplacer(pairs...).Replace(text)
}

// mkdirListable makes a folder and those above it for others to list, whatever
// the umask is: includes with a pattern list them.
func mkdirListable(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := mkdirListable(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755)
}
