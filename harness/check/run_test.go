package check

import (
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
	"github.com/corsproof/corsproof/harness/policy"
)

// spoilVariable names what the gateway of TestRun does wrong; empty for nothing.
const spoilVariable = "HARNESS_TEST_SPOIL"

// TestRun is what users write. The other tests of this file run it in a process of
// its own, with a gateway that isn't right.
func TestRun(t *testing.T) {
	p, err := policy.Parse("shop.yaml", []byte(checkedPolicy))
	require.NoError(t, err)
	t.Setenv("SHOP_TOKEN", "secret") // as a test may that has a secret
	var asked atomic.Int64
	g := &goGateway{before: func(*http.Request) { asked.Add(1) }}
	g.view, err = p.On("api")
	require.NoError(t, err)
	switch os.Getenv(spoilVariable) {
	case "credentials":
		g.spoil = func(_ *http.Request, h fetch.HeaderList) fetch.HeaderList {
			return slices.DeleteFunc(h, func(one fetch.Header) bool { return one.Name() == "Access-Control-Allow-Credentials" })
		}
	case "hangs":
		g.before = func(r *http.Request) { <-r.Context().Done() }
	}
	cfg := Config{Policy: p, On: "api", Target: g, Engine: browser.EngineModel}
	cfg.Only = func(id string) bool { return settles(id) && !strings.HasPrefix(id, "scope/http2/") } // it speaks HTTP/1.1 alone
	if os.Getenv(spoilVariable) == "hangs" {
		cfg.Timeout = 1
	}
	Run(t, "", cfg)
	t.Logf("the gateway was asked %d times", asked.Load())
}

// testRunT runs TestRun in a process of its own.
func testRunT(t *testing.T, spoil string, args ...string) (out string, ok bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"-test.v"}, args...)...)
	cmd.Env = append(os.Environ(), spoilVariable+"="+spoil)
	text, err := cmd.CombinedOutput()
	if err != nil {
		require.IsType(t, &exec.ExitError{}, err)
	}
	return string(text), err == nil
}

func askedIn(t *testing.T, out string) string {
	t.Helper()
	m := regexp.MustCompile(`was asked (\d+) times`).FindStringSubmatch(out)
	require.NotNil(t, m, out)
	return m[1]
}

// Whoever selects a case pays for that case, and for no other.
func TestRunSelects(t *testing.T) {
	t.Parallel()
	out, ok := testRunT(t, "", "-test.run=^TestRun$/^method$/^allowed$/^put$")
	assert.True(t, ok, out)
	assert.Contains(t, out, "--- PASS: TestRun/method/allowed/put/defaults (0.00s)")
	assert.Equal(t, 1, strings.Count(out, "    --- "), out)
	assert.Equal(t, "2", askedIn(t, out), "a preflight and the request")

	out, ok = testRunT(t, "", "-test.run=^TestRun$", "-test.skip=^TestRun$/^(origin|method|header|cache|scope|steady|error|layer|redirect|credentials)$")
	assert.True(t, ok, out)
	assert.Contains(t, out, "--- PASS: TestRun/route/orders/denied/plain")
	assert.NotContains(t, out, "TestRun/origin/")
	assert.NotContains(t, out, "was not checked")

	out, ok = testRunT(t, "", "-test.run=^TestRun$/^no-such-case$")
	assert.True(t, ok, out)
	assert.Equal(t, "0", askedIn(t, out))
}

// Cases with one cause say it once.
func TestRunSaysWhatIsWrongOnce(t *testing.T) {
	t.Parallel()
	out, ok := testRunT(t, "credentials", "-test.run=^TestRun$")
	assert.False(t, ok)
	finding := regexp.MustCompile(`run_test\.go:\d+: shop\.yaml:\d+: outage: `)
	require.Len(t, finding.FindAllString(out, -1), 1, "%s", out)
	assert.Regexp(t, `    rerun     go test -run '\^TestRun\$/\^route\$/\^orders\$/`, out)
	assert.Regexp(t, `run_test\.go:\d+: shop\.yaml:\d+: [a-z-]+, explained by route/orders/allowed/[a-z]+: request 1: `, out)
	assert.Contains(t, out, "--- PASS: TestRun/route/orders/denied/plain", "what is right passes")
	assert.Regexp(t, `[1-9][0-9]+ violations in 1 finding`, out)

	// The command that it says does it again.
	m := regexp.MustCompile(`rerun     go test -run '([^']+)'`).FindStringSubmatch(out)
	require.NotNil(t, m)
	out, ok = testRunT(t, "credentials", "-test.run="+m[1])
	assert.False(t, ok)
	assert.Contains(t, out, "1 case: 0 passed, 1 violation in 1 finding")
}

// The first subtest that a finding explains has all of it, whichever case its evidence
// is of; of two findings in one case both are told.
func TestRunFoldsFindings(t *testing.T) {
	t.Parallel()
	r := &testRun{ids: []string{"a", "b", "c"}, ended: map[string]caseEnd{}}
	folded := func(ids ...string) (out []judge.FoldedCase) {
		for _, id := range ids {
			out = append(out, judge.FoldedCase{ID: id, Saw: "saw " + id})
		}
		return out
	}
	r.fold("TestCORS", []judge.Finding{
		{ID: judge.AcacNotTrue, Cases: folded("c", "b"), Evidence: judge.Evidence{Case: "c", Decisive: -1}},
		{ID: judge.MaxAgeZero, Cases: folded("c"), Evidence: judge.Evidence{Case: "c", Decisive: -1}},
	})
	assert.Contains(t, r.ended["b"].text, "acac-not-exact-true")
	assert.Contains(t, r.ended["b"].text, "rerun     go test -run '^TestCORS$/^c$'")
	pointer, rest, _ := strings.Cut(r.ended["c"].text, "\n")
	assert.Contains(t, pointer, "acac-not-exact-true, explained by b: saw c")
	assert.Contains(t, rest, "max-age-zero")
	assert.NotContains(t, r.ended, "a")
}

// What could not be observed fails a test, and is no violation.
func TestRunOfAHungTarget(t *testing.T) {
	t.Parallel()
	out, ok := testRunT(t, "hangs", "-test.run=^TestRun$")
	assert.False(t, ok)
	assert.Regexp(t, `run_test\.go:\d+: unknown: .*the target stopped answering`, out)
	assert.NotContains(t, out, "shop.yaml:")
}
