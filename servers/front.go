package servers

import (
	"os"
	"path/filepath"

	"github.com/corsproof/corsproof/harness/process"
)

// FrontHost is the name in the certificate of [System.Front].
const FrontHost = "127.0.0.1"

// frontFiles writes what nginx needs to speak TLS into its folder, and to ask
// for certificates if the key says so.
func (s *System) frontFiles(cfg *NginxConfig, key instanceKey, owner *process.Owner) error {
	chain, private, err := s.cfg.CA.LeafPEM(FrontHost)
	if err != nil {
		return err
	}
	if cfg.Certificate, err = writeFor(owner, filepath.Join(cfg.Dir, "chain.pem"), chain); err != nil {
		return err
	}
	if cfg.Key, err = writeFor(owner, filepath.Join(cfg.Dir, "key.pem"), private); err != nil {
		return err
	}
	if key.mechanism == MechanismMTLS {
		cfg.ClientCA, err = writeFor(owner, filepath.Join(cfg.Dir, "clients.pem"), s.cfg.CA.PEM())
	}
	return err
}

// writeFor writes a file that the owner alone can read, and returns its path.
func writeFor(owner *process.Owner, path string, text []byte) (string, error) {
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return "", err
	}
	if owner != nil {
		return path, os.Chown(path, owner.UID, owner.GID)
	}
	return path, nil
}
