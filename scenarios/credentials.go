package scenarios

import (
	"context"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers"
)

// What callers of Node show if they show nothing, and what is expected then.
func (b *Bench) nothingShown() attempt {
	return attempt{shows: "nothing", url: b.nodeOrders(), status: 401}
}

func apiKey() Row {
	const m = servers.MechanismAPIKey
	key := func(b *Bench) fetch.HeaderList { return fetch.HeaderList{{"X-API-Key", b.System.APIKey()}} }
	return Row{
		Name:     "api-key",
		Sentence: "An API key keeps wrong callers out; CORS doesn't",
		Legs: []Leg{{
			Role:  report.RoleExperiment,
			Tried: "Node asks for a key and allows the page; three Origins each",
			Setup: perfectCORS(m),
			Run: func(ctx context.Context, b *Bench) error {
				none := b.nothingShown()
				wrong, right := none, none
				wrong.shows, wrong.headers = "wrong key", fetch.HeaderList{{"X-API-Key", "guessed"}}
				right.shows, right.headers, right.status = "key", key(b), 200
				through := attempt{shows: "through FastAPI", url: b.fastAPIOrders(), status: 200}
				if err := b.attempts(ctx, []attempt{none, wrong, right, through}); err != nil {
					return err
				}
				b.expectNoOriginBehind()
				b.Enforced("%s", harness.EnforcerServer)
				b.Evidence("no Origin opens the door and none closes it; FastAPI shows Node its key, and no Origin")
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "the same without the key: only CORS is left",
			Setup: withoutMechanism(m),
			Run:   readByAll((*Stage).nodeOrders),
		}, {
			Role:  report.RoleControl,
			Tried: "the page: without the key; with it; with it and no CORS",
			Setup: perfectCORS(m), Then: withoutNodeCORS(m),
			Run: func(ctx context.Context, b *Bench) error {
				return b.needsBoth(ctx, key(b), (*Stage).nodeOrders)
			},
		}},
	}
}

func jsonWebToken() Row {
	const m = servers.MechanismJWT
	bearer := func(b *Bench, kind servers.Token) (fetch.HeaderList, error) {
		token, err := b.System.Token(kind)
		return fetch.HeaderList{{"Authorization", "Bearer " + token}}, err
	}
	return Row{
		Name:     "jwt",
		Sentence: "A signed token keeps wrong callers out; CORS doesn't",
		Legs: []Leg{{
			Role:  report.RoleExperiment,
			Tried: "FastAPI and Node ask for a JWT and allow the page; three Origins each",
			Setup: perfectCORS(m),
			Run: func(ctx context.Context, b *Bench) error {
				var all []attempt
				for _, url := range []string{b.nodeOrders(), b.fastAPIOrders()} {
					all = append(all, attempt{shows: "nothing", url: url, status: 401})
					for _, kind := range []servers.Token{servers.TokenWrongKey, servers.TokenExpired, servers.TokenWrongAudience, servers.TokenUnsigned, servers.TokenRight} {
						headers, err := bearer(b, kind)
						if err != nil {
							return err
						}
						a := attempt{shows: string(kind), url: url, headers: headers, status: 401}
						if kind == servers.TokenRight {
							a.status = 200
						}
						all = append(all, a)
					}
				}
				if err := b.attempts(ctx, all); err != nil {
					return err
				}
				b.expectNoOriginBehind()
				b.Enforced("%s", harness.EnforcerServer)
				b.Evidence("PyJWT in FastAPI and jose in Node agree; FastAPI hands the token on, and no Origin")
				return nil
			},
		}, {
			Role:  report.RoleControl,
			Tried: "the same without the token: only CORS is left",
			Setup: withoutMechanism(m),
			Run:   readByAll((*Stage).nodeOrders, (*Stage).fastAPIOrders),
		}, {
			Role:  report.RoleControl,
			Tried: "the page: without a token; with one; with one and no CORS",
			Setup: perfectCORS(m), Then: withoutFastAPICORS(m),
			Run: func(ctx context.Context, b *Bench) error {
				headers, err := bearer(b, servers.TokenRight)
				if err != nil {
					return err
				}
				return b.needsBoth(ctx, headers, (*Stage).fastAPIOrders)
			},
		}},
	}
}

// readByAll is a leg in which every direct client reads the orders at the URLs
// and shows nothing.
func readByAll(urls ...func(*Stage) string) func(context.Context, *Bench) error {
	return func(ctx context.Context, b *Bench) error {
		var all []attempt
		for _, url := range urls {
			all = append(all, attempt{shows: "nothing", url: url(b.Stage), status: 200})
		}
		if err := b.attempts(ctx, all); err != nil {
			return err
		}
		b.Enforced("%s", harness.EnforcerNobody)
		b.Evidence("CORS allows the page alone, and everybody reads the orders")
		return nil
	}
}

// needsBoth fetches from the page without the headers, with them, and with them
// but without CORS.
func (b *Bench) needsBoth(ctx context.Context, headers fetch.HeaderList, url func(*Stage) string) error {
	plain := fetch.Request{URL: url(b.Stage)}
	shown := plain
	shown.Headers = headers
	traces, err := b.fetchAll(ctx, plain, shown)
	if err != nil {
		return err
	}
	if err := b.expectFetched(ctx, traces[0], "nothing shown", 401); err != nil {
		return err
	}
	if err := b.expectFetched(ctx, traces[1], "shown", 200); err != nil {
		return err
	}
	if err := b.change(ctx); err != nil {
		return err
	}
	if traces, err = b.fetchAll(ctx, shown); err != nil {
		return err
	}
	b.expectFetchBlocked(traces[0], "shown, no CORS", preflightMissingAllowOrigin)
	b.Browser("401; readable; blocked")
	b.Enforced("both")
	b.Evidence("without the one: 401; without the other: %s", blockCode(traces[0]))
	return nil
}

// expectNoOriginBehind expects that FastAPI asked Node, and named no origin.
func (b *Bench) expectNoOriginBehind() {
	b.Expect(len(b.leg.Behind) > 0, "FastAPI asked Node nothing")
	for _, x := range b.leg.Behind {
		b.Expect(!x.Request.Headers.Contains("Origin"), "FastAPI sent Node an Origin header (%s)", x.ID)
	}
}
