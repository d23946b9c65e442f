package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// write writes the copies of a config, and a certificate with its key, for its names
// and further hosts.
func write(p *adapter.Plan, owner *process.Owner, ca *wire.CA, hosts []string) error {
	hosts = slices.Concat(hosts, p.Hosts)
	if len(hosts) == 0 {
		hosts = []string{"localhost"}
	}
	slices.Sort(hosts)
	chain, key, err := ca.ServerPEM(slices.Compact(hosts)...)
	if err != nil {
		return err
	}
	files := append(slices.Clone(p.Files), adapter.File{Name: adapter.ChainFile, Text: chain}, adapter.File{Name: adapter.KeyFile, Text: key}, adapter.File{Name: adapter.CAFile, Text: ca.PEM()})
	for _, f := range files {
		if !filepath.IsLocal(f.Name) {
			return fmt.Errorf("the copy %s would be outside the gateway's folder", f.Name)
		}
		path := filepath.Join(p.Dir, f.Name)
		if err := mkdirListable(filepath.Dir(path)); err != nil {
			return err
		}
		// Copies of a user's files may hold secrets.
		if err := os.WriteFile(path, f.Text, 0o600); err != nil {
			return err
		}
		if owner != nil {
			if err := os.Chown(path, owner.UID, owner.GID); err != nil {
				return err
			}
		}
	}
	return nil
}

// mkdirListable makes a folder and those above it for others to list, whatever
// the umask is: includes with a pattern list them.
func mkdirListable(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := mkdirListable(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755)
}
