package servers

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/corsproof/corsproof/harness/process"
)

// fastapiSpec runs the FastAPI app with uvicorn. It reaches Node at the
// recorder's address.
func (s *System) fastapiSpec(key instanceKey, socket string) process.Spec {
	in := s.cfg.Installed
	node := s.Node.Addr()
	if key.networked {
		node = NetworkNode
	}
	return process.Spec{
		Path: in.Python,
		Args: []string{"-m", "uvicorn", "app:app", "--app-dir", in.FastAPI, "--uds", socket, "--no-access-log", "--log-level", "warning"},
		Env: append(s.credentials.env(key),
			"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1",
			"CORS_ORIGINS="+string(key.cors), "NODE_URL=http://"+node, "NODE_SOCKET="+key.sidecar),
	}
}

// nodeSpec runs the Node service. It reaches PostgreSQL at the recorder's
// address.
func (s *System) nodeSpec(key instanceKey, socket string) process.Spec {
	in := s.cfg.Installed
	env := append(s.databaseEnv(), s.credentials.env(key)...)
	if key.credentials {
		env = append(env, "CORS_CREDENTIALS=1")
	}
	return process.Spec{
		Path: in.Node,
		Args: []string{filepath.Join(in.NodeService, "server.js")},
		Env: append(env,
			"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "NODE_ENV=production", "LISTEN="+socket, "CORS_ORIGIN="+string(key.cors)),
	}
}

// nginxSpec writes the gateway's configuration into dir, which belongs to owner,
// and runs nginx with it. It reaches the services at their recorders' addresses.
func (s *System) nginxSpec(key instanceKey, dir, socket string, owner *process.Owner) (process.Spec, error) {
	cfg := NginxConfig{
		Dir: dir, Listen: socket, Origins: key.cors.origins(), DoubleHeader: key.twice,
		FastAPI: "http://" + s.FastAPI.Addr(), Node: "http://" + s.Node.Addr(),
	}
	if key.server == frontServer {
		if err := s.frontFiles(&cfg, key, owner); err != nil {
			return process.Spec{}, err
		}
	}
	conf, err := cfg.Render()
	if err != nil {
		return process.Spec{}, err
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, conf, 0o644); err != nil {
		return process.Spec{}, err
	}
	return process.Spec{
		Path:     s.cfg.Installed.Nginx,
		Args:     []string{"-p", dir, "-e", "stderr", "-c", file},
		Env:      []string{"PATH=/usr/bin:/bin"},
		Orphaned: syscall.SIGTERM, // its worker outlives a master that is killed
		// As root nginx would start its worker as another user than itself; it
		// needs no right of root's, so all of it runs as nobody.
		Owner: owner,
	}, nil
}
