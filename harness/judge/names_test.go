package judge

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/policy"
)

// TestNamesMeanNothing: what is found of every mistake hangs on what the cases vary
// and not on what they are called. Each mistake is tried with one of the policies, and
// with another one the next day.
func TestNamesMeanNothing(t *testing.T) {
	t.Parallel()
	today := int(time.Now().Unix() / (24 * 60 * 60))
	runs := paperRuns(t)
	for n, r := range runs {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			other, names := r.renamed()
			for i, s := range seeds {
				if (i+today)%len(runs) != n {
					continue
				}
				findings, notes, _ := r.judge(t, s.mistake)
				again, notesAgain, _ := other.judge(t, s.mistake)
				want, got := slices.Concat(findings, notes), named(slices.Concat(again, notesAgain), names)
				require.NotEmpty(t, want, s.name())
				if !reflect.DeepEqual(want, got) { // which is quicker
					t.Errorf("%s (-with their own names +renamed):\n%s", s.name(), cmp.Diff(want, got, cmpopts.IgnoreTypes(&policy.View{})))
				}
			}
		})
	}
}

// renamed returns a run whose cases have names without a meaning, with their own by
// these.
func (r *paperRun) renamed() (other *paperRun, names map[string]string) {
	renamed := *r
	renamed.cases, renamed.want, names = slices.Clone(r.cases), maps.Clone(r.want), map[string]string{}
	for i := range renamed.cases {
		c := &renamed.cases[i]
		own := c.ID
		c.ID = "case-" + strconv.Itoa(i)
		names[c.ID], renamed.want[c.ID] = own, r.want[own]
	}
	return &renamed, names
}

// named puts the cases' own names into findings.
func named(findings []Finding, names map[string]string) []Finding {
	for i := range findings {
		f := &findings[i]
		before, id, _ := strings.Cut(f.Command, " --case ")
		f.Command = before + " --case " + ShellWord(names[id])
		f.Evidence.Case = names[f.Evidence.Case]
		for j := range f.Cases {
			f.Cases[j].ID = names[f.Cases[j].ID]
		}
	}
	return findings
}

// TestProbesNameCases: a case's ID begins with what it varies, and nothing else says
// what that is.
func TestProbesNameCases(t *testing.T) {
	t.Parallel()
	for _, r := range paperRuns(t) {
		for _, c := range r.cases {
			beginning := c.Probe.String() + "/"
			if c.Probe.Is(catalog.AreaRoute) {
				beginning = string(catalog.AreaRoute) + "/" + c.Route + "/" + string(c.Probe.Variation) + "/"
			}
			require.True(t, strings.HasPrefix(c.ID+"/", beginning), "%s: %+v", c.ID, c.Probe)
		}
	}
}
