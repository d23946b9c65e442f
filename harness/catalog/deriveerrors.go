package catalog

import (
	"slices"
	"strconv"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// errorCases are the cases about readable errors: those that the application makes,
// and those that the gateway makes itself.
func errorCases(in *input) (out cases) {
	for _, p := range places(in.view, policy.RuleReadableError) {
		out = append(out, applicationErrorCases(in, p)...)
		out = append(out, gatewayErrorCases(in, p)...)
	}
	out = append(out, unroutedCases(in)...)
	return out
}

func applicationErrorCases(in *input, p place) (out cases) {
	exposed := exposedNames(p.route) // an error's as well
	lines := slices.Clone(DefaultAnswer.Headers)
	for _, name := range exposed {
		lines = append(lines, exposedLine(name))
	}
	for _, n := range p.route.ReadableErrors {
		s := in.with(p, func(*Request) {})
		u := errorAnswer(n.Number)
		u.Headers, s.Reads = lines, exposed
		s.Upstream = []UpstreamAnswer{u}
		c := p.caseAt(Probe{Area: AreaError, Variation: ByApplication}, []string{strconv.Itoa(n.Number)}, statusRule(n),
			"pages couldn't read an error that the application answers with", s)
		c.Decision = "error/application/" + p.name
		out.add(p.route, c)
	}
	if len(p.route.ReadableErrors) == 0 || p.route.Origin(in.evil).Allowed {
		return out
	}
	status := p.route.ReadableErrors[0].Number
	if p.route.Reads(500) {
		status = 500
	}
	s := in.attack(p.route, in.evil, plain)
	s.Upstream = []UpstreamAnswer{errorAnswer(status)}
	out.add(p.route, p.caseAt(Probe{Area: AreaError, Variation: Denied}, nil, p.route.Origin(in.evil).Because, "an origin that the policy doesn't allow could read errors", s))
	return out
}

func statusRule(n policy.Number) policy.Rule {
	return policy.Rule{Kind: policy.RuleReadableError, Text: "readable_errors: " + strconv.Itoa(n.Number), At: n.At}
}

// tooLarge is how long a body is that a gateway with an ordinary limit refuses,
// in bytes.
const tooLarge = 2 << 20

// TooMany is the detail of probes that test a limit of requests.
const TooMany = "too-many"

// burst is how many requests a rate limit is provoked with.
const burst = 50

// gatewayErrorCases are errors that the gateway makes itself; which one it makes is
// its own affair, so any that the policy lists will do.
func gatewayErrorCases(in *input, p place) (out cases) {
	provoke := func(name string, act Act, usual []int, change func(*PolicyStep)) {
		var statuses []int
		rule := p.route.Rule(policy.RuleReadableError)
		for _, status := range usual {
			i := slices.IndexFunc(p.route.ReadableErrors, func(n policy.Number) bool { return n.Number == status })
			if i < 0 {
				continue
			}
			if len(statuses) == 0 {
				rule = statusRule(p.route.ReadableErrors[i])
			}
			statuses = append(statuses, status)
		}
		if len(statuses) == 0 {
			return
		}
		s := in.with(p, func(*Request) {})
		u := DefaultAnswer
		u.Act = act
		s.Upstream, s.OnlyIf = []UpstreamAnswer{u}, statuses
		change(&s)
		c := p.caseAt(Probe{Area: AreaError, Variation: ByGateway, Detail: name}, nil, rule, "pages couldn't read an error that the gateway makes itself", s)
		c.Disturbs = true
		out.add(p.route, c)
	}
	same := func(*PolicyStep) {}
	provoke("upstream-refuses", ActRefuses, []int{502, 503, 504}, same)
	provoke("upstream-resets", ActResets, []int{502, 503}, same)
	provoke("upstream-hangs", ActHangs, []int{504, 503, 502}, same)
	provoke("too-large", ActUnasked, []int{413}, func(s *PolicyStep) {
		s.Request.Method, s.Request.Body = "POST", &Body{Fill: tooLarge}
	})
	provoke(TooMany, ActUnasked, []int{429, 503}, func(s *PolicyStep) {
		s.Repeat, s.Request.Cache = burst, fetch.CacheNoStore // a browser would answer by itself what it may keep
	})
	if s, ok := in.request(p.route, p.origin, preflighted); ok {
		provoke("upstream-refuses-preflighted", ActRefuses, []int{502, 503, 504}, func(o *PolicyStep) {
			o.Request, o.Auth = s.Request, s.Auth
		})
	}
	return out
}

// unlistedPath is a path that no policy lists.
const unlistedPath = "/corsproof-unlisted"

// unroutedCases is the 404 that a gateway makes where it has no route, if the policy
// says that pages can read it.
func unroutedCases(in *input) (out cases) {
	e := in.view.Unlisted
	if e == nil || in.view.Route(unlistedPath) != nil {
		return out
	}
	origin, ok := asker(e)
	if !ok {
		return out
	}
	i := slices.IndexFunc(e.ReadableErrors, func(n policy.Number) bool { return n.Number == 404 })
	s := in.unlisted(origin)
	u := DefaultAnswer
	u.Act = ActUnasked
	s.Upstream, s.OnlyIf = []UpstreamAnswer{u}, []int{404}
	probe := Probe{Area: AreaError, Variation: Unrouted}
	out.add(nil, PolicyCase{
		ID: probe.String(), Probe: probe, Rule: statusRule(e.ReadableErrors[i]), Steps: []PolicyStep{s},
		Why: "pages couldn't read that a path isn't there",
	})
	return out
}

// unlisted is a request for a path that no route matches.
func (a asks) unlisted(origin string) PolicyStep {
	return PolicyStep{Request: Request{Origin: origin, Method: "GET", URL: string(a.base) + unlistedPath}}
}
