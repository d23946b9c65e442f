package scenarios

import (
	"context"
	"slices"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers"
)

// otherOrigin is allowed in place of the page's where a row needs one that is
// well-formed and not the page's.
const otherOrigin = "https://other.example"

func corsInFastAPIAndNode(page string) servers.Setup {
	return servers.Setup{FastAPI: servers.CORS(page), Node: servers.CORS(page)}
}

func fastAPIToNode() Row {
	return Row{
		Name:     "fastapi-to-node",
		Sentence: "FastAPI → Node needs no CORS",
		Legs: []Leg{{
			Role:  report.RoleExperiment,
			Tried: "Node without CORS; the page lists the orders through FastAPI",
			Setup: corsInFastAPI,
			Run: func(ctx context.Context, b *Bench) error {
				shown, err := b.click(ctx, listFastAPI, fetch.Request{})
				if err != nil {
					return err
				}
				if err := b.expectOrders(ctx, shown); err != nil {
					return err
				}
				node := b.expectServerToServer(shown)
				b.Expect(!node.Response.Headers.Contains("Access-Control-Allow-Origin"),
					"Node answered with Access-Control-Allow-Origin, though its CORS is off")
				b.Direct("FastAPI read it")
				b.Enforced("%s", harness.EnforcerNobody)
				b.Evidence("FastAPI's request to Node has no Origin, Node's answer no Access-Control-Allow-Origin; %d orders, as in SQL", len(shown.Orders))
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "Node without CORS, then with it: is there a difference?",
			Setup: corsInFastAPI, Then: corsInFastAPIAndNode,
			Run: func(ctx context.Context, b *Bench) error {
				without, err := b.click(ctx, listFastAPI, fetch.Request{})
				if err != nil {
					return err
				}
				if err := b.change(ctx); err != nil {
					return err
				}
				with, err := b.click(ctx, listFastAPI, fetch.Request{})
				if err != nil {
					return err
				}
				if err := b.expectOrders(ctx, without); err != nil {
					return err
				}
				if err := b.expectOrders(ctx, with); err != nil {
					return err
				}
				off, on := b.expectServerToServer(without), b.expectServerToServer(with)
				b.Expect(!off.Response.Headers.Contains("Access-Control-Allow-Origin"), "Node answered with Access-Control-Allow-Origin, though its CORS is off")
				b.Expect(on.Response.Headers.Contains("Access-Control-Allow-Origin"), "Node answered without Access-Control-Allow-Origin, though its CORS is on")
				a := b.expectOneAnswer(without, b.System.FastAPI.Name(), "GET", 200)
				z := b.expectOneAnswer(with, b.System.FastAPI.Name(), "GET", 200)
				b.Expect(a.Body.Digest == z.Body.Digest, "the page got other bytes: %s without CORS in Node, %s with it", a.Body.Digest, z.Body.Digest)
				b.Direct("FastAPI read it")
				b.Enforced("%s", harness.EnforcerNobody)
				b.Evidence("no difference: the same %d bytes reach the page", z.Body.Length)
				return nil
			},
		}},
	}
}

func reactToNode() Row {
	list := func(allowed func(page string) servers.CORS, check func(ctx context.Context, b *Bench, shown Shown) error) (func(string) servers.Setup, func(context.Context, *Bench) error) {
		return func(page string) servers.Setup { return servers.Setup{Node: allowed(page)} },
			func(ctx context.Context, b *Bench) error {
				shown, err := b.click(ctx, listNode, fetch.Request{})
				if err != nil {
					return err
				}
				return check(ctx, b, shown)
			}
	}
	blocked := func(reason string, allowed ...string) func(context.Context, *Bench, Shown) error {
		return func(_ context.Context, b *Bench, shown Shown) error {
			b.expectBlocked(shown, reason)
			answered := b.expectOneAnswer(shown, b.System.Node.Name(), "GET", 200)
			got := answered.Headers.Lines("Access-Control-Allow-Origin")
			b.Expect(slices.Equal(got, allowed), "Node answered with Access-Control-Allow-Origin %q, not %q", got, allowed)
			b.Enforced("%s", harness.EnforcerBrowser)
			b.Evidence("answered 200; %s", shown.reason())
			return nil
		}
	}
	row := Row{Name: "react-to-node", Sentence: "React → Node directly needs CORS", Legs: []Leg{
		{Role: report.RoleExperiment, Tried: "Node without CORS; the page lists the orders from Node itself"},
		{Role: report.RoleControl, Tried: "the same with cors({origin: page})"},
		{Role: report.RoleControl, Tried: "the same with cors({origin: " + otherOrigin + "})"},
	}}
	row.Legs[0].Setup, row.Legs[0].Run = list(func(string) servers.CORS { return servers.CORSOff }, blocked(missingAllowOrigin))
	row.Legs[1].Setup, row.Legs[1].Run = list(func(page string) servers.CORS { return servers.CORS(page) },
		func(ctx context.Context, b *Bench, shown Shown) error {
			return b.expectAllowed(ctx, shown, b.System.Node.Name())
		})
	row.Legs[2].Setup, row.Legs[2].Run = list(func(string) servers.CORS { return otherOrigin }, blocked(allowOriginMismatch, otherOrigin))
	return row
}
