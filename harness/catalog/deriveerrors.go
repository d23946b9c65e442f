package catalog

import (
	"slices"
	"strconv"

	"github.com/corsproof/corsproof/harness/policy"
)

// errors are the cases about readable errors: those that the application makes,
// and those that the gateway makes itself.
func (d *deriver) errors() {
	for _, p := range d.places(policy.RuleReadableError) {
		d.applicationErrors(p)
		d.gatewayErrors(p)
	}
	d.unrouted()
}

func (d *deriver) applicationErrors(p place) {
	for _, n := range p.route.ReadableErrors {
		s := d.with(p, func(*Request) {})
		s.Upstream = []UpstreamAnswer{errorAnswer(n.Number)}
		c := p.caseAt(Probe{Area: AreaError, Variation: ByApplication}, []string{strconv.Itoa(n.Number)}, statusRule(n),
			"pages couldn't read an error that the application answers with", s)
		c.Decision = "error/application/" + p.name
		d.add(p.route, c)
	}
	if len(p.route.ReadableErrors) == 0 || p.route.Origin(d.evil).Allowed {
		return
	}
	status := p.route.ReadableErrors[0].Number
	if p.route.Reads(500) {
		status = 500
	}
	s := d.attack(p.route, d.evil, plain)
	s.Upstream = []UpstreamAnswer{errorAnswer(status)}
	d.add(p.route, p.caseAt(Probe{Area: AreaError, Variation: Denied}, nil, p.route.Origin(d.evil).Because, "an origin that the policy doesn't allow could read errors", s))
}

func statusRule(n policy.Number) policy.Rule {
	return policy.Rule{Kind: policy.RuleReadableError, Text: "readable_errors: " + strconv.Itoa(n.Number), At: n.At}
}

// tooLarge is how long a body is that a gateway with an ordinary limit refuses,
// in bytes.
const tooLarge = 2 << 20

// burst is how many requests a rate limit is provoked with.
const burst = 50

// gatewayErrors are errors that the gateway makes itself; which one it makes is
// its own affair, so any that the policy lists will do.
func (d *deriver) gatewayErrors(p place) {
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
		s := d.with(p, func(*Request) {})
		u := DefaultAnswer
		u.Act = act
		s.Upstream, s.OnlyIf = []UpstreamAnswer{u}, statuses
		change(&s)
		c := p.caseAt(Probe{Area: AreaError, Variation: ByGateway, Detail: name}, nil, rule, "pages couldn't read an error that the gateway makes itself", s)
		c.Disturbs = true
		d.add(p.route, c)
	}
	same := func(*PolicyStep) {}
	provoke("upstream-refuses", ActRefuses, []int{502, 503, 504}, same)
	provoke("upstream-resets", ActResets, []int{502, 503}, same)
	provoke("upstream-hangs", ActHangs, []int{504, 503, 502}, same)
	provoke("too-large", ActUnasked, []int{413}, func(s *PolicyStep) {
		s.Request.Method, s.Request.Body = "POST", &Body{Fill: tooLarge}
	})
	provoke("too-many", ActUnasked, []int{429, 503}, func(s *PolicyStep) { s.Repeat = burst })
	if s, ok := d.request(p.route, p.origin, preflighted); ok {
		provoke("upstream-refuses-preflighted", ActRefuses, []int{502, 503, 504}, func(o *PolicyStep) {
			o.Request, o.Auth = s.Request, s.Auth
		})
	}
}

// unlistedPath is a path that no policy lists.
const unlistedPath = "/corsproof-unlisted"

// unrouted is the 404 that a gateway makes where it has no route, if the policy
// says that pages can read it.
func (d *deriver) unrouted() {
	e := d.view.Unlisted
	if e == nil || d.view.Route(unlistedPath) != nil {
		return
	}
	origin, ok := asker(e)
	if !ok {
		return
	}
	i := slices.IndexFunc(e.ReadableErrors, func(n policy.Number) bool { return n.Number == 404 })
	s := d.unlisted(origin)
	u := DefaultAnswer
	u.Act = ActUnasked
	s.Upstream, s.OnlyIf = []UpstreamAnswer{u}, []int{404}
	probe := Probe{Area: AreaError, Variation: Unrouted}
	d.add(nil, PolicyCase{
		ID: probe.String(), Probe: probe, Rule: statusRule(e.ReadableErrors[i]), Steps: []PolicyStep{s},
		Why: "pages couldn't read that a path isn't there",
	})
}

// unlisted is a request for a path that no route matches.
func (d *deriver) unlisted(origin string) PolicyStep {
	return PolicyStep{Request: Request{Origin: origin, Method: "GET", URL: string(d.base) + unlistedPath}}
}
