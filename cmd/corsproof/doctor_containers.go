package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"time"
)

// probeTimeout bounds the wait for an engine or a cluster to answer.
const probeTimeout = 3 * time.Second

const dockerCure = "on Debian: apt-get install --no-install-recommends docker.io, then start dockerd; or point DOCKER_HOST at an engine that runs"

// docker asks the Docker Engine that DOCKER_HOST names, or the local one, for
// its version.
func docker(ctx context.Context) item {
	found := item{Group: groupContainer, Name: "docker", Need: needOptional}
	host := cmp.Or(os.Getenv("DOCKER_HOST"), "unix:///var/run/docker.sock")
	version, err := dockerVersion(ctx, host)
	if err != nil {
		found.Problem = fmt.Sprintf("no engine answers at %s: %v; %s", host, err, dockerCure)
		return found
	}
	found.There, found.Version, found.Path = true, version, host
	return found
}

func dockerVersion(ctx context.Context, host string) (string, error) {
	u, err := url.Parse(host)
	if err != nil {
		return "", err
	}
	network, address := u.Scheme, u.Host
	switch u.Scheme {
	case "unix":
		address = u.Path
	case "tcp":
	default:
		return "", fmt.Errorf("DOCKER_HOST is neither unix:// nor tcp://")
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker/version", nil)
	if err != nil {
		return "", err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct{ Version string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Version == "" {
		return "", fmt.Errorf("it answers %s, and not as a Docker Engine does", resp.Status)
	}
	return answer.Version, nil
}

// kubernetes asks the cluster that kubectl is set up for, if there is one, for
// its version.
func kubernetes(ctx context.Context) item {
	found := item{Group: groupContainer, Name: "kubernetes", Need: needOptional}
	path, err := exec.LookPath("kubectl")
	if err != nil {
		found.Problem = "no kubectl in PATH; get it from kubernetes.io, and a cluster by kind or of your own"
		return found
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "get", "--raw", "/version")
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w: %.200s", err, bytes.TrimSpace(exit.Stderr))
	}
	var answer struct {
		GitVersion string `json:"gitVersion"`
	}
	if err == nil {
		err = json.Unmarshal(out, &answer)
	}
	if err != nil {
		found.Problem = fmt.Sprintf("no cluster answers %s: %v; make one with kind, or choose one with kubectl config use-context", path, err)
		return found
	}
	found.There, found.Path, found.Version = true, path, answer.GitVersion
	return found
}
