package catalog

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A PolicyCase is a case that follows from a policy. It says what is asked and
// what the upstream behind the target does; what must come of it, [Run] derives
// from the answers that the policy calls for, never from a run.
type PolicyCase struct {
	// ID is built from what varies, by name: it stays when routes, origins and
	// anything else are added to the policy.
	ID string
	// Why says what would be wrong if the case failed.
	Why string
	// Rule is the one allow or deny that the case tests.
	Rule policy.Rule
	// Decision is the same for cases that differ only in which of several names
	// or origins they try: who can't run all runs one of each.
	Decision string
	// Signature is the same for cases that make the same requests while the
	// upstream answers the same: they test different rules by them, and need
	// them made but once.
	Signature string
	// Route is the name of the route, empty if the path is none's; Owner is who
	// is to be told.
	Route, Owner string
	// Drivers can run the case. What no browser can send is for the direct
	// client alone; what only a free clock can show, for the model alone.
	Drivers []Driver
	Page    Page
	// Protocol is what has to be spoken with the target; empty for any.
	Protocol Protocol
	// Disturbs: the target may answer others differently for a while afterwards,
	// since it counts requests or failures; such cases come last, by themselves.
	Disturbs bool
	Steps    []PolicyStep

	view *policy.View
	base fetch.Origin
}

// A Protocol is a version of HTTP, as in an exchange.
type Protocol string

const (
	HTTP1 Protocol = "HTTP/1.1"
	HTTP2 Protocol = "HTTP/2"
)

// A PolicyStep is one request of a case.
type PolicyStep struct {
	// After is how many seconds pass before the request.
	After   int
	Request Request
	// Auth says whose secret stands where [SecretPlaceholder] is, or in which
	// cookie; nil if the request needs none.
	Auth *policy.Auth
	// Cookie is what the target's cookie jar holds, as in "sid=1"; empty for
	// nothing.
	Cookie string
	// Repeat is how often the request is made; 0 means once. Judged is the last.
	Repeat int
	// Upstream is what the upstream answers, one after another, the last again
	// and again; empty means [DefaultUpstream].
	Upstream []Upstream
	// OnlyIf are the statuses with which the expectation holds; with any other
	// the target didn't do what was to be provoked, and the case is not run.
	// Empty means whatever the status is.
	OnlyIf []int
}

// SecretPlaceholder stands in a request's headers where the secret goes that
// PolicyStep.Auth says.
const SecretPlaceholder = "${secret}"

// An Act is what an upstream does with a request.
type Act string

const (
	ActAnswers Act = ""        // it answers
	ActRefuses Act = "refuses" // nothing listens on its address
	ActResets  Act = "resets"  // it takes the request and closes the connection
	ActHangs   Act = "hangs"   // it takes the request and never answers
	ActUnasked Act = "unasked" // the gateway is to answer by itself; asked, the upstream answers
)

// An Upstream is what the scripted upstream does with one request.
type Upstream struct {
	Act     Act
	Status  int
	Headers []HeaderLine
	Body    string
}

// DefaultUpstream is what the upstream answers unless a step says otherwise: no
// Access-Control header of its own, and nothing that a cache may keep.
var DefaultUpstream = Upstream{
	Status: 200, Headers: []HeaderLine{"Content-Type: text/plain", "Cache-Control: no-store"}, Body: "corsproof",
}

// Elsewhere is an origin of ours beside the target. It answers every request
// with status 200 and Access-Control-Allow-Origin: *.
const Elsewhere fetch.Origin = "https://elsewhere.corsproof.test"

// DeriveConfig says what a policy doesn't.
type DeriveConfig struct {
	// Base is the origin that pages call; empty means the target's URL.
	Base string
	// OwnURLs gives each signature a URL of its own, by its query, so that cases
	// don't see each other's caches. It is for targets whose upstream is ours.
	OwnURLs bool
}

// Derive returns the cases that follow from a policy on one target, in an order
// that the policy alone decides. Their number grows with what the policy says,
// not with the product of routes and origins.
//
// Origins are crossed once for each set of groups that routes name, lists once
// where they are written; each route gets a small set of its own. The error is
// of a configuration that can't be used.
func Derive(view *policy.View, cfg DeriveConfig) ([]PolicyCase, error) {
	base := cfg.Base
	if base == "" {
		base = view.Target.URL.Text
	}
	origin, err := fetch.ParseOrigin(base)
	if err != nil || origin.IsOpaque() {
		return nil, fmt.Errorf("derive cases for target %q: its origin is %q; expected one such as https://api.example.com", view.Target.Name, base)
	}
	d := &deriver{view: view, base: origin, ownURLs: cfg.OwnURLs, seen: map[string]bool{}}
	for _, e := range view.Routes {
		d.smoke(e)
	}
	d.origins()
	d.lists()
	d.errors()
	d.caches()
	d.scope()
	return d.cases, nil
}

// A deriver collects cases.
type deriver struct {
	view    *policy.View
	base    fetch.Origin
	ownURLs bool
	cases   []PolicyCase
	seen    map[string]bool
}

// add completes a case and keeps it, unless one with its ID is there: the same
// thing was then said twice.
func (d *deriver) add(e *policy.Effective, c PolicyCase) {
	if d.seen[c.ID] {
		return
	}
	d.seen[c.ID] = true
	c.view, c.base = d.view, d.base
	if e != nil {
		c.Route, c.Owner = e.Route.Name.Text, e.Owner
	}
	if c.Decision == "" {
		c.Decision = c.ID
	}
	if c.Drivers == nil {
		c.Drivers = []Driver{DriverModel, DriverBrowser}
		if !c.pageSends() {
			c.Drivers = []Driver{DriverDirect}
		}
	}
	c.Signature = c.signature()
	if d.ownURLs {
		own := c.Signature
		for i := range c.Steps {
			c.Steps[i].Request.URL += "?case=" + own
			for j := range c.Steps[i].Upstream {
				c.Steps[i].Upstream[j].Headers = withHop(c.Steps[i].Upstream[j].Headers, own)
			}
		}
	}
	d.cases = append(d.cases, c)
}

// signature digests what is asked and what the upstream answers.
func (c *PolicyCase) signature() string {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%q %q %q", c.Protocol, c.Page.Site, c.Drivers)
	for _, s := range c.Steps {
		auth := ""
		if s.Auth != nil {
			auth = s.Auth.At.String()
		}
		body := Body{}
		if s.Request.Body != nil {
			body = *s.Request.Body
		}
		s.Request.Body, s.Auth = nil, nil
		fmt.Fprintf(hash, "%q %v %+v", auth, body, s)
	}
	return strconv.FormatUint(hash.Sum64(), 36)
}

// Wire reports whether the case is for the direct client alone: its requests go
// out as they are written, and what is judged is whether the answers consent.
func (c *PolicyCase) Wire() bool { return slices.Equal(c.Drivers, []Driver{DriverDirect}) }

// pageSends reports whether page code can make every request of the case, and
// the model can tell that it can.
func (c *PolicyCase) pageSends() bool {
	return !slices.ContainsFunc(c.Steps, func(s PolicyStep) bool {
		_, err := fetch.ParseOrigin(s.Request.Origin)
		return err != nil || slices.ContainsFunc(s.Request.Headers, func(l HeaderLine) bool {
			h := l.Header()
			return fetch.IsForbiddenRequestHeader(h.Name(), h.Value())
		})
	})
}

// hop is the query of a URL within a route that a redirect leads to.
const hop = "?hop=1"

// withHop returns the lines with a hop's URL made a case's own.
func withHop(lines []HeaderLine, own string) []HeaderLine {
	out := slices.Clone(lines)
	for i, line := range out {
		out[i] = HeaderLine(strings.Replace(string(line), hop, "?hop="+own, 1))
	}
	return out
}

// A form is how a request is made.
type form string

const (
	plain       form = "plain"       // without a preflight, if the policy has such a request
	preflighted form = "preflighted" // with one
)

var forms = []form{plain, preflighted}

// request returns the request of a page at a route, in a form; false if the
// policy has no such request.
func (d *deriver) request(e *policy.Effective, origin string, f form) (PolicyStep, bool) {
	s := d.get(e, origin)
	if f == preflighted {
		if m := unsafeMethod(e); m != "" {
			s.Request.Method = m
		} else if h := unsafeHeader(e); h != "" {
			s.Request.Headers = append(s.Request.Headers, headerLine(h))
		} else {
			return s, false
		}
	}
	d.authenticate(e, &s)
	return s, true
}

// attack is request for an origin that must be denied: without authentication,
// so that plain means plain, and preflighted if the policy has no such request,
// too.
func (d *deriver) attack(e *policy.Effective, origin string, f form) PolicyStep {
	s := d.get(e, origin)
	if f == preflighted {
		if s.Request.Method = unsafeMethod(e); s.Request.Method == "" {
			s.Request.Method = "PUT"
		}
	}
	return s
}

// get returns the simplest request that the policy has.
func (d *deriver) get(e *policy.Effective, origin string) PolicyStep {
	r := Request{Origin: origin, Method: plainMethod(e), URL: string(d.base) + e.Path}
	if e.Credentials {
		r.Credentials = fetch.CredentialsInclude
	}
	return PolicyStep{Request: r}
}

// plainMethod returns GET if the route serves it, else the next best.
func plainMethod(e *policy.Effective) string {
	if len(e.Methods.Names) == 0 || e.Methods.Any != nil {
		return "GET"
	}
	for _, m := range []string{"GET", "POST", "HEAD"} {
		if listed(e.Methods, m) {
			return m
		}
	}
	return e.Methods.Names[0].Text
}

// unsafeMethod returns a method of the policy's that needs a preflight.
func unsafeMethod(e *policy.Effective) string {
	for _, m := range e.Methods.Names {
		if needsPreflight(m.Text) {
			return m.Text
		}
	}
	if e.Methods.Any != nil {
		return "PUT"
	}
	return ""
}

// needsPreflight reports whether a page can send the method, after a preflight.
func needsPreflight(method string) bool {
	return !fetch.IsSafelistedMethod(fetch.NormalizeMethod(method)) && !fetch.IsForbiddenMethod(method)
}

// unsafeHeader returns a request header of the policy's that needs a preflight.
func unsafeHeader(e *policy.Effective) string {
	for _, h := range e.Headers.Names {
		if line := headerLine(h.Text); settable(line) {
			return h.Text
		}
	}
	if e.Headers.Any != nil {
		return "x-corsproof"
	}
	return ""
}

// settable reports whether page code can set a header, after a preflight.
func settable(line HeaderLine) bool {
	h := line.Header()
	return !fetch.IsForbiddenRequestHeader(h.Name(), h.Value()) && !fetch.IsSafelistedRequestHeader(h.Name(), h.Value())
}

// headerLine gives a request header a value with which it needs a preflight.
func headerLine(name string) HeaderLine {
	switch strings.ToLower(name) {
	case "content-type":
		return HeaderLine(name + ": application/json")
	case "authorization":
		return HeaderLine(name + ": Bearer corsproof")
	case "range":
		return HeaderLine(name + ": bytes=0-0,2-3")
	case "accept", "accept-language", "content-language":
		return HeaderLine(name + ": " + strings.Repeat("en,", 43)) // 129 bytes
	}
	return HeaderLine(name + ": corsproof")
}

func listed(l policy.Listed, method string) bool {
	return slices.ContainsFunc(l.Names, func(t policy.Text) bool { return t.Text == method })
}

// authenticate gives a request what its route needs, if pages may send it.
func (d *deriver) authenticate(e *policy.Effective, s *PolicyStep) {
	if e.Auth == nil {
		return
	}
	name, value := "", SecretPlaceholder
	switch {
	case e.Auth.Bearer != nil:
		name, value = "Authorization", "Bearer "+SecretPlaceholder
	case e.Auth.APIKey != nil:
		name = e.Auth.APIKey.Header.Text
	}
	if name != "" && !e.AllowsHeader(name) {
		return // the lint says so
	}
	s.Auth = e.Auth
	if name != "" {
		s.Request.Headers = slices.DeleteFunc(slices.Clone(s.Request.Headers), func(l HeaderLine) bool {
			return strings.EqualFold(l.Header().Name(), name)
		})
		s.Request.Headers = append(s.Request.Headers, HeaderLine(name+": "+value))
	}
}

// asker returns an origin that may read at a route and that a browser can be at;
// false if there is none.
func asker(e *policy.Effective) (string, bool) {
	for _, o := range allowedOrigins(e) {
		if _, err := fetch.ParseOrigin(o.origin); err == nil {
			return o.origin, true
		}
	}
	return "", false
}

// An allowedOrigin is an origin that may read, with the entry that allows it.
type allowedOrigin struct {
	origin string
	entry  *policy.Entry
}

// anybody is the origin that stands for every origin.
const anybody = "https://anybody.corsproof.test"

// allowedOrigins returns the origins that may read, wildcards by their examples.
func allowedOrigins(e *policy.Effective) []allowedOrigin {
	var out []allowedOrigin
	if e.None != nil {
		return nil
	}
	for _, g := range e.Groups {
		for i := range g.Allow {
			entry := &g.Allow[i]
			stands := []string{entry.Origin.Text}
			switch {
			case entry.Origin.Text == policy.Any:
				stands = []string{anybody}
			case len(entry.Examples) > 0:
				stands = nil
				for _, x := range entry.Examples {
					stands = append(stands, x.Text)
				}
			}
			for _, o := range stands {
				if e.Origin(o).Allowed {
					out = append(out, allowedOrigin{o, entry})
				}
			}
		}
	}
	return out
}

// evil is an origin that no policy allows but with "*".
const evil = "https://evil.corsproof.test"

// smoke are the cases that every route gets.
func (d *deriver) smoke(e *policy.Effective) {
	name, rule := e.Route.Name.Text, e.Rule(policy.RuleRoute)
	if origin, ok := asker(e); ok {
		for _, f := range forms {
			if s, ok := d.request(e, origin, f); ok {
				d.add(e, PolicyCase{
					ID: "route/" + name + "/allowed/" + string(f), Rule: rule, Steps: []PolicyStep{s},
					Why: fmt.Sprintf("pages of an allowed origin couldn't use %s", e.Route.Path.Text),
				})
			}
		}
	}
	if !e.Origin(evil).Allowed {
		for _, f := range forms {
			d.add(e, PolicyCase{
				ID: "route/" + name + "/denied/" + string(f), Rule: e.Origin(evil).Because, Steps: []PolicyStep{d.attack(e, evil, f)},
				Why: fmt.Sprintf("pages of any site could use %s", e.Route.Path.Text),
			})
		}
	}
	if e.None != nil {
		d.none(e)
	}
}

// none are the cases of a route that says cors: none: no origin of the policy
// may read, whichever other route allows it.
func (d *deriver) none(e *policy.Effective) {
	for _, g := range d.view.Policy.Origins {
		origin := groupOrigin(&g)
		if origin == "" {
			continue
		}
		for _, f := range forms {
			d.add(e, PolicyCase{
				ID:       fmt.Sprintf("scope/none/%s/%s/%s", e.Route.Name.Text, groupSlug(g.Name), f),
				Decision: fmt.Sprintf("scope/none/%s/%s", e.Route.Name.Text, f),
				Rule:     *e.None, Steps: []PolicyStep{d.attack(e, origin, f)},
				Why: fmt.Sprintf("an origin that other routes allow could use %s, which is for no page", e.Route.Path.Text),
			})
		}
	}
}

// groupOrigin returns the first origin of a group that a browser can be at.
func groupOrigin(g *policy.Group) string {
	for i := range g.Allow {
		origin := g.Allow[i].Origin.Text
		switch {
		case origin == policy.Any:
			origin = anybody
		case len(g.Allow[i].Examples) > 0:
			origin = g.Allow[i].Examples[0].Text
		}
		if _, err := fetch.ParseOrigin(origin); err == nil {
			return origin
		}
	}
	return ""
}
