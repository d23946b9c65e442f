package judge

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
)

// A note is something worth knowing that breaks no policy.
type note struct {
	id  FindingID
	saw func(f *fact) bool
	say string
	// unless are findings that say it already.
	unless []FindingID
	// holds says of what was seen whether it is one once all cases are known; nil if
	// nothing speaks against it.
	holds func(d *diagnosis, f *fact) bool
}

var noteKinds = []note{
	{OriginCaseFolded, func(f *fact) bool { return f.noted && f.consents }, "an origin in capitals may read, too; no browser sends one", nil,
		func(d *diagnosis, f *fact) bool { return d.matchers[f.matched()] == OriginCaseFolded }},
	{AcacForDenied, func(f *fact) bool {
		return f.route != nil && f.origin != "" && !f.allowed && !f.upstreamConsents && !f.consents && f.answer.Contains("access-control-allow-credentials")
	}, "Access-Control-Allow-Credentials is sent to origins that may not read; alone it does nothing", nil, nil},
	{DeniedEmpty200, func(f *fact) bool {
		return f.route != nil && f.origin != "" && !f.allowed && !f.preflight && !f.wire && f.status == 200 && f.bodyBytes == 0 && f.seen && !f.reached &&
			f.probe.Is(catalog.AreaRoute)
	}, "an origin that may not read gets status 200 without a body, so that a check of the status alone sees a success", nil, nil},
	{PrivateNetwork, func(f *fact) bool { return f.answer.Contains("access-control-allow-private-network") },
		"Access-Control-Allow-Private-Network is sent though nobody asked for it", nil, nil},
	{CORSDoS, func(f *fact) bool { return f.wire && f.status == 0 },
		"a request that is only odd got no answer at all", []FindingID{Preflight5xx, PreflightMTLS, LooksLikeCORS}, nil},
	{VaryInjection, func(f *fact) bool {
		return f.preflight && len(f.names) > 0 && slices.ContainsFunc(f.answer.Items("vary"), func(name string) bool {
			return slices.ContainsFunc(f.names, func(asked string) bool { return strings.EqualFold(asked, name) })
		})
	}, "the names that a preflight asks for come back in Vary, as whoever asks has written them", nil, nil},
}

// A noted is a case that may show a note.
type noted struct {
	id      FindingID
	fact    fact
	checked *Checked
}

// note keeps a case if it may show a note: of one that nothing speaks against the
// first, of others each, which are few.
func (c *Collector) note(checked *Checked, facts []fact) {
	for i := range facts {
		for _, n := range noteKinds {
			has := func(o noted) bool { return o.id == n.id }
			if n.saw(&facts[i]) && (n.holds != nil || !slices.ContainsFunc(c.noted, has)) {
				c.noted = append(c.noted, noted{n.id, facts[i], checked})
			}
		}
	}
}

// notes are made of facts, unless a finding says the same.
func (c *Collector) notes(findings []Finding) []Finding {
	var out []Finding
	for _, n := range noteKinds {
		holds := func(f *fact) bool { return n.saw(f) && (n.holds == nil || n.holds(&c.diagnosis, f)) }
		var cases []FoldedCase
		var origins []string
		for i := range c.diagnosis.facts {
			if fact := &c.diagnosis.facts[i]; holds(fact) {
				cases = append(cases, FoldedCase{ID: fact.id, Saw: n.say})
				origins = append(origins, fact.origin)
			}
		}
		shown := slices.IndexFunc(c.noted, func(o noted) bool { return o.id == n.id && holds(&o.fact) })
		said := slices.ContainsFunc(findings, func(o Finding) bool { return slices.Contains(n.unless, o.ID) })
		if shown < 0 || said {
			continue
		}
		f := c.noteOf(n, c.noted[shown])
		f.Cases = slices.CompactFunc(cases, func(a, b FoldedCase) bool { return a.ID == b.ID })
		f.Origins = set(origins)
		out = append(out, f)
	}
	return out
}

// noteOf makes a note of a case that shows it.
func (c *Collector) noteOf(n note, shown noted) Finding {
	kind, _ := KindOf(n.id)
	s := newSymptom(shown.checked, c.cfg.View, catalog.Deviation{Step: shown.fact.step, Want: catalog.Text(""), Got: catalog.Text("")}, effectNoted)
	s.x = &s.Got[s.step].Exchanges[shown.fact.at]
	return Finding{
		ID: n.id, Title: kind.Title, Severity: kind.Severity, Fault: kind.Fault, Summary: n.say, Rule: s.Case.Rule,
		Owners: set([]string{s.Case.Owner}), Routes: set([]string{s.Case.Route}), Evidence: evidence(s),
		Curl: c.curl(s), Command: c.cfg.Command + " --case " + ShellWord(s.Case.ID),
	}
}
