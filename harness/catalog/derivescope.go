package catalog

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
)

// scopeCases are the cases about where a policy holds: other paths, other spellings
// of a path, other versions of HTTP, requests of no page.
func scopeCases(in *input) (out cases) {
	out = append(out, unlistedCases(in)...)
	for _, e := range in.view.Routes {
		if e.None == nil {
			continue
		}
		for _, g := range in.view.Policy.Origins {
			if origin := groupOrigin(&g); origin != "" && g.Name != policy.AddedGroup {
				out = append(out, pathSpellingCases(in, e, e.Route.Name.Text, origin, *e.None)...)
				break
			}
		}
	}
	for _, f := range facets(in.view) {
		if !f.route.Origin(in.evil).Allowed {
			out = append(out, pathSpellingCases(in, f.route, f.name, in.evil, f.route.Origin(in.evil).Because)...)
		}
		if origin, ok := asker(f.route); ok {
			out = append(out, protocolCases(in, place{f.name, f.route, origin})...)
			out = append(out, noPageCases(in, place{f.name, f.route, origin})...)
		}
	}
	return out
}

func unlistedCases(in *input) (out cases) {
	if in.view.Policy.Unlisted.Text == policy.Unjudged || in.view.Route(unlistedPath) != nil {
		return out
	}
	rule := policy.Rule{Kind: policy.RuleUnlisted, Text: "unlisted: denied", At: in.view.Policy.Unlisted.At}
	if rule.At.Line == 0 {
		rule.At = policy.Position{File: in.view.Policy.File, Line: 1, Column: 1}
	}
	probe := Probe{Area: AreaScope, Variation: Unlisted}
	for _, g := range in.view.Policy.Origins {
		origin := groupOrigin(&g)
		if origin == "" {
			continue
		}
		s := in.unlisted(origin)
		s.OnlyIf, s.Denied = []int{200}, true
		out.add(nil, PolicyCase{
			ID: probe.String() + "/" + groupSlug(g.Name), Probe: probe, Decision: probe.String(), Rule: rule, Steps: []PolicyStep{s},
			Why: "pages could read a path that the policy doesn't list",
		})
	}
	return out
}

// pathSpellingCases are other spellings of a route's path, asked for by an origin
// that may not read there. Whatever answers with content under one of them must
// not let it read.
func pathSpellingCases(in *input, e *policy.Effective, name, origin string, because policy.Rule) (out cases) {
	path := e.Path
	last := strings.LastIndexByte(path, '/')
	word := path[last+1:]
	spellings := []struct{ name, path string }{
		{"slash-after", path + "/"},
		{"two-slashes", "/" + path},
		{"semicolon", path + ";x=1"},
	}
	if word != "" {
		spellings = append(spellings,
			struct{ name, path string }{"encoded", path[:last+1] + fmt.Sprintf("%%%02X", word[0]) + word[1:]},
			struct{ name, path string }{"upper-case", strings.ToUpper(path)})
	}
	for _, v := range spellings {
		if route := in.view.Route(v.path); v.path == path || route != nil && route.Origin(origin).Allowed {
			continue
		}
		s := in.attack(e, origin, plain)
		s.Request.URL = string(in.base) + v.path
		s.OnlyIf, s.Denied = []int{200}, true
		probe := Probe{Area: AreaScope, Variation: Spelled, Detail: v.name}
		out.add(e, PolicyCase{
			ID: probe.String() + "/" + name, Probe: probe,
			Decision: "scope/spelled/" + name,
			Rule:     because, Steps: []PolicyStep{s},
			Why: fmt.Sprintf("an origin that may not read %s could read it under another spelling", path),
		})
	}
	return out
}

// protocolCases are the same requests over one version of HTTP and the other.
func protocolCases(in *input, p place) (out cases) {
	for _, protocol := range []struct {
		variation Variation
		version   Protocol
	}{{OverHTTP1, HTTP1}, {OverHTTP2, HTTP2}} {
		for _, f := range forms {
			s, ok := in.request(p.route, p.origin, f)
			if !ok {
				continue
			}
			c := p.caseAt(Probe{Area: AreaScope, Variation: protocol.variation}, []string{string(f)}, p.route.Origin(p.origin).Because,
				fmt.Sprintf("pages couldn't read over %s", protocol.version), s)
			c.Protocol, c.Drivers = protocol.version, []Driver{DriverModel}
			out.add(p.route, c)
		}
	}
	return out
}

// noPageCases are requests that no other page's code makes, which a gateway serves
// all the same.
func noPageCases(in *input, p place) (out cases) {
	none := in.get(p.route, "")
	authenticate(p.route, &none)
	out.add(p.route, p.caseAt(Probe{Area: AreaScope, Variation: NoOrigin}, nil, p.route.Rule(policy.RuleOrigins), "clients that are not browsers were refused", none))

	own := in.get(p.route, string(in.base))
	if listed(p.route.Methods, "POST") {
		own.Request.Method = "POST" // with it a browser sends its Origin to its own server, too
	}
	authenticate(p.route, &own)
	c := p.caseAt(Probe{Area: AreaScope, Variation: OwnOrigin}, nil, p.route.Rule(policy.RuleOrigins), "pages of the target itself were refused", own)
	c.Drivers = []Driver{DriverModel}
	out.add(p.route, c)

	if listed(p.route.Methods, "OPTIONS") {
		plain := in.get(p.route, "")
		plain.Request.Method = "OPTIONS"
		authenticate(p.route, &plain)
		out.add(p.route, p.caseAt(Probe{Area: AreaScope, Variation: PlainOptions}, nil, p.route.Rule(policy.RuleMethods), "an OPTIONS that is no preflight didn't reach the application", plain))
	}
	return out
}
