package main

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/container"
	"github.com/corsproof/corsproof/servers/kubernetes"
)

// probeTimeout bounds the wait for a program to say its version.
const probeTimeout = 3 * time.Second

// versionOf asks a program for its version: the line that says it; empty if it
// says nothing.
func versionOf(ctx context.Context, path, flag string) string {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, flag)
	cmd.WaitDelay = time.Second
	out, _ := cmd.Output()
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}

// packages has what Debian calls the network tools' packages.
var packages = map[string]string{"ip": "iproute2", "nft": "nftables"}

// networkTool looks for a program that root makes networks with.
func networkTool(ctx context.Context, name, flag string) item {
	found := item{Group: groupNetwork, Name: name, Need: needOptional}
	path, err := exec.LookPath(name)
	if err != nil {
		found.Problem = "install it with: apt-get install " + packages[name] + "; using it requires root"
		return found
	}
	found.There, found.Path, found.Version = true, path, versionOf(ctx, path, flag)
	return found
}

// docker asks for a Docker Engine, or what one can be started with.
func docker(ctx context.Context) item {
	found := item{Group: groupContainer, Name: "docker", Need: needOptional}
	answer, err := container.Find(ctx)
	switch {
	case err != nil:
		found.Problem = err.Error()
		return found
	case answer.Endpoint != "":
		found.Path, found.Version = answer.Endpoint, answer.Version
	default:
		found.Path, found.Version = answer.Dockerd, versionOf(ctx, answer.Dockerd, "--version")+", started on demand"
	}
	found.There = true
	return found
}

// images looks for the images of the services.
func images(ctx context.Context, in servers.Inspection) item {
	found := item{Group: groupContainer, Name: "images", Need: needOptional}
	folder := func(name string) string {
		i := slices.IndexFunc(in.Servers, func(c servers.Component) bool { return c.Name == name })
		return in.Servers[i].Path
	}
	installed := &servers.Installed{Dir: in.CacheDir, FastAPI: folder("FastAPI"), NodeService: folder("Express")}
	if installed.FastAPI == "" || installed.NodeService == "" {
		found.Problem = "their sources are not installed; install them with: corsproof setup --containers"
		return found
	}
	found.Problem = container.Missing(ctx, installed)
	found.There = found.Problem == ""
	return found
}

// cluster asks for a Kubernetes cluster that may be used.
func cluster(ctx context.Context) item {
	found := item{Group: groupContainer, Name: "kubernetes", Need: needOptional}
	c, err := kubernetes.Find(ctx, kubernetes.Timeouts{})
	if err != nil {
		found.Problem = err.Error()
		return found
	}
	found.There, found.Path, found.Version = true, c.Kubectl+" to "+c.Context, c.Version
	return found
}
