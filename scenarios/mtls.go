package scenarios

import (
	"context"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
)

// clientURI is the name in clients' certificates.
const clientURI = "spiffe://orders.example/client"

func (s *Stage) frontOrders() string { return "https://" + s.System.Front.Addr() + "/node/orders" }

func mutualTLS() Row {
	const m = servers.MechanismMTLS
	return Row{
		Name:     "mtls",
		Sentence: "Mutual TLS keeps wrong callers out; CORS doesn't",
		Legs: []Leg{{
			Role:  report.RoleExperiment,
			Tried: "nginx asks for a certificate, Node allows the page; three Origins each",
			Setup: perfectCORS(m),
			Run: func(ctx context.Context, b *Bench) error {
				right, err := b.Lab.CA.Identity(clientURI)
				if err != nil {
					return err
				}
				foreignCA, err := wire.NewCA()
				if err != nil {
					return err
				}
				foreign, err := foreignCA.Identity(clientURI)
				if err != nil {
					return err
				}
				url := b.frontOrders()
				if err := b.visit(ctx, []visitor{
					{"no certificate", url, nil, []int{400}},
					{"a foreign CA's", url, foreign, []int{400}},
					{"the right one", url, right, []int{200}},
				}); err != nil {
					return err
				}
				b.Enforced("%s", harness.EnforcerServer)
				b.Evidence("of what was refused nothing reached Node, whatever Origin said")
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "the same with TLS alone: only CORS is left",
			Setup: withoutMechanism(m),
			Run: func(ctx context.Context, b *Bench) error {
				if err := b.visit(ctx, []visitor{{"no certificate", b.frontOrders(), nil, []int{200}}}); err != nil {
					return err
				}
				b.Enforced("%s", harness.EnforcerNobody)
				b.Evidence("CORS allows the page alone, and everybody reads the orders")
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "the page, through a forwarder: without a certificate; with it; with it and a preflight; with it and no CORS",
			Setup: perfectCORS(m), Then: withoutNodeCORS(m),
			Run: mutualTLSInBrowser,
		}},
	}
}

// mutualTLSInBrowser fetches through two forwarders: the browser holds no
// certificate, the forwarder does.
func mutualTLSInBrowser(ctx context.Context, b *Bench) error {
	right, err := b.Lab.CA.Identity(clientURI)
	if err != nil {
		return err
	}
	front := wire.Address{Network: "tcp", Address: b.System.Front.Addr()}
	without, err := b.forwarder("forwarder", wire.Timeouts{}, wire.WithIdentity(nil, front, servers.FrontHost, b.Lab.CA))
	if err != nil {
		return err
	}
	with, err := b.forwarder("forwarder-with-certificate", wire.Timeouts{}, wire.WithIdentity(right, front, servers.FrontHost, b.Lab.CA))
	if err != nil {
		return err
	}
	// A certificate is a credential, so the call has to include them.
	get := func(f *wire.Forwarder) fetch.Request {
		return fetch.Request{URL: "http://" + f.Addr() + "/node/orders", Credentials: fetch.CredentialsInclude}
	}
	preflighted := get(with)
	preflighted.Headers = fetch.HeaderList{{"X-Trace", "1"}}
	traces, err := b.fetchAll(ctx, get(without), get(with), preflighted)
	if err != nil {
		return err
	}
	b.expectFetchBlocked(traces[0], "no certificate", missingAllowOrigin)
	b.expectAnswered(traces[0], fetch.ExchangeRequest, 400)
	if err := b.expectFetched(ctx, traces[1], "certificate", 200); err != nil {
		return err
	}
	b.expectAnswered(traces[1], fetch.ExchangeRequest, 200)
	b.expectFetchBlocked(traces[2], "certificate, preflight", preflightMissingAllowOrigin)
	b.expectAnswered(traces[2], fetch.ExchangePreflight, 400)
	b.Expect(len(b.leg.Behind) == 1, "%d requests reached Node, not the one with the certificate", len(b.leg.Behind))

	if err := b.change(ctx); err != nil {
		return err
	}
	if traces, err = b.fetchAll(ctx, get(with)); err != nil {
		return err
	}
	b.expectFetchBlocked(traces[0], "certificate, no CORS", missingAllowOrigin)
	b.expectAnswered(traces[0], fetch.ExchangeRequest, 200)
	b.Browser("blocked; readable; blocked; blocked")
	b.Enforced("both")
	b.Evidence("a preflight carries no certificate and is answered 400, so its request is never sent")
	return nil
}

// expectAnswered expects that the forwarder saw just one exchange of the call,
// of the kind and with the status.
func (b *Bench) expectAnswered(t fetch.Trace, kind fetch.ExchangeKind, status int) {
	if len(t.Exchanges) != 1 || t.Exchanges[0].Response == nil {
		b.Expect(false, "the forwarder saw %s of the call to %s, not one answered request", methods(t.Exchanges), t.Request.URL)
		return
	}
	x := t.Exchanges[0]
	b.Expect(x.Witness == fetch.WitnessForwarder, "the witness of %s is the %s", x.ID, x.Witness)
	b.Expect(x.Kind == kind && x.Response.Status == status, "the forwarder saw a %s answered %d (%s), not a %s answered %d",
		x.Kind, x.Response.Status, x.ID, kind, status)
}
