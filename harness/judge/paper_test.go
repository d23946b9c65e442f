package judge

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// The two policies that gateways on paper follow: one says most things in its
// defaults, the other route by route, with a wildcard over several labels, a
// port, and a route for everybody.
const (
	paperDefaults = `
targets: {edge: {url: https://api.example.com}, staging: {url: https://api.staging.example.com}}
origins:
  app: [https://app.example.com, https://admin.example.com]
  previews: {allow: [{origin: "https://*.preview.example.net", examples: [https://pr-1.preview.example.net]}]}
  local: {allow: [http://localhost:5173], targets: [staging]}
  old: [https://old.example.org]
defaults:
  upstream: {cors: true}
  origins: [app, previews, local]
  methods: [GET, POST, PUT, PATCH, OPTIONS]
  headers: [content-type, x-one, range, accept-language]
  credentials: true
  expose: [etag, x-total]
  max_age: 600
  readable_errors: [401, 403, 404, 413, 429, 500, 502, 503, 504]
  owner: team-shop
routes:
  - {path: /orders}
  - {path: /items, methods: [GET, DELETE], auth: {bearer: {env: SHOP_TOKEN}}, headers: [authorization, content-type]}
  - {path: /old, origins: [old], credentials: false, headers: ["*", authorization]}
  - {path: /private, cors: none}
unlisted: not-found
`
	paperRoutes = `
targets: {front: {url: https://gateway.acme.dev}}
origins:
  web: [https://www.acme.dev, https://account.acme.dev:8443]
  partners:
    allow: [{origin: "https://**.partner.example", examples: [https://a.partner.example, https://b.a.partner.example]}]
    deny: [https://bad.partner.example]
  press: [https://press.acme.test]
  world: ["*"]
defaults: {origins: [web], readable_errors: [404], upstream: {cors: true}, owner: platform}
routes:
  - path: /v1/carts/{id}
    name: carts
    sample: {id: "7"}
    origins: [web, partners]
    methods: [GET, POST, PATCH, OPTIONS]
    headers: [content-type, x-cart, accept-language, range]
    credentials: true
    expose: [link]
    max_age: 300
    readable_errors: [400, 404, 429, 500, 502, 504]
  - path: /v1/session
    origins: [web]
    methods: [GET, DELETE]
    headers: [authorization, x-csrf]
    credentials: true
    auth: {bearer: {env: ACME_TOKEN}}
    max_age: 60
    expose: [x-session]
    readable_errors: [401, 403, 500, 503]
  - {path: /v1/news, origins: [press], methods: [GET, PUT], headers: ["*", authorization], max_age: 60}
  - {path: /v1/feed, origins: [world], methods: [GET], headers: [x-reader]}
  - {path: "/internal/{rest...}", name: internal, sample: {rest: a/b}, cors: none}
unlisted: not-found
`
)

// A paperRun is one policy held against gateways on paper.
type paperRun struct {
	name  string
	view  *policy.View
	cases []catalog.PolicyCase
	want  map[string][]fetch.Trace
}

func newPaperRun(t *testing.T, name, text, target string) *paperRun {
	t.Helper()
	p, err := policy.Parse(name+".yaml", []byte(text))
	require.NoError(t, err)
	view, err := p.On(target)
	require.NoError(t, err)
	cases, err := catalog.Derive(view, catalog.DeriveConfig{OwnURLs: true})
	require.NoError(t, err)
	r := &paperRun{name: name, view: view, cases: cases, want: map[string][]fetch.Trace{}}
	for i := range cases {
		want, err := cases[i].Expect(t.Context(), nil)
		require.NoError(t, err)
		r.want[cases[i].ID] = want
	}
	return r
}

// paperRuns are the two policies.
func paperRuns(t *testing.T) []*paperRun {
	return []*paperRun{newPaperRun(t, "defaults", paperDefaults, "edge"), newPaperRun(t, "routes", paperRoutes, "front")}
}

// A paper is a gateway on paper while it answers one case.
type paper struct {
	c    *catalog.PolicyCase
	view *policy.View
	step int
	// run lives as long as the gateway, state as long as the case.
	run, state map[string]string
	upstream   []fetch.Exchange
}

// A mistake is what a gateway on paper does wrong. Each part may be nil.
type mistake struct {
	// accepts returns the given origin, one that the route allows, for which
	// another is taken; empty for none.
	accepts func(givens []string, origin string) string
	// request changes what the gateway makes of the request.
	request func(p *paper, r *fetch.NetworkRequest)
	// instead answers in the gateway's place; false if it doesn't.
	instead func(p *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool)
	// response changes the answer; up is what the upstream says itself.
	response func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse, up fetch.HeaderList)
}

func isPreflight(r fetch.NetworkRequest) bool {
	return r.Method == "OPTIONS" && r.Headers.Contains("Origin") && r.Headers.Contains("Access-Control-Request-Method")
}

// answers are those of a gateway that follows the policy but for a mistake.
func (p *paper) answers(m mistake) catalog.StepAnswerer {
	right := p.c.Answers(p.view)
	target := originOf(p.c.Steps[0].Request.URL)
	return func(step int) fetch.Answerer {
		answer := right(step)
		return func(ctx context.Context, r fetch.NetworkRequest) (fetch.NetworkResponse, error) {
			if string(r.URL.Origin()) != target {
				return answer(ctx, r)
			}
			p.step = step
			if m.instead != nil {
				if resp, ok := m.instead(p, r); ok {
					return resp, nil
				}
			}
			changed := r
			changed.Headers = slices.Clone(r.Headers)
			origin, _ := r.Headers.Get("Origin")
			taken := false
			if m.accepts != nil && origin != "" {
				if e := p.view.Route(r.URL.Path); e != nil && e.None == nil && !e.Origin(origin).Allowed {
					if given := m.accepts(allowedHere(e), origin); given != "" {
						changed.Headers, taken = with(changed.Headers, "Origin", given), true
					}
				}
			}
			if m.request != nil {
				m.request(p, &changed)
			}
			up := p.pass(changed)
			resp, err := answer(ctx, changed)
			resp.Headers = slices.Clone(resp.Headers)
			if taken && resp.Headers.Contains("Access-Control-Allow-Origin") {
				resp.Headers = with(resp.Headers, "Access-Control-Allow-Origin", origin)
			}
			if m.response != nil {
				m.response(p, r, &resp, up)
			}
			return resp, err
		}
	}
}

// allowedHere are the origins that a route allows, as the policy writes them,
// wildcards by their first example.
func allowedHere(e *policy.Effective) []string {
	var out []string
	for _, g := range e.Groups {
		for _, entry := range g.Allow {
			text := entry.Origin.Text
			if len(entry.Examples) > 0 {
				text = entry.Examples[0].Text
			}
			if strings.Contains(text, "://") {
				out = append(out, text)
			}
		}
	}
	return out
}

// pass notes what reaches the upstream, and returns what that says about CORS.
func (p *paper) pass(r fetch.NetworkRequest) fetch.HeaderList {
	route := p.view.Route(r.URL.Path)
	if route != nil && isPreflight(r) {
		return nil
	}
	answers := p.c.Steps[p.step].Upstream
	u := catalog.DefaultAnswer
	if len(answers) > 0 {
		u = answers[0]
	}
	if u.Act == catalog.ActUnasked || u.Act == catalog.ActRefuses {
		return nil
	}
	return p.ask(r, u)
}

// ask records a request at the upstream.
func (p *paper) ask(r fetch.NetworkRequest, u catalog.UpstreamAnswer) fetch.HeaderList {
	x := fetch.Exchange{Request: fetch.SentRequest{Method: r.Method, Target: r.URL.Path, Headers: r.Headers}}
	var said fetch.HeaderList
	if u.Act == catalog.ActAnswers {
		for _, line := range u.Headers {
			if h := line.Header(); strings.HasPrefix(strings.ToLower(h.Name()), "access-control-") || h.Name() == "Vary" {
				said = append(said, h)
			}
		}
		x.Response = &fetch.SentResponse{Status: u.Status, Headers: said}
	}
	p.upstream = append(p.upstream, x)
	return said
}

func with(headers fetch.HeaderList, name, value string) fetch.HeaderList {
	out := slices.DeleteFunc(slices.Clone(headers), func(h fetch.Header) bool { return strings.EqualFold(h.Name(), name) })
	if value == "" {
		return out
	}
	return append(out, fetch.Header{name, value})
}

// judgePaper runs all cases of a policy against a gateway with a mistake.
func (r *paperRun) judge(t *testing.T, m mistake) (findings, notes []Finding, checked []*Checked) {
	t.Helper()
	c := NewCollector(CollectorConfig{View: r.view})
	run := map[string]string{}
	for i := range r.cases {
		k := r.check(t, i, m, run)
		checked = append(checked, k)
		c.Add(k)
	}
	findings, notes = c.Findings()
	return findings, notes, checked
}

// check runs one case.
func (r *paperRun) check(t *testing.T, i int, m mistake, run map[string]string) *Checked {
	t.Helper()
	p := &paper{c: &r.cases[i], view: r.view, run: run, state: map[string]string{}}
	got, err := p.c.Run(t.Context(), nil, p.answers(m))
	require.NoError(t, err)
	k := &Checked{Case: p.c, Want: r.want[p.c.ID], Got: got, Upstream: p.upstream, UpstreamSeen: true}
	if ok, instead := p.c.Provoked(got); !ok {
		k.NotRun = instead
	} else {
		k.Mismatches = p.c.Compare(k.Want, got)
	}
	return k
}
