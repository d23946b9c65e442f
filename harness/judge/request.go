package judge

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A request is one of a case's, with what came of it and what the policy calls for.
type request struct {
	*Checked
	step int
	answer
	// block is why the page was refused.
	block *fetch.Block
}

// target is the origin that the request is for.
func (r *request) target() string { return originOf(r.Case.Steps[r.step].Request.URL) }

// wanted is the answer that the policy calls for to the request that decided,
// nil if it calls for none.
func (r *request) wanted() *fetch.Exchange {
	if r.x == nil || r.step >= len(r.Want) {
		return nil
	}
	return sameRequest(r.Want[r.step].Exchanges, r.x)
}

// isStatus reports whether the answer itself is another one, readable or not.
func (r *request) isStatus() bool {
	want := r.wanted()
	return want != nil && want.Response != nil && r.status() != want.Response.Status
}

// method is that of the request, as it is sent.
func (r *request) method() string {
	return cmp.Or(r.Case.Steps[r.step].Request.Method, "GET")
}

// ledElsewhere reports whether the target changed where a redirect of the
// upstream's leads.
func (r *request) ledElsewhere() bool {
	if r.step >= len(r.Got) || r.step >= len(r.Want) {
		return false
	}
	return slices.ContainsFunc(r.Got[r.step].Exchanges, func(x fetch.Exchange) bool {
		want := sameRequest(r.Want[r.step].Exchanges, &x)
		return want != nil && isRedirect(x) && isRedirect(*want) && locationOf(&x) != locationOf(want) && !r.keptFromUpstream(&x)
	})
}

// keptFromUpstream reports whether the target answered a request by itself which
// was the upstream's to answer.
func (r *request) keptFromUpstream(x *fetch.Exchange) bool {
	return r.UpstreamSeen && r.reached(x.Request.Method) == 0
}

// stripped reports whether requests reached the upstream without what makes them
// CORS requests, or preflights, though more were sent with it.
func (r *request) stripped() bool {
	if r.x == nil || !r.x.Request.Headers.Contains("Origin") {
		return false
	}
	for _, name := range []string{"Origin", "Access-Control-Request-Method"} {
		lacks := func(x *fetch.Exchange) bool {
			return x.Request.Method == r.x.Request.Method && !x.Request.Headers.Contains(name)
		}
		sent, reached := 0, 0
		for _, t := range r.Got {
			for i := range t.Exchanges {
				if lacks(&t.Exchanges[i]) {
					sent++
				}
			}
		}
		for i := range r.Upstream {
			if lacks(&r.Upstream[i]) {
				reached++
			}
		}
		if reached > sent && (name == "Origin" || r.preflight()) {
			return true
		}
	}
	return false
}

// includes reports whether the request's credentials mode is include.
func (r *request) includes() bool {
	return r.Case.Steps[r.step].Request.Credentials == fetch.CredentialsInclude
}

// cached reports whether a browser answered the request out of its HTTP cache
// though it was to ask the target.
func (r *request) cached() bool {
	if r.step == 0 || r.step >= len(r.Got) || r.step >= len(r.Want) || r.block != nil && r.preflight() && r.block.Exchange == r.x.ID {
		return false
	}
	return asked(r.Want[r.step]) && !asked(r.Got[r.step])
}

// preflightSays is a header of the case's first preflight.
func (r *request) preflightSays(name string) string {
	for _, t := range r.Got {
		for _, x := range t.Exchanges {
			if x.Request.IsPreflight() && x.Response != nil {
				value, _ := x.Response.Headers.Get(name)
				return value
			}
		}
	}
	return ""
}

// fromCache reports whether the answer says that it is a cache's, or was given
// while the upstream was asked less often than it had to be.
func (r *request) fromCache() bool {
	if age, err := strconv.Atoi(r.value("Age")); err == nil && age >= 0 {
		return true
	}
	if strings.Contains(strings.ToLower(r.value("X-Cache")), "hit") {
		return true
	}
	asked := 0
	for _, t := range r.Got[:r.step+1] {
		for _, x := range t.Exchanges {
			if x.Request.Method == r.x.Request.Method {
				asked++
			}
		}
	}
	return r.UpstreamSeen && r.step > 0 && !r.preflight() && r.status() < 300 && r.reached(r.x.Request.Method) < asked
}
