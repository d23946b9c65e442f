package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ory/dockertest/v3"
	"github.com/ory/dockertest/v3/docker"

	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
)

// A Config configures [Services].
type Config struct {
	Engine *Engine // required; outlives the services
	Images Images  // of the engine; required

	// Database returns the folder of the database's socket, and the environment of a
	// client that has that folder at the path at: servers.System.DatabaseSocket.
	// Required.
	Database func(at string) (dir string, env []string)

	// Progress is called for each container that is ready, possibly concurrently. Nil
	// means that it is not called.
	Progress func(what string, took time.Duration)
}

// The ports on which the services listen in their containers.
const (
	fastapiPort = docker.Port("8000/tcp")
	nodePort    = "5000"
)

// databaseFolder is where Node's container has the database's socket.
const databaseFolder = "/run/postgresql"

// Services are the FastAPI and the Node service in containers. FastAPI's containers
// publish a port on loopback and are on two networks; Node's publish none and are only on
// an internal network, through which FastAPI's reach them. The methods may be called
// concurrently, but a Setup applies to everybody.
type Services struct {
	cfg         Config
	edge, inner *dockertest.Network

	mu            sync.Mutex
	containers    map[key]*running
	fastapi, node *running // of the present setup
	closed        bool
}

// A key tells the containers apart by how they are configured.
type key struct {
	service string
	cors    servers.CORS
	node    servers.CORS // of the Node that a FastAPI asks
}

// A running is a container whose service answers.
type running struct {
	name     string
	resource *dockertest.Resource
	relay    *relay // nil if it publishes no port, or on our own loopback
	address  wire.Address
	answered bool
}

// Start creates the networks. [Services.Set] starts containers. The caller closes the
// services; on an error Start has closed everything.
func Start(ctx context.Context, cfg Config) (*Services, error) {
	s := &Services{cfg: cfg, containers: map[key]*running{}}
	var err error
	if s.edge, err = s.network(ctx, "edge", false); err == nil {
		s.inner, err = s.network(ctx, "inner", true)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start services in containers: %w", err), s.Close())
	}
	return s, nil
}

func (s *Services) network(ctx context.Context, name string, internal bool) (*dockertest.Network, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	network, err := s.cfg.Engine.pool.CreateNetwork(s.name(name), func(o *docker.CreateNetworkOptions) {
		o.Context, o.Internal, o.CheckDuplicate, o.Labels = ctx, internal, true, s.cfg.Engine.labels()
	})
	if err != nil {
		return nil, fmt.Errorf("create the network %s: %w", name, err)
	}
	return network, nil
}

// name is a name in the engine that no other run uses.
func (s *Services) name(part string) string {
	return "corsproof-" + s.cfg.Engine.cfg.Run.ID() + "-" + part
}

// Set starts the containers of the setup unless they run already, and returns the address
// of the port that FastAPI's container publishes. It ignores the gateway's part of the
// setup.
func (s *Services) Set(ctx context.Context, setup servers.Setup) (published wire.Address, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return wire.Address{}, errors.New("the services in containers are closed")
	}
	node, err := s.container(ctx, key{service: "node", cors: setup.Node})
	if err != nil {
		return wire.Address{}, err
	}
	fastapi, err := s.container(ctx, key{service: "fastapi", cors: setup.FastAPI, node: setup.Node})
	if err != nil {
		return wire.Address{}, err
	}
	if !fastapi.answered {
		// It alone is reached from here, and answers for Node and the database.
		if err := s.answers(ctx, "/orders", fastapi, node); err != nil {
			return wire.Address{}, err
		}
		fastapi.answered = true
	}
	s.fastapi, s.node = fastapi, node
	return fastapi.address, nil
}

// container returns the container, which it starts if need be. The caller holds
// the lock.
func (s *Services) container(ctx context.Context, k key) (*running, error) {
	if r, ok := s.containers[k]; ok {
		return r, nil
	}
	began := time.Now()
	r, err := s.run(ctx, k)
	if err != nil {
		return nil, fmt.Errorf("start %s in a container: %w", k.service, err)
	}
	s.containers[k] = r
	if s.cfg.Progress != nil {
		what := k.service + " in a container, CORS off"
		if k.cors != servers.CORSOff {
			what = k.service + " in a container, CORS for " + string(k.cors)
		}
		s.cfg.Progress(what, time.Since(began))
	}
	return r, nil
}

func (s *Services) run(ctx context.Context, k key) (*running, error) {
	name := s.name(fmt.Sprint(k.service, "-", len(s.containers)))
	options := &dockertest.RunOptions{Name: name, Labels: s.cfg.Engine.labels()}
	var binds []string
	image := s.cfg.Images.Node
	switch k.service {
	case "fastapi":
		image = s.cfg.Images.FastAPI
		options.Env = []string{"CORS_ORIGINS=" + string(k.cors), "NODE_URL=" + s.containers[key{service: "node", cors: k.node}].url()}
		options.ExposedPorts = []string{string(fastapiPort)}
		options.PortBindings = map[docker.Port][]docker.PortBinding{fastapiPort: {{HostIP: "127.0.0.1"}}}
		options.Networks = []*dockertest.Network{s.edge}
	case "node":
		dir, env := s.cfg.Database(databaseFolder)
		options.Env = append(env, "CORS_ORIGIN="+string(k.cors))
		binds = []string{dir + ":" + databaseFolder + ":ro"}
		options.Networks = []*dockertest.Network{s.inner}
	}
	options.Repository, options.Tag = docker.ParseRepositoryTag(image)
	if err := context.Cause(ctx); err != nil { // what follows takes no context
		return nil, err
	}
	resource, err := s.cfg.Engine.pool.RunWithOptions(options, func(h *docker.HostConfig) {
		h.PublishAllPorts = false // dockertest's default, on all addresses
		h.Binds = binds
		// A name that isn't there shall not be there soon.
		h.DNSOptions = []string{"timeout:1", "attempts:1"}
		h.CapDrop = []string{"ALL"}
		h.SecurityOpt = []string{"no-new-privileges"}
	})
	if err != nil {
		return nil, err
	}
	r := &running{name: name, resource: resource}
	if k.service == "node" {
		return r, nil
	}
	if err := resource.ConnectToNetwork(s.inner); err != nil {
		return nil, err
	}
	return r, s.publish(r)
}

// publish notes where the container's port is reached from here.
func (s *Services) publish(r *running) error {
	address := r.resource.GetHostPort(string(fastapiPort))
	if port, err := netip.ParseAddrPort(address); err != nil || !port.Addr().IsLoopback() {
		return fmt.Errorf("the engine published the port at %q instead of on loopback", address)
	}
	own := s.cfg.Engine.own
	if own == nil {
		r.address = wire.Address{Network: "tcp", Address: address}
		return nil
	}
	path := filepath.Join(own.dir, strings.TrimPrefix(r.name, s.name("")))
	var err error
	r.relay, err = startRelay(path, func(ctx context.Context) (net.Conn, error) { return own.dial(ctx, address) })
	r.address = wire.Address{Network: "unix", Address: path}
	return err
}

// url is what other containers reach a Node by: its container's name.
func (r *running) url() string { return "http://" + r.name + ":" + nodePort }

// answers waits until a GET of the path is answered with 200 at the published
// port of the first container. One of the containers that ends is an error.
func (s *Services) answers(ctx context.Context, path string, first *running, others ...*running) error {
	t := s.cfg.Engine.cfg.Timeouts
	ctx, cancel := context.WithTimeout(ctx, t.Ready)
	defer cancel()
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, first.address.Network, first.address.Address)
		},
	}}
	for {
		last := get(ctx, &client, "http://ready"+path)
		if last == nil {
			return nil
		}
		for _, r := range append([]*running{first}, others...) {
			if err := s.runs(r); err != nil {
				return err
			}
		}
		select {
		case <-time.After(t.Poll):
		case <-ctx.Done():
			return fmt.Errorf("wait until the containers answer: %w; last try: %v", context.Cause(ctx), last)
		}
	}
}

func get(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	var body bytes.Buffer
	body.ReadFrom(http.MaxBytesReader(nil, resp.Body, 1<<10))
	return fmt.Errorf("status %d: %s", resp.StatusCode, body.String())
}

// runs is an error, with the container's last words, if it has ended.
func (s *Services) runs(r *running) error {
	now, err := s.cfg.Engine.pool.Client.InspectContainer(r.resource.Container.ID)
	if err != nil {
		return err
	}
	if now.State.Running {
		return nil
	}
	var log bytes.Buffer
	s.cfg.Engine.pool.Client.Logs(docker.LogsOptions{
		Container: r.resource.Container.ID, OutputStream: &log, ErrorStream: &log, Stdout: true, Stderr: true, Tail: fmt.Sprint(logLines),
	})
	return fmt.Errorf("container %s ended with status %d; its output ends:\n%s", r.name, now.State.ExitCode, tail(log.String()))
}

// Ports returns the ports that the containers of the current setup publish, as
// "127.0.0.1:49153".
func (s *Services) Ports() (fastapi, node []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fastapi == nil {
		return nil, nil, errors.New("read the published ports: no container is running")
	}
	if fastapi, err = s.published(s.fastapi); err != nil {
		return nil, nil, err
	}
	node, err = s.published(s.node)
	return fastapi, node, err
}

func (s *Services) published(r *running) (addresses []string, err error) {
	now, err := s.cfg.Engine.pool.Client.InspectContainer(r.resource.Container.ID)
	if err != nil {
		return nil, fmt.Errorf("read the published ports: %w", err)
	}
	for _, bindings := range now.NetworkSettings.Ports {
		for _, b := range bindings {
			addresses = append(addresses, net.JoinHostPort(b.HostIP, b.HostPort))
		}
	}
	return addresses, nil
}

// Part disconnects Node of the current setup from the network through which FastAPI
// reaches it, until join is called: a sabotage for tests.
func (s *Services) Part() (join func() error, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.node == nil {
		return nil, errors.New("disconnect Node from FastAPI: no container is running")
	}
	node := s.node.resource
	if err := node.DisconnectFromNetwork(s.inner); err != nil {
		return nil, err
	}
	return func() error { return node.ConnectToNetwork(s.inner) }, nil
}

// Close removes the containers and the networks. It is idempotent.
func (s *Services) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	for _, r := range s.containers {
		if r.relay != nil {
			errs = append(errs, r.relay.close())
		}
	}
	// By label: that finds also what was only half made.
	return errors.Join(append(errs, s.cfg.Engine.remove(s.cfg.Engine.ofRun))...)
}
