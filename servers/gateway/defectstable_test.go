package gateway_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/servers/gateway"
)

const defectsTable = "../../fixtures/gateways/DEFECTS.md"

// checkDefectsTable compares the table of what was found with the one that is
// kept.
func checkDefectsTable(t *testing.T, rows []*row) {
	t.Helper()
	text := tableOf(rows)
	totals, _, _ := strings.Cut(text, "\n## ")
	t.Log(totals[strings.Index(totals, "| gateway"):])
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.WriteFile(defectsTable, []byte(text), 0o644))
	}
	kept, err := os.ReadFile(defectsTable)
	require.NoError(t, err)
	assert.Equal(t, string(kept), text, "CORSPROOF_DEFECTS=all go test ./servers/gateway -run '^TestDefects$' -update")
}

// assertInTable fails if the kept table says something else of rows than was found.
func assertInTable(t *testing.T, rows []*row) {
	t.Helper()
	text, err := os.ReadFile(defectsTable)
	require.NoError(t, err)
	kept := map[string]map[string][]string{} // cells of a mistake after its name, by kind
	kind := ""
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			kind = strings.TrimSpace(name)
			kept[kind] = map[string][]string{}
		}
		if cells := strings.Split(strings.Trim(line, "| \n"), " | "); kind != "" && len(cells) > 1 {
			kept[kind][cells[0]] = cells[1:]
		}
	}
	for _, r := range rows {
		cells := kept[string(r.kind)][r.Mistake]
		at := 2 + slices.IndexFunc(policies, func(p struct{ name, target string }) bool { return p.name == r.policy })
		if assert.Greater(t, len(cells), at, "%s isn't in DEFECTS.md: CORSPROOF_DEFECTS=all go test ./servers/gateway -run '^TestDefects$' -update", r) {
			want := cells[at]
			if !r.fixed.tried { // the fix wasn't its turn
				want = strings.TrimSuffix(want, ", fixed")
			}
			assert.Equal(t, []string{cells[0], cells[1], want}, []string{idCell(r), cmp.Or(string(r.Fault), "nobody"), cellOf(rows, r, r.policy)}, "%s, in DEFECTS.md", r)
		}
	}
}

// tableOf is the table of what was found.
func tableOf(rows []*row) string {
	var b strings.Builder
	b.WriteString("# Mistakes that are found\n\n" +
		"What `corsproof check` makes of the mistakes in `defects/`, each made in a config that follows a policy otherwise: those in\n" +
		"`orders/` and `shop/` follow `../policies/orders.yaml` and `../policies/shop.yaml`. A test makes this table by running them all\n" +
		"(`CORSPROOF_DEFECTS=all go test ./servers/gateway -run '^TestDefects$'`); every day's run has each mistake for one of the policies,\n" +
		"in turn. `make defects` has Chromium judge every decision in each. A mistake is found if it is one finding, with the right ID,\n" +
		"blamed on the right layer. Everything else that is reported is a false alarm. A mistake is fixed if what the finding's fix says,\n" +
		"done letter by letter in the lines that it names, leaves a config without findings; of the others the fix says in words what has\n" +
		"to hold, and where.\n\n" +
		"| gateway | mistakes | configs | found | false alarms | findings | fixed as the fix says |\n|---|---|---|---|---|---|---|\n")
	kinds := []gateway.Kind{"nginx", "envoy"}
	for _, k := range kinds {
		names := map[string]bool{}
		configs, found, falseAlarms, findings, fixed := 0, 0, 0, 0, 0
		for _, r := range rows {
			if r.kind != k {
				continue
			}
			why, others := r.misses(r.said)
			falseAlarms += len(others)
			if r.id() == "" {
				continue
			}
			names[r.Name] = true
			configs++
			if why == "" || why == "something else is reported" {
				found++
			}
			if r.Finding != "" {
				findings++
			}
			if r.fixed.works() {
				fixed++
			}
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d |\n", k, len(names), configs, found, falseAlarms, findings, fixed)
	}
	for _, k := range kinds {
		fmt.Fprintf(&b, "\n## %s\n\nIn bold: what is reported most. Chromium judges these, too: in every run of the tests a fifth of them, for the policies in turn, on the next day the next fifth.\n\n| mistake | finding | at fault | orders | shop |\n|---|---|---|---|---|\n", k)
		var names []string
		for _, r := range rows {
			if r.kind == k && !slices.Contains(names, r.Name) {
				names = append(names, r.Name)
				fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.Mistake, idCell(r), cmp.Or(string(r.Fault), "nobody"), cellOf(rows, r, "orders"), cellOf(rows, r, "shop"))
			}
		}
	}
	return b.String()
}

func idCell(r *row) string {
	switch {
	case r.Note != "":
		return fmt.Sprintf("%s (a note)", r.Note)
	case r.Finding == "":
		return "none: it is no mistake"
	case isMostReported(r.Finding):
		return fmt.Sprintf("**%s**", r.Finding)
	}
	return string(r.Finding)
}

// cellOf says what came of a mistake for one policy.
func cellOf(rows []*row, of *row, policy string) string {
	i := slices.IndexFunc(rows, func(r *row) bool { return r.kind == of.kind && r.Name == of.Name && r.policy == policy })
	if i < 0 {
		return "–"
	}
	why, _ := rows[i].misses(rows[i].said)
	switch {
	case why != "":
		return "**" + why + "**"
	case of.id() == "":
		return "nothing"
	case rows[i].fixed.works():
		return "found, fixed"
	}
	return "found"
}
