package scenarios

import (
	"context"
	"fmt"

	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/kubernetes"
)

// kubernetesRow is the two rows on Docker in one, in a cluster.
func kubernetesRow() Row {
	cluster := platform{
		place: servers.PlaceKubernetes, unit: "pod", way: "behind a Service, without a NetworkPolicy", published: "port-forward",
	}
	return Row{
		Name:     "kubernetes",
		Test:     "TestKubernetes",
		Sentence: "Kubernetes enforces nothing: pod to pod needs no CORS, the browser does",
		Missing:  missingCluster,
		Part:     PartKubernetes,
		Legs:     append(cluster.among(), cluster.fromBrowser()...),
	}
}

// expectServices expects that nothing in the namespace leads in from outside or
// says who may call.
func (b *Bench) expectServices(ctx context.Context) (string, error) {
	exposed, policies, err := b.cluster.services.Exposed(ctx)
	if err != nil {
		return "", err
	}
	b.Fact("kubernetesServices", exposed)
	b.Fact("cluster", b.cluster.services.Cluster)
	b.Expect(len(exposed) == 3, "the namespace has the Services %v, not three", exposed)
	for _, s := range exposed {
		b.Expect(s.Type == "ClusterIP", "the Service %s is a %s, which may lead in from outside", s.Name, s.Type)
	}
	b.Expect(policies == 0, "the namespace has %d NetworkPolicies", policies)
	return fmt.Sprintf("%d Services, all ClusterIP, and no NetworkPolicy", len(exposed)), nil
}

// cluster are the services in a cluster, once a row has asked for them.
type cluster struct {
	services *kubernetes.Services
	seeded   bool // its database holds orders
}

// missingCluster says what lacks, as it was when the row was first asked for.
func missingCluster(ctx context.Context, s *Stage) string {
	s.lacking.clusterOnce.Do(func() { s.lacking.cluster = kubernetes.Missing(ctx) })
	return s.lacking.cluster
}

// setKubernetes puts the cluster's FastAPI of the setup behind FastAPI's recorder.
func (s *Stage) setKubernetes(ctx context.Context, setup servers.Setup) error {
	if s.cluster.services == nil {
		services, err := kubernetes.Start(ctx, kubernetes.Config{Run: s.Lab.Run, Progress: s.cfg.Progress})
		if err != nil {
			return err
		}
		s.cluster.services = services
	}
	// What doesn't run in the cluster is as in the zero setup.
	if err := s.System.Set(ctx, servers.Setup{}); err != nil {
		return err
	}
	forwarded, err := s.cluster.services.Set(ctx, setup)
	if err != nil {
		return err
	}
	s.System.Put(s.System.FastAPI, forwarded)
	if s.cluster.seeded {
		return nil
	}
	err = s.seed(ctx, s.fastAPIOrders(), freshOrder(), freshOrder())
	s.cluster.seeded = err == nil
	return err
}

// closeCluster ends what runs in the cluster. A row that needs it starts it again.
func (s *Stage) closeCluster() (err error) {
	if s.cluster.services != nil {
		err = s.cluster.services.Close()
	}
	s.cluster = cluster{}
	return err
}

// orders reads the orders by SQL where the present setup has its database.
func (s *Stage) orders(ctx context.Context) ([]servers.Order, error) {
	if s.place == servers.PlaceKubernetes {
		return s.cluster.services.Orders(ctx)
	}
	return s.System.Orders(ctx)
}
