package chromium

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
)

// DefaultSlots is the number of slots of a page unless [Config] sets another. Chromium
// opens six connections to a server and queues the rest: with 24 slots, calls to one
// server were not faster. More slots help if a page calls several servers.
const DefaultSlots = 6

// Config configures [Start].
type Config struct {
	// Run owns the browser's profile and stops its remaining processes. Required.
	Run *process.Run
	// Router is the browser's only network access. Required.
	Router *wire.Router
	// CA, if set, is trusted by the browser, only through the pin of its key.
	CA *wire.CA
	// Recorders returns the recorders in front of the servers that the browser may call;
	// it is called at the start of each observation. Nil means none.
	Recorders func() []*wire.Recorder
	// Clock is the clock of the run; nil means a new one.
	Clock *wire.Clock
	// Slots is the number of concurrent calls of a page. Zero means [DefaultSlots].
	Slots    int
	Timeouts Timeouts
	// Enforcement is on by default.
	Enforcement Enforcement
}

func (cfg Config) withDefaults() (Config, error) {
	switch {
	case cfg.Run == nil:
		return cfg, errors.New("Config.Run is missing")
	case cfg.Router == nil:
		return cfg, errors.New("Config.Router is missing")
	}
	if cfg.Slots == 0 {
		cfg.Slots = DefaultSlots
	}
	if cfg.Clock == nil {
		cfg.Clock = wire.NewClock()
	}
	if cfg.Recorders == nil {
		cfg.Recorders = func() []*wire.Recorder { return nil }
	}
	cfg.Timeouts = cfg.Timeouts.withDefaults()
	return cfg, nil
}

// A Browser is a browser process that this program started. It makes one observation at a
// time: a second call of Observe or Act waits for the first, because requests at the
// recorders meanwhile could belong to either.
//
// Start does not serialise between processes. Programs that share a machine take one
// [process.Lock] around it.
type Browser struct {
	cfg       Config
	info      browser.Info
	userAgent string
	profile   string
	pid       int
	ctx       context.Context // of the browser's first tab
	cancel    context.CancelFunc
	output    *lastOutput

	observing chan struct{} // holds one token while an observation runs

	gone    chan struct{} // closed when the process can't be talked to any more
	goneErr error         // valid once gone is closed

	mu       sync.Mutex
	stray    []fetch.Exchange
	sessions map[*session]struct{}

	closing   atomic.Bool
	closeOnce sync.Once
	closeErr  error
}

var profiles atomic.Int64

// Start starts the browser that [Find] finds and, if enforcement is on, tests it with
// [Browser.Canary] before it returns. ctx bounds only the start; the caller closes the
// browser.
func Start(ctx context.Context, cfg Config) (*Browser, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("start chromium: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.Timeouts.Start, fmt.Errorf("the browser did not start within %v", cfg.Timeouts.Start))
	defer cancel()

	c, err := launch(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Enforcement == EnforcementOn {
		if err := c.Canary(ctx); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

func launch(ctx context.Context, cfg Config) (*Browser, error) {
	path, version, err := Find()
	if err != nil {
		return nil, err
	}
	profile, err := cfg.Run.Mkdir(fmt.Sprintf("chromium-%d", profiles.Add(1)), nil)
	if err != nil {
		return nil, fmt.Errorf("start chromium: %w", err)
	}
	if err := writePreferences(profile); err != nil {
		return nil, fmt.Errorf("start chromium: begin its profile: %w", err)
	}
	pin := ""
	if cfg.CA != nil {
		pin = cfg.CA.SPKIPin()
	}
	c := &Browser{
		cfg:     cfg,
		profile: profile,
		output:  &lastOutput{},
		info: browser.Info{
			Name:    "chromium",
			Kind:    fetch.CallerEngine,
			Version: version,
			Path:    path,
			Sandbox: sandboxState(path),

			Preferences: preferencesSaid(),
		},
		observing: make(chan struct{}, 1),
		gone:      make(chan struct{}),
		sessions:  map[*session]struct{}{},
	}
	if cfg.Enforcement == EnforcementOff {
		c.info.Name, c.info.Kind = "chromium-unenforced", fetch.CallerUnenforced
	}

	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		// The environment is exact: a proxy, a language or a flag of the user's
		// would make another browser of it.
		chromedp.NoInheritEnv,
		chromedp.Env(
			"HOME="+profile, "TMPDIR="+profile, "XDG_CONFIG_HOME="+profile, "XDG_CACHE_HOME="+profile,
			"PATH="+os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=UTC", "DBUS_SESSION_BUS_ADDRESS=disabled:",
		),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			cmd.SysProcAttr = process.SysProcAttr()
			cmd.Dir = profile
		}),
		chromedp.CombinedOutput(c.output),
		// chromedp would add the flag by itself for root.
		chromedp.Flag("no-sandbox", c.info.Sandbox != sandboxOn),
	}
	for _, f := range launchFlags(profile, cfg.Router.Addr(), pin, cfg.Enforcement, c.info.Sandbox) {
		if f.value == "" {
			options = append(options, chromedp.Flag(f.name, true))
		} else {
			options = append(options, chromedp.Flag(f.name, f.value))
		}
	}
	// The browser's life is bound to the context of its first use, which is
	// therefore its own and not the caller's.
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	first, cancelFirst := chromedp.NewContext(allocator, chromedp.WithLogf(drop), chromedp.WithErrorf(drop))
	c.ctx = first
	c.cancel = func() { cancelFirst(); cancelAllocator() }

	started := make(chan error, 1)
	go func() { started <- chromedp.Do(first) }()
	select {
	case err = <-started:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		c.cancel()
		return nil, fmt.Errorf("start %s: %w\n%s\n%s", path, startError(err), c.output.tail(20), startCure(c.output.String()))
	}
	own := chromedp.FromContext(first).Browser
	c.pid = own.Process().Pid
	go c.watch(own)
	if err := c.identify(ctx, own); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", path, err), c.Close())
	}
	return c, nil
}

func (c *Browser) identify(ctx context.Context, own *chromedp.Browser) error {
	if err := c.cfg.Run.Register("chromium", c.pid); err != nil {
		return err
	}
	version, err := cdp.Call(ctx, own, cdpbrowser.GetVersion, cdp.Empty{})
	if err != nil {
		return fmt.Errorf("ask for its version: %w", c.wrap(err))
	}
	c.userAgent = version.UserAgent
	c.info.Flags, err = runningFlags(c.pid)
	return err
}

// drop is where chromedp's log goes: a library does not print.
func drop(string, ...any) {}

// startError cuts what chromedp repeats of the output.
func startError(err error) error {
	if line, _, ok := strings.Cut(err.Error(), "\n"); ok {
		return errors.New(strings.TrimSuffix(line, ":"))
	}
	return err
}

func startCure(output string) string {
	switch {
	case strings.Contains(output, "No usable sandbox"), strings.Contains(output, "sandbox"):
		return "its sandbox can't be set up: allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or install the browser's setuid helper chrome-sandbox"
	case strings.Contains(output, "error while loading shared libraries"):
		return "install the library that it misses: apt-get install --no-install-recommends chromium brings them all"
	}
	return "run the program by hand with --headless to see why, or set " + PathVariable + " to another browser"
}

// watch waits for the end of the connection and makes everything that waits
// end with it.
func (c *Browser) watch(own *chromedp.Browser) {
	<-own.LostConnection
	err := browser.ErrBrowserGone
	if c.closing.Load() {
		err = fmt.Errorf("%w: it was closed", browser.ErrBrowserGone)
	} else if _, cause := chromedp.CallBrowser(c.ctx, cdpbrowser.GetVersion, cdp.Empty{}); cause != nil {
		// chromedp waits a moment for the process's end, to say it.
		if exit, ok := errors.AsType[*exec.ExitError](cause); ok {
			err = fmt.Errorf("%w: process %d ended: %w", browser.ErrBrowserGone, c.pid, exit)
		} else {
			err = fmt.Errorf("%w: %w", browser.ErrBrowserGone, cause)
		}
	}
	c.mu.Lock()
	c.goneErr = err
	close(c.gone)
	for s := range c.sessions {
		s.fail(err)
	}
	c.mu.Unlock()
}

// wrap turns the error of a call that failed because the browser is gone into
// one that says so.
func (c *Browser) wrap(err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-chromedp.FromContext(c.ctx).Browser.LostConnection:
		<-c.gone
		return c.goneErr
	default:
		return err
	}
}

// Info returns which browser runs, with which flags.
func (c *Browser) Info() browser.Info {
	info := c.info
	info.Flags, info.Preferences = slices.Clone(info.Flags), slices.Clone(info.Preferences)
	return info
}

// PID returns the process id of the browser.
func (c *Browser) PID() int { return c.pid }

// Stray returns the requests of this browser that reached a recorder during an
// observation without belonging to it.
func (c *Browser) Stray() []fetch.Exchange {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.stray)
}

// Close stops the browser with all its processes, and removes its profile. It is
// idempotent and safe for concurrent use; pending calls end with
// [browser.ErrBrowserGone].
func (c *Browser) Close() error {
	c.closeOnce.Do(func() {
		c.closing.Store(true)
		// The profile goes with it: there is nothing to shut down in order.
		if err := syscall.Kill(-c.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			c.closeErr = fmt.Errorf("end the browser (process group %d): %w", c.pid, err)
		}
		c.cancel()
		if err := os.RemoveAll(c.profile); err != nil {
			c.closeErr = errors.Join(c.closeErr, fmt.Errorf("remove the browser's profile: %w", err))
		}
	})
	return c.closeErr
}

// observe takes the right to observe; the caller calls release.
func (c *Browser) observe(ctx context.Context) (release func(), err error) {
	select {
	case c.observing <- struct{}{}:
		return func() { <-c.observing }, nil
	case <-c.gone:
		return nil, c.goneErr
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// A lastOutput keeps the end of what a process prints. Safe for concurrent use.
type lastOutput struct {
	mu  sync.Mutex
	buf []byte
}

const outputKept = 64 << 10

func (o *lastOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf = append(o.buf, p...)
	if over := len(o.buf) - outputKept; over > 0 {
		o.buf = append(o.buf[:0], o.buf[over:]...)
	}
	return len(p), nil
}

func (o *lastOutput) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.buf)
}

func (o *lastOutput) tail(n int) string { return tail(o.String(), n) }
