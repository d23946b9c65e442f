package judge

import (
	"slices"
	"strings"
)

// A note is something worth knowing that breaks no policy.
type note struct {
	id  FindingID
	saw func(d *diagnosis, f *fact) bool
	say string
	// unless are findings that say it already.
	unless []FindingID
}

var noteKinds = []note{
	{AcacForDenied, func(d *diagnosis, f *fact) bool {
		return f.route != nil && f.origin != "" && !f.allowed && !f.upstreamConsents && !f.consents && f.answer.Contains("access-control-allow-credentials")
	}, "Access-Control-Allow-Credentials is sent to origins that may not read; alone it does nothing", nil},
	{DeniedEmpty200, func(d *diagnosis, f *fact) bool {
		return f.route != nil && f.origin != "" && !f.allowed && !f.preflight && !f.wire && f.status == 200 && f.bodyBytes == 0 && f.seen && !f.reached &&
			strings.HasPrefix(f.id, "route/")
	}, "an origin that may not read gets status 200 without a body, so that a check of the status alone sees a success", nil},
	{PrivateNetwork, func(d *diagnosis, f *fact) bool { return f.answer.Contains("access-control-allow-private-network") },
		"Access-Control-Allow-Private-Network is sent though nobody asked for it", nil},
	{CORSDoS, func(d *diagnosis, f *fact) bool { return f.wire && f.status == 0 },
		"a request that is only odd got no answer at all", []FindingID{Preflight5xx, PreflightMTLS, LooksLikeCORS}},
	{VaryInjection, func(d *diagnosis, f *fact) bool {
		return f.preflight && len(f.names) > 0 && slices.ContainsFunc(listOf(f.answer, "vary"), func(name string) bool {
			return slices.ContainsFunc(f.names, func(asked string) bool { return strings.EqualFold(asked, name) })
		})
	}, "the names that a preflight asks for come back in Vary, as whoever asks has written them", nil},
}

// notes are made of facts, unless a finding says the same.
func (c *Collector) notes(findings []Finding) []Finding {
	var out []Finding
	for _, n := range noteKinds {
		kind, _ := KindOf(n.id)
		f := Finding{ID: n.id, Title: kind.Title, Severity: kind.Severity, Fault: kind.Fault, Summary: n.say, Evidence: Evidence{Decisive: -1}}
		for i := range c.diagnosis.facts {
			if fact := &c.diagnosis.facts[i]; n.saw(&c.diagnosis, fact) {
				f.Cases = append(f.Cases, FoldedCase{ID: fact.id, Saw: n.say})
				f.Origins = append(f.Origins, fact.origin)
			}
		}
		said := slices.ContainsFunc(findings, func(o Finding) bool { return slices.Contains(n.unless, o.ID) })
		if len(f.Cases) == 0 || said {
			continue
		}
		f.Cases = slices.CompactFunc(f.Cases, func(a, b FoldedCase) bool { return a.ID == b.ID })
		f.Origins = set(f.Origins)
		f.Command = c.cfg.Command + " --case " + ShellWord(f.Cases[0].ID)
		out = append(out, f)
	}
	return out
}
