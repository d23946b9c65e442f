package kubernetes

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"sync"
	"time"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
)

// A Config configures [Services].
type Config struct {
	// Run owns the calls of kubectl; everything created in the cluster is labelled with
	// its folder. Required.
	Run *process.Run

	// Progress is called for what is ready. Nil means that it is not called.
	Progress func(what string, took time.Duration)

	Timeouts Timeouts
}

// Services are the services in a cluster. FastAPI is reached through a port-forward; Node
// and the database only from inside, through their Services. The methods may be called
// concurrently, but a Setup applies to everybody.
type Services struct {
	Cluster Cluster

	cfg       Config
	namespace string

	mu      sync.Mutex
	cors    map[string]servers.CORS // of each deployment, as it is
	forward *process.Child
	address wire.Address
	closed  bool
}

// The deployments, with their names in the manifests.
const (
	postgres = "postgres"
	node     = "node"
	fastapi  = "fastapi"
)

// Start removes what earlier, killed runs left in the cluster, creates a namespace and
// applies the manifests. [Services.Set] waits for pods. The caller closes the services;
// on an error Start has closed everything.
func Start(ctx context.Context, cfg Config) (*Services, error) {
	cfg.Timeouts = cfg.Timeouts.withDefaults()
	s := &Services{cfg: cfg, namespace: "corsproof-" + cfg.Run.ID(), cors: map[string]servers.CORS{}}
	var err error
	if s.Cluster, err = Find(ctx, cfg.Timeouts); err != nil {
		return nil, err
	}
	if err = s.sweep(ctx); err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start services in the cluster of %s: %w", s.Cluster.Context, err), s.Close())
	}
	return s, nil
}

func (s *Services) start(ctx context.Context) error {
	type object map[string]any
	made, err := json.Marshal(object{"apiVersion": "v1", "kind": "List", "items": []object{
		{"apiVersion": "v1", "kind": "Namespace", "metadata": object{
			"name": s.namespace, "labels": map[string]string{labelOurs: valueOurs},
			"annotations": map[string]string{annotationRun: s.cfg.Run.Dir(), annotationHost: process.Host()},
		}},
		{"apiVersion": "v1", "kind": "Secret", "metadata": object{"name": "database", "namespace": s.namespace},
			"stringData": map[string]string{"password": rand.Text()}},
	}})
	if err != nil {
		return err
	}
	if _, err := s.kubectl(ctx, made, "create", "--filename", "-"); err != nil {
		return err
	}
	for _, name := range []string{postgres, node, fastapi} {
		manifest, err := fixtures.Files.ReadFile(path.Join("kubernetes", name+".yaml"))
		if err != nil {
			return err
		}
		if _, err := s.kubectl(ctx, manifest, "apply", "--filename", "-"); err != nil {
			return err
		}
	}
	return s.ready(ctx, postgres)
}

// ready waits until the deployment is as it was told to be, and nothing of an
// older one is left.
func (s *Services) ready(ctx context.Context, deployment string) error {
	began := time.Now()
	_, err := s.kubectlWithin(ctx, s.cfg.Timeouts.Rollout, nil, "rollout", "status", "deployment/"+deployment)
	if err != nil {
		pods, podsErr := s.kubectl(context.WithoutCancel(ctx), nil, "describe", "pods", "--selector", "app="+deployment)
		return errors.Join(fmt.Errorf("wait for %s: %w; its pods:\n%s", deployment, err, pods), podsErr)
	}
	if s.cfg.Progress != nil {
		what := deployment + " in a cluster"
		if c, ok := s.cors[deployment]; ok && c == servers.CORSOff {
			what += ", CORS off"
		} else if ok {
			what += ", CORS for " + string(c)
		}
		s.cfg.Progress(what, time.Since(began))
	}
	return nil
}

// Set configures the services as the setup says, and returns the address of FastAPI's
// port-forward. It ignores the gateway's part of the setup.
func (s *Services) Set(ctx context.Context, setup servers.Setup) (forwarded wire.Address, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return wire.Address{}, errors.New("the services in the cluster are closed")
	}
	changed := false
	for _, d := range []struct {
		name, variable string
		cors           servers.CORS
	}{{node, "CORS_ORIGIN", setup.Node}, {fastapi, "CORS_ORIGINS", setup.FastAPI}} {
		if is, ok := s.cors[d.name]; ok && is == d.cors {
			continue
		}
		changed = true
		delete(s.cors, d.name) // unknown, until it is ready
		if _, err := s.kubectl(ctx, nil, "set", "env", "deployment/"+d.name, d.variable+"="+string(d.cors)); err != nil {
			return wire.Address{}, err
		}
		s.cors[d.name] = d.cors
		if err := s.ready(ctx, d.name); err != nil {
			delete(s.cors, d.name)
			return wire.Address{}, err
		}
		if d.name == fastapi { // its old pod is gone, and the forward with it
			if err := s.stopForward(); err != nil {
				return wire.Address{}, err
			}
		}
	}
	if s.forward != nil && ended(s.forward) { // with the pod that it led to, or the cluster's connection
		changed, s.forward = true, nil
	}
	if s.forward == nil {
		if err := s.startForward(ctx); err != nil {
			return wire.Address{}, err
		}
	}
	if changed {
		if err := s.answers(ctx); err != nil {
			return wire.Address{}, err
		}
	}
	return s.address, nil
}

func ended(c *process.Child) bool {
	select {
	case <-c.Done():
		return true
	default:
		return false
	}
}

// answers waits until a GET of the orders is answered with 200: FastAPI answers for
// the others. That a pod is ready doesn't mean that each node knows the way to it.
func (s *Services) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeouts.Call)
	defer cancel()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // and no proxy
	return process.WaitReady(ctx, s.forward, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address.Address+"/orders", nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("FastAPI in the cluster answered %s", resp.Status)
		}
		return nil
	})
}

// forwarding is what kubectl prints when it listens.
var forwarding = regexp.MustCompile(`(?m)^Forwarding from (127\.0\.0\.1:\d+) -> `)

func (s *Services) startForward(ctx context.Context) error {
	starting, cancel := context.WithTimeout(ctx, s.cfg.Timeouts.Call)
	defer cancel()
	child, err := s.cfg.Run.Start(starting, s.spec([]string{"port-forward", "--address", "127.0.0.1", "service/" + fastapi, ":8000"}))
	if err != nil {
		return fmt.Errorf("kubectl port-forward: %w", err)
	}
	s.forward = child
	return process.WaitReady(starting, child, func(context.Context) error {
		found := forwarding.FindSubmatch(child.Log())
		if found == nil {
			return errors.New("kubectl port-forward doesn't listen yet")
		}
		s.address = wire.Address{Network: "tcp", Address: string(found[1])}
		return nil
	})
}

func (s *Services) stopForward() error {
	if s.forward == nil {
		return nil
	}
	err := s.forward.Stop(context.Background()) // bounded by the run's timeouts
	s.forward = nil
	return err
}

// Close stops the port-forward and makes the cluster remove the namespace, which
// continues after Close has returned. It is idempotent.
func (s *Services) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Timeouts.Close)
	defer cancel()
	return errors.Join(s.stopForward(), s.remove(ctx, s.namespace))
}
