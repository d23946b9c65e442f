package gateway_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway"
)

// inWordsAlone are the mistakes in fixtures/gateways/defects/envoy.yaml whose fix
// changes no lines, with the reason.
var inWordsAlone = map[string]string{
	"no-origin-refused": "an access rule refuses: what it is there for, the policy doesn't say",
	"strangers-refused": "an access rule refuses: what it is there for, the policy doesn't say",
}

// changed does in a text what a wording says, letter by letter.
func changed(text string, w policy.Wording) (string, error) {
	all := append([]policy.Wording{w}, w.More...)
	// From the end on, so that numbers hold; what goes behind a line before the line.
	slices.SortStableFunc(all, func(a, b policy.Wording) int { return cmp.Compare(b.Line, a.Line) })
	lines := strings.Split(text, "\n")
	for _, one := range all {
		last := max(one.Line, one.Until)
		if last > len(lines) {
			return "", fmt.Errorf("there is no line %d", last)
		}
		switch one.Change {
		case policy.Insert:
			lines = slices.Insert(lines, one.Line, strings.Split(one.Text, "\n")...)
		case policy.Replace:
			lines = slices.Replace(lines, one.Line-1, last, strings.Split(one.Text, "\n")...)
		case policy.Remove:
			lines = slices.Delete(lines, one.Line-1, last)
		default:
			return "", fmt.Errorf("it is words alone: %s", one)
		}
	}
	return strings.Join(lines, "\n"), nil
}

// Whoever does in the lines of an Envoy config what the fix says is rid of the
// finding, and has no new one.
func TestEnvoyFixes(t *testing.T) {
	b := newBench(t)
	var rows []*row
	for _, p := range policies {
		for _, d := range defectsOf(t, gateway.Envoy) {
			r := &row{defect: d, kind: gateway.Envoy, policy: p.name, target: p.target}
			if len(d.in(p.name)) > 0 && d.Finding != "" && r.chosen() {
				rows = append(rows, r)
			}
		}
	}
	type outcome struct {
		fix   *policy.Wording
		after said
		err   error
	}
	outcomes := make([]outcome, len(rows))
	each(rows, defectWorkers, func(r *row) {
		o := &outcomes[slices.Index(rows, r)]
		before := b.check(t, r, harness.EngineModel, r.quick)
		i := slices.IndexFunc(before.findings, func(f judge.Finding) bool { return f.ID == r.Finding })
		if before.err != nil || i < 0 {
			o.err = fmt.Errorf("%s isn't found: %v", r.Finding, before.err)
			return
		}
		if o.fix = before.findings[i].Wording; o.fix == nil || o.fix.Change == policy.Words {
			return
		}
		dir := t.TempDir()
		defer os.RemoveAll(dir)
		file, err := b.edited(dir, r)
		var text []byte
		if err == nil {
			text, err = os.ReadFile(file)
		}
		var now string
		if err == nil {
			now, err = changed(string(text), *o.fix)
		}
		if o.err = err; err != nil {
			return
		}
		if o.err = os.WriteFile(file, []byte(now), 0o644); o.err == nil {
			o.after = b.checkFile(t, r, file, harness.EngineModel, r.quick)
		}
	})
	for i, r := range rows {
		t.Run(r.String(), func(t *testing.T) {
			o := outcomes[i]
			require.NoError(t, o.err)
			if why := inWordsAlone[r.Name]; why != "" {
				assert.True(t, o.fix == nil || o.fix.Change == policy.Words, "it isn't words alone any more: %s", o.fix)
				return
			}
			require.NotNil(t, o.fix)
			require.NotEqual(t, policy.Words, o.fix.Change, "it is words alone: %s", o.fix)
			require.NoError(t, o.after.err, o.fix.String())
			for _, f := range o.after.findings {
				assert.Fail(t, "a finding is there after the fix", "%s in %d cases, as in %s: %s\n%s", f.ID, len(f.Cases), f.Cases[0].ID, f.Cases[0].Saw, o.fix)
			}
			assert.Empty(t, o.after.other, o.fix.String())
		})
	}
}
