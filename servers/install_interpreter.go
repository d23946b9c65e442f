package servers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"github.com/corsproof/corsproof/harness/process"
)

// A runtimeKind is an interpreter that has to be on the machine beforehand.
type runtimeKind struct {
	name     string
	variable string   // environment variable that overrides PATH
	command  string   // what is looked for in PATH
	probe    []string // prints the executable's own path, then the version
	least    string   // what to have, in words
	suits    func(major, minor int) bool
	cure     string
}

var nodeKind = runtimeKind{
	name: "Node.js", variable: "CORSPROOF_NODE", command: "node",
	probe: []string{"-p", "process.execPath + '\\n' + process.versions.node"},
	least: "20.19, or 22.12 and newer",
	// What Vite 8 asks for.
	suits: func(major, minor int) bool {
		return major == 20 && minor >= 19 || major == 22 && minor >= 12 || major > 22
	},
	cure: "install it from nodejs.org",
}

var pythonKind = runtimeKind{
	name: "Python", variable: "CORSPROOF_PYTHON", command: "python3",
	probe: []string{"-c", "import sys; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])"},
	least: "3.11",
	suits: func(major, minor int) bool { return major == 3 && minor >= 11 },
	cure:  "on Debian and Ubuntu: apt-get install python3 python3-venv",
}

// An interpreter is one that was found and is new enough.
type interpreter struct {
	Path     string `json:"path"` // the executable itself, not a shim or wrapper in front of it
	Version  string `json:"version"`
	identity string // of the file that was found; changes when it does
}

// interpreters finds Node.js and Python. The error names each that is missing.
func (c *cache) interpreters(ctx context.Context) (node, python interpreter, err error) {
	var nodeErr, pythonErr error
	var wg sync.WaitGroup
	wg.Go(func() { node, nodeErr = c.find(ctx, nodeKind) })
	wg.Go(func() { python, pythonErr = c.find(ctx, pythonKind) })
	wg.Wait()
	return node, python, errors.Join(nodeErr, pythonErr)
}

// find looks for the interpreter and asks it for its version, once: the answer
// is kept in the cache directory until the file changes.
func (c *cache) find(ctx context.Context, kind runtimeKind) (interpreter, error) {
	path, err := kind.lookup()
	if err != nil {
		return interpreter{}, err
	}
	identity, err := identityOf(path)
	if err != nil {
		return interpreter{}, err
	}
	answer := newPart(c.dir, "interpreter", kind.command+".json", kind.command, identity)
	found, err := readAnswer(answer)
	if err != nil {
		if found, err = kind.ask(ctx, path); err != nil {
			return interpreter{}, err
		}
		if err := keepAnswer(answer, found); err != nil {
			return interpreter{}, err
		}
	}
	if err := kind.check(found, path); err != nil {
		return interpreter{}, err
	}
	found.identity = identity
	return found, nil
}

// check is an error if the interpreter is not new enough.
func (k runtimeKind) check(found interpreter, path string) error {
	if k.suitsVersion(found.Version) {
		return nil
	}
	return fmt.Errorf("%s %s at %s is not suitable: required is %s; %s, or name another one in %s",
		k.name, found.Version, path, k.least, k.cure, k.variable)
}

// lookup returns the file that the override or PATH leads to.
func (k runtimeKind) lookup() (string, error) {
	name, from := k.command, "in PATH"
	if override := os.Getenv(k.variable); override != "" {
		name, from = override, "as "+k.variable+" says"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is missing: no %s %s; required is %s; %s, or name one in %s", k.name, name, from, k.least, k.cure, k.variable)
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

func (k runtimeKind) suitsVersion(version string) bool {
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return false
	}
	return k.suits(major, minor)
}

// ask runs the interpreter.
func (k runtimeKind) ask(ctx context.Context, path string) (interpreter, error) {
	runtime.LockOSThread() // the child is killed when the thread that made it ends
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, path, k.probe...)
	cmd.SysProcAttr = process.SysProcAttr()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // a shim has children
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return interpreter{}, cause
		}
		return interpreter{}, fmt.Errorf("read the version of %s at %s: %w\n%s", k.name, path, err, indent(stderr.String()))
	}
	executable, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return interpreter{Path: executable, Version: version}, nil
}

func readAnswer(p *part) (interpreter, error) {
	var i interpreter
	data, err := os.ReadFile(filepath.Join(p.dir(), p.witness))
	if err != nil {
		return i, err
	}
	if err := json.Unmarshal(data, &i); err != nil {
		return i, err
	}
	_, err = os.Stat(i.Path) // behind a shim it may have gone
	return i, err
}

// keepAnswer needs no lock: whoever writes it writes the same.
func keepAnswer(p *part, i interpreter) error {
	data, err := json.Marshal(i)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(p.dir(), 0o755); err != nil {
		return err
	}
	temp, err := os.CreateTemp(p.dir(), "answer-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), filepath.Join(p.dir(), p.witness))
}
