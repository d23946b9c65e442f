package gateway_test

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/check"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/gateway"
)

// A bench is what configs with a mistake in them are checked on.
type bench struct {
	fixtures  string // the folder of a copy
	installed *servers.Installed
	run       *process.Run
	ca        *wire.CA
	views     map[string]*policy.View

	key   string // see keyMark
	token string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{fixtures: t.TempDir(), views: map[string]*policy.View{}}
	require.NoError(t, os.CopyFS(b.fixtures, fixtures.Files))
	b.sign(t)
	before := debug.SetGCPercent(400) // hundreds of checks, each of which lets go of all that it had
	t.Cleanup(func() { debug.SetGCPercent(before) })
	var err error
	b.installed, err = servers.Install(t.Context(), servers.InstallConfig{})
	require.NoError(t, err)
	b.run, err = process.NewRun(process.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, b.run.Close()) })
	b.ca, err = wire.NewCA()
	require.NoError(t, err)
	for _, p := range policies {
		file := p.name + ".yaml"
		text, err := os.ReadFile(filepath.Join(b.fixtures, "policies", file))
		require.NoError(t, err)
		parsed, err := policy.Parse(file, text)
		require.NoError(t, err)
		b.views[p.name], err = parsed.On(p.target)
		require.NoError(t, err)
	}
	return b
}

// keyMark stands in the edits for the key that tokens are signed with, which is made
// for each run.
const keyMark = "MADE-FOR-THE-RUN"

// sign makes the secret of both policies, for configs that look at it: a JSON Web
// Token that never ends.
func (b *bench) sign(t *testing.T) {
	t.Helper()
	key := make([]byte, 32)
	rand.Read(key)
	b.key = base64.RawURLEncoding.EncodeToString(key)
	claims := jwt.RegisteredClaims{Issuer: "https://login.example.com", Subject: "corsproof"}
	var err error
	b.token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(key)
	require.NoError(t, err)
}

// said is what a check of a config said.
type said struct {
	findings, notes []judge.Finding
	other           []string // cases that are neither right nor wrong, and what else makes a check void
	err             error

	// wrong are the cases that came out wrong, right those of the others that a
	// browser judged; rest has taken all that aren't wrong.
	wrong, right []*judge.Checked
	wrongIDs     []string // of the cases in wrong
	rest         *judge.Collector
	// decided has a case of each decision.
	decided map[string]string
	notRun  []string
}

// add takes a case.
func (s *said) add(c *judge.Checked) error {
	_, known := s.decided[c.Case.Decision]
	if !known {
		s.decided[c.Case.Decision] = c.Case.ID
	}
	if c.End() != judge.EndViolation {
		s.rest.Add(c)
		if c.End() == judge.EndNotRun {
			s.notRun = append(s.notRun, c.Case.ID)
		}
		if len(c.Engine) > 0 {
			s.right = append(s.right, c)
		}
		return nil
	}
	if !slices.ContainsFunc(s.wrong, func(o *judge.Checked) bool { return o.Case.Decision == c.Case.Decision }) {
		s.decided[c.Case.Decision] = c.Case.ID
	}
	s.wrong = append(s.wrong, c)
	s.wrongIDs = append(s.wrongIDs, c.Case.ID)
	return nil
}

// check checks the row's config by some of the cases.
func (b *bench) check(t *testing.T, r *row, engine browser.EngineName, only func(id string) bool) said {
	dir := t.TempDir()
	defer os.RemoveAll(dir) // there are many, and each has its row
	file, err := b.edited(dir, r)
	if err != nil {
		return said{err: err}
	}
	r.dir = dir
	return b.checkFile(t, r, file, engine, only)
}

// checkFile checks a config for the row's policy by some of the cases.
func (b *bench) checkFile(t *testing.T, r *row, file string, engine browser.EngineName, only func(id string) bool) said {
	view := b.views[r.policy]
	out := said{rest: judge.NewCollector(judge.CollectorConfig{View: view}), decided: map[string]string{}}
	host, err := url.Parse(view.Target.URL.Text)
	if err != nil {
		return said{err: err}
	}
	g, err := gateway.New(t.Context(), r.kind, file, gateway.Config{Run: b.run, CA: b.ca, Installed: b.installed, Hosts: []string{host.Hostname()}})
	if err != nil {
		return said{err: err}
	}
	cfg := check.Config{
		Policy: view.Policy, On: r.target, Target: g, Engine: engine, Only: only,
		Secret: func(*policy.Auth) (string, error) { return b.token, nil },
		Each:   out.add,
	}
	summary, err := check.Check(t.Context(), cfg)
	if err != nil {
		return said{err: err}
	}
	for _, c := range append(summary.Divergences, summary.Unknowns...) {
		if r.Finding == judge.LooksLikeCORS && strings.Contains(c.Line, "no complete response to ") {
			continue // of who may not read nothing follows from no answer
		}
		out.other = append(out.other, c.ID+": "+c.Line)
	}
	out.other = append(out.other, summary.Problems...)
	out.findings, out.notes = summary.Findings, summary.Notes
	return out
}

// edited makes the row's edits in a copy of the correct config in dir, and returns
// the main file.
func (b *bench) edited(dir string, r *row) (file string, err error) {
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(b.fixtures, "gateways", r.policy))); err != nil {
		return "", err
	}
	main := map[gateway.Kind]string{"nginx": "nginx.conf", "envoy": "envoy.yaml"}[r.kind]
	for _, e := range r.in(r.policy) {
		name := cmp.Or(e.File, main)
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(text), e.From); n != 1 || e.From == e.To {
			return "", fmt.Errorf("%s/%s has %d times what is to be edited:\n%s", r.policy, name, n, e.From)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Replace(string(text), e.From, strings.ReplaceAll(e.To, keyMark, b.key), 1)), 0o644); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, main), nil
}

// shownBy is by how many cases a finding is shown in Chromium.
const shownBy = 4

// shows returns the IDs of some cases that a finding rests on, of decisions that
// differ.
func (s said) shows(id judge.FindingID) []string {
	var out []string
	decided := map[string]bool{}
	for _, c := range s.wrong {
		if len(out) < shownBy && !decided[c.Case.Decision] && slices.Contains(c.Case.Drivers, catalog.DriverBrowser) && s.foldedUnder(id, c.Case.ID) {
			decided[c.Case.Decision] = true
			out = append(out, c.Case.ID)
		}
	}
	return out
}

func (s said) foldedUnder(id judge.FindingID, caseID string) bool {
	return slices.ContainsFunc(append(slices.Clone(s.findings), s.notes...), func(f judge.Finding) bool {
		return f.ID == id && slices.ContainsFunc(f.Cases, func(c judge.FoldedCase) bool { return c.ID == caseID })
	})
}

// decisions returns the IDs of one case of each decision, of those that came out
// wrong if there are any.
func (s said) decisions() []string {
	var out []string
	for _, id := range s.decided {
		out = append(out, id)
	}
	return out
}

// with returns what is said once some of the cases that came out wrong are judged
// again. It can be asked once.
func (s said) with(again said) said {
	out := said{other: append(slices.Clone(s.other), again.other...)}
	for _, one := range s.wrong {
		for _, o := range slices.Concat(again.wrong, again.right) {
			if o.Case.ID == one.Case.ID {
				one = o
			}
		}
		s.rest.Add(one)
	}
	out.findings, out.notes = s.rest.Findings()
	return out
}
