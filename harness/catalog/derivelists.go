package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A place is where a setting is written, with one route that it holds for and
// an origin that may read there.
type place struct {
	name   string
	route  *policy.Effective
	origin string
}

// places returns where a kind of setting is written, in the order of the routes:
// each list is tested once where it is written, however many routes share it.
func places(view *policy.View, kind policy.RuleKind) []place {
	var out []place
	for _, e := range view.Routes {
		origin, ok := asker(e)
		if !ok {
			continue
		}
		name := e.Place(kind)
		if name == "" {
			name = "unset"
		}
		i := slices.IndexFunc(out, func(p place) bool { return p.name == name })
		switch {
		case i < 0:
			out = append(out, place{name, e, origin})
		case out[i].route.Auth != nil && e.Auth == nil:
			out[i] = place{name, e, origin} // where requests need nothing else
		}
	}
	return out
}

// caseAt returns a case at a place. of are the parts of the ID between what is
// varied and the place: which of several names it is.
func (p place) caseAt(probe Probe, of []string, rule policy.Rule, why string, steps ...PolicyStep) PolicyCase {
	parts := slices.Concat([]string{probe.String()}, of, []string{p.name})
	return PolicyCase{ID: strings.Join(parts, "/"), Probe: probe, Rule: rule, Why: why, Steps: steps}
}

// anyOfThem stands for a name where the policy lists "*".
var anyOfThem = []string{"_any"}

// slugs is a name as it stands in an ID.
func slugs(name string) []string { return []string{originSlug(strings.ToLower(name))} }

// listCases are the cases about methods, headers, credentials, exposed headers and
// lifetimes.
func listCases(in *input) (out cases) {
	for _, p := range places(in.view, policy.RuleMethods) {
		out = append(out, methodCases(in, p)...)
	}
	for _, p := range places(in.view, policy.RuleHeaders) {
		out = append(out, headerCases(in, p)...)
	}
	for _, p := range places(in.view, policy.RuleCredentials) {
		out = append(out, credentialsCases(in, p)...)
	}
	for _, p := range places(in.view, policy.RuleExpose) {
		out = append(out, exposeCases(in, p)...)
	}
	for _, p := range places(in.view, policy.RuleMaxAge) {
		out = append(out, maxAgeCases(in, p)...)
	}
	for _, p := range places(in.view, policy.RuleAuth) {
		out = append(out, authCases(in, p)...)
	}
	return out
}

// with returns the simplest request at a place, changed, and authenticated.
func (a asks) with(p place, change func(*Request)) PolicyStep {
	s := a.get(p.route, p.origin)
	change(&s.Request)
	authenticate(p.route, &s)
	return s
}

// withNamed is a list with the names that the target's config lists, each once.
func withNamed(list, named []string) []string {
	list = slices.Clone(list)
	for _, name := range named {
		if !slices.ContainsFunc(list, func(one string) bool { return strings.EqualFold(one, name) }) {
			list = append(list, name)
		}
	}
	return list
}

// outsideMethods are what a list that doesn't have them must keep out.
var outsideMethods = []string{"PUT", "PATCH", "DELETE", "CORSPROOF"}

func methodCases(in *input, p place) (out cases) {
	for _, m := range p.route.Methods.Names {
		if fetch.IsForbiddenMethod(m.Text) {
			continue
		}
		c := p.caseAt(Probe{Area: AreaMethod, Variation: Allowed}, slugs(m.Text), policy.Rule{Kind: policy.RuleMethod, Text: m.Text, At: m.At},
			"pages couldn't use a method that the policy lists", in.with(p, func(r *Request) { r.Method = m.Text }))
		c.Decision = "method/allowed/" + p.name
		out.add(p.route, c)
		lower := strings.ToLower(m.Text)
		if lower != m.Text && fetch.NormalizeMethod(lower) == lower && !listed(p.route.Methods, lower) && p.route.Methods.Any == nil {
			out.add(p.route, p.caseAt(Probe{Area: AreaMethod, Variation: OtherCase}, slugs(lower), p.route.Rule(policy.RuleMethods),
				"a method in small letters is another one, and was answered as if it were listed",
				in.with(p, func(r *Request) { r.Method = lower })))
		}
	}
	if t := p.route.Methods.Any; t != nil {
		out.add(p.route, p.caseAt(Probe{Area: AreaMethod, Variation: Allowed}, anyOfThem, policy.Rule{Kind: policy.RuleMethod, Text: t.Text, At: t.At},
			"pages couldn't use a method though the policy allows all", in.with(p, func(r *Request) { r.Method = "CORSPROOF" })))
	}
	for _, m := range withNamed(outsideMethods, in.namedMethods) {
		if p.route.AllowsMethod(m) || !needsPreflight(m) || m == "OPTIONS" { // which is often listed, and of no use to a page
			continue
		}
		c := p.caseAt(Probe{Area: AreaMethod, Variation: Outside}, slugs(m), p.route.Rule(policy.RuleMethods),
			"pages could use a method that the policy doesn't list", in.with(p, func(r *Request) { r.Method = m }))
		c.Decision = "method/outside/" + p.name
		out.add(p.route, c)
	}
	return out
}

// outsideHeaders are what a list that doesn't have them must keep out.
var outsideHeaders = []string{"x-corsproof", "authorization", "content-type", "x-requested-with"}

func headerCases(in *input, p place) (out cases) {
	var all []HeaderLine
	for _, h := range p.route.Headers.Names {
		line := headerLine(h.Text)
		if !settable(line) {
			continue
		}
		all = append(all, line)
		c := p.caseAt(Probe{Area: AreaHeader, Variation: Allowed}, slugs(h.Text), policy.Rule{Kind: policy.RuleHeader, Text: h.Text, At: h.At},
			"pages couldn't set a request header that the policy lists", in.with(p, func(r *Request) { r.Headers = []HeaderLine{line} }))
		c.Decision = "header/allowed/" + p.name
		out.add(p.route, c)
	}
	if t := p.route.Headers.Any; t != nil {
		out.add(p.route, p.caseAt(Probe{Area: AreaHeader, Variation: Allowed}, anyOfThem, policy.Rule{Kind: policy.RuleHeader, Text: t.Text, At: t.At},
			"pages couldn't set a request header though the policy allows all", in.with(p, func(r *Request) { r.Headers = []HeaderLine{"x-corsproof: corsproof"} })))
	}
	rule := p.route.Rule(policy.RuleHeaders)
	if len(all) > 1 {
		out.add(p.route, p.caseAt(Probe{Area: AreaHeader, Variation: AllAtOnce}, nil, rule, "pages couldn't set all request headers that the policy lists at once",
			in.with(p, func(r *Request) { r.Headers = all })))
	}
	for _, name := range withNamed(outsideHeaders, in.namedHeaders) {
		if p.route.AllowsHeader(name) || !settable(headerLine(name)) {
			continue
		}
		c := p.caseAt(Probe{Area: AreaHeader, Variation: Outside}, slugs(name), rule, "pages could set a request header that the policy doesn't list",
			in.with(p, func(r *Request) { r.Headers = []HeaderLine{headerLine(name)} }))
		c.Decision = "header/outside/" + p.name
		out.add(p.route, c)
	}
	if len(all) > 0 {
		out = append(out, spellingCases(in, p, all)...)
	}
	return out
}

// spellingCases are preflights as intermediaries hand them on: what they ask for is
// the same, however it is spelled.
func spellingCases(in *input, p place, lines []HeaderLine) (out cases) {
	var names []string
	for _, line := range lines[:min(len(lines), 3)] {
		names = append(names, strings.ToLower(line.Header().Name()))
	}
	slices.Sort(names)
	upper := slices.Clone(names)
	for i, name := range upper {
		upper[i] = strings.ToUpper(name[:1]) + name[1:]
	}
	method := unsafeMethod(p.route)
	if method == "" {
		method = plainMethod(p.route)
	}
	backwards := slices.Clone(names)
	slices.Reverse(backwards)
	type spelling struct {
		name  string
		lines []string
	}
	spellings := []spelling{{"capitals", []string{strings.Join(upper, ",")}}}
	if len(names) > 1 {
		spellings = append(spellings, spelling{"spaces", []string{strings.Join(names, ", ")}},
			spelling{"two-lines", names}, spelling{"unsorted", []string{strings.Join(backwards, ",")}})
	}
	for _, spelling := range spellings {
		s := in.get(p.route, p.origin)
		s.Request.Method = "OPTIONS"
		s.Request.Headers = []HeaderLine{HeaderLine("Access-Control-Request-Method: " + method)}
		for _, line := range spelling.lines {
			s.Request.Headers = append(s.Request.Headers, HeaderLine("Access-Control-Request-Headers: "+line))
		}
		out.add(p.route, p.caseAt(Probe{Area: AreaHeader, Variation: AskedWith, Detail: spelling.name}, nil, p.route.Rule(policy.RuleHeaders),
			"a preflight that an intermediary spelled anew was refused", s))
	}
	return out
}

// caseCookie is what the jar holds in cases about cookies.
const caseCookie = "corsproof=1"

func credentialsCases(in *input, p place) (out cases) {
	rule := p.route.Rule(policy.RuleCredentials)
	mode := func(m fetch.CredentialsMode) PolicyStep {
		return in.with(p, func(r *Request) { r.Credentials = m })
	}
	if p.route.Credentials {
		with := p.caseAt(Probe{Area: AreaCredentials, Variation: WithCookie}, nil, rule, "visitors with a cookie were refused", mode(fetch.CredentialsInclude))
		with.Jar = caseCookie
		if needsCookie(p.route) {
			out.add(p.route, with)
			return out
		}
		out.add(p.route, p.caseAt(Probe{Area: AreaCredentials, Variation: EmptyJar}, nil, rule, "visitors without a cookie yet were refused", mode(fetch.CredentialsInclude)))
		out.add(p.route, with)
		out.add(p.route, p.caseAt(Probe{Area: AreaCredentials, Variation: Omitted}, nil, rule, "pages that send no credentials were refused", mode(fetch.CredentialsOmit)))
		return out
	}
	for _, f := range forms {
		s, ok := in.request(p.route, p.origin, f)
		if !ok {
			continue
		}
		s.Request.Credentials = fetch.CredentialsInclude
		out.add(p.route, p.caseAt(Probe{Area: AreaCredentials, Variation: Refused}, []string{string(f)}, rule, "pages could read with a visitor's credentials, which the policy doesn't allow", s))
	}
	return out
}

// exposedNames are the response headers that a route exposes by name, and that pages
// can't read without.
func exposedNames(e *policy.Effective) (names []string) {
	for _, h := range e.Expose.Names {
		if !fetch.IsForbiddenResponseHeader(h.Text) && !fetch.IsSafelistedResponseHeader(h.Text, nil) {
			names = append(names, h.Text)
		}
	}
	return names
}

func exposeCases(in *input, p place) (out cases) {
	read := func(name string) PolicyStep {
		s := in.with(p, func(*Request) {})
		u := DefaultAnswer
		u.Headers = append(slices.Clone(u.Headers), exposedLine(name))
		s.Upstream, s.Reads = []UpstreamAnswer{u}, []string{name}
		return s
	}
	for _, h := range p.route.Expose.Names {
		if fetch.IsForbiddenResponseHeader(h.Text) || fetch.IsSafelistedResponseHeader(h.Text, nil) {
			continue
		}
		c := p.caseAt(Probe{Area: AreaExpose, Variation: Readable}, slugs(h.Text), policy.Rule{Kind: policy.RuleExposed, Text: h.Text, At: h.At},
			"pages couldn't read a response header that the policy exposes", read(h.Text))
		c.Decision = "expose/readable/" + p.name
		out.add(p.route, c)
	}
	if t := p.route.Expose.Any; t != nil {
		out.add(p.route, p.caseAt(Probe{Area: AreaExpose, Variation: Readable}, anyOfThem, policy.Rule{Kind: policy.RuleExposed, Text: t.Text, At: t.At},
			"pages couldn't read a response header though the policy exposes all", read("X-Corsproof")))
		return out
	}
	out.add(p.route, p.caseAt(Probe{Area: AreaExpose, Variation: Outside}, nil, p.route.Rule(policy.RuleExpose),
		"pages could read a response header that the policy doesn't expose", read("X-Corsproof")))
	return out
}

// exposedLine gives a response header a value that clients take.
func exposedLine(name string) HeaderLine {
	switch strings.ToLower(name) {
	case "content-encoding":
		return HeaderLine(name + ": identity")
	case "content-range":
		return HeaderLine(name + ": bytes 0-8/9")
	case "retry-after", "age":
		return HeaderLine(name + ": 1")
	case "etag":
		return HeaderLine(name + `: "corsproof"`)
	}
	return HeaderLine(name + ": corsproof")
}

// defaultMaxAge is how long a preflight holds, in seconds, whose answer doesn't
// say: https://fetch.spec.whatwg.org/#cors-preflight-fetch-0, step 7.9.
const defaultMaxAge = 5

func maxAgeCases(in *input, p place) (out cases) {
	if p.route.MaxAge == nil {
		return out
	}
	s, ok := in.request(p.route, p.origin, preflighted)
	if !ok {
		return out
	}
	rule := p.route.Rule(policy.RuleMaxAge)
	again := func(v Variation, after int, why string, drivers ...Driver) {
		second := s
		second.After = after
		c := p.caseAt(Probe{Area: AreaMaxAge, Variation: v}, nil, rule, why, s, second)
		c.Drivers = drivers
		out.add(p.route, c)
	}
	again(AtOnce, 0, "a preflight was kept for another time than the policy says")
	again(PastTheDefault, defaultMaxAge+1, "the answer to a preflight didn't say how long it holds", DriverModel, DriverBrowser)
	if *p.route.MaxAge > 1 {
		again(NearlyOver, *p.route.MaxAge-1, "a preflight was kept for a shorter time than the policy says", DriverModel)
	}
	again(Over, *p.route.MaxAge+1, "a preflight was kept for a longer time than the policy says", DriverModel)
	return out
}

func authCases(in *input, p place) (out cases) {
	if p.route.Auth == nil {
		return out
	}
	rule := p.route.Rule(policy.RuleAuth)
	if s, ok := in.request(p.route, p.origin, preflighted); ok {
		out.add(p.route, p.caseAt(Probe{Area: AreaAuth, Variation: Preflight}, nil, rule, "a preflight, which never carries credentials, was asked for them", s))
	}
	if !p.route.Reads(401) {
		return out
	}
	// Not a redirect to a login page either, which no page could follow.
	s := in.get(p.route, p.origin)
	s.Upstream = []UpstreamAnswer{errorAnswer(401)}
	s.OnlyIf = []int{401, 301, 302, 303, 307, 308}
	if p.route.Reads(403) {
		s.OnlyIf = append(s.OnlyIf, 403)
	}
	out.add(p.route, p.caseAt(Probe{Area: AreaAuth, Variation: Missing}, nil, rule, "pages couldn't read that authentication is missing", s))
	return out
}

// errorAnswer is what an application answers with an error.
func errorAnswer(status int) UpstreamAnswer {
	u := DefaultAnswer
	u.Status, u.Body = status, fmt.Sprintf("corsproof %d", status)
	return u
}
