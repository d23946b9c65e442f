package judge

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

func isRedirect(x fetch.Exchange) bool {
	return x.Response != nil && x.Response.Status >= 300 && x.Response.Status < 400 && x.Response.Headers.Contains("Location")
}

// locationOf is where a redirect leads.
func locationOf(x *fetch.Exchange) string {
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

// saysNothing reports whether the target says nothing about CORS in any ordinary
// answer; then how it treats preflights is a consequence. A "*" on a route for
// everybody takes nothing that looks at a request: it may be written by hand.
func (fs facts) saysNothing() bool {
	return fs.some(func(f *fact) bool { return f.ordinary() && !f.preflight && !f.cors }) &&
		!fs.some(func(f *fact) bool { return f.ordinary() && f.cors && !(f.wildcardAlone() && f.route.AllowsAnyOrigin()) })
}

func preflightStatus(statuses ...int) func(*diagnosis, *symptom) bool {
	return func(_ *diagnosis, s *symptom) bool {
		return s.effect == effectRefused && s.preflight() && slices.Contains(statuses, s.status())
	}
}

// Where an unexpected redirect leads.
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
func (fs facts) onlyWithMethod(s *symptom) bool {
	method, _ := s.x.Request.Headers.Get("Access-Control-Request-Method")
	return !fetch.IsSafelistedMethod(method) && fs.consentsToPreflight(s, func(f *fact) bool { return f.method != method }) &&
		!fs.consentsToPreflight(s, func(f *fact) bool { return f.method == method })
}

// onlyWithHeaders reports whether preflights for one of the header names alone
// are refused.
func (fs facts) onlyWithHeaders(s *symptom) bool {
	return slices.ContainsFunc(s.x.Request.Headers.Items("Access-Control-Request-Headers"), func(name string) bool {
		has := func(f *fact) bool {
			return slices.ContainsFunc(f.names, func(asked string) bool { return strings.EqualFold(asked, name) })
		}
		return fs.consentsToPreflight(s, func(f *fact) bool { return !has(f) }) && !fs.consentsToPreflight(s, has)
	})
}

// consentsToPreflight reports whether the target says yes to a preflight on the
// symptom's route.
func (fs facts) consentsToPreflight(s *symptom, is func(*fact) bool) bool {
	return fs.some(func(f *fact) bool {
		return f.preflight && f.route == s.route && f.allowed && fetch.IsOKStatus(f.status) && f.consents && is(f)
	})
}

// failsWithOrigin reports whether requests that need no preflight fail, too, once
// they have an Origin.
func (fs facts) failsWithOrigin() bool {
	return fs.some(func(f *fact) bool { return f.origin != "" && !f.preflight && f.status >= 500 && !f.probe.EndsInError() })
}

// servesWithoutOrigin reports whether requests without an Origin are served.
func (fs facts) servesWithoutOrigin() bool {
	return fs.some(func(f *fact) bool { return f.origin == "" && !f.preflight && f.status > 0 && f.status < 300 })
}
