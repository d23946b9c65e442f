package scenarios

import (
	"context"
	"fmt"
	"net"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/netns"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
)

const (
	ordersInside = "http://" + servers.NetworkNode + "/orders"
	ordersPublic = "http://" + servers.NetworkFastAPI + "/orders"
)

func internalNetwork() Row {
	return networkRow(servers.MechanismInternalNetwork, Row{
		Name:     "internal-network",
		Sentence: "A network without a way in keeps wrong callers out; CORS doesn't",
	}, "no connection from the outside reached Node; FastAPI, which has a link, read the orders without CORS",
		"Node on an internal network allows the page; outside callers, three Origins each",
		"the same with a way into that network: only CORS is left")
}

func securityGroup() Row {
	return networkRow(servers.MechanismSecurityGroup, Row{
		Name:     "security-group",
		Sentence: "A rule for who may call keeps wrong callers out; CORS doesn't",
	}, "no connection but FastAPI's reached Node, whatever Origin said",
		"nftables before Node lets FastAPI in; outside callers, three Origins each",
		"the same without the rule: only CORS is left")
}

func networkRow(m servers.Mechanism, row Row, evidence, triedWith, triedWithout string) Row {
	row.Missing = func(context.Context, *Stage) string { return netns.Missing() }
	row.Part = row.Name
	row.Legs = []Leg{{
		Role: report.RoleExperiment, Tried: triedWith, Setup: perfectCORS(m),
		Run: func(ctx context.Context, b *Bench) error {
			return b.keptOut(ctx, evidence)
		},
	}, {
		Role: report.RoleControl, Tried: triedWithout, Setup: withoutMechanism(m),
		Run: func(ctx context.Context, b *Bench) error {
			traces, err := b.callFrom(ctx, b.System.Network().Outside, ordersInside, b.cfg.Timeouts.Lab.Direct)
			if err != nil {
				return err
			}
			if err := b.expectReadFrom(ctx, traces); err != nil {
				return err
			}
			b.Direct("outside: 200")
			b.Enforced("%s", harness.EnforcerNobody)
			b.Evidence("CORS allows the page alone, and everybody reads the orders")
			return nil
		},
	}, {
		Role:  report.RoleControl,
		Tried: "the page: at Node, from outside; at FastAPI; at FastAPI without CORS",
		Setup: perfectCORS(m), Then: withoutFastAPICORS(m),
		Run: networkInBrowser,
	}}
	return row
}

// keptOut calls Node from the outside, FastAPI from the outside, and Node from
// where FastAPI is, in this order: the last call arrives, so the first ones would
// have, too.
func (b *Bench) keptOut(ctx context.Context, evidence string) error {
	n := b.System.Network()
	mark := n.Node.Mark()
	refused, err := b.callFrom(ctx, n.Outside, ordersInside, direct.Timeouts{Call: b.cfg.Timeouts.swallowed()})
	if err != nil {
		return err
	}
	for _, t := range refused {
		who := fmt.Sprintf("%s, outside, with Origin %q", t.Caller.Name, t.Request.Origin)
		b.Expect(t.Outcome.Response == nil, "%s got an answer from Node", who)
		b.Expect(len(t.Exchanges) == 0, "%s: its request reached Node", who)
	}
	since := b.record()
	through, err := b.callFrom(ctx, n.Outside, ordersPublic, b.cfg.Timeouts.Lab.Direct)
	if err != nil {
		return err
	}
	inside, err := b.callFrom(ctx, n.FastAPI, ordersInside, b.cfg.Timeouts.Lab.Direct)
	if err != nil {
		return err
	}
	b.behind(since())
	if err := b.expectReadFrom(ctx, append(through, inside...)); err != nil {
		return err
	}
	for _, x := range n.Node.Since(mark) {
		host, _, err := net.SplitHostPort(x.Peer)
		b.Expect(err == nil && host == n.FastAPIHost(), "a request from %s reached Node (%s)", x.Peer, x.ID)
	}
	for _, x := range b.leg.Behind {
		b.Expect(!x.Request.Headers.Contains("Origin"), "FastAPI sent Node an Origin header (%s)", x.ID)
	}
	b.Expect(len(b.leg.Behind) == len(through), "FastAPI asked Node %d times for %d callers", len(b.leg.Behind), len(through))
	b.Direct("outside: no answer; through FastAPI: 200; inside: 200")
	b.Enforced("the network")
	b.Evidence("%s", evidence)
	return nil
}

// callFrom asks for the orders from the namespace with every direct client and
// every Origin, all at once.
func (b *Bench) callFrom(ctx context.Context, where *netns.Namespace, url string, timeouts direct.Timeouts) ([]fetch.Trace, error) {
	cfg := b.Lab.DirectConfig()
	cfg.Dial, cfg.Wrap, cfg.Timeouts = where.Dial, where.Wrap, timeouts
	origins := b.origins()
	all := make([][]fetch.Trace, len(origins))
	together, ctx := errgroup.WithContext(ctx)
	for i, origin := range origins {
		together.Go(func() error {
			clients, end, err := plainClients(ctx, cfg)
			if err != nil {
				return err
			}
			defer end()
			byClient := make([][]fetch.Trace, len(clients))
			one, ctx := errgroup.WithContext(ctx)
			for j, client := range clients {
				one.Go(func() (err error) {
					byClient[j], err = direct.Observe(ctx, client, b.System.Recorders(), []fetch.Request{{Origin: origin, URL: url}})
					return err
				})
			}
			if err := one.Wait(); err != nil {
				return err
			}
			all[i] = append(byClient[0], byClient[1]...)
			return nil
		})
	}
	if err := together.Wait(); err != nil {
		return nil, err
	}
	var traces []fetch.Trace
	for _, some := range all {
		traces = append(traces, some...)
	}
	b.Trace(traces...)
	return traces, nil
}

// expectReadFrom expects that all of them read the orders.
func (b *Bench) expectReadFrom(ctx context.Context, traces []fetch.Trace) error {
	first, err := b.firstOrder(ctx)
	if err != nil {
		return err
	}
	for _, t := range traces {
		if t.Outcome.Kind == fetch.OutcomeUnknown {
			return fmt.Errorf("%s could not be observed: %s", t.Caller.Name, t.Outcome.Error)
		}
		read := t.Outcome.Response
		b.Expect(read != nil && read.Status == 200 && strings.Contains(read.Body.Prefix, first),
			"%s with Origin %q didn't read the orders at %s: %s", t.Caller.Name, t.Request.Origin, t.Request.URL, t.Outcome.Error)
	}
	return nil
}

// networkInBrowser fetches from Node through a forwarder that is outside.
func networkInBrowser(ctx context.Context, b *Bench) error {
	outside := b.System.Network().Outside
	f, err := b.forwarder("forwarder-outside", wire.Timeouts{Dial: b.cfg.Timeouts.swallowed()},
		func(ctx context.Context, _ fetch.ExchangeKind) (net.Conn, error) {
			return outside.Dial(ctx, "tcp", servers.NetworkNode)
		})
	if err != nil {
		return err
	}
	return b.reachesThroughFastAPI(ctx, f)
}

// reachesThroughFastAPI fetches from Node through a forwarder that has no way to
// it, and from FastAPI, which anybody may call, with CORS and without.
func (b *Bench) reachesThroughFastAPI(ctx context.Context, f *wire.Forwarder) error {
	traces, err := b.fetchAll(ctx, fetch.Request{URL: "http://" + f.Addr() + "/orders"}, fetch.Request{URL: b.fastAPIOrders()})
	if err != nil {
		return err
	}
	b.Expect(traces[0].Outcome.Kind == fetch.OutcomeNetworkError, "the page got %q from Node, not a network error", traces[0].Outcome.Kind)
	b.Expect(len(traces[0].Exchanges) == 1 && traces[0].Exchanges[0].Response == nil, "the forwarder got an answer from Node")
	if err := b.expectFetched(ctx, traces[1], "at FastAPI", 200); err != nil {
		return err
	}
	b.Expect(len(b.leg.Behind) == 1, "%d requests reached Node, not FastAPI's alone", len(b.leg.Behind))
	if err := b.change(ctx); err != nil {
		return err
	}
	if traces, err = b.fetchAll(ctx, fetch.Request{URL: b.fastAPIOrders()}); err != nil {
		return err
	}
	b.expectFetchBlocked(traces[0], "at FastAPI, no CORS", missingAllowOrigin)
	b.Browser("no answer; readable; blocked")
	b.Enforced("both")
	b.Evidence("Node allows the page, which never reaches it; FastAPI reaches Node, and the page needs its CORS")
	return nil
}
