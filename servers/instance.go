package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"syscall"
	"time"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
)

// A server is one kind of server that a [System] runs instances of.
type server string

const (
	fastapiServer server = "fastapi"
	nodeServer    server = "node"
	nginxServer   server = "nginx"
	// frontServer is an nginx that speaks TLS and knows nothing of CORS.
	frontServer server = "nginx-tls"
	// The Envoys: before Node, and beside FastAPI.
	serviceSidecar server = "envoy-node"
	callerSidecar  server = "envoy-fastapi"
)

// An instanceKey tells the instances of a system apart: a server, and how it is
// configured.
type instanceKey struct {
	server    server
	cors      CORS
	twice     bool
	mechanism Mechanism
	// credentials: its CORS allows them, see [Setup.credentials].
	credentials bool
	// networked: it runs in the namespace that [Network] has for it.
	networked bool
	// sidecar is the socket of the Envoy that it calls Node through, if any.
	sidecar string
}

// String returns a description of the instance for people.
func (k instanceKey) String() string {
	what := string(k.server) + ", CORS off"
	if k.cors != CORSOff {
		what = string(k.server) + ", CORS for " + string(k.cors)
	}
	if k.mechanism != MechanismNone {
		what += ", " + string(k.mechanism)
	}
	if k.credentials {
		what += ", with credentials"
	}
	if k.networked {
		what += ", in a network of its own"
	}
	if k.sidecar != "" {
		what += ", beside an Envoy"
	}
	return what
}

// An instance is a running server on a unix socket in the run's folder.
type instance struct {
	started chan struct{} // closed when what follows is final
	child   *process.Child
	socket  string
	err     error
}

var errClosed = errors.New("the system is closed")

// instance returns the address of the instance, which it starts if need be.
func (s *System) instance(ctx context.Context, key instanceKey) (wire.Address, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return wire.Address{}, errClosed
	}
	i, ok := s.instances[key]
	if !ok {
		i = &instance{started: make(chan struct{})}
		s.instances[key] = i
		go func() {
			defer close(i.started)
			i.err = s.startInstance(ctx, key, i)
		}()
	}
	s.mu.Unlock()
	select {
	case <-i.started:
	case <-ctx.Done():
		return wire.Address{}, context.Cause(ctx)
	}
	if i.err != nil {
		return wire.Address{}, fmt.Errorf("start %s: %w", key.server, i.err)
	}
	return wire.Address{Network: "unix", Address: i.socket}, nil
}

func (s *System) startInstance(ctx context.Context, key instanceKey, i *instance) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeouts.ready())
	defer cancel()
	name := string(key.server)
	var owner *process.Owner
	if key.server != fastapiServer && key.server != nodeServer {
		var err error
		if owner, err = Unprivileged(); err != nil {
			return err
		}
	}
	dir, err := s.cfg.Run.Mkdir(s.folderName(name), owner)
	if err != nil {
		return err
	}
	i.socket = filepath.Join(dir, "s") // short: a socket's path has at most 107 bytes
	spec, probe, err := s.spec(key, dir, i.socket, owner)
	if err != nil {
		return err
	}
	// It keeps nothing that an orderly end would save, and ends with its group.
	spec.Name, spec.Dir, spec.Stop, spec.StopTimeout = name, dir, syscall.SIGKILL, s.cfg.Timeouts.stop()
	child, err := s.cfg.Run.Start(ctx, spec)
	if err != nil {
		return err
	}
	i.child = child
	if err := process.WaitReady(ctx, child, probe); err != nil {
		return err
	}
	s.watch(name, child, func() bool { return false })
	s.progress(key.String(), began)
	return nil
}

// folderName gives each instance a folder of its own, with a short name.
func (s *System) folderName(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folders++
	return fmt.Sprintf("%s-%d", name, s.folders)
}

// spec says how the instance is started and how it shows that it is ready.
func (s *System) spec(key instanceKey, dir, socket string, owner *process.Owner) (process.Spec, func(context.Context) error, error) {
	switch key.server {
	case fastapiServer:
		spec := s.fastapiSpec(key, socket)
		if key.networked {
			spec = s.Network().FastAPI.Wrap(spec)
		}
		return spec, answers(socket, "/healthz"), nil
	case nodeServer:
		spec := s.nodeSpec(key, socket)
		return spec, answers(socket, "/healthz"), nil
	case serviceSidecar, callerSidecar:
		spec, err := s.envoySpec(key, dir, socket, owner)
		return spec, accepts(socket), err
	case nginxServer, frontServer:
		spec, err := s.nginxSpec(key, dir, socket, owner)
		return spec, accepts(socket), err
	}
	panic("unknown server " + key.server)
}

// answers probes for an HTTP answer on the socket itself, not through the
// recorder: readiness belongs to no case.
func answers(socket, path string) func(context.Context) error {
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://ready"+path, nil)
		if err != nil {
			return err
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: status %d", path, resp.StatusCode)
		}
		return nil
	}
}

// accepts probes for a socket that takes connections.
func accepts(socket string) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}
