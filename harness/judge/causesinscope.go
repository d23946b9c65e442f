package judge

import (
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// causesInScope: who may not read, or may read without consent, is treated
// otherwise.
var causesInScope = slices.Concat(causesByMatcher(), []cause{
	{MethodCase, func(d *diagnosis, s *symptom) bool {
		consents := s.effect == effectAllowed || s.effect == effectRequests && d.onlyPreflightConsents(s)
		return s.probes(catalog.AreaMethod, catalog.OtherCase) && consents && !d.overConsents()
	}},
	{PreflightPermissive, func(d *diagnosis, s *symptom) bool {
		return s.effect == effectAllowed && (s.probes(catalog.AreaMethod) || s.probes(catalog.AreaHeader))
	}},
	{PreflightPermissive, func(d *diagnosis, s *symptom) bool { return s.effect == effectRequests && d.onlyPreflightConsents(s) }},
	{CredentialsBeyond, func(d *diagnosis, s *symptom) bool {
		return s.effect == effectAllowed && s.probes(catalog.AreaCredentials, catalog.Refused)
	}},
	{CORSPathBypass, func(d *diagnosis, s *symptom) bool {
		return s.effect == effectAllowed && s.probes(catalog.AreaScope, catalog.Spelled) && !d.someSymptom(func(o *symptom) bool {
			return o.effect == effectAllowed &&
				(o.probes(catalog.AreaScope, catalog.ForNobody) && o.Case.Route == s.Case.Route || o.probes(catalog.AreaScope, catalog.Unlisted) && s.route == nil)
		})
	}},
	{DevOriginInProd, func(d *diagnosis, s *symptom) bool {
		return s.effect == effectAllowed && s.probes(catalog.AreaOrigin, catalog.OtherTarget)
	}},
	{OriginBeyond, func(d *diagnosis, s *symptom) bool {
		return s.effect == effectAllowed && (d.beyond[s.matched()] || d.matchers[s.matched()] == OriginBeyond)
	}},
	{PolicyScope, func(d *diagnosis, s *symptom) bool {
		return s.effect == effectAllowed && (s.probes(catalog.AreaScope) || s.probes(catalog.AreaOrigin, catalog.OtherRoute) || s.probes(catalog.AreaRoute))
	}},
})

// causesOfStatus: the target itself answers otherwise.
var causesOfStatus = []cause{
	{AuthBeyond, func(d *diagnosis, s *symptom) bool {
		return d.neverServes(s) && s.route.Auth == nil && (s.status() == 401 || s.status() == 407)
	}},
	{NeverServed, func(d *diagnosis, s *symptom) bool { return d.neverServes(s) }},
	{NonCORSBlocked, func(d *diagnosis, s *symptom) bool {
		return s.turnedAway() && s.probes(catalog.AreaScope, catalog.NoOrigin)
	}},
	{NonCORSBlocked, func(d *diagnosis, s *symptom) bool {
		without := s.isStatus() && s.probes(catalog.AreaScope) && !s.x.Request.Headers.Contains("Origin")
		after := s.effect == effectRequests && s.probes(catalog.AreaCache, catalog.ImageFirst, catalog.InOrder)
		return (without || after) && d.someSymptom(func(o *symptom) bool { return o.turnedAway() && o.probes(catalog.AreaScope, catalog.NoOrigin) })
	}},
	{SameOriginMisdetected, func(d *diagnosis, s *symptom) bool {
		return s.turnedAway() && s.probes(catalog.AreaScope, catalog.OwnOrigin)
	}},
	{OptionsRejected, func(d *diagnosis, s *symptom) bool {
		return s.isStatus() && s.probes(catalog.AreaScope, catalog.PlainOptions) && s.status() >= 400
	}},
	{OptionsHijacked, func(d *diagnosis, s *symptom) bool {
		return s.isStatus() && s.probes(catalog.AreaScope, catalog.PlainOptions) && !(s.UpstreamSeen && s.reached("OPTIONS") > 0)
	}},
}

// neverServes reports whether the target answers every request on the symptom's route
// by itself and with the symptom's error, one without an Origin or one that it
// recognises as well. Preflights are none of them, nor are requests that are to end in
// an error. That somebody can read who may not has another cause.
func (d *diagnosis) neverServes(s *symptom) bool {
	if s.effect == effectAllowed || s.route == nil || s.x == nil || s.preflight() || s.status() < 400 || s.UpstreamSeen && s.reached(s.x.Request.Method) > 0 {
		return false
	}
	plain := func(f *fact) bool {
		return f.route == s.route && !f.preflight && f.status > 0 && !f.probe.EndsInError()
	}
	return !d.some(func(f *fact) bool { return plain(f) && (f.status != s.status() || f.seen && f.reached) }) &&
		d.some(func(f *fact) bool { return plain(f) && (f.origin == "" || f.allowed && f.consents) })
}

// isStatus reports whether the answer itself is another one, readable or not.
func (s *symptom) isStatus() bool {
	want := s.wanted()
	return want != nil && want.Response != nil && s.status() != want.Response.Status
}

// turnedAway reports whether the answer is an error where none belongs.
func (s *symptom) turnedAway() bool { return s.isStatus() && s.status() >= 400 }

// overConsents reports whether preflights let through more than another spelling
// of a method.
func (d *diagnosis) overConsents() bool {
	return d.someSymptom(func(s *symptom) bool {
		return (s.probes(catalog.AreaMethod, catalog.Outside) || s.probes(catalog.AreaHeader, catalog.Outside)) && (s.effect == effectAllowed || s.effect == effectRequests && d.onlyPreflightConsents(s))
	})
}

// onlyPreflightConsents reports whether the preflight let through what the
// request itself was then refused for.
func (d *diagnosis) onlyPreflightConsents(s *symptom) bool {
	if s.step >= len(s.Got) {
		return false
	}
	got := s.Got[s.step]
	return got.Outcome.Kind == fetch.OutcomeNetworkError && len(got.Exchanges) > 1 && got.Exchanges[0].Request.IsPreflight() &&
		!slices.ContainsFunc(got.Exchanges, isRedirect)
}

// causesByMatcher are one for each way in which a target compares origins.
func causesByMatcher() []cause {
	var out []cause
	for _, id := range matcherIDs() {
		out = append(out, cause{id, func(d *diagnosis, s *symptom) bool {
			return s.effect == effectAllowed && d.matchers[s.matched()] == id
		}})
	}
	return append(out, cause{OriginReflectedAny, func(d *diagnosis, s *symptom) bool { return s.reflected() && d.reflectsAny() }})
}

// reflected reports whether an origin that may read elsewhere came back where
// nobody may.
func (s *symptom) reflected() bool {
	return s.effect == effectAllowed && (s.route == nil || s.route.None != nil) && s.value("Access-Control-Allow-Origin") == s.origin()
}

// reflectsAny reports whether every origin comes back on some route: then it does
// on the others, too, by the same mistake.
func (d *diagnosis) reflectsAny() bool {
	for _, id := range d.matchers {
		if id == OriginReflectedAny {
			return true
		}
	}
	return false
}
