package kubernetes

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// ContextVar is the environment variable that names the context of kubectl's
// configuration whose cluster may be used.
const ContextVar = "CORSPROOF_KUBERNETES"

// kindPrefix begins the names of the contexts that kind makes: their clusters are
// there to be thrown away.
const kindPrefix = "kind-"

// Images are the images of the services that the manifests name.
var Images = []string{"corsproof-fastapi:current", "corsproof-node:current"}

// A Cluster is a cluster that answers.
type Cluster struct {
	Kubectl string // the program
	Context string // in kubectl's configuration
	Version string // of the nodes
}

// Missing says why no cluster can be used, and how to get one. It is empty if there is
// one. It changes nothing.
func Missing(ctx context.Context) string {
	if _, err := Find(ctx, Timeouts{}); err != nil {
		return err.Error()
	}
	return ""
}

// Find returns the cluster to use: it answers, it is a kind cluster or was named, and its
// nodes have the images. The error says what is missing and how to get it.
func Find(ctx context.Context, t Timeouts) (Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, t.withDefaults().Look)
	defer cancel()
	path, err := exec.LookPath("kubectl")
	if err != nil {
		return Cluster{}, errors.New("kubectl is missing; install it from https://kubernetes.io/docs/tasks/tools, and create a cluster with: kind create cluster")
	}
	c := Cluster{Kubectl: path, Context: os.Getenv(ContextVar)}
	named := c.Context != ""
	if !named {
		current, err := look(ctx, path, "config", "current-context")
		if err != nil {
			return Cluster{}, fmt.Errorf("kubectl has no current cluster (%w); create one with: kind create cluster", err)
		}
		c.Context = strings.TrimSpace(string(current))
	}
	if !named && !strings.HasPrefix(c.Context, kindPrefix) {
		return Cluster{}, fmt.Errorf("kubectl is set to %s, which is not a kind cluster; to deploy there, set %s=%s", c.Context, ContextVar, c.Context)
	}
	printed, err := look(ctx, path, "--context", c.Context, "get", "nodes", "--output", "json")
	if err != nil {
		return Cluster{}, fmt.Errorf("the cluster of kubectl's context %s does not answer: %w; start it, or create one with: kind create cluster", c.Context, err)
	}
	var list nodeList
	if err := json.Unmarshal(printed, &list); err != nil {
		return Cluster{}, fmt.Errorf("list the nodes of %s: %w", c.Context, err)
	}
	if c.Version, err = list.check(); err != nil {
		return Cluster{}, fmt.Errorf("the cluster of kubectl's context %s: %w", c.Context, err)
	}
	return c, nil
}

// look calls kubectl where there is no run yet that could own it.
func look(ctx context.Context, path string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = time.Second // what a plugin of kubectl's holds open
	out, err := cmd.Output()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if said := lastLine(exit.Stderr); said != "" {
			return nil, errors.New(said)
		}
	}
	return out, err
}

func lastLine(text []byte) string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return strings.TrimSpace(string(lines[len(lines)-1]))
}

// A nodeList is what of a list of nodes is looked at.
type nodeList struct {
	Items []struct {
		Metadata struct{ Name string }
		Spec     struct {
			Unschedulable bool
			Taints        []struct{ Effect string }
		}
		Status struct {
			NodeInfo struct{ KubeletVersion string }
			Images   []struct{ Names []string }
		}
	}
}

// check returns the version of the nodes that take pods, or what one of them lacks.
// A node tells of its 50 largest images alone, unless it is told otherwise.
func (l nodeList) check() (version string, err error) {
	for _, n := range l.Items {
		if n.Spec.Unschedulable || slices.ContainsFunc(n.Spec.Taints, func(t struct{ Effect string }) bool { return t.Effect != "PreferNoSchedule" }) {
			continue
		}
		version = n.Status.NodeInfo.KubeletVersion
		for _, image := range Images {
			holds := func(i struct{ Names []string }) bool {
				return slices.ContainsFunc(i.Names, func(name string) bool { return name == image || strings.HasSuffix(name, "/"+image) })
			}
			if !slices.ContainsFunc(n.Status.Images, holds) {
				return "", fmt.Errorf("its node %s lacks %s; build the images with: corsproof setup --containers, and load them, with kind: kind load docker-image %s",
					n.Metadata.Name, image, strings.Join(Images, " "))
			}
		}
	}
	if version == "" {
		return "", errors.New("it has no node that accepts pods")
	}
	return version, nil
}
