package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/corsproof/corsproof/harness/process"
)

// tools runs what builds one part.
type tools struct {
	run   *process.Run
	cache *cache
	part  string
	temp  string // for temporary files; goes with the run
}

// A command is one call of a tool.
type command struct {
	path string
	args []string
	dir  string
	cure string // what to do if it doesn't succeed
}

// tailLines is how much of a tool's output an error shows.
const tailLines = 12

// exec runs the command to its end. When ctx ends, so does its whole process
// group, at once.
func (t *tools) exec(ctx context.Context, c command) error {
	what := filepath.Base(c.path) + " " + strings.Join(c.args[:min(2, len(c.args))], " ")
	child, err := t.run.Start(ctx, process.Spec{
		Name: t.part, Path: c.path, Args: c.args, Dir: c.dir, Env: t.env(), Stop: syscall.SIGKILL,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	select {
	case <-child.Done():
	case <-ctx.Done():
	}
	// Also after a success: nothing of its group outlives the call.
	stopErr := child.Stop(context.WithoutCancel(ctx))
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := child.Err(); err != nil {
		msg := fmt.Sprintf("%s: %v; its output ends:\n%s", what, err, indent(child.LogTail(tailLines)))
		if c.cure != "" {
			msg += "\n" + c.cure
		}
		return fmt.Errorf("%s", msg)
	}
	return stopErr
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}

// npmCI installs what the lock file of a folder of the fixtures pins. No script
// of a package runs.
func (t *tools) npmCI(ctx context.Context, dir, folder string) error {
	if err := copySources(dir, folder, lockFiles...); err != nil {
		return err
	}
	npm, err := t.cache.npm()
	if err != nil {
		return err
	}
	return t.exec(ctx, command{
		path: npm,
		args: []string{"ci", "--ignore-scripts", "--include=dev", "--include=optional", "--no-audit", "--no-fund",
			"--no-update-notifier", "--no-progress", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"},
		dir:  dir,
		cure: npmCure,
	})
}

const npmCure = "check that npm can reach its registry (its own settings apply) and run again; finished parts are kept"

// npm finds the npm that belongs to the node in use.
func (c *cache) npm() (string, error) {
	beside := filepath.Join(filepath.Dir(c.node.Path), "npm")
	if _, err := os.Stat(beside); err == nil {
		return beside, nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("npm is missing: neither beside %s nor in PATH; it comes with Node.js from nodejs.org", c.node.Path)
	}
	return npm, nil
}

// env is the environment of a tool: ours, which says how the network is reached,
// without what would make an interpreter load something else.
func (t *tools) env() []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		switch {
		case strings.HasPrefix(name, "PYTHON"), name == "NODE_OPTIONS", name == "NODE_PATH", name == "NODE_ENV",
			name == "PIP_TARGET", name == "PIP_PREFIX", name == "PATH", name == "VIRTUAL_ENV", name == "TMPDIR":
		default:
			env = append(env, kv)
		}
	}
	return append(env, "TMPDIR="+t.temp, "PATH="+filepath.Dir(t.cache.node.Path)+":"+os.Getenv("PATH"),
		"PYTHONNOUSERSITE=1", "PIP_USER=0", "PIP_NO_INPUT=1", "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_REQUIRE_VIRTUALENV=0")
}
