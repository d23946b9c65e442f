package kubernetes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/corsproof/corsproof/harness/process"
)

// kubectl calls the program for the cluster, and returns what it printed. The
// input is nil for none. When ctx ends, so does the call, at once.
func (s *Services) kubectl(ctx context.Context, input []byte, args ...string) ([]byte, error) {
	return s.kubectlWithin(ctx, s.cfg.Timeouts.Call, input, args...)
}

func (s *Services) kubectlWithin(ctx context.Context, bound time.Duration, input []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	what := "kubectl " + strings.Join(args[:min(2, len(args))], " ")
	out, stdout, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	spec := s.spec(args)
	spec.Stdout = stdout
	var stdin *os.File
	if input != nil {
		if spec.Stdin, stdin, err = os.Pipe(); err != nil {
			return nil, errors.Join(err, stdout.Close())
		}
	}
	child, err := s.cfg.Run.Start(ctx, spec)
	stdout.Close()
	if input != nil {
		spec.Stdin.Close()
		go func() { // ends with the child at the latest, which holds the other end alone
			stdin.Write(input)
			stdin.Close()
		}()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	read := make(chan []byte, 1)
	go func() {
		var printed bytes.Buffer
		io.Copy(&printed, out)
		read <- printed.Bytes()
	}()
	select {
	case <-child.Done():
	case <-ctx.Done():
	}
	stopErr := child.Stop(context.WithoutCancel(ctx))
	printed := <-read
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w:\n%s", what, err, child.LogTail(logLines))
	}
	if err := child.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w:\n%s", what, err, child.LogTail(logLines))
	}
	return printed, stopErr
}

// logLines is how much of kubectl's output an error shows.
const logLines = 12

// spec is how kubectl is started. It gets the whole environment: its configuration
// is found by it, and so are the plugins that know the credentials. The paths in it
// may be relative.
func (s *Services) spec(args []string) process.Spec {
	here, err := os.Getwd()
	if err != nil {
		here = "/" // gone: then they lead nowhere anyway
	}
	args = append([]string{"--context", s.Cluster.Context, "--namespace", s.namespace}, args...)
	return process.Spec{Name: "kubectl", Path: s.Cluster.Kubectl, Args: args, Dir: here, Env: os.Environ(), Stop: syscall.SIGKILL}
}
