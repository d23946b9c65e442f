package judge

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

// TestSeedsAreFound puts every mistake into a gateway on paper that follows the
// policy otherwise, for two policies: it is one finding, with its ID, blamed on
// the layer of its kind, and nothing else is reported. Without a mistake there is
// nothing.
func TestSeedsAreFound(t *testing.T) {
	t.Parallel()
	for _, r := range paperRuns(t) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			t.Run("none", func(t *testing.T) {
				findings, notes, _ := r.judge(t, mistake{})
				assert.Empty(t, findings)
				assert.Empty(t, notes)
			})
			for _, s := range seeds {
				t.Run(s.name(), func(t *testing.T) {
					findings, notes, checked := r.judge(t, s.mistake)
					if s.note {
						require.Empty(t, ids(findings))
						require.Equal(t, 1, len(notes), "%v", ids(notes))
						n := notes[0]
						assert.Equal(t, s.id, n.ID)
						assert.Equal(t, n.Cases[0].ID, n.Evidence.Case)
						assert.GreaterOrEqual(t, n.Evidence.Decisive, 0)
						assert.NotZero(t, n.Rule.At.Line)
						assert.NotEmpty(t, n.Curl)
						return
					}
					require.Empty(t, ids(notes))
					require.Equal(t, 1, len(findings), "%v", ids(findings))
					f := findings[0]
					assert.Equal(t, s.id, f.ID)
					kind, _ := KindOf(s.id)
					assert.Equal(t, kind.Fault, f.Fault)
					assert.Equal(t, failedCases(checked), foldedCases(f), "every case that failed is folded, and no other")
				})
			}
		})
	}
}

// What serves nobody, and lets everybody read that, are two findings: the one is no
// hole, and hides none.
func TestAHoleBesideARefusal(t *testing.T) {
	t.Parallel()
	refuses := servesNobody(401)
	for _, r := range paperRuns(t) {
		findings, _, _ := r.judge(t, edited(func(p *paper, q fetch.NetworkRequest, resp *fetch.NetworkResponse) {
			refuses.response(p, q, resp, nil)
			if origin, ok := q.Headers.Get("Origin"); ok && resp.Status == 401 {
				resp.Headers = with(with(resp.Headers, "Access-Control-Allow-Origin", origin), "Access-Control-Allow-Credentials", "true")
			}
		}))
		var found []FindingID
		for _, f := range findings {
			found = append(found, f.ID)
			if f.ID == AuthBeyond {
				assert.Equal(t, SeverityOutage, f.Severity)
			}
		}
		assert.Contains(t, found, AuthBeyond, "%s: %v", r.name, ids(findings))
		assert.True(t, slices.ContainsFunc(findings, func(f Finding) bool { return f.Severity == SeverityHole }), "%s: %v", r.name, ids(findings))
	}
}

const paperSession = `targets: {edge: {url: https://api.shop.test}}
origins: {shop: [https://shop.test, https://www.shop.test]}
defaults:
  origins: [shop]
  methods: [GET, PUT]
  credentials: true
  readable_errors: [401, 404]
  auth: {cookie: {name: sid, env: SHOP_SESSION}}
routes: [{path: /orders}, {path: /bills}]
`

// A target that lets every origin read what it gives to who is signed in, and nothing
// else, compares no origin there: one finding, whatever it does for others.
func TestReflectedToWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	r := newPaperRun(t, "session", paperSession, "edge")
	findings, notes, checked := r.judge(t, edited(func(_ *paper, q fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if origin, ok := q.Headers.Get("Origin"); ok && q.Headers.Contains("Cookie") {
			resp.Headers = with(with(resp.Headers, "Access-Control-Allow-Origin", origin), "Access-Control-Allow-Credentials", "true")
		}
	}))
	require.Empty(t, ids(notes))
	require.Equal(t, 1, len(findings), "%v", ids(findings))
	assert.Equal(t, OriginReflectedAny, findings[0].ID)
	assert.Equal(t, SeverityHole, findings[0].Severity)
	assert.Equal(t, failedCases(checked), foldedCases(findings[0]))
}

// Every origin comes back on one route, and credentials are refused there: that who is
// signed in can't read tells nothing of how origins are compared.
func TestReflectedWithoutCredentials(t *testing.T) {
	t.Parallel()
	r := newPaperRun(t, "session", paperSession, "edge")
	findings, _, _ := r.judge(t, edited(func(p *paper, q fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if origin, ok := q.Headers.Get("Origin"); ok && routeIs(p, q, 1) && !resp.Headers.Contains("Access-Control-Allow-Origin") {
			resp.Headers = append(resp.Headers, fetch.Header{"Access-Control-Allow-Origin", origin})
		}
	}))
	require.Equal(t, 1, len(findings), "%v", ids(findings))
	assert.Equal(t, OriginReflectedAny, findings[0].ID)
}

// A "*" that a cache kept is no request whose cookie could be looked at.
func TestWildcardFromACache(t *testing.T) {
	t.Parallel()
	for _, r := range paperRuns(t) {
		findings, _, _ := r.judge(t, edited(func(p *paper, q fetch.NetworkRequest, resp *fetch.NetworkResponse) {
			if p.view.Route(q.URL.Path) != nil && !resp.Headers.Contains("Access-Control-Allow-Origin") && !isPreflight(q) {
				resp.Headers = append(resp.Headers, fetch.Header{"Access-Control-Allow-Origin", "*"})
			}
			resp.Headers = with(resp.Headers, "Vary", "")
		}))
		assert.NotEmpty(t, findings, r.name)
	}
}

func ids(findings []Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s, %d cases, as in %s", f.ID, len(f.Cases), f.Cases[0].ID))
	}
	return out
}

func failedCases(checked []*Checked) []string {
	var out []string
	for _, c := range checked {
		if c.End() == EndViolation {
			out = append(out, c.Case.ID)
		}
	}
	return out
}

func foldedCases(f Finding) []string {
	var out []string
	for _, c := range f.Cases {
		out = append(out, c.ID)
	}
	return out
}

// unseeded are the IDs that no gateway on paper produces, with the reason.
var unseeded = map[FindingID]string{
	PreflightNoRoute: "gateway: no derived case sends a preflight to a path that the policy doesn't list",
	MigrationDrift:   "gateway: it takes two gateways and the same settings; each by itself has one of the other IDs",

	CookieNotSent:         "environment: the browser's cookie settings and the cookie's own attributes",
	CredentialsDropped:    "client: the page's own credentials mode",
	UploadListener:        "client: the page's own listener",
	MaxAgeCapped:          "engine: the limit is the browser's; the lint says it of a policy (max-age-above-cap)",
	StalePreflight:        "engine: it takes two policies and the time between",
	WildcardNeverCached:   "engine: one browser's preflight cache",
	RedirectAuthorization: "engine: what browsers do with Authorization on a redirect",
	LocalNetworkAccess:    "environment: a permission of the browser, asked for before CORS",
	OpaqueSuccess:         "client: the page's own no-cors mode",
	NotAccessControl:      "policy: what CORS is taken for",
}

// ownKinds are of this package alone.
var ownKinds = []FindingID{MaxAgeDiffers, CredentialsBeyond, ExposeBeyond, OriginBeyond, AuthBeyond, NeverServed, Unclassified}
