package fuzz

import "github.com/corsproof/corsproof/harness/fetch"

// Shares count the outcomes of the cases, by the model with the engine's profile.
type Shares struct {
	Cases int `json:"cases"`
	// Allowed counts cases in which the page got a response to each of its requests,
	// Blocked those in which it did not for at least one, Unknown those that the model
	// cannot predict.
	Allowed int `json:"allowed"`
	Blocked int `json:"blocked"`
	Unknown int `json:"unknown"`
	// Preflight counts cases with a preflight, Redirect those in which a server
	// redirected the request itself.
	Preflight int `json:"preflight"`
	Redirect  int `json:"redirect"`
}

// add counts one case.
func (s *Shares) add(traces []fetch.Trace) {
	s.Cases++
	allowed, preflight, redirect := true, false, false
	for _, t := range traces {
		allowed = allowed && t.Outcome.Kind == fetch.OutcomeResponse
		for _, x := range t.Exchanges {
			if x.Kind == fetch.ExchangePreflight {
				preflight = true
			} else if x.Response != nil && fetch.IsRedirectStatus(x.Response.Status) && x.Response.Headers.Contains("Location") {
				redirect = true
			}
		}
	}
	switch {
	case unknownIn(traces) != "":
		s.Unknown++
	case allowed:
		s.Allowed++
	default:
		s.Blocked++
	}
	if preflight {
		s.Preflight++
	}
	if redirect {
		s.Redirect++
	}
}

// Percent returns n's share of all cases.
func (s Shares) Percent(n int) float64 {
	if s.Cases == 0 {
		return 0
	}
	return 100 * float64(n) / float64(s.Cases)
}

// Lopsided says which share is outside of its bounds, so that a run of many cases says
// little about some; empty if none is.
func (s Shares) Lopsided() string {
	for _, bound := range []struct {
		name        string
		n           int
		least, most float64
	}{
		{"allowed", s.Allowed, 25, 75}, {"blocked", s.Blocked, 25, 75},
		{"with a preflight", s.Preflight, 40, 100}, {"with a redirect", s.Redirect, 20, 100},
	} {
		if p := s.Percent(bound.n); p < bound.least || p > bound.most {
			return bound.name
		}
	}
	return ""
}
