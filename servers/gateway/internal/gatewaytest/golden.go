package gatewaytest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// Place is a place that exists nowhere.
var Place = adapter.Place{Dir: "/run/g", Upstream: wire.Upstream{
	Plain: wire.Address{Network: "tcp", Address: "127.0.0.1:9000"},
	TLS:   wire.Address{Network: "tcp", Address: "127.0.0.1:9443"},
	Named: map[string]wire.NamedUpstream{"auth": {Plain: wire.Address{Network: "tcp", Address: "127.0.0.1:9001"}}},
}}

// Golden compares files of an archive with what they have to be.
func Golden(t *testing.T, name string, want map[string]string) {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	archive := txtar.Parse(text)
	if *Update {
		archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { _, ours := want[f.Name]; return ours })
		for _, key := range []string{"table", "notes", "upstreams", "hosts", "error", "fixes"} {
			if strings.TrimSpace(want[key]) != "" {
				archive.Files = append(archive.Files, txtar.File{Name: key, Data: []byte(want[key])})
			}
		}
		require.NoError(t, os.WriteFile(name, txtar.Format(archive), 0o644))
		return
	}
	for key, got := range want {
		i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == key })
		expected := ""
		if i >= 0 {
			expected = string(archive.Files[i].Data)
		}
		if strings.TrimSpace(got) == "" {
			got = ""
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
}

// Unchanged undoes the substitutions one by one, by what they say of themselves,
// and compares: no byte differs that none of them names, and no line moved.
func Unchanged(t *testing.T, p *adapter.Plan) {
	t.Helper()
	for _, s := range p.Copies {
		i := slices.IndexFunc(p.Files, func(f adapter.File) bool { return f.Name == s.Copy })
		require.GreaterOrEqual(t, i, 0, s.Copy)
		now, original := string(p.Files[i].Text), string(s.Text)
		assert.Equal(t, strings.Count(original, "\n"), strings.Count(now, "\n"), "%s: lines moved", s.Name)
		for _, sub := range slices.Backward(p.Substitutions) {
			if sub.File == s.Name && sub.Line > 0 {
				var found bool
				now, found = undo(now, original, sub)
				require.True(t, found, "%s: what it names is not there", sub)
			}
		}
		if diff := cmp.Diff(original, now); diff != "" {
			t.Errorf("%s: bytes that no substitution names (-user's +copy):\n%s", s.Name, diff)
		}
	}
}

// undo takes back one substitution, those behind it being taken back already.
func undo(now, original string, sub adapter.Substitution) (string, bool) {
	to := sub.To + strings.Repeat("\n", strings.Count(sub.From, "\n"))
	for i := len(original) - len(sub.From); i >= 0; i-- {
		after := original[i+len(sub.From):]
		if 1+strings.Count(original[:i], "\n") == sub.Line && strings.HasPrefix(original[i:], sub.From) && strings.HasSuffix(now, to+after) {
			return strings.TrimSuffix(now, to+after) + sub.From + after, true
		}
	}
	return now, false
}
