package scenarios

import (
	"context"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers"
)

func gatewayOnce() Row {
	return Row{
		Name:     "gateway-once",
		Sentence: "With a gateway, CORS belongs in it, once",
		Legs: []Leg{{
			Role:  report.RoleExperiment,
			Tried: "nginx with CORS in front of FastAPI and Node without",
			Setup: func(page string) servers.Setup { return servers.Setup{Gateway: servers.CORS(page)} },
			Run: func(ctx context.Context, b *Bench) error {
				for _, action := range []action{listGatewayFastAPI, listGatewayNode} {
					shown, err := b.click(ctx, action, fetch.Request{})
					if err != nil {
						return err
					}
					if err := b.expectOrders(ctx, shown); err != nil {
						return err
					}
					answered := b.expectOneAnswer(shown, b.System.Gateway.Name(), "GET", 200)
					lines := answered.Headers.Lines("Access-Control-Allow-Origin")
					b.expectBehind(shown, action.service(b.Stage), 0)
					b.Expect(len(lines) == 1 && lines[0] == b.Page, "nginx answered with Access-Control-Allow-Origin %q, not once with the page's origin", lines)
				}
				b.Enforced("%s", harness.EnforcerNobody)
				b.Evidence("one Access-Control-Allow-Origin, made by nginx, for both services")
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "the same with CORS in the services, too",
			Setup: func(page string) servers.Setup {
				return servers.Setup{FastAPI: servers.CORS(page), Node: servers.CORS(page), Gateway: servers.CORS(page)}
			},
			Run: func(ctx context.Context, b *Bench) error {
				for _, action := range []action{listGatewayFastAPI, listGatewayNode} {
					shown, err := b.click(ctx, action, fetch.Request{})
					if err != nil {
						return err
					}
					b.expectBlocked(shown, multipleAllowOrigin)
					answered := b.expectOneAnswer(shown, b.System.Gateway.Name(), "GET", 200)
					lines := answered.Headers.Lines("Access-Control-Allow-Origin")
					b.expectBehind(shown, action.service(b.Stage), 1)
					b.Expect(len(lines) == 2, "the answer has %d Access-Control-Allow-Origin lines, not 2: %q", len(lines), lines)
					b.Evidence("two Access-Control-Allow-Origin lines; %s", shown.reason())
				}
				b.Enforced("%s", harness.EnforcerBrowser)
				return nil
			},
		}},
	}
}
