package judge

import (
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// neverServes reports whether the target answers every request on the symptom's route
// by itself and with the symptom's error, one without an Origin or one that it
// recognises as well. Preflights are none of them, nor are requests that are to end in
// an error. That somebody can read who may not has another cause.
func (fs facts) neverServes(s *symptom) bool {
	if s.effect == effectAllowed || s.route == nil || s.x == nil || s.preflight() || s.status() < 400 || s.UpstreamSeen && s.reached(s.x.Request.Method) > 0 {
		return false
	}
	plain := func(f *fact) bool {
		return f.route == s.route && !f.preflight && f.status > 0 && !f.probe.EndsInError()
	}
	return !fs.some(func(f *fact) bool { return plain(f) && (f.status != s.status() || f.seen && f.reached) }) &&
		fs.some(func(f *fact) bool { return plain(f) && (f.origin == "" || f.allowed && f.consents) })
}

// routedByHeader reports whether the target may choose a route by a header that pages send
// there: a request without it, and every preflight, is one for no route then.
func (d *diagnosis) routedByHeader(route *policy.Effective) bool {
	return slices.ContainsFunc(d.routesBy, func(name string) bool { return route != nil && route.AllowsHeader(name) })
}

// turnedAway reports whether the answer is an error where none belongs.
func (s *symptom) turnedAway() bool { return s.isStatus() && s.status() >= 400 }

// overConsents reports whether preflights let through more than another spelling
// of a method.
func (ss symptomList) overConsents() bool {
	return ss.someSymptom(func(s *symptom) bool {
		return (s.probes(catalog.AreaMethod, catalog.Outside) || s.probes(catalog.AreaHeader, catalog.Outside)) && (s.effect == effectAllowed || s.effect == effectRequests && s.onlyPreflightConsents())
	})
}

// onlyPreflightConsents reports whether the preflight let through what the
// request itself was then refused for.
func (s *symptom) onlyPreflightConsents() bool {
	if s.step >= len(s.Got) {
		return false
	}
	got := s.Got[s.step]
	return got.Outcome.Kind == fetch.OutcomeNetworkError && len(got.Exchanges) > 1 && got.Exchanges[0].Request.IsPreflight() &&
		!slices.ContainsFunc(got.Exchanges, isRedirect)
}

// reflected reports whether an origin that may read elsewhere came back where
// nobody may.
func (s *symptom) reflected() bool {
	return s.effect == effectAllowed && (s.route == nil || s.route.None != nil) && s.value("Access-Control-Allow-Origin") == s.origin()
}

// reflectsAny reports whether every origin comes back on some route: then it does
// on the others, too, by the same mistake.
func (cs comparisons) reflectsAny() bool {
	for _, id := range cs.matchers {
		if id == OriginReflectedAny {
			return true
		}
	}
	return false
}
