package container

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ory/dockertest/v3"

	"github.com/corsproof/corsproof/harness/fetch"
)

// CallNode makes a GET of the path at Node with httpx in the container of
// FastAPI, with an Origin header unless origin is empty, and returns what its code
// could read. The trace has no exchange: no recorder stands between the two
// containers. Set has to have been called.
func (s *Services) CallNode(ctx context.Context, path, origin string) (fetch.Trace, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fastapi == nil {
		return fetch.Trace{}, errors.New("call Node from FastAPI's container: they don't run")
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
	var came struct {
		Version, Error string
		Status         int
		Sent, Headers  fetch.HeaderList
		Body           string `json:"body_base64"`
	}
	if err := json.Unmarshal(out.Bytes(), &came); err != nil || code != 0 {
		return fetch.Trace{}, fmt.Errorf("call Node from FastAPI's container: status %d:\n%s", code, tail(log.String()))
	}
	if sent, _ := came.Sent.Get("Origin"); sent != origin {
		return fetch.Trace{}, fmt.Errorf("call Node from FastAPI's container: httpx sent Origin %q, not %q", sent, origin)
	}
	t := fetch.Trace{
		Schema:  fetch.TraceSchema,
		Caller:  fetch.Caller{Name: "httpx in FastAPI's container", Kind: fetch.CallerDirect, Version: came.Version},
		Request: fetch.Request{Method: "GET", URL: url, Origin: origin},
	}
	if came.Error != "" {
		t.Outcome = fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: came.Error}
		return t, nil
	}
	body, err := base64.StdEncoding.DecodeString(came.Body)
	if err != nil {
		return fetch.Trace{}, fmt.Errorf("call Node from FastAPI's container: %w", err)
	}
	t.Outcome = fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{
		Type: fetch.ResponseDefault, Status: came.Status, URL: url, Headers: came.Headers, Body: fetch.PayloadOf(body),
	}}
	return t, nil
}
