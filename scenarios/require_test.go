package scenarios

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/report"
)

// Serial: it changes the environment.
func TestRequired(t *testing.T) {
	notRun := func(name, part string) report.Row {
		return report.Row{Name: name, Part: part, Missing: "no " + part, End: report.EndNotRun}
	}
	all := []report.Row{
		{Name: "ran", Part: PartDocker, End: report.EndNotProven},
		notRun("a", PartDocker), notRun("b", PartDocker), notRun("pods", PartKubernetes), notRun("internal-network", "internal-network"),
	}
	for _, tc := range []struct {
		require string
		rows    []report.Row
		want    string // empty means no error
	}{
		{"", all, ""},
		{"chromium", all, ""},
		{"docker", all[:1], ""},
		{"docker", all, "CORSPROOF_REQUIRE=docker: not run: a, b: no docker"},
		{"chromium,internal-network", all, "CORSPROOF_REQUIRE=chromium,internal-network: not run: internal-network: no internal-network"},
		{"all", all, "CORSPROOF_REQUIRE=all: not run: a, b, internal-network: no docker; no internal-network"},
		{"all", all[3:4], ""},
		{"all,kubernetes", all[3:4], "CORSPROOF_REQUIRE=all,kubernetes: not run: pods: no kubernetes"},
	} {
		t.Setenv(browser.RequireVar, tc.require)
		if err := Required(tc.rows); tc.want == "" {
			assert.NoError(t, err, tc.require)
		} else {
			assert.EqualError(t, err, tc.want)
		}
	}
}
