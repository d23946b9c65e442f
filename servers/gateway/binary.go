package gateway

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/corsproof/corsproof/harness/process"
)

// ErrNoProgram is the error of a [Config].Binary that is no program of the gateway's kind.
var ErrNoProgram = errors.New("no program of that gateway")

// A noProgram is an [ErrNoProgram] that says why.
type noProgram struct{ error }

func (e noProgram) Unwrap() error        { return e.error }
func (e noProgram) Is(target error) bool { return target == ErrNoProgram }

// binary finds the program that the configuration asks for.
func (g *Gateway) binary() (string, error) {
	switch b := g.cfg.Binary; b {
	case "":
		return g.kind.pinned(g.cfg.Installed), nil
	case BinarySystem:
		path, err := exec.LookPath(g.kind.program)
		if err != nil {
			return "", noProgram{fmt.Errorf("%s is not in PATH: %s; or name no binary, and corsproof uses its own", g.kind.program, g.kind.cure)}
		}
		return path, nil
	default:
		path, err := exec.LookPath(b)
		if err != nil && !errors.Is(err, exec.ErrDot) {
			return "", noProgram{fmt.Errorf("no program at %s: %w; %s; or name no binary, and corsproof uses its own", b, err, g.kind.cure)}
		}
		return filepath.Abs(path)
	}
}

// ask asks the program for its version.
func (g *Gateway) ask(ctx context.Context, binary string, owner *process.Owner) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeouts.Version)
	defer cancel()
	child, err := g.cfg.Run.Start(ctx, process.Spec{
		Name: string(g.title) + "-version", Path: binary, Args: []string{g.kind.versionArg}, Owner: owner, Stop: syscall.SIGKILL,
	})
	if err != nil {
		return "", err
	}
	select {
	case <-child.Done():
	case <-ctx.Done():
	}
	stopErr := child.Stop(context.WithoutCancel(ctx))
	if err := context.Cause(ctx); err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", binary, err)
	}
	said := strings.TrimSpace(string(child.Log()))
	match := g.kind.version.FindStringSubmatch(said)
	if match == nil {
		return "", noProgram{fmt.Errorf("%s is no %s: to %s it says %q", binary, g.kind.program, g.kind.versionArg, oneLine(said))}
	}
	return match[1], stopErr
}
