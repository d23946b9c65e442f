package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A policyGateway is the gateway that a policy calls for, on paper: it answers
// preflights itself, hands the rest to the upstream, and sets what the policy
// says on every answer, whoever made it.
type policyGateway struct {
	view     *policy.View
	base     fetch.Origin
	step     *PolicyStep
	upstream []UpstreamAnswer
}

func newPolicyGateway(view *policy.View, base fetch.Origin, step *PolicyStep) *policyGateway {
	g := &policyGateway{view: view, base: base, step: step, upstream: step.Upstream}
	if len(g.upstream) == 0 {
		g.upstream = []UpstreamAnswer{DefaultAnswer}
	}
	return g
}

// AnswerElsewhere is what [Elsewhere] answers to every request.
func AnswerElsewhere() fetch.NetworkResponse {
	return fetch.NetworkResponse{
		Status: 200, Headers: fetch.HeaderList{{"Access-Control-Allow-Origin", "*"}, {"Cache-Control", "no-store"}},
		Body: fetch.PayloadOf([]byte("elsewhere")),
	}
}

// answer is a [fetch.Answerer].
func (g *policyGateway) answer(_ context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
	if r.URL.Origin() == Elsewhere {
		return AnswerElsewhere(), nil
	}
	if r.URL.Origin() != g.base {
		return fetch.NetworkResponse{Failed: "nobody answers at " + string(r.URL.Origin())}, nil
	}
	route := g.view.Route(r.URL.Path)
	origin, _ := r.Headers.Get("Origin")
	method, asks := r.Headers.Get("Access-Control-Request-Method")
	if route != nil && r.Method == "OPTIONS" && asks && origin != "" {
		return fetch.NetworkResponse{
			Status: 204, Headers: route.PreflightHeaders(origin, method, r.Headers.Items("Access-Control-Request-Headers")), Body: fetch.PayloadOf(nil),
		}, nil
	}
	status, headers, body := g.pass()
	if route == nil && status == 404 {
		route = g.view.Unlisted
	}
	if route != nil {
		headers = merge(headers, route.ResponseHeaders(origin, status))
	}
	return fetch.NetworkResponse{Status: status, Headers: headers, Body: fetch.PayloadOf([]byte(body))}, nil
}

// pass returns what the upstream answers without its Access-Control headers, or
// the error that a gateway makes in its place.
func (g *policyGateway) pass() (status int, headers fetch.HeaderList, body string) {
	u := g.upstream[0]
	if len(g.upstream) > 1 {
		g.upstream = g.upstream[1:]
	}
	if u.Act != ActAnswers {
		return g.step.OnlyIf[0], fetch.HeaderList{{"Content-Type", "text/plain"}}, "made by the gateway"
	}
	for _, line := range u.Headers {
		if h := line.Header(); !strings.HasPrefix(strings.ToLower(h.Name()), "access-control-") {
			headers = append(headers, h)
		}
	}
	return u.Status, headers, u.Body
}

// merge appends what the policy calls for; Vary is one header with both values.
func merge(headers, called fetch.HeaderList) fetch.HeaderList {
	for _, h := range called {
		i := slices.IndexFunc(headers, func(o fetch.Header) bool { return strings.EqualFold(o.Name(), h.Name()) })
		if h.Name() == "Vary" && i >= 0 {
			headers[i][1] += ", " + h.Value()
			continue
		}
		headers = append(headers, h)
	}
	return headers
}
