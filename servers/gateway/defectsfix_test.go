package gateway_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
)

var spaces = regexp.MustCompile(` +`)

// originLike finds what looks like an origin in a config.
var originLike = regexp.MustCompile(`https?://[a-zA-Z0-9.-]+(:[0-9]+)?`)

// elsewhere is where a config sends requests on.
var elsewhere = regexp.MustCompile(`(proxy_pass|return [0-9]+) [^;]*;`)

// A fixed says what came of the fix of a row's finding, done as it says, letter by
// letter.
type fixed struct {
	tried bool
	words string // what isn't done: the fix is words, or there is none
	said  said   // of the config after it
}

// places are all that a wording changes.
func places(w policy.Wording) []policy.Wording {
	all := []policy.Wording{w}
	for _, more := range w.More {
		all = append(all, places(more)...)
	}
	return all
}

// literal reports whether a wording says what to do in which lines.
func literal(w *policy.Wording) bool {
	return w != nil && !slices.ContainsFunc(places(*w), func(p policy.Wording) bool { return p.Change == policy.Words || p.Change == "" })
}

// apply does what wordings say in files that stood in the folder from and stand in
// the folder to.
func apply(all []policy.Wording, from, to string) error {
	slices.SortStableFunc(all, func(a, b policy.Wording) int {
		return cmp.Or(strings.Compare(a.File, b.File), b.Line-a.Line) // from the end on, so that numbers hold
	})
	for _, p := range all {
		rel, err := filepath.Rel(from, p.File)
		if err != nil {
			return err
		}
		name := filepath.Join(to, rel)
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		lines := strings.Split(string(text), "\n")
		last := max(p.Until, p.Line)
		if p.Line > len(lines) || last > len(lines) || p.Line == 0 && p.Change != policy.Insert {
			return fmt.Errorf("%s has no line %d", p, last)
		}
		now := strings.Split(p.Text, "\n")
		around := lines[max(p.Line-1, 0):last]
		if p.Change == policy.Insert {
			around = lines[max(p.Line-1, 0):min(p.Line+1, len(lines))]
		}
		if slices.ContainsFunc(around, func(line string) bool {
			return p.Text != "" && strings.Join(strings.Fields(line), " ") == strings.Join(strings.Fields(p.Text), " ")
		}) {
			return fmt.Errorf("%s: it is there already", p)
		}
		switch p.Change {
		case policy.Insert:
			lines = slices.Insert(lines, p.Line, now...)
		case policy.Replace:
			lines = slices.Replace(lines, p.Line-1, last, now...)
		case policy.Remove:
			lines = slices.Delete(lines, p.Line-1, last)
		}
		if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// fix does what the fix of the row's finding says, and those of others that the
// mistake makes appear, and checks the config again, by some of the cases.
func (b *bench) fix(t *testing.T, r *row, cases func(id string) bool) fixed {
	if r.said.err != nil || len(r.said.findings) == 0 {
		return fixed{}
	}
	var all policy.Wording
	for _, f := range r.said.findings {
		if f.Wording == nil && len(r.said.findings) > 1 {
			continue // another's may do
		}
		if !literal(f.Wording) {
			return fixed{tried: true, words: fmt.Sprintf("%s: %v", f.ID, f.Wording)}
		}
		for _, p := range places(*f.Wording) {
			p.More = nil
			if !slices.ContainsFunc(all.More, func(o policy.Wording) bool { return o.String() == p.String() }) {
				all.More = append(all.More, p)
			}
		}
	}
	dir := t.TempDir()
	defer os.RemoveAll(dir)
	file, err := b.edited(dir, r)
	if err == nil {
		err = apply(all.More, r.dir, dir)
	}
	if err != nil {
		return fixed{tried: true, said: said{err: err}}
	}
	return fixed{tried: true, said: b.checkFile(t, r, file, browser.EngineModel, cases)}
}

// works reports whether the fix could be done as it says.
func (f fixed) works() bool {
	return f.tried && f.words == "" && f.said.err == nil && len(f.said.findings) == 0
}

// assertFixed fails unless the finding is gone, or the fix says in words alone what
// has to hold.
func assertFixed(t *testing.T, r *row) {
	t.Helper()
	if !r.fixed.tried || r.fixed.words != "" {
		return
	}
	require.NoError(t, r.fixed.said.err)
	for _, f := range r.fixed.said.findings {
		assert.Fail(t, "the fix leaves a finding", "%s: %s\n%s", f.ID, f.Cases[0].Saw, r.said.findings[0].Wording)
	}
	assert.Empty(t, r.fixed.said.other)
}

// assertAllowed fails if a fix names an origin that the policy doesn't allow.
func assertAllowed(t *testing.T, v *policy.View, findings []judge.Finding) {
	t.Helper()
	for _, f := range findings {
		if f.Wording == nil {
			continue
		}
		for _, p := range places(*f.Wording) {
			text := elsewhere.ReplaceAllString(strings.ReplaceAll(p.Text, `\`, ""), "")
			for _, found := range originLike.FindAllString(text, -1) {
				known := slices.ContainsFunc(v.Policy.Origins, func(g policy.Group) bool {
					return slices.ContainsFunc(slices.Concat(g.Allow, g.Deny), func(e policy.Entry) bool {
						return strings.HasPrefix(strings.ReplaceAll(e.Expression(), `\`, ""), "^"+found)
					})
				})
				assert.True(t, known, "the fix of %s names %s: %s", f.ID, found, p)
			}
		}
	}
}
