package scenarios

import (
	"context"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
)

// strangerURI is a workload of the mesh that has no business with Node.
const strangerURI = "spiffe://orders.example/stranger"

func (s *Stage) meshOrders() string { return "https://" + s.System.Mesh.Addr() + "/orders" }

func serviceMesh() Row {
	const m = servers.MechanismMesh
	return Row{
		Name:     "service-mesh",
		Sentence: "A service mesh keeps wrong callers out; CORS doesn't",
		Legs: []Leg{{
			Role:  report.RoleExperiment,
			Tried: "Envoy before Node lets FastAPI's identity pass, Node allows the page; three Origins each",
			Setup: perfectCORS(m),
			Run:   meshKeepsOut,
		}, {
			Role:  report.RoleControl,
			Tried: "the same with TLS alone: only CORS is left",
			Setup: withoutMechanism(m),
			Run: func(ctx context.Context, b *Bench) error {
				if err := b.visit(ctx, []visitor{{"no identity", b.meshOrders(), nil, []int{200}}}); err != nil {
					return err
				}
				b.Enforced("%s", harness.EnforcerNobody)
				b.Evidence("CORS allows the page alone, and everybody reads the orders")
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "the page: at Node's Envoy; at FastAPI, which has an Envoy; at FastAPI without CORS",
			Setup: perfectCORS(m), Then: withoutFastAPICORS(m),
			Run: func(ctx context.Context, b *Bench) error {
				to := wire.Address{Network: "tcp", Address: b.System.Mesh.Addr()}
				f, err := b.forwarder("forwarder-without-identity", wire.Timeouts{}, wire.WithIdentity(nil, to, servers.FrontHost, b.Lab.CA))
				if err != nil {
					return err
				}
				return b.reachesThroughFastAPI(ctx, f)
			},
		}},
	}
}

func meshKeepsOut(ctx context.Context, b *Bench) error {
	fastapi, err := b.System.Identity(servers.IdentityFastAPI)
	if err != nil {
		return err
	}
	stranger, err := b.System.Identity(strangerURI)
	if err != nil {
		return err
	}
	foreignCA, err := wire.NewCA()
	if err != nil {
		return err
	}
	foreign, err := foreignCA.Identity(servers.IdentityFastAPI)
	if err != nil {
		return err
	}
	url := b.meshOrders()
	if err := b.visit(ctx, []visitor{
		{"no identity", url, nil, nil},
		{"FastAPI's by a foreign CA", url, foreign, nil},
		{"another workload's", url, stranger, []int{403}},
		{"FastAPI's", url, fastapi, []int{200}},
	}); err != nil {
		return err
	}
	visitors := b.leg.Direct
	if err := b.attempts(ctx, []attempt{{shows: "through FastAPI", url: b.fastAPIOrders(), status: 200}}); err != nil {
		return err
	}
	b.expectNoOriginBehind()
	b.Direct("%s, %s", visitors, b.leg.Direct)
	b.Enforced("the sidecar")
	b.Evidence("of what was refused nothing reached Node, whatever Origin said; FastAPI's own Envoy says who it is")
	return nil
}
