package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/report"
)

// Run is [Check] for go test, with the policy in a file. Each case is a subtest named by
// the case's ID, so that -run and -skip select cases; skipped cases cost nothing, except
// for a few that run to find the cause of a failure. If several cases share a cause, the
// first subtest shows the full finding and the others refer to it. A case that is not run
// is skipped with the reason. A divergence, and what could not be observed, fail the
// test. Without a browser the test is skipped or fails, depending on CORSPROOF_REQUIRE,
// see [harness.RequireChromiumT].
//
// Options may be left out, as may each of its fields: the policy says which gateway runs
// with which config, and where secrets are. With Options.Policy no file is read. The
// subtests are parallel: they report after the test that called Run returns. Call Run
// once in a test.
func Run(t *testing.T, file string, options ...Config) {
	t.Helper()
	if len(options) > 1 {
		t.Fatalf("check.Run takes at most one Config, but got %d", len(options))
	}
	cfg := append(options, Config{})[0]
	if cfg.Policy == nil {
		cfg.Policy = PolicyT(t, file)
	}
	if cfg.Secret == nil {
		cfg.Secret = Secrets(filepath.Dir(cfg.Policy.File))
	}
	if cfg.Engine != browser.EngineModel {
		harness.RequireChromiumT(t)
	}
	r := &testRun{ended: map[string]caseEnd{}, selected: map[string]bool{}}
	var err error
	if r.ids, err = caseIDs(t.Context(), &cfg); err != nil {
		t.Fatalf("unknown: %v", err)
	}
	// Which subtests run is decided by package testing alone: one that does notes it and
	// waits, as every parallel one, until the test has returned.
	for _, id := range r.ids {
		t.Run(id, func(t *testing.T) {
			t.Helper()
			r.selected[id] = true
			t.Parallel()
			r.report(t, id)
		})
	}
	r.check(t, cfg)
}

// caseIDs returns the IDs of all cases of a check, in the policy's order, and completes
// its configuration.
func caseIDs(ctx context.Context, cfg *Config) ([]string, error) {
	complete, view, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	if complete.Target == nil {
		if complete.Target, err = targetOf(ctx, view); err != nil {
			return nil, fmt.Errorf("%s: target %s: %w", view.Target.At, view.Target.Name, err)
		}
	}
	var ids []string
	_, err = makePlan(view, complete.Target.Facts(), func(id string) bool {
		if cfg.Only == nil || cfg.Only(id) {
			ids = append(ids, id)
		}
		return false
	})
	*cfg = complete
	return ids, err
}

// check makes the check of the cases whose subtests run.
func (r *testRun) check(t *testing.T, cfg Config) {
	t.Helper()
	cfg.Only = func(id string) bool { return r.selected[id] }
	each := cfg.Each
	cfg.Each = func(c *judge.Checked) error {
		r.ended[c.Case.ID] = endOf(c)
		if each != nil {
			return each(c)
		}
		return nil
	}
	summary, err := Check(t.Context(), cfg)
	if err = errors.Join(err, cfg.Target.Close()); err != nil {
		r.failed = true
		t.Fatalf("unknown: %v", err)
	}
	r.fold(t.Name(), summary.Findings)
	for _, p := range summary.Problems {
		t.Errorf("unknown: %s", p)
	}
	for _, n := range summary.Notes {
		t.Logf("note: %s: %s: %d cases, such as %s", n.ID, n.Summary, len(n.Cases), n.Cases[0].ID)
	}
	t.Log(summary.String())
}

// PolicyT reads a policy for a test. A mistake in it, or a danger that it does not
// accept, fails the test.
func PolicyT(tb testing.TB, file string) *policy.Policy {
	tb.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	p, concerns, err := policy.Load(file, text, "")
	if err != nil {
		for _, c := range concerns {
			tb.Log(c)
		}
		tb.Fatal(err)
	}
	return p
}

// A testRun is what came of a check, for its subtests.
type testRun struct {
	ids   []string // of all cases, in the order of the policy
	ended map[string]caseEnd
	// selected are those whose subtest runs; failed: none was judged.
	selected map[string]bool
	failed   bool
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
			line := fmt.Sprintf("%s: %s, explained by %s: %s", c.Rule.At, f.ID, r.ids[first], c.Saw)
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
	case r.failed:
		t.Skip("not run: the check failed to start; the parent test reports the error")
	case !ok:
		t.Errorf("%s was not checked: call Run only once in a test; if you do, report this as a bug", id)
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
