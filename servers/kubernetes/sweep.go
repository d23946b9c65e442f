package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/corsproof/corsproof/harness/process"
)

// The marks on the namespace of a run.
const (
	labelOurs      = "app.kubernetes.io/managed-by"
	valueOurs      = "corsproof"
	annotationRun  = "corsproof/run"  // the run's folder
	annotationHost = "corsproof/host" // where that folder would be found
)

// sweep removes the namespaces of runs that are known to be dead: their folder is
// gone, as it is once a run was closed, or swept. A run of another machine,
// container or boot can't be known to be dead.
func (s *Services) sweep(ctx context.Context) error {
	printed, err := s.kubectl(ctx, nil, "get", "namespaces", "--selector", labelOurs+"="+valueOurs, "--output", "json")
	if err != nil {
		return err
	}
	var list struct {
		Items []struct {
			Metadata struct {
				Name        string
				Annotations map[string]string
			}
		}
	}
	if err := json.Unmarshal(printed, &list); err != nil {
		return fmt.Errorf("list namespaces: %w", err)
	}
	var errs []error
	for _, i := range list.Items {
		if isDead(i.Metadata.Annotations) {
			errs = append(errs, s.remove(ctx, i.Metadata.Name))
		}
	}
	return errors.Join(errs...)
}

func isDead(annotations map[string]string) bool {
	dir, host := annotations[annotationRun], annotations[annotationHost]
	if dir == "" || host == "" || host != process.Host() {
		return false
	}
	_, err := os.Lstat(dir)
	return errors.Is(err, fs.ErrNotExist)
}

// remove tells the cluster to remove a namespace and all that is in it. One that
// isn't there is no error.
func (s *Services) remove(ctx context.Context, namespace string) error {
	_, err := s.kubectl(ctx, nil, "delete", "namespace", namespace, "--ignore-not-found", "--wait=false")
	return err
}
