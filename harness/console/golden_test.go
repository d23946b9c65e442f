package console

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/corsproof/corsproof/harness/fetch"
)

var update = flag.Bool("update", false, "rewrite the golden file")

const goldenFile = "testdata/messages.txtar"

// A golden case is what a person pasted, and what Read says of it.
type goldenCase struct{ name, text, want string }

// goldenCases reads the file: for each case "name/text" and "name/read".
func goldenCases(t testing.TB) (comment []byte, cases []goldenCase) {
	t.Helper()
	archive, err := txtar.ParseFile(goldenFile)
	require.NoError(t, err)
	for _, f := range archive.Files {
		name, kind, ok := strings.Cut(f.Name, "/")
		require.True(t, ok, f.Name)
		switch kind {
		case "text":
			cases = append(cases, goldenCase{name: name, text: string(f.Data)})
		case "read":
			require.Equal(t, cases[len(cases)-1].name, name)
			cases[len(cases)-1].want = string(f.Data)
		}
	}
	return archive.Comment, cases
}

// TestReadMessages is serial: -update rewrites what other tests read.
func TestReadMessages(t *testing.T) {
	comment, cases := goldenCases(t)
	require.GreaterOrEqual(t, len(cases), 40)
	if *update {
		a := &txtar.Archive{Comment: comment}
		for _, tc := range cases {
			a.Files = append(a.Files,
				txtar.File{Name: tc.name + "/text", Data: []byte(tc.text)},
				txtar.File{Name: tc.name + "/read", Data: []byte(shown(Read(tc.text)))})
		}
		require.NoError(t, os.WriteFile(goldenFile, txtar.Format(a), 0o644))
		_, cases = goldenCases(t)
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, shown(Read(tc.text))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// shown is a result for people, a field a line.
func shown(messages []Message) string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-8s %s\n", name, value)
		}
	}
	for i, m := range messages {
		if i > 0 {
			b.WriteString("\n")
		}
		line("message", strings.TrimSpace(m.Engine+" "+m.Code))
		if m.Block != nil {
			line("block", m.Block.Phase+" "+m.Block.Step+" "+m.Block.Detail)
			line("", m.Block.Sentence)
		}
		line("text", m.Text)
		line("url", m.URL)
		line("origin", m.Origin)
		line("header", m.Header)
		line("method", m.Method)
		line("value", m.Value)
		line("status", m.Status)
		line("meaning", m.Meaning)
		line("look", m.Look)
		line("remedy", m.Remedy)
		line("caveat", m.Caveat)
	}
	return b.String()
}

// TestEveryTemplateIsMet: each row of the tables, and each lead, has a golden
// input; those of the CORS check in Chromium one for a preflight and one for the
// response.
func TestEveryTemplateIsMet(t *testing.T) {
	t.Parallel()
	_, cases := goldenCases(t)
	met := map[*template]bool{}
	preflight := map[*template]bool{}
	led := map[*lead]bool{}
	for _, tc := range cases {
		for _, h := range find(normalize(tc.text)) {
			if h.lead != nil {
				led[h.lead] = true
			}
			if h.template != nil {
				met[h.template] = met[h.template] || !h.preflight || !h.template.both
				preflight[h.template] = preflight[h.template] || h.preflight
			}
		}
	}
	for _, tmpl := range templates {
		assert.True(t, met[tmpl], "%s %s: %s", tmpl.engine, tmpl.code, tmpl.words)
		if tmpl.both {
			assert.True(t, preflight[tmpl], "%s Preflight%s: %s", tmpl.engine, tmpl.code, tmpl.words)
		}
	}
	for _, l := range leads {
		assert.True(t, led[l], "%s: %s", l.engine, l.words)
	}
}

// TestBlocksAreTheStandards: each cause of the tables, and each block that Read
// gives, is a place where the model ends a request.
func TestBlocksAreTheStandards(t *testing.T) {
	t.Parallel()
	known := map[[3]string]bool{}
	for _, b := range fetch.Blocks {
		known[[3]string{b.Phase, b.Step, b.Detail}] = true
	}
	for _, tmpl := range templates {
		if c := tmpl.because; c.phase != "" {
			assert.True(t, known[[3]string{c.phase, c.step, c.detail}], "%s: %v", tmpl.code, c)
		}
	}
	_, cases := goldenCases(t)
	for _, tc := range cases {
		for _, m := range Read(tc.text) {
			if m.Block != nil {
				assert.True(t, known[[3]string{m.Block.Phase, m.Block.Step, m.Block.Detail}], "%s: %+v", tc.name, m.Block)
				assert.NotEmpty(t, m.Block.Sentence)
			}
			for name, text := range map[string]string{"meaning": m.Meaning, "look": m.Look, "remedy": m.Remedy} {
				assert.NotEmpty(t, text, "%s of %s", name, tc.name)
				assert.NotRegexp(t, `\{[a-z]+\}`, text, "%s of %s", name, tc.name)
			}
		}
	}
}
