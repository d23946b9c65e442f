package judge

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// silent reports whether no answer came to the request that decided.
func (s *symptom) silent() bool { return s.x != nil && s.x.Response == nil }

func isRedirect(x fetch.Exchange) bool {
	return x.Response != nil && x.Response.Status >= 300 && x.Response.Status < 400 && x.Response.Headers.Contains("Location")
}

// ledElsewhere reports whether the target changed where a redirect of the
// upstream's leads.
func (s *symptom) ledElsewhere() bool {
	if s.step >= len(s.Got) || s.step >= len(s.Want) {
		return false
	}
	return slices.ContainsFunc(s.Got[s.step].Exchanges, func(x fetch.Exchange) bool {
		want := sameRequest(s.Want[s.step].Exchanges, &x)
		return want != nil && isRedirect(x) && isRedirect(*want) && s.locationOf(&x) != s.locationOf(want) && !s.keptFromUpstream(&x)
	})
}

// keptFromUpstream reports whether the target answered a request by itself which
// was the upstream's to answer.
func (s *symptom) keptFromUpstream(x *fetch.Exchange) bool {
	return s.UpstreamSeen && s.reached(x.Request.Method) == 0
}

// locationOf is where a redirect leads.
func (s *symptom) locationOf(x *fetch.Exchange) string {
	location, _ := x.Response.Headers.Get("Location")
	base, err := fetch.ParseURL(x.Server+x.Request.Target, nil)
	if err != nil {
		return location
	}
	u, err := fetch.ParseURL(location, base)
	if err != nil {
		return location
	}
	return u.String()
}

// stripped reports whether requests reached the upstream without what makes them
// CORS requests, or preflights, though more were sent with it.
func (s *symptom) stripped() bool {
	if s.x == nil || !s.x.Request.Headers.Contains("Origin") {
		return false
	}
	for _, name := range []string{"Origin", "Access-Control-Request-Method"} {
		lacks := func(x *fetch.Exchange) bool {
			return x.Request.Method == s.x.Request.Method && !x.Request.Headers.Contains(name)
		}
		sent, reached := 0, 0
		for _, t := range s.Got {
			for i := range t.Exchanges {
				if lacks(&t.Exchanges[i]) {
					sent++
				}
			}
		}
		for i := range s.Upstream {
			if lacks(&s.Upstream[i]) {
				reached++
			}
		}
		if reached > sent && (name == "Origin" || s.preflight()) {
			return true
		}
	}
	return false
}

// saysNothing reports whether the target says nothing about CORS in any ordinary
// answer; then how it treats preflights is a consequence. A "*" on a route for
// everybody takes nothing that looks at a request: it may be written by hand.
func (d *diagnosis) saysNothing() bool {
	return d.some(func(f *fact) bool { return f.ordinary() && !f.preflight && !f.cors }) &&
		!d.some(func(f *fact) bool { return f.ordinary() && f.cors && !(f.wildcardAlone() && f.route.AllowsAnyOrigin()) })
}

func preflightStatus(statuses ...int) func(*diagnosis, *symptom) bool {
	return func(_ *diagnosis, s *symptom) bool {
		return s.effect == effectRefused && s.preflight() && slices.Contains(statuses, s.status())
	}
}

// Where a redirect leads that nobody asked for.
const (
	nowhere   = ""
	itself    = "itself"
	elsewhere = "elsewhere"
)

// redirectedTo says where the target redirected a request that it was to answer.
func (s *symptom) redirectedTo() string {
	if !slices.Contains([]effect{effectRefused, effectRequests, effectStatus}, s.effect) || s.step >= len(s.Got) || s.step >= len(s.Want) {
		return nowhere
	}
	i := slices.IndexFunc(s.Got[s.step].Exchanges, func(x fetch.Exchange) bool {
		want := sameRequest(s.Want[s.step].Exchanges, &x)
		return isRedirect(x) && x.Server == s.target() && (want == nil || !isRedirect(*want) || s.keptFromUpstream(&x))
	})
	if i < 0 {
		return nowhere
	}
	x := s.Got[s.step].Exchanges[i]
	location, _ := x.Response.Headers.Get("Location")
	base, err := fetch.ParseURL(s.Case.Steps[s.step].Request.URL, nil)
	if err != nil {
		return nowhere
	}
	to, err := fetch.ParseURL(location, base)
	if err == nil && to.Host != base.Host {
		return elsewhere
	}
	return itself
}

// declined reports whether a preflight was refused by its status, as some
// middleware does with what it doesn't list.
func (s *symptom) declined() bool {
	return s.effect == effectRefused && s.preflight() && (s.status() == 400 || s.status() == 403)
}

// onlyWithMethod reports whether preflights for the method alone are refused.
func (d *diagnosis) onlyWithMethod(s *symptom) bool {
	method, _ := s.x.Request.Headers.Get("Access-Control-Request-Method")
	return !fetch.IsSafelistedMethod(method) && d.consentsToPreflight(s, func(f *fact) bool { return f.method != method }) &&
		!d.consentsToPreflight(s, func(f *fact) bool { return f.method == method })
}

// onlyWithHeaders reports whether preflights for one of the header names alone
// are refused.
func (d *diagnosis) onlyWithHeaders(s *symptom) bool {
	return slices.ContainsFunc(s.x.Request.Headers.Items("Access-Control-Request-Headers"), func(name string) bool {
		has := func(f *fact) bool {
			return slices.ContainsFunc(f.names, func(asked string) bool { return strings.EqualFold(asked, name) })
		}
		return d.consentsToPreflight(s, func(f *fact) bool { return !has(f) }) && !d.consentsToPreflight(s, has)
	})
}

// consentsToPreflight reports whether the target says yes to a preflight on the
// symptom's route.
func (d *diagnosis) consentsToPreflight(s *symptom, is func(*fact) bool) bool {
	return d.some(func(f *fact) bool {
		return f.preflight && f.route == s.route && f.allowed && fetch.IsOKStatus(f.status) && f.consents && is(f)
	})
}

// failsWithOrigin reports whether requests that need no preflight fail, too, once
// they have an Origin.
func (d *diagnosis) failsWithOrigin() bool {
	return d.some(func(f *fact) bool { return f.origin != "" && !f.preflight && f.status >= 500 && !f.probe.EndsInError() })
}

// servesWithoutOrigin reports whether requests without an Origin are served.
func (d *diagnosis) servesWithoutOrigin() bool {
	return d.some(func(f *fact) bool { return f.origin == "" && !f.preflight && f.status > 0 && f.status < 300 })
}
