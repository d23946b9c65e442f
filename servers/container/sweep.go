package container

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/ory/dockertest/v3/docker"

	"github.com/corsproof/corsproof/harness/process"
)

// The labels of what a run makes in an engine.
const (
	labelRun  = "corsproof.run"  // the run's folder
	labelHost = "corsproof.host" // where that folder would be found
)

// labels returns those of everything that this run makes.
func (e *Engine) labels() map[string]string {
	return map[string]string{labelRun: e.cfg.Run.Dir(), labelHost: process.Host()}
}

// A claim says whose a labelled thing is.
type claim func(labels map[string]string) bool

// ofRun claims what this run made.
func (e *Engine) ofRun(labels map[string]string) bool {
	return labels[labelRun] == e.cfg.Run.Dir() && labels[labelHost] == process.Host()
}

// ofTheDead claims what a run made whose folder is gone, as it is once the run was
// closed, or swept: that is done before an engine is opened. A run of another
// machine, container or boot can't be known to be dead. In an engine that was
// started here everything is claimed: it serves one process at a time.
func (e *Engine) ofTheDead(labels map[string]string) bool {
	if e.own != nil {
		return true
	}
	dir, ours := labels[labelRun]
	if !ours || labels[labelHost] == "" || labels[labelHost] != process.Host() {
		return false
	}
	_, err := os.Lstat(dir)
	return errors.Is(err, os.ErrNotExist)
}

func (e *Engine) sweep() error {
	if err := e.remove(e.ofTheDead); err != nil {
		return fmt.Errorf("remove what earlier runs left in it: %w", err)
	}
	return nil
}

// remove removes the claimed containers, networks and volumes. What has gone
// meanwhile is no error.
func (e *Engine) remove(claimed claim) error {
	client := e.pool.Client
	filters := map[string][]string{"label": {labelRun}}
	if e.own != nil {
		filters = nil
	}
	containers, err := client.ListContainers(docker.ListContainersOptions{All: true, Filters: filters})
	if err != nil {
		return fmt.Errorf("list containers: %w", err)
	}
	removed := make([]error, len(containers))
	var all sync.WaitGroup
	for i, c := range containers {
		if claimed(c.Labels) {
			all.Go(func() {
				removed[i] = gone(client.RemoveContainer(docker.RemoveContainerOptions{ID: c.ID, Force: true, RemoveVolumes: true}))
			})
		}
	}
	all.Wait()
	errs := removed
	networks, err := client.ListNetworks()
	if err != nil {
		return errors.Join(append(errs, fmt.Errorf("list networks: %w", err))...)
	}
	for _, n := range networks {
		if _, ours := n.Labels[labelRun]; ours && claimed(n.Labels) {
			errs = append(errs, gone(client.RemoveNetwork(n.ID)))
		}
	}
	volumes, err := client.ListVolumes(docker.ListVolumesOptions{Filters: filters})
	if err != nil {
		return errors.Join(append(errs, fmt.Errorf("list volumes: %w", err))...)
	}
	for _, v := range volumes {
		if claimed(v.Labels) {
			errs = append(errs, gone(client.RemoveVolumeWithOptions(docker.RemoveVolumeOptions{Name: v.Name})))
		}
	}
	return errors.Join(errs...)
}

// gone forgives that something is not there any more.
func gone(err error) error {
	var container *docker.NoSuchContainer
	var network *docker.NoSuchNetwork
	if errors.As(err, &container) || errors.As(err, &network) || errors.Is(err, docker.ErrNoSuchVolume) {
		return nil
	}
	return err
}
