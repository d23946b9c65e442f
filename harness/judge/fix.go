package judge

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A remedy is the kind of fix for a cause, and what it is about in a symptom.
type remedy struct {
	kind   policy.FixKind
	values func(s *symptom) []string
}

var remedies = map[FindingID]remedy{
	BrowserHeaderRemoved: {policy.FixAnswerPreflight, nothing},
	Preflight404:         {policy.FixAnswerPreflight, nothing}, Preflight405: {policy.FixAnswerPreflight, nothing},
	Preflight401: {policy.FixAnswerPreflight, nothing}, Preflight403: {policy.FixAnswerPreflight, nothing},
	PreflightRedirect: {policy.FixAnswerPreflight, nothing}, AuthProxyRedirect: {policy.FixAnswerPreflight, nothing},
	Preflight5xx: {policy.FixAnswerPreflight, nothing}, PreflightForwarded: {policy.FixAnswerPreflight, nothing},
	PreflightMTLS: {policy.FixAnswerPreflight, nothing}, PreflightRateLimited: {policy.FixAnswerPreflight, nothing},
	OptionsHijacked: {policy.FixAnswerPreflight, nothing}, OptionsRejected: {policy.FixAnswerPreflight, nothing},
	PreflightCached: {policy.FixAnswerPreflight, nothing}, AcrhMangled: {policy.FixAnswerPreflight, nothing},

	AcaoMissingOnError: {policy.FixOnErrors, statusOf}, AcaoMissingOnGatewayError: {policy.FixOnErrors, statusOf},
	AcaoMissingOnUnmatched: {policy.FixOnErrors, statusOf}, AcaoMissingAuthDenial: {policy.FixOnErrors, statusOf},
	AcaoMissingOnRedirect: {policy.FixOnHops, nothing}, RedirectOriginNull: {policy.FixOnHops, nothing},
	AcaoDuplicated: {policy.FixOneOwner, owned}, UpstreamPassthrough: {policy.FixOneOwner, owned},

	AcaoMultiValue: {policy.FixAllowOrigin, origins}, AcaoNotAnOrigin: {policy.FixAllowOrigin, origins},
	AcaoStaticMismatch: {policy.FixAllowOrigin, origins}, AcaoIntermittent: {policy.FixAllowOrigin, origins},
	PolicyNeverMatches: {policy.FixAllowOrigin, origins}, FilterNotImplemented: {policy.FixAllowOrigin, origins},
	WildcardWithCredentials: {policy.FixAllowOrigin, origins}, WildcardByShape: {policy.FixAllowOrigin, origins},
	WildcardRuntimeError: {policy.FixAllowOrigin, origins}, PreflightActual: {policy.FixAllowOrigin, origins},
	CacheStatePoisoning: {policy.FixAllowOrigin, origins}, ProtocolDependent: {policy.FixAllowOrigin, origins},
	PolicyScope: {policy.FixScope, nothing}, CORSPathBypass: {policy.FixScope, nothing},

	OriginBeyond: {policy.FixUnlistOrigin, origins},

	PreflightPermissive: {policy.FixDenyMethod, outsideMethods}, CredentialsBeyond: {policy.FixForbidCredentials, nothing},
	AllowMethodsMissing: {policy.FixAllowMethod, insideMethods}, AllowMethodsWildcard: {policy.FixAllowMethod, insideMethods},
	MethodCase: {policy.FixAllowMethod, insideMethods}, AllowListInvalid: {policy.FixAllowMethod, insideMethods},
	AllowHeadersMissing: {policy.FixAllowHeader, lackedNames}, AllowHeadersWildcard: {policy.FixAllowHeader, lackedNames},
	WildcardNotAuthorization: {policy.FixAllowHeader, lackedNames}, RangeNotSafelisted: {policy.FixAllowHeader, lackedNames},
	SafelistOverflow: {policy.FixAllowHeader, lackedNames}, AcacNotTrue: {policy.FixAllowCredentials, nothing},

	ExposeMissing: {policy.FixExpose, exposed}, ExposeWildcard: {policy.FixExpose, exposed}, ExposeBeyond: {policy.FixHide, exposed},
	MissingVaryOrigin: {policy.FixVary, varyOrigin}, VaryOnNonCORS: {policy.FixVary, varyOrigin},
	VaryOverwritten: {policy.FixVary, varyLost}, AcaoWrongLayer: {policy.FixVary, varyOrigin},
	MaxAgeZero: {policy.FixMaxAge, maxAge}, MaxAgeInvalid: {policy.FixMaxAge, maxAge}, MaxAgeDiffers: {policy.FixMaxAge, maxAge},
}

func nothing(*symptom) []string      { return nil }
func origins(s *symptom) []string    { return []string{s.origin()} }
func exposed(s *symptom) []string    { return []string{s.mismatch.Header} }
func varyOrigin(s *symptom) []string { return []string{"Origin"} }
func owned(s *symptom) []string {
	return []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"}
}

func lackedNames(s *symptom) []string {
	if s.x == nil || s.x.Response == nil {
		return nil
	}
	var out []string
	for _, name := range s.lacked() {
		out = append(out, strings.ToLower(name))
	}
	return out
}

// varyLost are the names in Vary that a cached answer should have had.
func varyLost(s *symptom) []string {
	var out []string
	for step := range s.step {
		for i := range s.Got[step].Exchanges {
			x := &s.Got[step].Exchanges[i]
			if want := sameRequest(s.Want[step].Exchanges, x); want != nil && want.Response != nil && x.Response != nil {
				has := x.Response.Headers.Items("Vary")
				out = append(out, slices.DeleteFunc(want.Response.Headers.Items("Vary"), func(name string) bool { return slices.Contains(has, name) })...)
			}
		}
	}
	return out
}

func statusOf(s *symptom) []string { return []string{strconv.Itoa(s.status())} }

func askedMethods(s *symptom) []string {
	for _, x := range s.Got[s.step].Exchanges {
		if method, ok := x.Request.Headers.Get("Access-Control-Request-Method"); ok {
			return []string{method}
		}
	}
	return nil
}

func maxAge(s *symptom) []string {
	if s.route == nil || s.route.MaxAge == nil {
		return nil
	}
	return []string{strconv.Itoa(*s.route.MaxAge)}
}

// fixOrigins is how many origins a fix names at most.
const fixOrigins = 3

// fix returns what would make the target follow the policy. Its kind is empty if
// it isn't about a header.
func fix(g group, view *policy.View) policy.Fix {
	first := g.first()
	r, ok := remedies[g.id]
	if !ok && slices.Contains(matcherIDs(), g.id) || g.id == PolicyWidened {
		r = remedy{policy.FixDenyOrigin, origins}
	}
	switch {
	case g.id == WildcardDepth && first.effect == effectRefused:
		r.kind = policy.FixAllowOrigin
	case g.id == HeadersOnWrongAnswer && first.effect == effectHidden:
		r = remedy{policy.FixExpose, exposed}
	case g.id == HeadersOnWrongAnswer:
		r = remedy{policy.FixAllowHeader, lackedNames}
	case g.id == PreflightPermissive && first.effect == effectRequests:
		r = remedy{policy.FixDenyOrigin, origins}
	case g.id == PreflightPermissive && first.probes(catalog.AreaHeader):
		r = remedy{policy.FixDenyHeader, outsideNames}
	case g.id == AllowListInvalid && first.malformed("Access-Control-Allow-Headers"):
		r = remedy{policy.FixAllowHeader, lackedNames}
	case g.id == PreflightActual && first.withoutCredentials():
		r = remedy{policy.FixAllowCredentials, nothing}
	}
	f := policy.Fix{Kind: r.kind, Because: first.Case.Rule}
	if r.kind == "" {
		return f
	}
	f.Shown, f.View = shown(g), view
	f.Values = r.collect(g)
	routes := map[*policy.Effective]bool{}
	for _, s := range g.symptoms {
		routes[s.route] = true
	}
	if e := first.route; e != nil && len(routes) == 1 && (f.Kind == policy.FixScope || e.Place(first.Case.Rule.Kind) == e.Route.Name.Text) {
		f.Route = e.Route.Path.Text
	}
	return f
}

// collect returns what a fix is about in all symptoms, those that a page can
// send first.
func (r remedy) collect(g group) []string {
	var out []string
	for _, wire := range []bool{false, true} {
		for _, s := range g.symptoms {
			if s.Case.Wire() != wire || s.step >= len(s.Got) {
				continue
			}
			for _, v := range r.values(s) {
				if r.kind == policy.FixAllowOrigin && (s.route == nil || !s.route.Origin(v).Allowed) {
					continue // one that was let in shows the mistake, and isn't to be let in
				}
				if v != "" && !slices.Contains(out, v) {
					out = append(out, v)
				}
			}
		}
	}
	switch r.kind {
	case policy.FixMaxAge:
		return out[:min(1, len(out))]
	case policy.FixDenyOrigin, policy.FixAllowOrigin:
		return out[:min(fixOrigins, len(out))]
	}
	slices.Sort(out)
	return out
}

// outsideNames are the names that a preflight asks for and the policy doesn't
// list.
func outsideNames(s *symptom) []string {
	if s.route == nil {
		return nil
	}
	var asked []string
	for _, x := range s.Got[s.step].Exchanges {
		asked = append(asked, x.Request.Headers.Items("Access-Control-Request-Headers")...)
	}
	return slices.DeleteFunc(asked, s.route.AllowsHeader)
}

// outsideMethods are the methods that a preflight asks for and the policy doesn't
// list.
func outsideMethods(s *symptom) []string {
	return slices.DeleteFunc(askedMethods(s), func(m string) bool { return s.route == nil || s.route.AllowsMethod(m) })
}

// insideMethods are the methods that a preflight asks for and that need a
// listing.
func insideMethods(s *symptom) []string {
	return slices.DeleteFunc(askedMethods(s), func(m string) bool {
		return s.route == nil || !s.route.AllowsMethod(m) || fetch.IsSafelistedMethod(m)
	})
}
