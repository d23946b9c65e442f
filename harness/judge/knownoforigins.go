package judge

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// duplicated reports whether two layers named an origin.
func (s *symptom) duplicated() bool {
	if s.x == nil || s.detail() != fetch.DetailMultiple {
		return false
	}
	values := s.x.Response.Headers.Items("Access-Control-Allow-Origin")
	once := slices.Compact(slices.Sorted(slices.Values(values)))
	return len(s.lines("Access-Control-Allow-Origin")) > 1 || len(once) < len(values) || slices.Contains(values, fetch.Wildcard)
}

// namedToOthers reports whether an origin that may not read here can, because the
// target names it whoever asks.
func (d *diagnosis) namedToOthers(s *symptom) bool {
	value := s.value("Access-Control-Allow-Origin")
	return s.effect == effectAllowed && value == s.origin() && d.namedWhoever[value]
}

// namedWhoeverAsks returns what stood in Access-Control-Allow-Origin and was not
// the Origin that was sent.
func (fs facts) namedWhoeverAsks() map[string]bool {
	out := map[string]bool{}
	for i := range fs {
		f := &fs[i]
		named, _ := f.answer.Get("access-control-allow-origin")
		if named != "" && named != fetch.Wildcard && named != f.origin && !out[named] && fetch.IsSerializedOrigin(f.origin) {
			out[named] = true
		}
	}
	return out
}

// passedOn reports whether an origin that is denied may read because the
// upstream says so.
func (s *symptom) passedOn() bool {
	return s.effect == effectAllowed && s.probes(catalog.AreaLayer) && slices.ContainsFunc(s.Upstream, func(u fetch.Exchange) bool {
		return u.Response != nil && slices.Equal(u.Response.Headers.Lines("Access-Control-Allow-Origin"), s.lines("Access-Control-Allow-Origin"))
	})
}

// accepts reports whether the target lets the symptom's origin read by itself.
func (cs comparisons) accepts(s *symptom) bool { return cs.matchers[s.matched()] != "" }

// wildcard reports whether a "*" decided.
func (s *symptom) wildcard() bool {
	if s.effect == effectRefused {
		return s.detail() == fetch.DetailWildcardWithCredentials
	}
	return s.effect == effectAllowed && s.value("Access-Control-Allow-Origin") == fetch.Wildcard &&
		(s.route == nil || !s.route.Origin(s.origin()).Allowed)
}

func (ss symptomList) wildcardWithCredentials() bool {
	return ss.someSymptom(func(s *symptom) bool { return s.detail() == fetch.DetailWildcardWithCredentials })
}

// wildcard reports whether a "*" decided, and not an origin that is a "*" itself
// and was sent back.
func (ss symptomList) wildcard(s *symptom) bool {
	return s.wildcard() && (s.origin() != fetch.Wildcard || ss.someSymptom(func(o *symptom) bool {
		return o.wildcard() && o.route == s.route && o.origin() != fetch.Wildcard
	}))
}

// dependsOnCookie reports whether requests that differ in nothing but a cookie
// get "*" without it and the origin with it.
func (d *diagnosis) dependsOnCookie() bool {
	return d.some(func(f *fact) bool {
		return f.cookie && f.allowed && f.consents && !f.preflight && d.someSymptom(func(s *symptom) bool {
			return s.route == f.route && s.x != nil && !s.preflight() && s.detail() == fetch.DetailWildcardWithCredentials && !s.x.Request.Headers.Contains("Cookie")
		})
	})
}

func (ss symptomList) someSymptom(is func(*symptom) bool) bool {
	return slices.ContainsFunc(ss, is)
}

// missing reports whether a page was refused for want of the header.
func (s *symptom) missing() bool {
	return s.effect == effectRefused && s.detail() == fetch.DetailMissing && s.x != nil
}

// oneKindAlone reports whether answers of the symptom's kind, preflights or all
// others, never name an origin, while those of the other kind do.
func (fs facts) oneKindAlone(s *symptom) bool {
	names := func(preflight bool) bool {
		return fs.some(func(f *fact) bool { return f.preflight == preflight && f.ordinary() && f.namesOrigin() })
	}
	return names(!s.preflight()) && !names(s.preflight())
}

// oneMethodAlone reports whether answers to the symptom's method never name an origin on its
// route, while answers to other methods do.
func (fs facts) oneMethodAlone(s *symptom) bool {
	if s.preflight() || s.route == nil {
		return false
	}
	method := s.x.Request.Method
	names := func(preflight, same bool) bool {
		return fs.some(func(f *fact) bool {
			return f.route == s.route && f.preflight == preflight && (f.method == method) == same && f.ordinary() && f.namesOrigin()
		})
	}
	asked := func(f *fact) bool {
		return f.route == s.route && !f.preflight && f.method == method && f.ordinary()
	}
	return fs.some(asked) && names(false, false) && !names(false, true)
}

// consentsHere reports whether the target consents to the symptom's origin on its
// route in some other case, which speaks no version of HTTP in particular.
func (fs facts) consentsHere(s *symptom) bool {
	return fs.some(func(f *fact) bool {
		return f.route == s.route && f.origin == s.origin() && f.preflight == s.preflight() && f.ordinary() && f.consents &&
			f.protocol == "" && f.id != s.Case.ID
	})
}

// namesOriginAt reports whether the target names an origin on the symptom's route
// in some ordinary answer; on a path that no route matches, any route counts.
func (fs facts) namesOriginAt(s *symptom, is func(*fact) bool) bool {
	return fs.some(func(f *fact) bool {
		return (s.route == nil || f.route == s.route) && f.ordinary() && f.namesOrigin() && is(f)
	})
}

// forgotten reports whether the target names no origin on the symptom's route, and one
// that may read there on another.
func (d *diagnosis) forgotten(s *symptom) bool {
	return s.route != nil && !d.namesOriginAt(s, func(*fact) bool { return true }) && (d.left[s.route] || d.everybodysAlone(s))
}

// leftRoutes returns the routes on which the target names no origin, though it names some
// that asked there on another route: whoever asks there, it is the route that is left out.
func (fs facts) leftRoutes() map[*policy.Effective]bool {
	asked, named := map[*policy.Effective]map[string]bool{}, map[*policy.Effective]map[string]bool{}
	elsewhere := map[string]int{} // on how many routes an origin is named
	for i := range fs {
		f := &fs[i]
		if f.route == nil || !f.ordinary() {
			continue
		}
		if asked[f.route] == nil {
			asked[f.route], named[f.route] = map[string]bool{}, map[string]bool{}
		}
		asked[f.route][f.origin] = true
		if f.namesOrigin() && !named[f.route][f.origin] {
			named[f.route][f.origin] = true
			elsewhere[f.origin]++
		}
	}
	out := map[*policy.Effective]bool{}
	for route, origins := range asked {
		if len(named[route]) > 0 {
			continue
		}
		for origin := range origins {
			out[route] = out[route] || elsewhere[origin] > 0
		}
	}
	return out
}

// answersItself reports whether the target answers every ordinary request on a route
// without its upstream.
func (fs facts) answersItself(route *policy.Effective) bool {
	served := func(f *fact) bool {
		return f.route == route && !f.preflight && f.status >= 200 && f.status < 300
	}
	return route != nil && fs.some(served) && !fs.some(func(f *fact) bool { return served(f) && (!f.seen || f.reached) })
}

// speaksWithoutOrigin reports whether the target says something of the CORS protocol on a
// route and never names an origin there, whoever asks.
func (fs facts) speaksWithoutOrigin(route *policy.Effective) bool {
	on := func(f *fact) bool { return f.route == route && !f.upstreamConsents }
	return route != nil && fs.some(func(f *fact) bool { return on(f) && f.ordinary() && f.cors }) &&
		!fs.some(func(f *fact) bool { return on(f) && f.namesOrigin() })
}

// namesOthersAlone reports whether the target lets only origins read on a route that may
// not.
func (fs facts) namesOthersAlone(route *policy.Effective) bool {
	names := func(allowed bool) bool {
		return fs.some(func(f *fact) bool {
			return f.route == route && f.allowed == allowed && !f.upstreamConsents && f.origin != "" && f.namesOrigin()
		})
	}
	return route != nil && names(false) && !names(true)
}

// everybodysAlone reports whether the symptom's route, which is for everybody, is the
// only one that names nobody: its origins may read nowhere else.
func (fs facts) everybodysAlone(s *symptom) bool {
	return s.route.AllowsAnyOrigin() && fs.some(func(f *fact) bool { return f.route != s.route && f.ordinary() && f.namesOrigin() })
}

// neverMatches reports whether the target lets others read, and the symptom's
// origin nowhere, or not on its route.
func (d *diagnosis) neverMatches(s *symptom) bool {
	fs := d.facts
	if d.forgotten(s) && (d.left[s.route] || s.route.AllowsAnyOrigin()) {
		return false
	}
	never := func(here func(*fact) bool) bool {
		asked := func(f *fact) bool { return here(f) && f.origin == s.origin() && f.ordinary() }
		return fs.some(asked) && !fs.some(func(f *fact) bool { return asked(f) && f.namesOrigin() }) &&
			fs.some(func(f *fact) bool { return here(f) && f.ordinary() && f.namesOrigin() })
	}
	return never(func(*fact) bool { return true }) || s.route != nil && never(func(f *fact) bool { return f.route == s.route })
}

// spansLabels reports whether the symptom's origin is allowed by a wildcard for
// several labels that the target takes for one.
func (s *symptom) spansLabels() bool {
	return s.route != nil && strings.Contains(s.route.Origin(s.origin()).Because.Text, "**")
}

// intermittent reports whether one request got different answers in one case.
func (fs facts) intermittent() bool {
	for i := range fs {
		f := &fs[i]
		if f.allowed && f.probe.Is(catalog.AreaSteady, catalog.Interleaved) && f.namesOrigin() &&
			fs.some(func(o *fact) bool {
				return o.id == f.id && o.origin == f.origin && o.preflight == f.preflight && !o.namesOrigin()
			}) {
			return true
		}
	}
	return false
}
