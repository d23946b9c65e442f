package gateway_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/envoy"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
	"github.com/corsproof/corsproof/servers/gateway/nginx"
)

// Each archive has a config as a user has it, and what has to become of it:
// "table" names every substitution, "notes" what is told. The first file is the
// config.
func TestSubstitute(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/substitute/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, archives)
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			dir := gatewaytest.Unpack(t, string(text))
			archive := txtar.Parse(text)
			c := readT(t, dir, archive.Files[0].Name)
			p, err := c.Plan(gatewaytest.Place)
			require.NoError(t, err)

			var table, notes strings.Builder
			for _, s := range p.Substitutions {
				fmt.Fprintf(&table, "%s:%d: %s: %q -> %q\n", strings.TrimPrefix(s.File, dir+"/"), s.Line, s.What, s.From, s.To)
			}
			for _, n := range p.Notes {
				notes.WriteString(strings.ReplaceAll(n.String(), dir+"/", "") + "\n")
			}
			gatewaytest.Golden(t, name, map[string]string{
				"table": table.String(), "notes": notes.String(), "upstreams": strings.Join(p.Upstreams, "\n") + "\n", "hosts": strings.Join(p.Hosts, "\n") + "\n",
			})
			gatewaytest.Unchanged(t, p)
		})
	}
}

func readT(t *testing.T, dir, name string) adapter.Config {
	t.Helper()
	c, err := kindOf(name).Read(filepath.Join(dir, name), adapter.FromSetup)
	require.NoError(t, err)
	return c
}

func kindOf(name string) adapter.Adapter {
	if strings.HasSuffix(name, ".yaml") {
		return envoy.Adapter
	}
	return nginx.Adapter
}

// Each archive has a config that can't be run, and every line of what is told.
func TestRefuse(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/refuse/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, archives)
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			dir := gatewaytest.Unpack(t, string(text))
			first := txtar.Parse(text).Files[0].Name
			c, err := kindOf(first).Read(filepath.Join(dir, first), adapter.FromSetup)
			if err == nil {
				_, err = c.Plan(gatewaytest.Place)
			}
			require.Error(t, err)
			gatewaytest.Golden(t, name, map[string]string{"error": strings.ReplaceAll(err.Error(), dir+"/", "") + "\n"})
		})
	}
}
