package judge

import (
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
)

// A note is something worth knowing that breaks no policy.
type note struct {
	// order is that of notes among each other.
	order int
	saw   func(f *fact) bool
	say   string
	// unless are findings that say it already.
	unless []FindingID
	// holds says of what was seen whether it is one once all cases are known; nil if
	// nothing speaks against it.
	holds func(d *diagnosis, f *fact) bool
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
		for _, n := range noteRows() {
			has := func(o noted) bool { return o.id == n.ID }
			if n.note.saw(&facts[i]) && (n.note.holds != nil || !slices.ContainsFunc(c.noted, has)) {
				c.noted = append(c.noted, noted{n.ID, facts[i], checked})
			}
		}
	}
}

// notes are made of facts, unless a finding says the same.
func (c *Collector) notes(findings []Finding) []Finding {
	var out []Finding
	for _, n := range noteRows() {
		holds := func(f *fact) bool { return n.note.saw(f) && (n.note.holds == nil || n.note.holds(&c.diagnosis, f)) }
		var cases []FoldedCase
		var origins, routes []string
		for i := range c.diagnosis.facts {
			if fact := &c.diagnosis.facts[i]; holds(fact) {
				cases = append(cases, FoldedCase{ID: fact.id, Saw: n.note.say})
				origins = append(origins, fact.origin)
				if fact.route != nil {
					routes = append(routes, fact.route.Route.Name.Text)
				}
			}
		}
		shown := slices.IndexFunc(c.noted, func(o noted) bool { return o.id == n.ID && holds(&o.fact) })
		said := slices.ContainsFunc(findings, func(o Finding) bool { return slices.Contains(n.note.unless, o.ID) })
		if shown < 0 || said {
			continue
		}
		f := c.noteOf(n, c.noted[shown])
		f.Cases = slices.CompactFunc(cases, func(a, b FoldedCase) bool { return a.ID == b.ID })
		f.Origins, f.Routes = set(origins), set(routes)
		out = append(out, f)
	}
	return out
}

// noteOf makes a note of a case that shows it.
func (c *Collector) noteOf(n *row, shown noted) Finding {
	s := newSymptom(shown.checked, c.cfg.View, catalog.Deviation{Step: shown.fact.step, Want: catalog.Text(""), Got: catalog.Text("")}, effectNoted)
	s.x = &s.Got[s.step].Exchanges[shown.fact.at]
	return Finding{
		ID: n.ID, Title: n.Title, Severity: n.Severity, Fault: n.Fault, Summary: n.note.say, Rule: s.Case.Rule,
		Owners: set([]string{s.Case.Owner}), Routes: set([]string{s.Case.Route}), Evidence: evidence(s),
		Curl: c.curl(s), Command: c.cfg.Command + " --case " + ShellWord(s.Case.ID),
	}
}
