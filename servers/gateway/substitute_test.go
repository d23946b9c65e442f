package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/wire"
)

// goldenPlace is a place that exists nowhere.
var goldenPlace = place{dir: "/run/g", upstream: wire.Upstream{
	Plain: wire.Address{Network: "tcp", Address: "127.0.0.1:9000"},
	TLS:   wire.Address{Network: "tcp", Address: "127.0.0.1:9443"},
	Named: map[string]wire.NamedUpstream{"auth": {Plain: wire.Address{Network: "tcp", Address: "127.0.0.1:9001"}}},
}}

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
			dir := unpack(t, string(text))
			archive := txtar.Parse(text)
			c := readT(t, dir, archive.Files[0].Name)
			p, err := c.plan(goldenPlace)
			require.NoError(t, err)

			var table, notes strings.Builder
			for _, s := range p.substitutions {
				fmt.Fprintf(&table, "%s:%d: %s: %q -> %q\n", strings.TrimPrefix(s.File, dir+"/"), s.Line, s.What, s.From, s.To)
			}
			for _, n := range p.notes {
				notes.WriteString(strings.ReplaceAll(n.String(), dir+"/", "") + "\n")
			}
			golden(t, name, map[string]string{
				"table": table.String(), "notes": notes.String(), "upstreams": strings.Join(p.upstreams, "\n") + "\n", "hosts": strings.Join(p.hosts, "\n") + "\n",
			})
			unchanged(t, p)
		})
	}
}

func readT(t *testing.T, dir, name string) config {
	t.Helper()
	c, err := kindOf(name).read(filepath.Join(dir, name), Config{})
	require.NoError(t, err)
	return c
}

func kindOf(name string) kind {
	if strings.HasSuffix(name, ".yaml") {
		return kinds[Envoy]
	}
	return kinds[Nginx]
}

// golden compares files of an archive with what they have to be.
func golden(t *testing.T, name string, want map[string]string) {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	archive := txtar.Parse(text)
	if *update {
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

// unchanged undoes the substitutions one by one, by what they say of themselves,
// and compares: no byte differs that none of them names, and no line moved.
func unchanged(t *testing.T, p *plan) {
	t.Helper()
	for _, s := range p.copies {
		i := slices.IndexFunc(p.files, func(f planned) bool { return f.name == s.copy })
		require.GreaterOrEqual(t, i, 0, s.copy)
		now, original := string(p.files[i].text), string(s.text)
		assert.Equal(t, strings.Count(original, "\n"), strings.Count(now, "\n"), "%s: lines moved", s.name)
		for _, sub := range slices.Backward(p.substitutions) {
			if sub.File == s.name && sub.Line > 0 {
				var found bool
				now, found = undo(now, original, sub)
				require.True(t, found, "%s: what it names is not there", sub)
			}
		}
		if diff := cmp.Diff(original, now); diff != "" {
			t.Errorf("%s: bytes that no substitution names (-user's +copy):\n%s", s.name, diff)
		}
	}
}

// undo takes back one substitution, those behind it being taken back already.
func undo(now, original string, sub Substitution) (string, bool) {
	to := sub.To + strings.Repeat("\n", strings.Count(sub.From, "\n"))
	for i := len(original) - len(sub.From); i >= 0; i-- {
		after := original[i+len(sub.From):]
		if 1+strings.Count(original[:i], "\n") == sub.Line && strings.HasPrefix(original[i:], sub.From) && strings.HasSuffix(now, to+after) {
			return strings.TrimSuffix(now, to+after) + sub.From + after, true
		}
	}
	return now, false
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
			dir := unpack(t, string(text))
			first := txtar.Parse(text).Files[0].Name
			c, err := kindOf(first).read(filepath.Join(dir, first), Config{})
			if err == nil {
				_, err = c.plan(goldenPlace)
			}
			require.Error(t, err)
			golden(t, name, map[string]string{"error": strings.ReplaceAll(err.Error(), dir+"/", "") + "\n"})
		})
	}
}

func TestEditsThatContradict(t *testing.T) {
	t.Parallel()
	s := &source{name: "a.conf", text: []byte("one\ntwo three\n")}
	var all edits
	all.add(WhatLog, s, 4, 7, "2")
	all.add(WhatLog, s, 4, 7, "2")
	all.add(WhatLog, s, 8, 13, "three")
	assert.Len(t, all, 1, "the same edit twice, and one that changes nothing")
	out, err := all.apply(s)
	require.NoError(t, err)
	assert.Equal(t, "one\n2 three\n", string(out))
	all.add(WhatLog, s, 4, 7, "zwei")
	_, err = all.apply(s)
	assert.ErrorContains(t, err, `a.conf:2: it is included twice and would have to be "2" and "zwei"`)
}

func TestParseKind(t *testing.T) {
	t.Parallel()
	k, err := ParseKind("envoy")
	require.NoError(t, err)
	assert.Equal(t, Envoy, k)
	_, err = ParseKind("apache")
	assert.EqualError(t, err, `no gateway "apache": there are envoy, nginx`)
	assert.ElementsMatch(t, policy.Gateways, kindNames(), "what a policy may name can be run")
	k, file, err := ParseSpec("nginx=./a=b.conf")
	require.NoError(t, err)
	assert.Equal(t, []string{"nginx", "./a=b.conf"}, []string{k.String(), file})
	for _, bad := range []string{"", "nginx", "nginx=", "apache=x"} {
		_, _, err := ParseSpec(bad)
		assert.Error(t, err, bad)
	}
	_, err = New("apache", "x", Config{})
	assert.ErrorContains(t, err, "no gateway")
	_, err = New(Nginx, "x", Config{})
	assert.ErrorContains(t, err, "Config.Run and Config.CA")
}
