package judge

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A fact is what one answer of the target says, of a case that passed as well as
// of one that didn't: no cause is stated without what speaks against it.
type fact struct {
	id    string
	probe catalog.Probe
	step  int
	at    int               // the index of the exchange in the step
	route *policy.Effective // nil on a path that no route matches
	// origin is what was sent, allowed whether the policy lets it read here.
	origin  string
	allowed bool
	// preflight has the method and the header names that it asks for.
	preflight bool
	method    string
	names     []string
	// status is 0 if there was no answer.
	status    int
	protocol  string
	cookie    bool
	wire      bool
	noted     bool // see [catalog.PolicyCase.Noted]
	supposed  bool // see [catalog.PolicyCase.Supposed]
	cors      bool // some Access-Control header
	answer    fetch.HeaderList
	bodyBytes int64
	// upstreamConsents: the upstream said so by itself.
	upstreamConsents bool
	// consents: the answer passes the CORS check, whatever else it lacks.
	consents bool
	// reached: the upstream was asked, as far as anybody knows.
	reached bool
	seen    bool
}

// protocolHeaders are the answer's headers that facts keep.
var protocolHeaders = []string{"vary", "age", "x-cache"}

// facts are what a target's answers say, those of all cases that were run.
type facts []fact

// A factFinder makes facts of cases. Facts share their texts, so that they keep no trace
// alive.
type factFinder struct {
	view  *policy.View
	texts map[string]string
}

// factsOf returns what the target's answers in a case say.
func (ff *factFinder) factsOf(c *Checked) []fact {
	var out []fact
	for step, trace := range c.Got {
		if step >= len(c.Case.Steps) {
			break
		}
		s := &c.Case.Steps[step]
		target := originOf(s.Request.URL)
		for i := range trace.Exchanges {
			x := &trace.Exchanges[i]
			if x.Server != target || withheld(x) {
				continue
			}
			f := fact{
				id: c.Case.ID, probe: c.Case.Probe, step: step, at: i, route: routeOf(ff.view, x.Server+x.Request.Target), preflight: x.Request.IsPreflight(),
				method: x.Request.Method, protocol: string(c.Case.Protocol), cookie: x.Request.Headers.Contains("Cookie"), wire: c.Case.Wire(), noted: c.Case.Noted, supposed: c.Case.Supposed,
				seen: c.UpstreamSeen, reached: c.reached(x.Request.Method) > 0,
			}
			f.origin, _ = x.Request.Headers.Get("Origin")
			f.allowed = f.route != nil && f.route.Origin(f.origin).Allowed
			if f.preflight {
				f.method, _ = x.Request.Headers.Get("Access-Control-Request-Method")
				f.names = x.Request.Headers.Items("Access-Control-Request-Headers")
			}
			f.upstreamConsents = slices.ContainsFunc(c.Upstream, func(u fetch.Exchange) bool {
				return u.Request.Method == x.Request.Method && u.Response != nil && u.Response.Headers.Contains("Access-Control-Allow-Origin")
			})
			if x.Response != nil {
				f.status, f.bodyBytes = x.Response.Status, x.Response.Body.Length
				for _, h := range x.Response.Headers {
					name := strings.ToLower(h.Name())
					access := strings.HasPrefix(name, "access-control-")
					f.cors = f.cors || access
					if access || slices.Contains(protocolHeaders, name) {
						f.answer = append(f.answer, fetch.Header{ff.intern(name), ff.intern(h.Value())})
					}
				}
				f.consents = fetch.CORSCheck(fetch.Origin(f.origin), trace.Request.Credentials, x.Response.Headers) == nil
			}
			out = append(out, f)
		}
	}
	return out
}

// namesOrigin reports whether the answer has an Access-Control-Allow-Origin at all.
func (f *fact) namesOrigin() bool { return f.answer.Contains("access-control-allow-origin") }

// saysWildcard reports whether the answer names every origin.
func (f *fact) saysWildcard() bool {
	value, _ := f.answer.Get("access-control-allow-origin")
	return value == fetch.Wildcard
}

// wildcardAlone reports whether the answer names every origin, and has nothing that
// answers a preflight.
func (f *fact) wildcardAlone() bool {
	return f.saysWildcard() && !slices.ContainsFunc([]string{"methods", "headers"}, func(list string) bool {
		return f.answer.Contains("access-control-allow-" + list)
	})
}

// ordinary reports whether an answer is one that has to name the origin: a
// preflight's, or any that isn't an error, to an origin that may read.
func (f *fact) ordinary() bool {
	return f.allowed && !f.upstreamConsents && (f.preflight || f.status > 0 && f.status < 300)
}

// some reports whether there is such a fact.
func (fs facts) some(is func(*fact) bool) bool {
	for i := range fs {
		if is(&fs[i]) {
			return true
		}
	}
	return false
}

// intern returns one copy of a text for all facts.
func (ff *factFinder) intern(text string) string {
	if ff.texts == nil {
		ff.texts = map[string]string{}
	}
	if kept, ok := ff.texts[text]; ok {
		return kept
	}
	text = strings.Clone(text)
	ff.texts[text] = text
	return text
}
