package gateway_test

import (
	"fmt"
	"hash/fnv"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/judge"
)

// How large the samples are: one of so many. The seed is the day by default, and goes
// round, so that after as many days all were run.
const (
	strayShare    = 8 // of the cases that a mistake can't change
	fixShare      = 6 // of the cases that were right before the fix
	chromiumShare = 5 // of the configs with what is reported most
)

// A selection says what TestDefects and TestFixes run.
type selection struct {
	all      bool // every case of every config
	chromium bool // which Chromium judges, too, a case of each decision
	third    int  // of the configs: by their number modulo 3; -1 means all
	seed     uint64
}

func selectionT(t *testing.T) selection {
	t.Helper()
	s := selection{third: -1, seed: uint64(time.Now().Unix() / (24 * 60 * 60))}
	switch v := os.Getenv("CORSPROOF_DEFECTS"); v {
	case "":
	case "all":
		s.all = true
	case string(browser.EngineChromium):
		s.all, s.chromium = true, true
	default:
		require.Fail(t, "CORSPROOF_DEFECTS", "it is %q; it is all, chromium or empty", v)
	}
	if v := os.Getenv("CORSPROOF_DEFECTS_THIRD"); v != "" {
		require.Contains(t, []string{"0", "1", "2"}, v, "CORSPROOF_DEFECTS_THIRD")
		s.third, _ = strconv.Atoi(v)
	}
	if v := os.Getenv("CORSPROOF_DEFECTS_SEED"); v != "" {
		var err error
		s.seed, err = strconv.ParseUint(v, 10, 64)
		require.NoError(t, err, "CORSPROOF_DEFECTS_SEED")
	}
	return s
}

// again is the command that runs what a failed row of the test ran.
func (s selection) again(t *testing.T) string {
	name := strings.Split(t.Name(), "/")
	for i := range name {
		name[i] = "^" + regexp.QuoteMeta(name[i]) + "$"
	}
	env := fmt.Sprintf("CORSPROOF_DEFECTS_SEED=%d", s.seed)
	if v := os.Getenv("CORSPROOF_DEFECTS"); v != "" {
		env += " CORSPROOF_DEFECTS=" + v
	}
	return fmt.Sprintf("%s go test ./servers/gateway -run '%s'", env, strings.Join(name, "/"))
}

// tellT makes a row that fails say how to run it again.
func (s selection) tellT(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("run again: %s", s.again(t))
		}
	})
}

// picks reports whether a case is in the sample, one of so many, for the row.
func (s selection) picks(r *row, id string, share uint64) bool {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %s", r, id)
	return (h.Sum64()+s.seed)%share == 0
}

// fixes reports whether the row's fix is done and checked in this run: every second one
// that is run today.
func (s selection) fixes(r *row) bool {
	h := fnv.New64a()
	h.Write([]byte(r.Name))
	return s.all || (h.Sum64()+s.seed/uint64(len(policies)))%2 == 0
}

// usual are the cases that show what a gateway does as a rule.
func usual(id string) bool {
	return slices.ContainsFunc([]string{"route/", "origin/allowed/", "origin/arbitrary/"}, func(area string) bool { return strings.HasPrefix(id, area) })
}

// cases are those by which the row's config is checked: all that its edits can change,
// and a sample of the others. How origins are compared, which most cases are about,
// isn't changed by an edit that names none.
func (s selection) cases(r *row) func(id string) bool {
	every := s.all || r.browsed || r.id() == "" || r.namesOrigins()
	return func(id string) bool {
		return r.quick(id) && (every || !comparesOrigins(id) || s.picks(r, id, strayShare))
	}
}

// comparesOrigins reports whether a case is about how origins are compared, and not
// about whether they are.
func comparesOrigins(id string) bool { return strings.HasPrefix(id, "origin/") && !usual(id) }

// assertNotBySample fails if what is found of a mistake hangs on the sample: the mistake
// is about origins then, and originText has to know it.
func assertNotBySample(t *testing.T, r *row) {
	t.Helper()
	if r.namesOrigins() {
		return
	}
	for _, f := range slices.Concat(r.said.findings, r.said.notes) {
		if f.ID == r.id() {
			other := func(c judge.FoldedCase) bool { return !comparesOrigins(c.ID) }
			assert.True(t, slices.ContainsFunc(f.Cases, other), "%s rests on sampled cases alone: originText has to match a changed line", f.ID)
		}
	}
}

// fixedCases are those by which it is checked once the fix is done: all that came out
// wrong, the usual ones, and a sample of the others.
func (s selection) fixedCases(r *row) func(id string) bool {
	wrong := map[string]bool{}
	for _, id := range r.said.wrongIDs {
		wrong[id] = true
	}
	return func(id string) bool {
		return r.quick(id) && (s.all || wrong[id] || usual(id) || s.picks(r, id, fixShare))
	}
}

// originText is what a line has that bears on how origins are compared.
var originText = regexp.MustCompile(`(?i)origin|https?\b|\.com\b|localhost|null|suffix|contains`)

// namesOrigins reports whether an edit takes out or puts in a line that bears on how
// origins are compared.
func (r *row) namesOrigins() bool {
	return slices.ContainsFunc(r.in(r.policy), func(e edit) bool {
		from, to := strings.Split(e.From, "\n"), strings.Split(e.To, "\n")
		changed := func(a, b []string) bool {
			return slices.ContainsFunc(a, func(line string) bool { return !slices.Contains(b, line) && originText.MatchString(line) })
		}
		return changed(from, to) || changed(to, from)
	})
}

// turn is the policy, by its number, for which a mistake that is made for every one is run.
func (s selection) turn(number int) int {
	return int((uint64(number) + s.seed) % uint64(len(policies)))
}

// inThird reports whether the row of that number is in the third that is asked for.
func (s selection) inThird(number int) bool { return s.third < 0 || number%3 == s.third }
