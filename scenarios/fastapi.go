package scenarios

import (
	"context"
	"fmt"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
)

func reactToFastAPI() Row {
	return Row{
		Name:     "react-to-fastapi",
		Sentence: "React → FastAPI needs CORS",
		Legs: []Leg{{
			Role:  report.RoleExperiment,
			Tried: "FastAPI without CORS; the page lists the orders",
			Setup: corsNowhere, Picture: "blocked.png",
			Run: func(ctx context.Context, b *Bench) error {
				shown, err := b.click(ctx, listFastAPI, fetch.Request{})
				if err != nil {
					return err
				}
				b.expectBlocked(shown, missingAllowOrigin)
				answered := b.expectOneAnswer(shown, b.System.FastAPI.Name(), "GET", 200)
				b.Expect(len(answered.Headers.Lines("Access-Control-Allow-Origin")) == 0,
					"FastAPI answered with Access-Control-Allow-Origin, though its CORS is off")
				b.Enforced("%s", harness.EnforcerBrowser)
				b.Evidence("the request came and was answered 200; %s", shown.reason())
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "the same, FastAPI's CORS on for the page's origin",
			Setup: corsInFastAPI, Picture: "working.png",
			Run: func(ctx context.Context, b *Bench) error {
				shown, err := b.click(ctx, listFastAPI, fetch.Request{})
				if err != nil {
					return err
				}
				return b.expectAllowed(ctx, shown, b.System.FastAPI.Name())
			},
		}},
	}
}

func browserEnforces() Row {
	return Row{
		Name:     "browser-enforces",
		Sentence: "The browser is the one who enforces",
		Legs: []Leg{{
			Role:  report.RoleExperiment,
			Tried: "the same request by the page, by Go net/http and by curl; CORS off",
			Setup: corsNowhere,
			Run: func(ctx context.Context, b *Bench) error {
				shown, err := b.click(ctx, listFastAPI, fetch.Request{})
				if err != nil {
					return err
				}
				b.expectBlocked(shown, missingAllowOrigin)
				direct, err := b.direct(ctx, shown.Trace.Request)
				if err != nil {
					return err
				}
				b.expectRead(direct, 200)
				who, why := harness.WhoEnforced(shown.Trace, direct...)
				b.Expect(who == harness.EnforcerBrowser, "who enforced is %s: %s", who, why)
				b.Enforced("%s", who)
				b.Evidence("%s", why)
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "the same Chromium with web security off",
			Setup: corsNowhere,
			Run: func(ctx context.Context, b *Bench) error {
				unenforced, err := b.Lab.Unenforced(ctx)
				if err != nil {
					return err
				}
				canary := unenforced.Canary(ctx)
				b.Fact("canary", fmt.Sprint(canary))
				b.Expect(isCanaryError(canary), "the canary trusts a browser without web security: %v", canary)
				shown, err := b.clickIn(ctx, unenforced, listFastAPI, fetch.Request{}, nil)
				if err != nil {
					return err
				}
				if err := b.expectOrders(ctx, shown); err != nil {
					return err
				}
				b.Enforced("%s", harness.EnforcerNobody)
				b.Evidence("the canary refuses to trust this browser")
				return nil
			},
		}},
	}
}

func preflightProtects() Row {
	return Row{
		Name:     "preflight-protects-the-write",
		Sentence: "A preflight protects the write",
		Legs: []Leg{{
			Role:  report.RoleExperiment,
			Tried: "CORS off; the page creates an order by a JSON POST",
			Setup: corsNowhere,
			Run: func(ctx context.Context, b *Bench) error {
				order := freshOrder()
				shown, err := b.click(ctx, createFastAPI, jsonPost(order))
				if err != nil {
					return err
				}
				b.expectBlocked(shown, preflightMissingAllowOrigin)
				at := shown.at(b.System.FastAPI.Name())
				b.Expect(len(at) == 1 && at[0].Kind == fetch.ExchangePreflight,
					"FastAPI got %s, not just one CORS-preflight request", methods(at))
				rows, err := b.System.CountOrders(ctx, order.Name)
				if err != nil {
					return err
				}
				b.Fact("rowsInDatabase", rows)
				b.Expect(rows == 0, "the database has %d rows of the order that the browser must not send", rows)
				b.Enforced("%s", harness.EnforcerBrowser)
				b.Evidence("OPTIONS came, POST never did, %d rows in the database", rows)
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "the same as text/plain, which needs no preflight",
			Setup: corsNowhere,
			Run: func(ctx context.Context, b *Bench) error {
				order := freshOrder()
				shown, err := b.click(ctx, createFastAPIPlain, plainPost(order))
				if err != nil {
					return err
				}
				b.expectBlocked(shown, missingAllowOrigin)
				b.expectOneAnswer(shown, b.System.FastAPI.Name(), "POST", 201)
				at := shown.at(b.System.FastAPI.Name())
				b.Expect(len(at) == 1, "FastAPI got %s, not just the POST: it had to need no preflight", methods(at))
				rows, err := b.System.CountOrders(ctx, order.Name)
				if err != nil {
					return err
				}
				b.Fact("rowsInDatabase", rows)
				b.Expect(rows == 1, "the database has %d rows of the order, not 1", rows)
				b.Enforced("%s, too late", harness.EnforcerBrowser)
				b.Evidence("POST came and ran: %d row in the database; the page can't read the answer", rows)
				return nil
			},
		}},
	}
}

func curlToFastAPI() Row {
	return Row{
		Name:     "curl-to-fastapi",
		Sentence: "curl → FastAPI needs no CORS",
		Legs: []Leg{{
			Role:  report.RoleExperiment,
			Tried: "CORS off; curl with the page's Origin, and without one",
			Setup: corsNowhere,
			Run: func(ctx context.Context, b *Bench) error {
				with, err := b.direct(ctx, fetch.Request{URL: b.fastAPIOrders(), Origin: b.Page})
				if err != nil {
					return err
				}
				without, err := b.direct(ctx, fetch.Request{URL: b.fastAPIOrders()})
				if err != nil {
					return err
				}
				b.expectRead(with, 200)
				b.expectRead(without, 200)
				b.expectOrigin(with, b.Page)
				b.expectOrigin(without)
				b.Enforced("%s", harness.EnforcerNobody)
				b.Evidence("all read the orders, whatever Origin says")
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "the browser at that origin, same server, same time",
			Setup: corsNowhere,
			Run: func(ctx context.Context, b *Bench) error {
				shown, direct, err := b.clickWhileCurl(ctx)
				if err != nil {
					return err
				}
				b.expectBlocked(shown, missingAllowOrigin)
				b.expectRead(direct, 200)
				who, why := harness.WhoEnforced(shown.Trace, direct...)
				b.Expect(who == harness.EnforcerBrowser, "who enforced is %s: %s", who, why)
				b.Enforced("%s", who)
				b.Evidence("%s", why)
				return nil
			},
		}},
	}
}
