package catalog_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

func shopPolicy(t testing.TB) *policy.Policy {
	t.Helper()
	data, err := fixtures.Files.ReadFile("policies/shop.yaml")
	require.NoError(t, err)
	return parsePolicy(t, string(data))
}

func parsePolicy(t testing.TB, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("p.yaml", []byte(text))
	require.NoError(t, err)
	return p
}

func derive(t testing.TB, p *policy.Policy, target string) []catalog.PolicyCase {
	t.Helper()
	view, err := p.On(target)
	require.NoError(t, err)
	cases, err := catalog.Derive(view, catalog.DeriveConfig{OwnURLs: true})
	require.NoError(t, err)
	return cases
}

func expect(t testing.TB, c *catalog.PolicyCase, view *policy.View) []fetch.Trace {
	t.Helper()
	traces, err := c.ExpectUnder(t.Context(), view, nil)
	require.NoError(t, err)
	require.Len(t, traces, len(c.Steps), c.ID)
	return traces
}

var policyIDForm = regexp.MustCompile(`^[a-z0-9-]+(/[a-z0-9._-]+)+$`)

func TestDerivedCasesAreWhole(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		p      *policy.Policy
		target string
	}{{shopPolicy(t), "edge"}, {shopPolicy(t), "staging"}, {parsePolicy(t, many), "one"}, {parsePolicy(t, many), "two"}} {
		target := of.target
		ids, same := map[string]bool{}, map[string]string{}
		for _, c := range derive(t, of.p, target) {
			assert.False(t, ids[c.ID], "%s is there twice", c.ID)
			ids[c.ID] = true
			assert.Regexp(t, policyIDForm, c.ID)
			assert.NotEmpty(t, c.Why, c.ID)
			assert.NotEmpty(t, c.Rule.Text, c.ID)
			assert.Equal(t, "p.yaml", c.Rule.At.File, c.ID)
			assert.NotZero(t, c.Rule.At.Line, c.ID)
			assert.NotEmpty(t, c.Drivers, c.ID)
			assert.NotEmpty(t, c.Steps, c.ID)
			for _, s := range c.Steps {
				for _, u := range s.Upstream {
					assert.True(t, u.Act == catalog.ActAnswers || len(s.OnlyIf) > 0, "%s provokes no status", c.ID)
				}
			}
			for _, profile := range []*fetch.Profile{nil, &fetch.Chromium} {
				traces, err := c.Expect(t.Context(), profile)
				require.NoError(t, err, c.ID)
				for _, trace := range traces {
					assert.NotEqual(t, fetch.OutcomeUnknown, trace.Outcome.Kind, "%s: %s", c.ID, trace.Outcome.Error)
				}
				ok, instead := c.Provoked(traces)
				assert.True(t, ok, "%s: %s", c.ID, instead)
			}
			key := c.Signature + " " + c.Rule.String()
			assert.Empty(t, same[key], "%s is the same case for the same rule", c.ID)
			same[key] = c.ID
		}
		t.Logf("%s: %d cases", target, len(ids))
	}
}

// TestExpectations: what is allowed by its name comes out readable, what is
// denied doesn't.
func TestExpectations(t *testing.T) {
	t.Parallel()
	readable := regexp.MustCompile(`^(route/.*/allowed|origin/allowed|method/allowed|header/(allowed|all)|credentials/(empty|with|omitted)|expose/|max-age/|auth/|error/(application|gateway)|redirect/own|redirect/elsewhere|layer/both|scope/(http|own))`)
	blocked := regexp.MustCompile(`^(route/.*/denied|origin/[^a]|method/(case|outside)|header/outside|credentials/refused|error/denied|redirect/denied|layer/upstream|scope/(none|unlisted|spelled))`)
	for _, target := range []string{"edge", "staging"} {
		for _, c := range derive(t, shopPolicy(t), target) {
			traces, err := c.Expect(t.Context(), nil)
			require.NoError(t, err)
			last := traces[len(traces)-1]
			reads := last.Outcome.Readable()
			if c.Wire() {
				reads = catalog.Consent(last) == nil
			}
			switch {
			case strings.HasPrefix(c.ID, "origin/arbitrary"):
				assert.False(t, reads, c.ID)
			case readable.MatchString(c.ID):
				assert.True(t, reads, "%s: %+v", c.ID, last.Outcome)
			case blocked.MatchString(c.ID):
				assert.False(t, reads, "%s: %+v", c.ID, last.Outcome)
			}
		}
	}
}

// FuzzDerive looks for a policy whose cases can't be derived or expected.
func FuzzDerive(f *testing.F) {
	data, err := fixtures.Files.ReadFile("policies/shop.yaml")
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte(many))
	f.Add([]byte(sloppyPolicy))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policy.Parse("fuzz.yaml", data)
		if err != nil || len(data) > 4000 {
			return
		}
		for _, target := range p.Targets {
			view, err := p.On(target.Name)
			require.NoError(t, err)
			cases, err := catalog.Derive(view, catalog.DeriveConfig{Base: "https://api.example.com"})
			require.NoError(t, err)
			for i := 0; i < len(cases); i += 10 { // all of them take too long
				_, err := cases[i].Expect(t.Context(), nil)
				require.NoError(t, err)
			}
		}
	})
}

// A change is one rule less in a policy.
type change struct {
	// at is where the rule stands.
	at policy.Position
	// what says what was taken out.
	what string
	p    *policy.Policy
}

// changes returns the policy without each of its rules in turn.
func changes(p *policy.Policy) []change {
	var out []change
	take := func(at policy.Position, what string, edit func(*policy.Policy)) {
		changed := *p
		changed.Origins = slices.Clone(p.Origins)
		changed.Routes = slices.Clone(p.Routes)
		edit(&changed)
		out = append(out, change{at, what, &changed})
	}
	for i, g := range p.Origins {
		for j, e := range g.Allow {
			take(e.Origin.At, "allow "+e.Origin.Text, func(q *policy.Policy) { q.Origins[i].Allow = without(g.Allow, j) })
		}
		for j, e := range g.Deny {
			take(e.Origin.At, "deny "+e.Origin.Text, func(q *policy.Policy) { q.Origins[i].Deny = without(g.Deny, j) })
		}
		if g.Targets != nil {
			take(g.Targets.At, "targets of "+g.Name, func(q *policy.Policy) { q.Origins[i].Targets = nil })
		}
	}
	settings(&p.Defaults, func(at policy.Position, what string, edit func(*policy.Settings)) {
		take(at, "defaults: "+what, func(q *policy.Policy) { edit(&q.Defaults) })
	})
	for i, r := range p.Routes {
		if r.CORS.Text == "" { // else unlisted is the same
			take(r.Path.At, "route "+r.Path.Text, func(q *policy.Policy) { q.Routes = without(p.Routes, i) })
		} else {
			take(r.CORS.At, "cors: none of "+r.Path.Text, func(q *policy.Policy) { q.Routes[i].CORS = policy.Text{} })
		}
		settings(&p.Routes[i].Settings, func(at policy.Position, what string, edit func(*policy.Settings)) {
			take(at, r.Path.Text+": "+what, func(q *policy.Policy) { edit(&q.Routes[i].Settings) })
		})
	}
	return out
}

// settings takes out what settings say, item by item. Authentication and owner
// are left: they say how requests are made, and who is told.
func settings(s *policy.Settings, take func(policy.Position, string, func(*policy.Settings))) {
	for _, l := range []struct {
		name string
		list *policy.List
		of   func(*policy.Settings) **policy.List
	}{
		{"origins", s.Origins, func(s *policy.Settings) **policy.List { return &s.Origins }},
		{"methods", s.Methods, func(s *policy.Settings) **policy.List { return &s.Methods }},
		{"headers", s.Headers, func(s *policy.Settings) **policy.List { return &s.Headers }},
		{"expose", s.Expose, func(s *policy.Settings) **policy.List { return &s.Expose }},
	} {
		if l.list == nil {
			continue
		}
		for i, item := range l.list.Items {
			take(item.At, l.name+" "+item.Text, func(s *policy.Settings) {
				*l.of(s) = &policy.List{Items: without(l.list.Items, i), At: l.list.At}
			})
		}
	}
	if s.Credentials != nil {
		take(s.Credentials.At, "credentials", func(o *policy.Settings) { o.Credentials = &policy.Switch{On: !s.Credentials.On} })
	}
	if s.MaxAge != nil {
		take(s.MaxAge.At, "max_age", func(o *policy.Settings) { o.MaxAge = nil })
	}
	if s.ReadableErrors != nil {
		for i, n := range s.ReadableErrors.Items {
			take(n.At, fmt.Sprintf("readable_errors %d", n.Number), func(o *policy.Settings) {
				o.ReadableErrors = &policy.Numbers{Items: without(s.ReadableErrors.Items, i)}
			})
		}
	}
}

func without[T any](list []T, i int) []T { return slices.Delete(slices.Clone(list), i, i+1) }

// noEffect are the concerns that say of a rule that taking it out changes
// nothing.
var noEffect = []policy.ConcernID{
	policy.MethodNeedsNoListing, policy.MethodNotSendable, policy.HeaderNotSendable,
	policy.ExposeNeedsNoListing, policy.ExposeNotReadable, policy.RedundantOrigin, policy.DenyWithoutEffect, policy.UnusedGroup,
}

// TestEveryRuleCounts takes one rule after another out of a policy and wants a
// case of the whole policy to come out otherwise, or the lint to say that the
// rule is without effect.
func TestEveryRuleCounts(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*policy.Policy{"shop": shopPolicy(t), "many": parsePolicy(t, many)} {
		silent := map[policy.Position]bool{}
		for _, c := range p.Lint() {
			if slices.Contains(noEffect, c.ID) {
				silent[c.At] = true
			}
		}
		before := map[string][]fetch.Trace{}
		cases := map[string][]catalog.PolicyCase{}
		for _, target := range p.Targets {
			view, err := p.On(target.Name)
			require.NoError(t, err)
			cases[target.Name] = derive(t, p, target.Name)
			for _, c := range cases[target.Name] {
				before[target.Name+" "+c.ID] = expect(t, &c, view)
			}
		}
		all := changes(p)
		require.Greater(t, len(all), 25)
		named := 0
		for _, change := range all {
			found := ""
			for _, target := range p.Targets {
				view, err := change.p.On(target.Name)
				require.NoError(t, err)
				if found != "" {
					break
				}
				// Those that name the rule are tried first.
				slices.SortStableFunc(cases[target.Name], func(a, b catalog.PolicyCase) int {
					return strings.Compare(fmt.Sprint(a.Rule.At != change.at), fmt.Sprint(b.Rule.At != change.at))
				})
				for _, c := range cases[target.Name] {
					if len(c.Compare(before[target.Name+" "+c.ID], expect(t, &c, view))) > 0 {
						found = c.ID
						if c.Rule.At == change.at {
							named++
						}
						break
					}
				}
			}
			if silent[change.at] {
				assert.Empty(t, found, "%s: %s at %s: the lint says that it is without effect", name, change.what, change.at)
				continue
			}
			assert.NotEmpty(t, found, "%s: nothing shows that %s at %s is gone", name, change.what, change.at)
		}
		t.Logf("%s: %d rules, %d of them found by a case that names the rule", name, len(all), named)
	}
}

// many has what the example policy doesn't.
const many = `
targets:
  one: {url: https://api.example.com}
  two: {url: "https://api.example.org:8443"}
origins:
  exact: [https://a.example.com, https://b.example.com, https://a-1.example.com, "http://localhost:3000", capacitor://localhost]
  wild:
    allow:
      - {origin: "https://*.apps.example.com", examples: [https://x.apps.example.com]}
      - {origin: "https://a-*.example.com", examples: [https://a-2.example.com, https://a-3.example.com]}
    deny: [https://bad.apps.example.com, https://nobody.example.com]
  one-only: {allow: [https://one.example.net], targets: [one]}
  two-only: {allow: [https://two.example.net], targets: [two]}
  sandbox: ["null"]
  public: {allow: ["*"], deny: [https://rude.example.com]}
defaults:
  origins: [exact, wild, one-only]
  methods: [GET, PUT, patch, REPORT, TRACE]
  headers: [content-type, accept, cookie, x-one, x-two]
  credentials: true
  expose: [etag, content-type, set-cookie, x-out]
  max_age: 3
  readable_errors: [401, 404, 429, 500, 502]
routes:
  - {path: /a}
  - {path: "/a/{b}", sample: {b: c}, origins: [exact, two-only], methods: [DELETE]}
  - {path: /open, origins: [public], credentials: false, methods: ["*"], headers: ["*", authorization], expose: ["*"], max_age: 100000}
  - {path: /box, origins: [sandbox], credentials: false, methods: [POST], max_age: 0}
  - {path: /hidden, cors: none}
  - {path: /keyed, auth: {api_key: {header: x-one, env: KEY}}, readable_errors: [401, 403]}
  - {path: /signed, auth: {cookie: {name: sid, file: cookie.txt}}}
`

// What the target's config names and the policy doesn't allow has cases; what the
// policy allows everywhere, or no browser has, changes nothing.
func TestNamedOriginsHaveCases(t *testing.T) {
	t.Parallel()
	view, err := parsePolicy(t, sloppyPolicy).On("edge")
	require.NoError(t, err)
	ids := func(named ...policy.NamedOrigin) []string {
		cases, err := catalog.Derive(view, catalog.DeriveConfig{OwnURLs: true, Named: named})
		require.NoError(t, err)
		var out []string
		for _, c := range cases {
			out = append(out, c.ID)
			if strings.HasPrefix(c.ID, "origin/named/") {
				assert.Contains(t, c.Why, "nginx.conf:7")
			}
		}
		return out
	}
	at := policy.Position{File: "nginx.conf", Line: 7}
	without := ids()
	for _, origin := range []string{"https://api.example.com", "null", "*", "capacitor://localhost", "https://SHOP.example.com", "https://app.example.com/", ""} {
		assert.Equal(t, without, ids(policy.NamedOrigin{Origin: origin, At: at}), origin)
	}
	for _, tc := range []struct {
		named policy.NamedOrigin
		more  []string
	}{
		{policy.NamedOrigin{Origin: "https://legacy.example.net"}, []string{
			"origin/named/legacy.example.net/app/plain", "origin/named/legacy.example.net/app/preflighted",
			"origin/named/legacy.example.net/old.anonymous/plain", "origin/named/legacy.example.net/old.anonymous/preflighted",
		}},
		{policy.NamedOrigin{Origin: "http://x.example.net:8080", Matched: true}, []string{
			"origin/matched/http_x.example.net_8080/app/plain", "origin/matched/http_x.example.net_8080/app/preflighted",
			"origin/matched/http_x.example.net_8080/old.anonymous/plain", "origin/matched/http_x.example.net_8080/old.anonymous/preflighted",
		}},
		{policy.NamedOrigin{Origin: "https://x.example.net", Matched: true, Entry: "^https://.*"}, []string{
			"origin/matched-beside/x.example.net/app/plain", "origin/matched-beside/x.example.net/app/preflighted",
			"origin/matched/x.example.net/old.anonymous/plain", "origin/matched/x.example.net/old.anonymous/preflighted",
		}},
		// The first origin of a group is tried on the routes of others anyway.
		{policy.NamedOrigin{Origin: "https://admin.example.com"}, []string{
			"origin/other-route/admin.example.com/old.anonymous/plain", "origin/other-route/admin.example.com/old.anonymous/preflighted",
		}},
	} {
		tc.named.At = at
		beside := policy.NamedOrigin{Origin: "https://app.example.com", Matched: tc.named.Matched, Entry: "^https://.*", At: at}
		if tc.named.Entry != beside.Entry {
			beside = tc.named
		}
		more := slices.DeleteFunc(ids(tc.named, beside), func(id string) bool { return slices.Contains(without, id) })
		slices.Sort(more)
		assert.Equal(t, tc.more, more)
	}
}

// Where nothing may be read, an answer that no page can read is as good as another,
// and a 404 whoever can read it; what can be read of another status says nothing.
func TestUnlistedIsDenied(t *testing.T) {
	t.Parallel()
	p := parsePolicy(t, `
targets: {edge: {url: https://api.example.com}}
origins: {app: [https://app.example.com]}
routes: [{path: /orders, origins: [app]}]
`)
	cases := derive(t, p, "edge")
	view, err := p.On("edge")
	require.NoError(t, err)
	named := fetch.Header{"Access-Control-Allow-Origin", "https://app.example.com"}
	for _, tc := range []struct {
		name           string
		status         int
		headers        fetch.HeaderList
		judged, passes bool
	}{
		{"content that can be read", 200, fetch.HeaderList{named}, true, false},
		{"content that can't", 200, nil, true, true},
		{"nothing there", 404, nil, true, true},
		{"nothing there, and pages can tell", 404, fetch.HeaderList{named}, true, true},
		{"a login that nobody can read of", 401, nil, true, true},
		{"a login, behind which there may be more to read", 401, fetch.HeaderList{named}, false, false},
	} {
		i := slices.IndexFunc(cases, func(c catalog.PolicyCase) bool { return c.ID == "scope/unlisted/app" })
		require.GreaterOrEqual(t, i, 0)
		got, err := cases[i].Run(t.Context(), nil, func(int) fetch.Answerer {
			return func(context.Context, fetch.NetworkRequest) (fetch.NetworkResponse, error) {
				return fetch.NetworkResponse{Status: tc.status, Headers: tc.headers, Body: fetch.PayloadOf(nil)}, nil
			}
		})
		require.NoError(t, err)
		judged, why := cases[i].Provoked(got)
		assert.Equal(t, tc.judged, judged, "%s: %s", tc.name, why)
		if judged {
			assert.Equal(t, tc.passes, len(cases[i].Compare(expect(t, &cases[i], view), got)) == 0, tc.name)
		}
	}
}
