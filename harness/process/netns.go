package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// NamespaceFolder is the folder of iproute2's named network namespaces: each is mounted
// on a file with its name (ip-netns(8)).
const NamespaceFolder = "/run/netns"

// Namespace returns a name for a network namespace of the run. Close removes every
// namespace with such a name, and so does the sweep of a dead run, once all processes of
// the run are dead. The label has the form of a child's name.
//
// The name alone identifies the run, so that there is no moment at which a namespace
// exists that nobody would remove.
func (r *Run) Namespace(label string) (string, error) {
	if err := checkName(label); err != nil {
		return "", fmt.Errorf("name a namespace of the run: %w", err)
	}
	return r.folder.namespaces() + label, nil
}

// namespaces begins the names of the namespaces of the run.
func (f folder) namespaces() string { return prefix + f.id + "-" }

// removeNamespaces takes the names away. The kernel removes a namespace with its
// interfaces when it has neither a name nor a process.
func (f folder) removeNamespaces() error {
	paths, err := filepath.Glob(filepath.Join(NamespaceFolder, f.namespaces()+"*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range paths {
		// EINVAL: a name on which nothing is mounted yet.
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
			errs = append(errs, fmt.Errorf("unmount namespace %s: %w", path, err))
			continue
		}
		if err := os.Remove(path); err != nil && !isNotExist(err) {
			errs = append(errs, fmt.Errorf("remove namespace: %w", err))
		}
	}
	return errors.Join(errs...)
}
