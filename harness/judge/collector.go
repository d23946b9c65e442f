package judge

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/corsproof/corsproof/harness/policy"
)

// CollectorConfig has what the cases do not know.
type CollectorConfig struct {
	// View is the policy on the target.
	View *policy.View
	// Command is the command that reproduces a case when " --case ID" is appended; empty
	// means "corsproof check POLICY --target NAME".
	Command string
	// RoutesBy are names of request headers by which the target chooses among routes.
	RoutesBy []string
	// Address is where the target listens, "host:port", if that differs from its URL;
	// curl commands connect to it.
	Address string
}

// A Collector makes findings of cases. It keeps cases that failed and one for each note,
// and a few facts of the others. It is not safe for concurrent use.
type Collector struct {
	cfg       CollectorConfig
	finder    factFinder
	diagnosis diagnosis
	noted     []noted
}

// NewCollector returns an empty collector.
func NewCollector(cfg CollectorConfig) *Collector {
	if cfg.Command == "" {
		cfg.Command = fmt.Sprintf("corsproof check %s --target %s", cfg.View.Policy.File, cfg.View.Target.Name)
	}
	return &Collector{cfg: cfg, finder: factFinder{view: cfg.View}, diagnosis: diagnosis{view: cfg.View, routesBy: cfg.RoutesBy}}
}

// Add adds a case. The collector keeps the case if it failed; then nobody may change it.
func (c *Collector) Add(checked *Checked) {
	if checked.End() == EndNotRun {
		return
	}
	facts := c.finder.factsOf(checked)
	c.note(checked, facts)
	c.diagnosis.facts = append(c.diagnosis.facts, facts...)
	if checked.End() == EndViolation {
		c.diagnosis.symptomList = append(c.diagnosis.symptomList, symptoms(checked, c.cfg.View)...)
	}
}

// AddContext adds a case that was not selected: it makes no finding, but is evidence for
// and against the causes of others. Nobody may change it later.
func (c *Collector) AddContext(checked *Checked) {
	if checked.End() == EndNotRun {
		return
	}
	c.diagnosis.facts = append(c.diagnosis.facts, c.finder.factsOf(checked)...)
	if checked.End() == EndViolation {
		for _, s := range symptoms(checked, c.cfg.View) {
			s.context = true
			c.diagnosis.symptomList = append(c.diagnosis.symptomList, s)
		}
	}
}

// Findings returns the causes of all violations, most severe first, and notes: what is
// worth knowing about a target that follows the policy. Notes do not change how a check
// ends. The results depend only on the cases and the order in which they were added.
func (c *Collector) Findings() (findings, notes []Finding) {
	for _, g := range c.diagnosis.groups() {
		findings = append(findings, c.finding(g))
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Compare(slices.Index(Severities(), a.Severity), slices.Index(Severities(), b.Severity))
	})
	return findings, c.notes(findings)
}

// finding makes a finding of the symptoms of one cause.
func (c *Collector) finding(g group) Finding {
	kind, _ := KindOf(g.id)
	s := g.first()
	f := Finding{
		ID: g.id, Title: kind.Title, Fault: kind.Fault, Severity: severity(kind.Severity, g.symptoms),
		Summary: summary(s), Rule: s.Case.Rule, Evidence: evidence(s), Flip: flip(s), Fix: fix(g, c.cfg.View),
		Curl: c.curl(s), Command: c.cfg.Command + " --case " + ShellWord(s.Case.ID),
	}
	for _, s := range g.symptoms {
		f.Cases = append(f.Cases, FoldedCase{ID: s.Case.ID, Route: s.Case.Route, Rule: s.Case.Rule, Saw: saw(s.mismatch)})
		f.Owners, f.Routes = append(f.Owners, s.Case.Owner), append(f.Routes, s.Case.Route)
		f.Origins = append(f.Origins, s.origin())
	}
	f.Cases = slices.CompactFunc(f.Cases, func(a, b FoldedCase) bool { return a.ID == b.ID })
	f.Owners, f.Routes, f.Origins = set(f.Owners), set(f.Routes), set(f.Origins)
	return f
}

// set returns the words, sorted, each once, without the empty one.
func set(words []string) []string {
	words = slices.Compact(slices.Sorted(slices.Values(words)))
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}

// first is the symptom that shows the cause best: of a case of one request that a
// page can send, if there is one, and that isn't only answered with another status,
// unless that is what is wrong; at least of one that provokes nothing.
func (g group) first() *symptom {
	plain := func(s *symptom) bool { return !s.Case.Wire() && !s.Case.Disturbs }
	single := func(s *symptom) bool { return plain(s) && len(s.Case.Steps) == 1 }
	statusTells := g.id == AuthBeyond || g.id == NeverServed
	telling := func(s *symptom) bool { return single(s) && (s.effect == effectStatus) == statusTells }
	for _, shows := range []func(*symptom) bool{telling, single, plain} {
		if i := slices.IndexFunc(g.symptoms, shows); i >= 0 {
			return g.symptoms[i]
		}
	}
	return g.symptoms[0]
}

// severity is the usual one of a kind, unless the symptoms are of another sort.
func severity(usual Severity, symptoms []*symptom) Severity {
	allowed, refused, sendable := 0, 0, 0
	for _, s := range symptoms {
		switch s.effect {
		case effectAllowed:
			allowed++
			if !s.Case.Wire() {
				sendable++
			}
		case effectRefused:
			refused++
		}
	}
	switch {
	case allowed == 0 && usual == SeverityHole && refused > 0:
		return SeverityOutage
	case allowed > 0 && sendable == 0 && refused == 0:
		return SeverityAnnoyance // no browser sends it
	case sendable > 0 && refused == 0:
		return SeverityHole
	case sendable > 0 && usual != SeverityOutage:
		return SeverityHole
	}
	return usual
}
