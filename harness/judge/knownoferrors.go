package judge

import (
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// deniedBeforeCORS reports whether a denial of the gateway's names no origin since
// nothing about CORS has run yet: preflights on the route are denied, too.
func (ss symptomList) deniedBeforeCORS(s *symptom, status int) bool {
	return s.errorLayer() == AcaoMissingAuthDenial && s.status() == status && ss.deniesPreflights(s, status)
}

// deniedAnyway reports whether a request was denied that the policy knows no
// credentials for, by what denies preflights on the route, too.
func (ss symptomList) deniedAnyway(s *symptom, status int) bool {
	return (s.isStatus() || s.missing()) && !s.preflight() && s.status() == status && s.keptFromUpstream(s.x) && ss.deniesPreflights(s, status)
}

// deniesPreflights reports whether preflights on the symptom's route are denied.
func (ss symptomList) deniesPreflights(s *symptom, status int) bool {
	return ss.someSymptom(func(o *symptom) bool {
		return o.route == s.route && o.effect == effectRefused && o.preflight() && o.status() == status
	})
}

// bare reports whether the answer lacks what lets the page read.
func (s *symptom) bare() bool {
	return s.effect == effectRefused && s.x != nil && !s.preflight() &&
		slices.Contains([]string{fetch.DetailMissing, fetch.DetailCredentialsMissing}, s.detail())
}

// errorLayer says whose error a page couldn't read, by the cause if it is that
// layer's alone; empty if it is no error.
func (s *symptom) errorLayer() FindingID {
	switch {
	case !s.bare() || s.status() < 400:
		return ""
	case s.probes(catalog.AreaError, catalog.ByApplication):
		return AcaoMissingOnError
	case s.probes(catalog.AreaError, catalog.Unrouted):
		return AcaoMissingOnUnmatched
	case s.probes(catalog.AreaAuth, catalog.Missing) && !(s.UpstreamSeen && s.reached(s.x.Request.Method) > 0):
		return AcaoMissingAuthDenial
	case s.probes(catalog.AreaAuth, catalog.Missing):
		return AcaoMissingOnError
	case s.probes(catalog.AreaError):
		return AcaoMissingOnGatewayError
	case s.status() == 401 || s.status() == 403:
		return AcaoMissingAuthDenial
	case s.status() == 404:
		return AcaoMissingOnUnmatched
	}
	return AcaoMissingOnGatewayError
}

// bareLayers returns the layers whose errors pages can't read. One that covers
// more explains the others: a header that isn't sent with errors is sent neither
// with the application's nor with the gateway's own.
func (ss symptomList) bareLayers() map[FindingID]bool {
	out := map[FindingID]bool{}
	for _, s := range ss {
		if id := s.errorLayer(); id != "" {
			out[id] = true
		}
	}
	return out
}

func (s *symptom) withoutCredentials() bool { return s.detail() == fetch.DetailCredentialsMissing }

// allowsCredentials reports whether some ordinary answer on the symptom's route
// allows credentials; on a path that no route matches, any route counts.
func (fs facts) allowsCredentials(s *symptom, is func(*fact) bool) bool {
	return fs.some(func(f *fact) bool {
		return (s.route == nil || f.route == s.route) && f.ordinary() && f.answer.Contains("access-control-allow-credentials") && is(f)
	})
}
