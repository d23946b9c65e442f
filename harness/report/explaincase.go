package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// Limits of what [CaseRun.Explain] says of one verdict.
const (
	explainFindings  = 5
	explainExchanges = 4
)

// Explain says why a case did not pass, for each caller for which it did not: its
// position, its subject, the expected and the actual result, and the exchanges. It
// returns an empty string for a case that passed.
func (r CaseRun) Explain() string {
	var b strings.Builder
	for _, v := range r.Verdicts {
		if v.End == judge.EndPass {
			continue
		}
		fmt.Fprintf(&b, "%s: %s/%s: %s: %s\n", r.Position, r.ID, v.Caller.Name, v.End, headline(r, v))
		steps := r.explainFindings(&b, v)
		explainRules(&b, v)
		for _, step := range steps {
			if t, ok := r.trace(v.Caller, step); ok {
				explainStep(&b, t)
			}
		}
		field(&b, "rerun", fmt.Sprintf("corsproof run %s --engine %s", r.rerun, v.Caller.Name))
	}
	return Printable(b.String())
}

func headline(r CaseRun, v judge.Verdict) string {
	switch v.End {
	case judge.EndDivergence:
		return "browser and model disagree"
	case judge.EndUnknown:
		return v.Unknown
	}
	return r.Why
}

// explainFindings lists what was found, and returns the requests that it is about.
func (r CaseRun) explainFindings(b *strings.Builder, v judge.Verdict) (steps []int) {
	var lines []string
	add := func(step int, line string) {
		if len(lines) < explainFindings && !slices.Contains(steps, step) {
			steps = append(steps, step)
		}
		lines = append(lines, line)
	}
	if v.End != judge.EndDivergence {
		for _, m := range v.Mismatches {
			add(m.Step, fmt.Sprintf("%-11s %s: want %s, got %s", "case file", m.What, m.Want, m.Got))
		}
	}
	for _, d := range v.Differences {
		add(d.Step, fmt.Sprintf("%-11s %s: %s, %s %s", "model", d.Subject, d.Model, v.Caller.Name, d.Engine))
	}
	for i, line := range lines {
		if i == explainFindings {
			field(b, "and", fmt.Sprintf("%d more", len(lines)-i))
			break
		}
		fmt.Fprintf(b, "    %s\n", line)
	}
	return steps
}

// explainRules names the rules of the engine's profile that explain what was found.
func explainRules(b *strings.Builder, v judge.Verdict) {
	profile, ok := fetch.ProfileByName(v.Caller.Name)
	if !ok {
		return
	}
	for _, rule := range v.ExplainedBy {
		for _, d := range profile.Differences {
			if d.Rule == rule {
				field(b, "rule", fmt.Sprintf("%s: %s", rule, d.Profile))
			}
		}
	}
	if len(v.ExplainedBy) > 0 {
		field(b, "fix", fmt.Sprintf("if the expectation is the standard's, add to the case: profiles: {%s: %s}", profile.Name, v.ExplainedBy[0]))
	}
}

// trace returns the caller's trace of a request.
func (r CaseRun) trace(caller fetch.Caller, step int) (fetch.Trace, bool) {
	n := 0
	for _, t := range r.Traces {
		if t.Caller == caller {
			if n == step {
				return t, true
			}
			n++
		}
	}
	return fetch.Trace{}, false
}

func explainStep(b *strings.Builder, t fetch.Trace) {
	credentials := ""
	if t.Request.Credentials != "" {
		credentials = fmt.Sprintf("  credentials %q", t.Request.Credentials)
	}
	method := t.Request.Method
	if method == "" {
		method = "GET"
	}
	field(b, "request", fmt.Sprintf("%s %s  from %s%s", method, t.Request.URL, t.Request.Origin, credentials))
	for i, x := range t.Exchanges {
		name := ""
		if i == 0 {
			name = "wire"
		}
		if i == explainExchanges {
			field(b, name, fmt.Sprintf("and %d more", len(t.Exchanges)-i))
			break
		}
		field(b, name, exchange(x))
	}
	if block := t.Outcome.Block; block != nil {
		field(b, t.Caller.Name, strings.TrimSpace(block.Code+" "+block.Sentence))
	}
}
