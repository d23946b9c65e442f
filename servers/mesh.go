package servers

import (
	"net/netip"
	"os"
	"path/filepath"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
)

// The identities of a mesh's workloads.
const (
	IdentityFastAPI = "spiffe://orders.example/fastapi"
	IdentityNode    = "spiffe://orders.example/node"
)

// Identity returns the certificate of a workload of the mesh. The same name always gets
// the same certificate.
func (s *System) Identity(name string) (*wire.Identity, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id := s.identities[name]; id != nil {
		return id, nil
	}
	var hosts []string
	if name == IdentityNode {
		hosts = []string{FrontHost} // callers that are no sidecars look for the host
	}
	id, err := s.cfg.CA.Identity(name, hosts...)
	if err != nil {
		return nil, err
	}
	s.identities[name] = id
	return id, nil
}

// envoySpec writes an Envoy's configuration into dir, which belongs to owner,
// and runs Envoy with it: before Node, reached at [System.Mesh], or beside
// FastAPI, reached at its socket alone.
func (s *System) envoySpec(key instanceKey, dir, socket string, owner *process.Owner) (process.Spec, error) {
	cfg := EnvoyConfig{Sidecar: SidecarService, Listen: socket, Service: IdentityNode}
	name, to := IdentityNode, s.Node.Addr()
	if key.server == callerSidecar {
		cfg.Sidecar, name, to = SidecarCaller, IdentityFastAPI, s.Mesh.Addr()
	}
	if key.mechanism == MechanismMesh {
		cfg.Strict, cfg.Callers = true, []string{IdentityFastAPI}
	}
	var err error
	if cfg.To, err = netip.ParseAddrPort(to); err != nil {
		return process.Spec{}, err
	}
	id, err := s.Identity(name)
	if err != nil {
		return process.Spec{}, err
	}
	chain, private, err := id.PEM()
	if err != nil {
		return process.Spec{}, err
	}
	for _, f := range []struct {
		to   *string
		name string
		text []byte
	}{{&cfg.Certificate, "chain.pem", chain}, {&cfg.Key, "key.pem", private}, {&cfg.CA, "mesh.pem", s.cfg.CA.PEM()}} {
		if *f.to, err = writeFor(owner, filepath.Join(dir, f.name), f.text); err != nil {
			return process.Spec{}, err
		}
	}
	conf, err := cfg.Render()
	if err != nil {
		return process.Spec{}, err
	}
	file := filepath.Join(dir, "envoy.yaml")
	if err := os.WriteFile(file, conf, 0o644); err != nil {
		return process.Spec{}, err
	}
	return process.Spec{
		Path: s.cfg.Installed.Envoy,
		// Hot restart would want shared memory and an abstract socket.
		Args:  []string{"--config-path", file, "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"},
		Env:   []string{"PATH=/usr/bin:/bin"},
		Owner: owner,
	}, nil
}
