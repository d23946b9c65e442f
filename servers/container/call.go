package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/ory/dockertest/v3"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/servers"
)

// CallNode sends a GET for the path to Node with httpx in the container of FastAPI, with
// an Origin header unless origin is empty, and returns what its code could read. The
// trace has no exchange, since no recorder is between the two containers. Call Set first.
func (s *Services) CallNode(ctx context.Context, path, origin string) (fetch.Trace, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fastapi == nil {
		return fetch.Trace{}, errors.New("call Node from FastAPI's container: the containers are not running")
	}
	url := s.node.url() + path
	command := []string{"python3", "call.py", url}
	if origin != "" {
		command = append(command, "Origin", origin)
	}
	if err := context.Cause(ctx); err != nil { // what follows takes no context; call.py has a bound of its own
		return fetch.Trace{}, err
	}
	var out, log bytes.Buffer
	code, err := s.fastapi.resource.Exec(command, dockertest.ExecOptions{StdOut: &out, StdErr: &log})
	if err != nil {
		return fetch.Trace{}, fmt.Errorf("call Node from FastAPI's container: %w", err)
	}
	t, err := servers.CallTrace("httpx in FastAPI's container", url, origin, out.Bytes())
	if err != nil || code != 0 {
		return fetch.Trace{}, fmt.Errorf("call Node from FastAPI's container: status %d: %v\n%s", code, err, tail(log.String()))
	}
	return t, nil
}
