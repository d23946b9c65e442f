package scenarios

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers"
)

// Prerequisites that several rows need; see [Row.Part].
const (
	PartDocker = "docker"
	// PartKubernetes is a cluster. "all" does not include it, since corsproof cannot
	// install one.
	PartKubernetes = "kubernetes"
)

// Required returns an error with the names of the rows that were not run though
// CORSPROOF_REQUIRE lists their part, or all.
func Required(rows []report.Row) error {
	var names, why []string
	for _, row := range rows {
		if row.End != report.EndNotRun || !required(row.Part) {
			continue
		}
		names = append(names, row.Name)
		if !slices.Contains(why, row.Missing) {
			why = append(why, row.Missing)
		}
	}
	if names == nil {
		return nil
	}
	return fmt.Errorf("%s=%s: not run: %s: %s", browser.RequireVar, os.Getenv(browser.RequireVar), strings.Join(names, ", "), strings.Join(why, "; "))
}

// Lacking is [Required] for rows before they run, and before anything is started.
func Lacking(ctx context.Context, installed *servers.Installed, rows []Row) error {
	stage := &Stage{cfg: StageConfig{Installed: installed}} // not open: what is missing is the machine's matter
	var notRun []report.Row
	for _, row := range rows {
		if row.Missing == nil {
			continue
		}
		if missing := row.Missing(ctx, stage); missing != "" {
			notRun = append(notRun, report.Row{Name: row.Name, Part: row.Part, Missing: missing, End: report.EndNotRun})
		}
	}
	return Required(notRun)
}

func required(part string) bool {
	parts := strings.Split(os.Getenv(browser.RequireVar), ",")
	return slices.Contains(parts, part) || slices.Contains(parts, "all") && part != PartKubernetes
}
