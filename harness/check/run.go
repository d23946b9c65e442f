package check

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/report"
)

// Run is [Check] for go test: each case is a subtest with the case's ID as its
// name, so that -run and -skip select cases; what they leave out costs nothing, but
// for a few cases that tell the cause of one that comes out wrong. Of several cases
// with one cause the first subtest has the whole finding, and the others a line that
// points to it. A case that is not run is skipped with the reason;
// a divergence and what could not be observed fail the test, and say so. Where
// there is no browser to judge, the test is skipped or fails as CORSPROOF_REQUIRE
// says, see [browser.RequireT]. Call it once in a test.
func Run(t *testing.T, cfg Config) {
	t.Helper()
	if cfg.Engine != browser.EngineModel {
		browser.RequireT(t)
	}
	r := &testRun{ended: map[string]caseEnd{}}
	selected, only := selectedBy(testFlags(), t.Name()), cfg.Only
	cfg.Only = func(id string) bool {
		if only != nil && !only(id) {
			return false
		}
		r.ids = append(r.ids, id)
		return selected(id)
	}
	each := cfg.Each
	cfg.Each = func(c *judge.Checked) error {
		r.ended[c.Case.ID] = endOf(c)
		if each != nil {
			return each(c)
		}
		return nil
	}
	summary, err := Check(t.Context(), cfg)
	if err != nil {
		t.Fatalf("unknown: %v", err)
	}
	r.fold(t.Name(), summary.Findings)
	for _, id := range r.ids {
		t.Run(id, func(t *testing.T) {
			t.Helper()
			r.report(t, id)
		})
	}
	for _, p := range summary.Problems {
		t.Errorf("unknown: %s", p)
	}
	for _, n := range summary.Notes {
		t.Logf("note: %s: %s: %d cases, such as %s", n.ID, n.Summary, len(n.Cases), n.Cases[0].ID)
	}
	t.Log(summary.String())
}

// PolicyT reads a policy for a test. A mistake in it, or a danger that it doesn't
// accept, fails the test.
func PolicyT(tb testing.TB, file string) *policy.Policy {
	tb.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := policy.Parse(file, text)
	if err != nil {
		tb.Fatal(err)
	}
	if concerns := p.Lint(); policy.Refused(concerns) {
		for _, c := range concerns {
			tb.Log(c)
		}
		tb.Fatalf("%s: the policy is refused for what is listed above; accept a risk under accepted_risks, with a reason", file)
	}
	return p
}

// A testRun is what came of a check, for its subtests.
type testRun struct {
	ids   []string // of all cases, in the order of the policy
	ended map[string]caseEnd
}

// A caseEnd is how a case ended, in the words of its subtest.
type caseEnd struct {
	end  judge.End
	text string
}

func endOf(c *judge.Checked) caseEnd {
	out := caseEnd{end: c.End()}
	switch out.end {
	case judge.EndNotRun:
		out.text = "not run: " + c.NotRun
	case judge.EndUnknown:
		out.text = "unknown: " + c.Missing()
	case judge.EndDivergence:
		out.text = fmt.Sprintf("divergence: browser and model disagree: %s\n    policy    %s", c.Differences[0], c.Case.Rule)
	case judge.EndViolation:
		saw := "asked again: " + c.Unsteady
		if len(c.Mismatches) > 0 {
			saw = c.Mismatches[0].String()
		}
		out.text = fmt.Sprintf("%s: %s\n    saw       %s", c.Case.Rule.At, c.Case.Why, saw)
	}
	return out
}

// fold puts each finding into the words of the first subtest that it explains, and a
// line that points there into those of the others.
func (r *testRun) fold(test string, findings []judge.Finding) {
	words := map[string][]string{}
	for _, f := range findings {
		saw := map[string]string{}
		for _, c := range f.Cases {
			saw[c.ID] = c.Saw
		}
		first := slices.IndexFunc(r.ids, func(id string) bool { _, explains := saw[id]; return explains })
		f.Command = rerun(test, f.Evidence.Case)
		for _, c := range f.Cases {
			line := fmt.Sprintf("%s: %s, which %s explains: %s", c.Rule.At, f.ID, r.ids[first], c.Saw)
			if c.ID == r.ids[first] {
				line = strings.TrimRight(report.ExplainFinding(f), "\n")
			}
			words[c.ID] = append(words[c.ID], line)
		}
	}
	for id, lines := range words {
		e := r.ended[id]
		e.text = strings.Join(lines, "\n")
		r.ended[id] = e
	}
}

// report is the subtest of a case.
func (r *testRun) report(t *testing.T, id string) {
	t.Helper()
	switch e, ok := r.ended[id]; {
	case !ok:
		t.Errorf("%s was not checked: -run or -skip was not understood; call Run once in a test, and report this if it is", id)
	case e.end == judge.EndPass:
	case e.end == judge.EndNotRun:
		t.Skip(e.text)
	default:
		t.Error(strings.TrimRight(e.text, "\n"))
	}
}

// rerun is the command that makes one subtest again, in the folder of the test.
func rerun(test, id string) string {
	parts := strings.Split(test+"/"+id, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return fmt.Sprintf("go test -run '%s'", strings.Join(parts, "/"))
}
