package gateway_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
)

// parcels is the name of the policy in testdata/fixes.
const parcels = "parcels"

// Every mistake in testdata/fixes has a fix that names the place where people would
// make it, and that does away with the finding if it is done letter by letter.
func TestFixes(t *testing.T) {
	b := newBench(t)
	s := selectionT(t)
	folder := filepath.Join(b.fixtures, "gateways", parcels)
	require.NoError(t, os.CopyFS(folder, os.DirFS("testdata/fixes")))
	text, err := os.ReadFile("testdata/fixes/cors.yaml")
	require.NoError(t, err)
	p, err := policy.Parse("cors.yaml", text)
	require.NoError(t, err)
	b.views[parcels], err = p.On("edge")
	require.NoError(t, err)
	text, err = os.ReadFile("testdata/fixes/mistakes.yaml")
	require.NoError(t, err)
	var mistakes []*defect
	require.NoError(t, yaml.UnmarshalWithOptions(text, &mistakes, yaml.Strict()))
	rows := []*row{{defect: &defect{Name: "correct"}, kind: "nginx", policy: parcels, target: "edge"}}
	for _, m := range mistakes {
		rows = append(rows, &row{defect: m, kind: "nginx", policy: parcels, target: "edge"})
	}
	rows = slices.DeleteFunc(rows, func(r *row) bool { return !r.chosen() })
	each(rows, defectWorkers, func(r *row) {
		r.said = b.check(t, r, browser.EngineModel, s.cases(r))
		r.said.rest = nil
		r.fixed = b.fix(t, r, s.fixedCases(r))
	})
	for _, r := range rows {
		t.Run(r.String(), func(t *testing.T) {
			s.tellT(t)
			require.NoError(t, r.said.err)
			if r.Finding == "" {
				assert.Empty(t, r.said.findings)
				return
			}
			i := slices.IndexFunc(r.said.findings, func(f judge.Finding) bool { return f.ID == r.Finding })
			require.GreaterOrEqual(t, i, 0, "%s isn't found: %v", r.Finding, r.said.findings)
			w := r.said.findings[i].Wording
			require.NotNil(t, w)
			said := spaces.ReplaceAllString(strings.ReplaceAll(w.String(), r.dir+"/", ""), " ")
			assert.Contains(t, said+"\n", strings.TrimSuffix(r.Fix, "\n"))
			assert.Empty(t, r.fixed.words)
			assertFixed(t, r)
			assertAllowed(t, b.views[parcels], r.said.findings)
		})
	}
}
