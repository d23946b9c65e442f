package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/servers"
)

// CallNode sends a GET for the path to Node with httpx in FastAPI's pod, with an Origin
// header unless origin is empty, and returns what its code could read; see
// [servers.CallTrace].
func (s *Services) CallNode(ctx context.Context, path, origin string) (fetch.Trace, error) {
	url := "http://node:5000" + path
	args := []string{"exec", "deployment/" + fastapi, "--", "python3", "call.py", url}
	if origin != "" {
		args = append(args, "Origin", origin)
	}
	printed, err := s.kubectl(ctx, nil, args...)
	if err != nil {
		return fetch.Trace{}, fmt.Errorf("call Node from FastAPI's pod: %w", err)
	}
	t, err := servers.CallTrace("httpx in FastAPI's pod", url, origin, printed)
	if err != nil {
		return fetch.Trace{}, fmt.Errorf("call Node from FastAPI's pod: %w", err)
	}
	return t, nil
}

// Orders reads the rows with SQL in the database's pod, in the order in which they were
// inserted.
func (s *Services) Orders(ctx context.Context) ([]servers.Order, error) {
	const query = `SELECT coalesce(json_agg(json_build_object('name', name, 'quantity', quantity) ORDER BY id), '[]') FROM orders`
	printed, err := s.kubectl(ctx, nil, "exec", "deployment/"+postgres, "--",
		"psql", "--username", "orders", "--dbname", "orders", "--no-align", "--tuples-only", "--command", query)
	if err != nil {
		return nil, fmt.Errorf("read the orders in the cluster: %w", err)
	}
	var orders []servers.Order
	if err := json.Unmarshal(printed, &orders); err != nil {
		return nil, fmt.Errorf("read the orders in the cluster: psql printed %.200q: %w", printed, err)
	}
	return orders, nil
}

// A Service says how clients reach a deployment in the cluster.
type Service struct {
	Name string `json:"name"`
	Type string `json:"type"` // ClusterIP can be reached only from inside
}

// Exposed returns the Services of the namespace, and the number of NetworkPolicies that
// restrict access to them.
func (s *Services) Exposed(ctx context.Context) (exposed []Service, policies int, err error) {
	printed, err := s.kubectl(ctx, nil, "get", "services,networkpolicies", "--output", "json")
	if err != nil {
		return nil, 0, fmt.Errorf("read the namespace's services: %w", err)
	}
	var list struct {
		Items []struct {
			Kind     string
			Metadata struct{ Name string }
			Spec     struct{ Type string }
		}
	}
	if err := json.Unmarshal(printed, &list); err != nil {
		return nil, 0, fmt.Errorf("read the namespace's services: %w", err)
	}
	for _, i := range list.Items {
		if i.Kind == "NetworkPolicy" {
			policies++
		} else {
			exposed = append(exposed, Service{i.Metadata.Name, i.Spec.Type})
		}
	}
	return exposed, policies, nil
}
