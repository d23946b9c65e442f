package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// DeriveConfig has what a policy does not say.
type DeriveConfig struct {
	// Base is the origin that pages call; empty means the target's URL.
	Base string
	// OwnURLs gives each signature its own URL, with a query, so that cases do not share
	// cache entries. It is for targets with a scripted upstream.
	OwnURLs bool
	// LimitedMark begins the signatures of cases that test a limit of requests.
	LimitedMark string
	// Named are origins in the target's own config. Those that the policy does not allow
	// get cases of their own.
	Named []policy.NamedOrigin
	// NamedMethods and NamedHeaders are names that the target's config lists for pages.
	// Those that the policy does not list get cases of their own.
	NamedMethods, NamedHeaders []string
}

// Derive returns the cases that follow from a policy on one target, in an order that
// depends only on the policy. Their number grows with the length of the policy, not with
// the product of routes and origins.
//
// Origins are tested once for each set of groups that routes name, lists once where they
// are written; each route gets a small set of its own. Derive returns an error for a
// configuration that cannot be used.
func Derive(view *policy.View, cfg DeriveConfig) ([]PolicyCase, error) {
	base := cfg.Base
	if base == "" {
		base = view.Target.URL.Text
	}
	origin, err := fetch.ParseOrigin(base)
	if err != nil || origin.IsOpaque() {
		return nil, fmt.Errorf("%s: derive cases for target %q: its url is %q; expected the origin that pages call, such as https://api.example.com", view.Target.At, view.Target.Name, base)
	}
	in := &input{view: view, asks: asks{base: origin}, evil: evil, named: cfg.Named, ours: cfg.OwnURLs, namedMethods: cfg.NamedMethods, namedHeaders: cfg.NamedHeaders}
	if u, err := fetch.ParseURL(base, nil); err == nil && fetch.IsMixedContent(evil, u) {
		in.evil = "http" + strings.TrimPrefix(evil, "https")
	}
	c := &caseCollector{view: view, base: origin, ownURLs: cfg.OwnURLs, limited: cfg.LimitedMark, seen: map[string]string{}}
	for _, derive := range derivations {
		for _, one := range derive(in) {
			c.add(one)
		}
	}
	return slices.Clip(c.cases), errors.Join(c.errs...)
}

// derivations are functions that each make the cases of some areas, in the order of
// their cases.
var derivations = []func(*input) cases{routesCases, originCases, listCases, errorCases, cacheCases, scopeCases, everyRouteCases}

// An input is what cases are derived from: the policy on a target, and what that
// doesn't say. It is read-only.
type input struct {
	view *policy.View
	asks
	evil  string // an origin that no policy allows but with "*", and that can call the target
	named []policy.NamedOrigin
	ours  bool // the upstream behind the target
	// namedMethods and namedHeaders are the target's.
	namedMethods, namedHeaders []string
}

// evil is the origin of an input, unless pages at https can't call the target.
const evil = "https://evil.corsproof.test"

// cases are those of one area while they are derived.
type cases []PolicyCase

// add appends a case of a route; nil if its path is no route's.
func (cs *cases) add(e *policy.Effective, c PolicyCase) {
	if e != nil {
		c.Route, c.Owner = e.Route.Name.Text, e.Owner
	}
	*cs = append(*cs, c)
}

// A caseCollector completes cases.
type caseCollector struct {
	view    *policy.View
	base    fetch.Origin
	ownURLs bool
	limited string // see [DeriveConfig]
	cases   []PolicyCase
	// seen has the signature of each ID.
	seen map[string]string
	errs []error
}

// add completes a case and keeps it, unless one with its ID is there: two
// entries then have the same attack in common.
func (d *caseCollector) add(c PolicyCase) {
	c.view, c.base = d.view, d.base
	if c.Decision == "" {
		c.Decision = c.ID
	}
	for _, s := range c.Steps {
		if s.Auth != nil && s.Auth.Cookie != nil { // an image of the same case carries it, too
			c.Jar = s.Auth.Cookie.Name.Text + "=" + SecretPlaceholder
		}
	}
	if c.Drivers == nil {
		c.Drivers = []Driver{DriverModel, DriverBrowser}
		if !c.pageSends() {
			c.Drivers = []Driver{DriverDirect}
		}
	}
	for i := range c.Steps {
		c.Steps[i].Request.Headers = d.alwaysSent(&c.Steps[i].Request)
	}
	c.Signature = c.signature()
	if c.Probe.Is(AreaError, ByGateway) && c.Probe.Detail == TooMany {
		c.Signature = d.limited + c.Signature
	}
	if first, ok := d.seen[c.ID]; ok {
		if first != c.Signature {
			d.errs = append(d.errs, fmt.Errorf("two cases have the ID %q, one of them for %s", c.ID, c.Rule))
		}
		return
	}
	d.seen[c.ID] = c.Signature
	if d.ownURLs {
		own := c.Signature
		for i := range c.Steps {
			c.Steps[i].Request.URL = withMark(c.Steps[i].Request.URL, own)
			for j := range c.Steps[i].Upstream {
				c.Steps[i].Upstream[j].Headers = withHop(c.Steps[i].Upstream[j].Headers, own)
			}
		}
	}
	d.cases = append(d.cases, c)
}

// alwaysSent returns the headers of a request with those that pages of its route always send.
// A request in mode no-cors can't have them, and a preflight has none of the page's.
func (d *caseCollector) alwaysSent(r *Request) []HeaderLine {
	u, err := fetch.ParseURL(r.URL, nil)
	if err != nil || r.Mode == fetch.ModeNoCORS || r.Method == "OPTIONS" {
		return r.Headers
	}
	e := d.view.Route(u.Path)
	if e == nil || len(e.Sends) == 0 {
		return r.Headers
	}
	var out []HeaderLine
	for _, line := range r.Headers {
		if !slices.ContainsFunc(e.Sends, func(h policy.SentHeader) bool { return strings.EqualFold(h.Name, line.Header().Name()) }) {
			out = append(out, line)
		}
	}
	for _, h := range e.Sends {
		out = append(out, HeaderLine(h.Name+": "+h.Value))
	}
	return out
}

// withMark returns a URL with a case's mark in its query.
func withMark(url, own string) string {
	if strings.Contains(url, "?") {
		return url + "&case=" + own
	}
	return url + "?case=" + own
}

// hop is the query of a URL within a route that a redirect leads to.
const hop = "?hop=1"

// withHop returns the lines with a hop's URL made a case's own; without one, as they are,
// for cases share them.
func withHop(lines []HeaderLine, own string) []HeaderLine {
	if !slices.ContainsFunc(lines, func(l HeaderLine) bool { return strings.Contains(string(l), hop) }) {
		return lines
	}
	out := slices.Clone(lines)
	for i, line := range out {
		out[i] = HeaderLine(strings.Replace(string(line), hop, "?hop="+own, 1))
	}
	return out
}
