package cases_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/cases"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/direct"
	"github.com/corsproof/corsproof/harness/report"
	"github.com/corsproof/corsproof/servers"
)

// Serial: it drives the browser.
func TestDeniedCasesOfTheCatalogue(t *testing.T) {
	chromium.RequireT(t)
	release, err := browser.Turn(t.Context())
	require.NoError(t, err)
	t.Cleanup(release)
	in, err := servers.Install(t.Context(), servers.InstallConfig{Progress: os.Stderr})
	require.NoError(t, err)
	lab := harness.NewLabT(t, harness.LabConfig{Programs: direct.Programs{Dir: in.Clients, Node: in.Node, Python: in.Python}})
	_, absent, err := lab.Callers(t.Context())
	require.NoError(t, err)
	direct.RequireT(t, absent...)
	selected, err := catalog.Builtin()
	require.NoError(t, err)
	if os.Getenv("CORSPROOF_SOAK") == "" {
		// All of them are for the soak and for corsproof run --callers.
		selected = slices.DeleteFunc(selected, func(c catalog.Case) bool {
			return !strings.HasPrefix(c.ID, "cors-check/") && !strings.HasPrefix(c.ID, "redirect/location-refused/") && !strings.HasPrefix(c.ID, "preflight/status")
		})
	}
	differentials, err := cases.CompareDenied(t.Context(), lab, selected)
	require.NoError(t, err)
	share := harness.ShareOf(differentials)
	var text bytes.Buffer
	report.WriteShare(&text, share)
	t.Log("\n" + text.String())
	assert.Equal(t, len(differentials), share.Denied)
	assert.NotZero(t, share.Read)
	for _, e := range share.Exceptions {
		switch {
		case strings.Contains(e.Why, "its preflight was refused"):
		case strings.HasPrefix(e.Why, "node: it takes no body with status 205"):
			// Node's fetch() goes by the standard there, other clients don't.
		case strings.HasPrefix(e.Name, "redirect/") && strings.HasPrefix(e.Why, "httpx: it read nothing: InvalidURL"):
			// httpx takes every Location for an address of HTTP, also one that it is
			// not to follow, and throws over what isn't.
		default:
			assert.Fail(t, "an exception that nobody has explained", "%s: %s", e.Name, e.Why)
		}
	}
	for _, d := range differentials {
		for _, row := range d.Callers {
			assert.NotContains(t, row.Refused.Text, "unknown: it was not run", "%s: %s", d.Case, row.Caller.Name)
		}
	}
}
