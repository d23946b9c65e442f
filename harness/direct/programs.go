package direct

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/process"
)

// Programs says where the installed clients are: package servers installs and pins them.
// The zero value has none.
type Programs struct {
	// Dir is the folder with main.js, httpx_calls.py and the node_modules of main.js.
	Dir string
	// Node is the path of the Node.js that runs main.js.
	Node string
	// Python is the path of the interpreter of an environment with httpx.
	Python string
}

// Names of the clients, as in [fetch.Caller].Name.
const (
	NameNetHTTP  = "net/http"
	NameCurl     = "curl"
	NameNode     = "node"
	NameHTTPX    = "httpx"
	NameNewman   = "newman"
	NameJSDOM    = "jsdom"
	NameHappyDOM = "happy-dom"
)

// Names returns the names of all clients: first the direct clients, which check nothing,
// then the user agents that implement a CORS check.
func Names() []string {
	return []string{NameNetHTTP, NameCurl, NameNode, NameHTTPX, NameNewman, NameJSDOM, NameHappyDOM}
}

// KindOf returns the kind of the client with the name.
func KindOf(name string) fetch.CallerKind {
	if name == NameJSDOM || name == NameHappyDOM {
		return fetch.CallerUserAgent
	}
	return fetch.CallerDirect
}

// An Absent is a client that is missing.
type Absent struct {
	Name string
	// Err says what is missing and how to install it.
	Err error
}

// Trace returns the trace of such a client for a request: it is unknown.
func (a Absent) Trace(r fetch.Request) fetch.Trace {
	return fetch.Trace{
		Schema: fetch.TraceSchema, Caller: fetch.Caller{Name: a.Name, Kind: KindOf(a.Name)}, Request: redacted(r),
		Exchanges: []fetch.Exchange{}, Outcome: fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: "it was not run: " + a.Err.Error()},
	}
}

// ErrNotInstalled is returned if [Programs] lacks the client.
var ErrNotInstalled = errors.New("not installed; install it with: corsproof setup, and pass its Programs")

// StartPrograms starts the clients that are separate programs, concurrently, and returns
// them in the order of [Names]. Those that cannot start are returned as absent. Close
// each client; the end of the run stops them, too.
func StartPrograms(ctx context.Context, cfg Config) (started []*Program, absent []Absent) {
	all := []struct {
		name string
		spec func() (process.Spec, error)
	}{
		{NameNode, cfg.nodeSpec(NameNode)},
		{NameHTTPX, cfg.pythonSpec},
		{NameNewman, cfg.nodeSpec(NameNewman)},
		{NameJSDOM, cfg.nodeSpec(NameJSDOM)},
		{NameHappyDOM, cfg.nodeSpec(NameHappyDOM)},
	}
	programs := make([]*Program, len(all))
	errs := make([]error, len(all))
	var together errgroup.Group
	for i, p := range all {
		together.Go(func() error {
			spec, err := p.spec()
			if err == nil {
				programs[i], err = startProgram(ctx, cfg, fetch.Caller{Name: p.name, Kind: KindOf(p.name)}, spec)
			}
			errs[i] = err
			return nil
		})
	}
	together.Wait()
	for i, p := range all {
		if errs[i] != nil {
			absent = append(absent, Absent{p.name, errs[i]})
			continue
		}
		started = append(started, programs[i])
	}
	return started, absent
}

func (c Config) nodeSpec(client string) func() (process.Spec, error) {
	return func() (process.Spec, error) {
		if c.Programs.Dir == "" || c.Programs.Node == "" {
			return process.Spec{}, ErrNotInstalled
		}
		spec := process.Spec{Name: client, Path: c.Programs.Node, Args: []string{filepath.Join(c.Programs.Dir, "main.js"), client}}
		file, err := c.caFile(client)
		if err != nil {
			return process.Spec{}, err
		}
		spec.Env = append(programEnv(), "NODE_NO_WARNINGS=1")
		if file != "" {
			spec.Env = append(spec.Env, "NODE_EXTRA_CA_CERTS="+file)
		}
		return spec, nil
	}
}

func (c Config) pythonSpec() (process.Spec, error) {
	if c.Programs.Dir == "" || c.Programs.Python == "" {
		return process.Spec{}, ErrNotInstalled
	}
	spec := process.Spec{Name: NameHTTPX, Path: c.Programs.Python, Args: []string{filepath.Join(c.Programs.Dir, "httpx_calls.py")}}
	file, err := c.caFile(NameHTTPX)
	if err != nil {
		return process.Spec{}, err
	}
	if file != "" {
		spec.Args = append(spec.Args, file)
	}
	spec.Env = append(programEnv(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1")
	return spec, nil
}

// programEnv is the environment of a client: nothing of ours, which might name a
// proxy.
func programEnv() []string { return []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"} }

// caFile writes the certificate of the CA for a client; without a CA there is no
// file.
func (c Config) caFile(client string) (string, error) {
	if c.CA == nil {
		return "", nil
	}
	dir, err := c.Run.Mkdir(client, nil)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "ca.pem")
	return file, os.WriteFile(file, c.CA.PEM(), 0o600)
}
