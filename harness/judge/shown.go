package judge

import (
	"fmt"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// shownAnswers is the maximum number of responses that a fix shows.
const shownAnswers = 200

// shown are the answers that decided in a group's symptoms, one of each kind.
func shown(g group) []policy.Shown {
	var out []policy.Shown
	seen := map[string]bool{}
	for _, s := range g.symptoms {
		for _, x := range s.deciding(g.id) {
			one := s.shows(x)
			kind := fmt.Sprint(one.Method, one.Preflight, s.route, one.Status, one.FromUpstream, one.Origin(), one.Request.Lines("Access-Control-Request-Method"),
				one.Request.Lines("Access-Control-Request-Headers"), one.Request.Contains("Authorization"), s.probes(catalog.AreaScope) && s.route == nil, one.Answer)
			if !seen[kind] && len(out) < shownAnswers {
				seen[kind] = true
				out = append(out, one)
			}
		}
	}
	return out
}

// deciding are the target's answers to the request, the one that decided last, and
// if caches are what it is about, those to the requests that went before.
func (s *symptom) deciding(id FindingID) []*fetch.Exchange {
	var out []*fetch.Exchange
	kind := rowOf(id).remedied(s).kind
	caches := kind == policy.FixVary || kind == policy.FixMaxAge || s.effect == effectRequests
	for step := range min(s.step+1, len(s.Got)) {
		for i := range s.Got[step].Exchanges {
			if x := &s.Got[step].Exchanges[i]; (caches || step == s.step) && x != s.x && x.Server == s.target() {
				out = append(out, x)
			}
		}
	}
	if s.x != nil && s.x.Server == s.target() {
		out = append(out, s.x)
	}
	return out
}

func (s *symptom) shows(x *fetch.Exchange) policy.Shown {
	one := policy.Shown{Request: x.Request.Headers, Method: x.Request.Method, URL: x.Server + x.Request.Target, Preflight: x.Request.IsPreflight()}
	if x.Response == nil {
		return one
	}
	one.Status, one.Answer = x.Response.Status, decisive(x.Response.Headers)
	for _, u := range s.Upstream {
		if u.Request.Method != x.Request.Method || u.Response == nil || u.Response.Status != one.Status {
			continue
		}
		// Among several, it is the one to the same page, if the gateway says whose it was.
		if origin, _ := u.Request.Headers.Get("Origin"); !one.FromUpstream || origin == one.Origin() {
			one.FromUpstream, one.Upstream = true, decisive(u.Response.Headers)
		}
	}
	return one
}
