package gateway_test

import (
	"cmp"
	"flag"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/servers/gateway"
)

// A defect is a mistake in a gateway's config, as fixtures/gateways/defects has
// it.
type defect struct {
	Name    string
	Mistake string
	// Finding is what has to be found; Note is what has to be noted of a mistake
	// that breaks no policy. Neither: it only looks like one.
	Finding judge.FindingID
	Note    judge.FindingID
	Fault   judge.Layer
	// Also is a second finding, where one mistake harms in two ways.
	Also judge.FindingID
	// Orders and Shop make the mistake in the config that follows the policy of
	// that name, Both in either.
	Orders, Shop, Both []edit
	// Fix is what the finding's fix has to say, if that is told.
	Fix string
}

// An edit puts a text in the place of one that is there once.
type edit struct {
	File     string // relative to the config's folder; empty means the config itself
	From, To string
}

// in returns the edits for a policy; none if the mistake isn't for it.
func (d *defect) in(policy string) []edit {
	return slices.Concat(map[string][]edit{"orders": d.Orders, "shop": d.Shop}[policy], d.Both)
}

// isForAll reports whether the mistake is made for every policy.
func (d *defect) isForAll() bool {
	return !slices.ContainsFunc(policies, func(p struct{ name, target string }) bool { return len(d.in(p.name)) == 0 })
}

func (d *defect) id() judge.FindingID { return cmp.Or(d.Finding, d.Note) }

// mostReported are the IDs of section C.7 of the catalogue of failures: the ten
// ranks, and after them the ways to compare origins that are reported most.
var mostReported = []judge.FindingID{
	judge.AcaoMissingOnError, judge.AcaoMissingOnGatewayError, judge.AcaoMissingAuthDenial,
	judge.Preflight401, judge.Preflight403, judge.AuthProxyRedirect,
	judge.Preflight404, judge.Preflight405,
	judge.MissingVaryOrigin, judge.VaryOnNonCORS, judge.VaryOverwritten,
	judge.WildcardWithCredentials, judge.AcaoDuplicated, judge.ExposeMissing, judge.AllowHeadersMissing,
	judge.AcaoMultiValue, judge.PolicyNeverMatches, judge.PreflightRedirect,
	judge.PrefixMatch, judge.SuffixMatch, judge.UnanchoredRegex, judge.OriginReflectedAny,
}

// isMostReported reports whether Chromium judges mistakes with the ID in the tests, too.
func isMostReported(id judge.FindingID) bool { return slices.Contains(mostReported, id) }

// The policies, with the target that the configs in fixtures/gateways are for.
var policies = []struct{ name, target string }{{"orders", "nginx"}, {"shop", "edge"}}

// notedAnyway is what the correct configs of a kind have noted about them: Envoy's
// cors filter answers a preflight of a denied origin with everything but
// Access-Control-Allow-Origin.
var notedAnyway = map[gateway.Kind][]judge.FindingID{"envoy": {judge.AcacForDenied}}

func defectsOf(t *testing.T, k gateway.Kind) []*defect {
	t.Helper()
	data, err := fixtures.Files.ReadFile(path.Join("gateways/defects", string(k)+".yaml"))
	require.NoError(t, err)
	var out []*defect
	require.NoError(t, yaml.UnmarshalWithOptions(data, &out, yaml.Strict()))
	names := map[string]bool{}
	for _, d := range out {
		assert.False(t, names[d.Name], "%s: %s is there twice", k, d.Name)
		names[d.Name] = true
	}
	return out
}

// A row is a defect in the config for one policy, and what a check of it said.
type row struct {
	*defect
	kind           gateway.Kind
	policy, target string
	said           said
	dir            string // of the config, when said was said
	fixed          fixed
	// browsed: Chromium judges it in this run of the tests.
	browsed bool
	// inChromium is what Chromium said of the cases that the finding rests on.
	inChromium said
}

func (r *row) String() string { return fmt.Sprintf("%s/%s/%s", r.kind, r.policy, r.Name) }

// misses says in what a check was wrong about the row's defect; empty if it found
// it, blamed it on the right layer, and reported nothing else. falseAlarms is what
// else it reported.
func (r *row) misses(s said) (why string, falseAlarms []string) {
	if s.err != nil {
		return s.err.Error(), nil
	}
	found, also := false, r.Also == ""
	report := func(findings []judge.Finding, expected judge.FindingID, anyway []judge.FindingID) {
		for _, f := range findings {
			switch {
			case f.ID == expected && f.Fault == r.Fault:
				found = true
			case f.ID == r.Also && f.Fault == r.Fault:
				also = true
			case !slices.Contains(anyway, f.ID):
				falseAlarms = append(falseAlarms, fmt.Sprintf("%s, blamed on %s, in %d cases such as %s: %s", f.ID, f.Fault, len(f.Cases), f.Cases[0].ID, f.Cases[0].Saw))
			}
		}
	}
	report(s.findings, r.Finding, nil)
	report(s.notes, r.Note, notedAnyway[r.kind])
	falseAlarms = append(falseAlarms, s.other...)
	switch {
	case !found && r.id() != "":
		why = fmt.Sprintf("%s, blamed on %s, isn't found", r.id(), r.Fault)
	case !also:
		why = fmt.Sprintf("%s, blamed on %s, isn't found", r.Also, r.Fault)
	case len(falseAlarms) > 0:
		why = "something else is reported"
	}
	return why, falseAlarms
}

// defectWorkers is how many configs are checked at the same time.
const defectWorkers = 4

// browserWorkers is how many of them have a Chromium of their own.
const browserWorkers = 2

// Every mistake in fixtures/gateways/defects is found as what it is, in configs
// that follow two different policies otherwise, and nothing else is reported. Each run
// has every mistake, for the policies in turn: this day one half with the first policy
// and the other with the second, the next day the other way round. The cases are all that
// the mistake can change, with a sample of the others; every second fix is done, and
// the config checked again. In Chromium, too: a sample of
// those that are reported most, by the cases that the finding rests on.
//
//	CORSPROOF_DEFECTS=all        for both policies, every case, and after the fix, too
//	CORSPROOF_DEFECTS=chromium   besides, Chromium judges a case of every decision in every config
//	CORSPROOF_DEFECTS_THIRD=0    of the configs those whose number modulo 3 is 0 (1, 2)
//	CORSPROOF_DEFECTS_SEED=1     the samples of that seed; the day is the default
func TestDefects(t *testing.T) {
	b := newBench(t)
	s := selectionT(t)
	number, reported := 0, 0 // of configs with a mistake, and those of them with what is reported most
	var rows, correct []*row
	some := !s.all // not all of them
	for _, k := range []gateway.Kind{"nginx", "envoy"} {
		list := defectsOf(t, k)
		for n, p := range policies {
			correct = append(correct, &row{defect: &defect{Name: "correct"}, kind: k, policy: p.name, target: p.target})
			for i, d := range list {
				r := &row{defect: d, kind: k, policy: p.name, target: p.target}
				if len(d.in(p.name)) == 0 {
					continue
				}
				number++
				turn := !d.isForAll() || s.turn(i) == n
				if turn && isMostReported(d.Finding) {
					reported++
					r.browsed = (uint64(reported)+s.seed)%chromiumShare == 0
				}
				switch {
				case s.inThird(number) && r.chosen() && (s.all || turn):
					rows = append(rows, r)
				default:
					some = true
				}
			}
		}
	}
	all := slices.Concat(correct, rows)
	each(all, defectWorkers, func(r *row) {
		if r.said = b.check(t, r, browser.EngineModel, s.cases(r)); !r.browsed {
			r.said.wrong, r.said.rest = nil, nil // there are many
		}
		if s.fixes(r) {
			r.fixed = b.fix(t, r, s.fixedCases(r))
		}
	})
	for _, r := range all {
		t.Run(r.String(), func(t *testing.T) {
			s.tellT(t)
			why, falseAlarms := r.misses(r.said)
			assert.Empty(t, why, "%q", falseAlarms)
			if assertFixed(t, r); r.fixed.words != "" {
				t.Logf("%s", r.fixed.words)
			}
			assertAllowed(t, b.views[r.policy], r.said.findings)
			assertNotBySample(t, r)
			if r.id() == "" {
				return
			}
			// The row shows something only if it fails where nobody made a mistake.
			i := slices.IndexFunc(correct, func(c *row) bool { return c.kind == r.kind && c.policy == r.policy })
			why, _ = r.misses(correct[i].said)
			assert.NotEmpty(t, why, "it is found in the correct config as well")
		})
	}
	for _, r := range correct {
		for _, id := range r.said.notRun {
			assert.Regexp(t, "^error/gateway/too-many/", id, "%s: a case was not run, and not for want of a rate limit", r)
		}
	}
	t.Run("chromium", func(t *testing.T) { inChromium(t, b, s, rows) })
	if some {
		assertInTable(t, rows)
	} else {
		checkDefectsTable(t, rows)
	}
}

// chosen reports whether -run asks for the row: all are run before the first
// subtest begins.
func (r *row) chosen() bool {
	names := strings.Split(r.String(), "/")
	patterns := strings.Split(flag.Lookup("test.run").Value.String(), "/")[1:]
	if len(patterns) > 0 && patterns[0] == "chromium" {
		patterns = patterns[1:]
	}
	for i := range min(len(names), len(patterns)) {
		if ok, err := regexp.MatchString(patterns[i], names[i]); err == nil && !ok {
			return false
		}
	}
	return true
}

// quick leaves out the cases that wait until the gateway gives an upstream up,
// unless the row is about errors, or about no mistake at all.
func (r *row) quick(id string) bool {
	about := []judge.FindingID{"", judge.AcaoMissingOnError, judge.AcaoMissingOnGatewayError}
	return slices.Contains(about, r.id()) || !strings.HasPrefix(id, "error/gateway/upstream-hangs/")
}

// each does something with every row, so many at a time.
func each(rows []*row, workers int, do func(*row)) {
	queue := make(chan *row)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for r := range queue {
				do(r)
			}
		})
	}
	for _, r := range rows {
		queue <- r
	}
	close(queue)
	wg.Wait()
}

// inChromium has Chromium judge defects.
func inChromium(t *testing.T, b *bench, s selection, rows []*row) {
	chromium.RequireT(t)
	release, err := browser.Turn(t.Context())
	require.NoError(t, err)
	defer release()
	all := s.chromium
	rows = slices.DeleteFunc(slices.Clone(rows), func(r *row) bool {
		why, _ := r.misses(r.said)
		return why != "" || !all && !r.browsed
	})
	var done atomic.Int32
	each(rows, browserWorkers, func(r *row) {
		if all { // it takes a while
			defer func() { t.Logf("%d of %d: %s", done.Add(1), len(rows), r) }()
		}
		cases := r.said.shows(r.Finding)
		if all {
			cases = r.said.decisions()
		}
		r.inChromium = b.check(t, r, browser.EngineChromium, func(id string) bool { return slices.Contains(cases, id) })
		if all {
			r.inChromium.right, r.inChromium.rest = nil, nil // there are many
		}
	})
	for _, r := range rows {
		t.Run(r.String(), func(t *testing.T) {
			s.tellT(t)
			require.NoError(t, r.inChromium.err)
			said := r.inChromium
			if !all {
				said = r.said.with(said) // what Chromium was not asked is as the model said
			}
			why, falseAlarms := r.misses(said)
			assert.Empty(t, why, "%q", falseAlarms)
			browsed := func(c *judge.Checked) bool { return len(c.Engine) > 0 }
			sendable := func(c *judge.Checked) bool { return slices.Contains(c.Case.Drivers, catalog.DriverBrowser) }
			if all && (r.Finding == "" || !slices.ContainsFunc(r.inChromium.wrong, sendable)) {
				t.Logf("no page shows it")
				return
			}
			assert.True(t, slices.ContainsFunc(r.inChromium.wrong, browsed), "Chromium judged none of the cases that the finding rests on")
		})
	}
}
