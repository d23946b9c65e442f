package catalog

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/policy"
)

// scope are the cases about where a policy holds: other paths, other spellings
// of a path, other versions of HTTP, requests of no page.
func (d *deriver) scope() {
	d.unlistedPaths()
	for _, e := range d.view.Routes {
		if e.None == nil {
			continue
		}
		for _, g := range d.view.Policy.Origins {
			if origin := groupOrigin(&g); origin != "" && g.Name != policy.AddedGroup {
				d.pathSpellings(e, e.Route.Name.Text, origin, *e.None)
				break
			}
		}
	}
	for _, f := range d.facets() {
		if !f.route.Origin(d.evil).Allowed {
			d.pathSpellings(f.route, f.name, d.evil, f.route.Origin(d.evil).Because)
		}
		if origin, ok := asker(f.route); ok {
			d.protocols(place{f.name, f.route, origin})
			d.noPage(place{f.name, f.route, origin})
		}
	}
}

func (d *deriver) unlistedPaths() {
	if d.view.Policy.Unlisted.Text == policy.Unjudged || d.view.Route(unlistedPath) != nil {
		return
	}
	rule := policy.Rule{Kind: policy.RuleUnlisted, Text: "unlisted: denied", At: d.view.Policy.Unlisted.At}
	if rule.At.Line == 0 {
		rule.At = policy.Position{File: d.view.Policy.File, Line: 1, Column: 1}
	}
	probe := Probe{Area: AreaScope, Variation: Unlisted}
	for _, g := range d.view.Policy.Origins {
		origin := groupOrigin(&g)
		if origin == "" {
			continue
		}
		s := d.unlisted(origin)
		s.OnlyIf, s.Denied = []int{200}, true
		d.add(nil, PolicyCase{
			ID: probe.String() + "/" + groupSlug(g.Name), Probe: probe, Decision: probe.String(), Rule: rule, Steps: []PolicyStep{s},
			Why: "pages could read a path that the policy doesn't list",
		})
	}
}

// pathSpellings are other spellings of a route's path, asked for by an origin
// that may not read there. Whatever answers with content under one of them must
// not let it read.
func (d *deriver) pathSpellings(e *policy.Effective, name, origin string, because policy.Rule) {
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
		if route := d.view.Route(v.path); v.path == path || route != nil && route.Origin(origin).Allowed {
			continue
		}
		s := d.attack(e, origin, plain)
		s.Request.URL = string(d.base) + v.path
		s.OnlyIf, s.Denied = []int{200}, true
		probe := Probe{Area: AreaScope, Variation: Spelled, Detail: v.name}
		d.add(e, PolicyCase{
			ID: probe.String() + "/" + name, Probe: probe,
			Decision: "scope/spelled/" + name,
			Rule:     because, Steps: []PolicyStep{s},
			Why: fmt.Sprintf("an origin that may not read %s could read it under another spelling", path),
		})
	}
}

// protocols are the same requests over one version of HTTP and the other.
func (d *deriver) protocols(p place) {
	for _, protocol := range []struct {
		variation Variation
		version   Protocol
	}{{OverHTTP1, HTTP1}, {OverHTTP2, HTTP2}} {
		for _, f := range forms {
			s, ok := d.request(p.route, p.origin, f)
			if !ok {
				continue
			}
			c := p.caseAt(Probe{Area: AreaScope, Variation: protocol.variation}, []string{string(f)}, p.route.Origin(p.origin).Because,
				fmt.Sprintf("pages couldn't read over %s", protocol.version), s)
			c.Protocol, c.Drivers = protocol.version, []Driver{DriverModel}
			d.add(p.route, c)
		}
	}
}

// noPage are requests that no other page's code makes, which a gateway serves
// all the same.
func (d *deriver) noPage(p place) {
	none := d.get(p.route, "")
	d.authenticate(p.route, &none)
	d.add(p.route, p.caseAt(Probe{Area: AreaScope, Variation: NoOrigin}, nil, p.route.Rule(policy.RuleOrigins), "clients that are not browsers were refused", none))

	own := d.get(p.route, string(d.base))
	if listed(p.route.Methods, "POST") {
		own.Request.Method = "POST" // with it a browser sends its Origin to its own server, too
	}
	d.authenticate(p.route, &own)
	c := p.caseAt(Probe{Area: AreaScope, Variation: OwnOrigin}, nil, p.route.Rule(policy.RuleOrigins), "pages of the target itself were refused", own)
	c.Drivers = []Driver{DriverModel}
	d.add(p.route, c)

	if listed(p.route.Methods, "OPTIONS") {
		plain := d.get(p.route, "")
		plain.Request.Method = "OPTIONS"
		d.authenticate(p.route, &plain)
		d.add(p.route, p.caseAt(Probe{Area: AreaScope, Variation: PlainOptions}, nil, p.route.Rule(policy.RuleMethods), "an OPTIONS that is no preflight didn't reach the application", plain))
	}
}
