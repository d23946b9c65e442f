package judge

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// A seed is a mistake of a gateway on paper with the finding that it has to be.
type seed struct {
	id FindingID
	// what tells seeds with one ID apart.
	what string
	// note: it breaks no policy, and is a note.
	note bool
	mistake
}

func (s seed) name() string {
	if s.what == "" {
		return string(s.id)
	}
	return fmt.Sprintf("%s: %s", s.id, s.what)
}

// seeds are the mistakes that a gateway, or a cache in front of it, can make on
// paper.
var seeds = []seed{
	{id: Preflight404, mistake: preflightsGet(bare(404))},
	{id: Preflight405, mistake: preflightsGet(bare(405, fetch.Header{"Allow", "GET"}))},
	{id: Preflight401, mistake: preflightsGet(bare(401, fetch.Header{"WWW-Authenticate", "Bearer"}))},
	{id: Preflight403, mistake: preflightsGet(bare(403))},
	{id: PreflightRedirect, mistake: mistake{instead: func(_ *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		return bare(308, fetch.Header{"Location", r.URL.Path + "/"}), isPreflight(r)
	}}},
	{id: PreflightRedirect, what: "and everything else, with CORS", mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if p.view.Route(r.URL.Path) == nil {
			return
		}
		resp.Status, resp.Body = 301, fetch.PayloadOf(nil)
		resp.Headers = with(with(resp.Headers, "Location", r.URL.String()), "Cache-Control", "no-store")
		p.upstream = nil
	})},
	{id: AuthProxyRedirect, what: "preflights", mistake: preflightsGet(bare(302, fetch.Header{"Location", "https://login.test/?next"}))},
	{id: AuthProxyRedirect, what: "an ended session", mistake: mistake{instead: func(p *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		return bare(302, fetch.Header{"Location", "https://login.test/?next"}), p.probes(catalog.AreaAuth, catalog.Missing) && !r.Headers.Contains("Authorization")
	}}},
	{id: AuthProxyRedirect, what: "an ended session, with CORS", mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if p.probes(catalog.AreaAuth, catalog.Missing) && !r.Headers.Contains("Authorization") && !isPreflight(r) {
			resp.Status, resp.Headers = 302, append(resp.Headers, fetch.Header{"Location", "https://login.test/?next"})
			p.upstream = nil
		}
	})},
	{id: Preflight401, what: "and denials without CORS", mistake: mistake{instead: func(p *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		e := p.view.Route(r.URL.Path)
		return bare(401, fetch.Header{"Vary", "Origin"}), e != nil && e.Auth != nil && (isPreflight(r) || p.probes(catalog.AreaAuth, catalog.Missing))
	}}},
	{id: Preflight401, what: "of all requests, which the policy doesn't know", mistake: mistake{instead: func(p *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		return bare(401, fetch.Header{"Vary", "Origin"}), routeIs(p, r, 0) && !r.Headers.Contains("Authorization")
	}}},
	{id: Preflight401, what: "the same, with CORS", mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if routeIs(p, r, 0) && !r.Headers.Contains("Authorization") {
			resp.Status, p.upstream = 401, nil
		}
	})},
	{id: AuthBeyond, mistake: servesNobody(401)},
	{id: NeverServed, mistake: servesNobody(403)},
	{id: NeverServed, what: "for want of an upstream", mistake: servesNobody(503)},
	{id: Preflight5xx, mistake: preflightsGet(bare(502))},
	{id: PreflightForwarded, mistake: mistake{instead: func(p *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		if isPreflight(r) {
			p.ask(r, catalog.DefaultAnswer)
		}
		return bare(200, fetch.Header{"Vary", "Origin"}), isPreflight(r)
	}}},
	{id: PreflightMTLS, mistake: preflightsGet(fetch.NetworkResponse{Failed: "tls: certificate required", Failure: fetch.FailureCertificate})},
	{id: PreflightRateLimited, mistake: preflightsGet(bare(429, fetch.Header{"Retry-After", "1"}))},
	{id: OptionsHijacked, mistake: mistake{instead: func(_ *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		return bare(204), r.Method == "OPTIONS" && !r.Headers.Contains("Access-Control-Request-Method") && !r.Headers.Contains("Origin")
	}}},
	{id: OptionsRejected, mistake: mistake{instead: func(_ *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		return bare(400), r.Method == "OPTIONS" && !r.Headers.Contains("Access-Control-Request-Method") && !r.Headers.Contains("Origin")
	}}},
	{id: PreflightPermissive, what: "methods and headers", mistake: edited(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if isPreflight(r) && resp.Headers.Contains("Access-Control-Allow-Origin") {
			method, _ := r.Headers.Get("Access-Control-Request-Method")
			names, _ := r.Headers.Get("Access-Control-Request-Headers")
			resp.Headers = with(with(resp.Headers, "Access-Control-Allow-Methods", method), "Access-Control-Allow-Headers", names)
		}
	})},
	{id: PreflightPermissive, what: "origins", mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if !isPreflight(r) || resp.Headers.Contains("Access-Control-Allow-Origin") || p.c.Wire() {
			return
		}
		origin, _ := r.Headers.Get("Origin")
		method, _ := r.Headers.Get("Access-Control-Request-Method")
		names, _ := r.Headers.Get("Access-Control-Request-Headers")
		for _, h := range (fetch.HeaderList{{"Origin", origin}, {"Credentials", "true"}, {"Methods", method}, {"Headers", names}}) {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-"+h.Name(), h.Value())
		}
	})},
	{id: PreflightActual, what: "the preflight alone", mistake: silent(func(_ *paper, r fetch.NetworkRequest, _ *fetch.NetworkResponse) bool { return !isPreflight(r) })},
	{id: PreflightActual, what: "the response alone", mistake: silent(func(_ *paper, r fetch.NetworkRequest, _ *fetch.NetworkResponse) bool { return isPreflight(r) })},
	{id: PreflightActual, what: "credentials on the preflight alone", mistake: header("Access-Control-Allow-Credentials", "", onOthers)},
	{id: PolicyScope, what: "a route without", mistake: silent(func(p *paper, r fetch.NetworkRequest, _ *fetch.NetworkResponse) bool { return routeIs(p, r, 1) })},
	{id: PolicyScope, what: "the route for everybody without", mistake: silent(func(p *paper, r fetch.NetworkRequest, _ *fetch.NetworkResponse) bool {
		everybody := slices.IndexFunc(p.view.Routes, (*policy.Effective).AllowsAnyOrigin)
		return routeIs(p, r, max(everybody, 1))
	})},
	{id: PolicyScope, what: "a route too many", mistake: mistake{request: func(p *paper, r *fetch.NetworkRequest) {
		if e := p.view.Route(r.URL.Path); e != nil && e.None != nil {
			if u, err := fetch.ParseURL(p.view.Routes[0].Path, r.URL); err == nil {
				r.URL = u
			}
		}
	}}},
	{id: AcrhMangled, mistake: edited(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		names := strings.Join(r.Headers.Lines("Access-Control-Request-Headers"), ";")
		if strings.ContainsAny(names, " ;ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			resp.Headers = withoutCORS(resp.Headers)
		}
	})},
	{id: ProtocolDependent, mistake: silent(func(p *paper, _ fetch.NetworkRequest, _ *fetch.NetworkResponse) bool {
		return p.c.Protocol == catalog.HTTP1
	})},
	{id: BrowserHeaderRemoved, what: "Origin", mistake: mistake{request: func(_ *paper, r *fetch.NetworkRequest) {
		if !isPreflight(*r) {
			r.Headers = with(r.Headers, "Origin", "")
		}
	}}},
	{id: BrowserHeaderRemoved, what: "what the preflight asks for", mistake: mistake{request: func(_ *paper, r *fetch.NetworkRequest) {
		r.Headers = with(r.Headers, "Access-Control-Request-Method", "")
	}, response: func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse, _ fetch.HeaderList) {
		if isPreflight(r) {
			resp.Headers = withoutCORS(resp.Headers)
		}
	}}},

	{id: AcaoMissingOnError, mistake: silent(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) bool { return onErrors(r, resp) })},
	{id: AcaoMissingOnError, what: "the application's", mistake: bareErrors(catalog.AreaError, catalog.ByApplication)},
	{id: AcaoMissingOnGatewayError, mistake: bareErrors(catalog.AreaError, catalog.ByGateway)},
	{id: AcaoMissingOnGatewayError, what: "all of its own", mistake: bareErrors(catalog.AreaError, catalog.ByGateway, catalog.Unrouted)},
	{id: AcaoMissingOnUnmatched, mistake: bareErrors(catalog.AreaError, catalog.Unrouted)},
	{id: AcaoMissingOnRedirect, mistake: silent(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) bool { return onRedirects(r, resp) })},
	{id: AcaoMissingAuthDenial, mistake: mistake{instead: func(p *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		return bare(401, fetch.Header{"Vary", "Origin"}), p.probes(catalog.AreaAuth, catalog.Missing)
	}}},
	{id: AcaoDuplicated, mistake: mistake{response: func(_ *paper, _ fetch.NetworkRequest, resp *fetch.NetworkResponse, up fetch.HeaderList) {
		resp.Headers = append(resp.Headers, up...)
	}}},
	{id: AcaoDuplicated, what: "always", mistake: edited(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Access-Control-Allow-Origin"); ok && !isPreflight(r) {
			resp.Headers = append(resp.Headers, fetch.Header{"Access-Control-Allow-Origin", value})
		}
	})},
	{id: UpstreamPassthrough, mistake: mistake{response: func(_ *paper, _ fetch.NetworkRequest, resp *fetch.NetworkResponse, up fetch.HeaderList) {
		if !resp.Headers.Contains("Access-Control-Allow-Origin") {
			resp.Headers = append(resp.Headers, up...)
		}
	}}},
	{id: AcaoMultiValue, mistake: edited(func(p *paper, _ fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Access-Control-Allow-Origin"); ok && value != "*" {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Origin", strings.Join(policyOrigins(p.view)[:2], ", "))
		}
	})},
	{id: AcaoNotAnOrigin, what: "a slash", mistake: edited(func(_ *paper, _ fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Access-Control-Allow-Origin"); ok && value != "*" {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Origin", value+"/")
		}
	})},
	{id: AcaoNotAnOrigin, what: "a slash, everywhere", mistake: edited(func(p *paper, _ fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, _ := resp.Headers.Get("Access-Control-Allow-Origin"); value != "*" {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Origin", policyOrigins(p.view)[0]+"/")
		}
	})},
	{id: AcaoNotAnOrigin, what: "no scheme", mistake: edited(func(_ *paper, _ fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Access-Control-Allow-Origin"); ok && value != "*" {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Origin", hostOf(value))
		}
	})},
	{id: AcaoStaticMismatch, mistake: edited(func(p *paper, _ fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Access-Control-Allow-Origin"); ok && value != "*" {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Origin", policyOrigins(p.view)[0])
		}
	})},
	{id: AcaoStaticMismatch, what: "everywhere", mistake: edited(func(p *paper, _ fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, _ := resp.Headers.Get("Access-Control-Allow-Origin"); value != "*" {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Origin", policyOrigins(p.view)[0])
		}
	})},
	{id: AcaoIntermittent, mistake: edited(func(p *paper, _ fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Access-Control-Allow-Origin"); ok && value != "*" {
			if p.state["odd"] = map[string]string{"": "odd"}[p.state["odd"]]; p.state["odd"] == "" {
				resp.Headers = withoutCORS(resp.Headers)
			}
		}
	})},
	{id: NonCORSBlocked, mistake: edited(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if !r.Headers.Contains("Origin") {
			*resp = bare(403, fetch.Header{"Vary", "Origin"})
		}
	})},
	{id: DeniedEmpty200, note: true, mistake: mistake{instead: func(p *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		origin, ok := r.Headers.Get("Origin")
		e := p.view.Route(r.URL.Path)
		resp := bare(200, fetch.Header{"Vary", "Origin"})
		resp.Body = fetch.PayloadOf(nil)
		return resp, ok && !isPreflight(r) && e != nil && !e.Origin(origin).Allowed && origin != originOf(p.c.Steps[0].Request.URL)
	}}},
	{id: SameOriginMisdetected, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if p.probes(catalog.AreaScope, catalog.OwnOrigin) {
			*resp = bare(403, fetch.Header{"Vary", "Origin"})
		}
	})},
	{id: AcaoWrongLayer, mistake: mistake{response: func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse, _ fetch.HeaderList) {
		if r.Method != "GET" || resp.Status != 200 {
			return
		}
		kept, ok := p.state[r.URL.String()]
		value, _ := resp.Headers.Get("Access-Control-Allow-Origin")
		if !ok {
			p.state[r.URL.String()] = value
			return
		}
		resp.Headers = append(with(resp.Headers, "Access-Control-Allow-Origin", kept), fetch.Header{"Age", "1"})
		if kept == "" {
			resp.Headers = withoutCORS(resp.Headers)
		}
	}}},

	{id: OriginReflectedAny, mistake: matching(func(_, _ string) bool { return true })},
	{id: OriginReflectedAny, what: "without credentials", mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		origin, ok := r.Headers.Get("Origin")
		if e := p.view.Route(r.URL.Path); ok && e != nil && e.None == nil && !resp.Headers.Contains("Access-Control-Allow-Origin") {
			resp.Headers = append(resp.Headers, fetch.Header{"Access-Control-Allow-Origin", origin})
		}
	})},
	{id: OriginReflectedAny, what: "on every path", mistake: edited(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		origin, ok := r.Headers.Get("Origin")
		if !ok || resp.Headers.Contains("Access-Control-Allow-Origin") {
			return
		}
		resp.Headers = append(resp.Headers, fetch.Header{"Access-Control-Allow-Origin", origin}, fetch.Header{"Access-Control-Allow-Credentials", "true"})
		if method, ok := r.Headers.Get("Access-Control-Request-Method"); ok {
			names, _ := r.Headers.Get("Access-Control-Request-Headers")
			resp.Status = 204
			resp.Headers = append(resp.Headers, fetch.Header{"Access-Control-Allow-Methods", method}, fetch.Header{"Access-Control-Allow-Headers", names})
		}
	})},
	{id: WildcardWithCredentials, mistake: header("Access-Control-Allow-Origin", "*", always)},
	{id: WildcardByShape, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if !r.Headers.Contains("Cookie") && !isPreflight(r) && resp.Headers.Contains("Access-Control-Allow-Credentials") {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Origin", "*")
		}
	})},
	{id: WildcardRuntimeError, mistake: mistake{instead: func(p *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		e := p.view.Route(r.URL.Path)
		return bare(500, fetch.Header{"Vary", "Origin"}), r.Headers.Contains("Origin") && e != nil && e.Credentials && e.None == nil
	}}},
	{id: NullOriginAllowed, mistake: matching(func(_, o string) bool { return o == "null" })},
	{id: NullOriginAllowed, what: "the end of it", mistake: matching(func(_, o string) bool { return strings.HasSuffix(o, "null") })},
	{id: SuffixMatch, mistake: matching(func(given, o string) bool { return strings.HasSuffix(o, hostOf(given)) })},
	{id: SuffixMatch, what: "the domain", mistake: matching(func(given, o string) bool { return strings.HasSuffix(o, domainOf(given)) })},
	{id: PrefixMatch, mistake: matching(func(given, origin string) bool { return strings.HasPrefix(origin, given) })},
	{id: SubstringMatch, mistake: matching(func(given, o string) bool { return strings.Contains(o, hostOf(given)) })},
	{id: UnescapedDot, mistake: matchingText(func(given string) string { return `^` + given + `$` })},
	{id: UnanchoredRegex, mistake: matchingText(func(given string) string { return hostOf(given) })},
	{id: UnanchoredRegex, what: "no end", mistake: matchingText(func(given string) string { return given })},
	{id: AnySubdomain, mistake: matchingText(func(given string) string {
		return `^https://([a-z]+\.)*` + regexp.QuoteMeta(domainOf(given)) + `(:\d+)?$`
	})},
	{id: HTTPSchemeTrusted, mistake: matching(func(given, o string) bool { return o == "http://"+hostOf(given) })},
	{id: PortIgnored, mistake: matchingText(func(given string) string { return `^` + regexp.QuoteMeta(withoutPort(given)) + `(:\d+)?$` })},
	{id: OriginCaseFolded, note: true, mistake: matching(strings.EqualFold)},
	{id: SpecialCharacters, mistake: matchingText(func(given string) string { return "^" + regexp.QuoteMeta(given) + "[_`{].*" })},
	{id: SharedHost, mistake: matching(func(_, o string) bool { return strings.HasSuffix(o, ".github.io") })},
	{id: DevOriginInProd, mistake: matchingText(func(string) string { return `^http://localhost(:\d+)?$` })},
	{id: PolicyNeverMatches, what: "on one route", mistake: silent(func(p *paper, r fetch.NetworkRequest, _ *fetch.NetworkResponse) bool {
		return routeIs(p, r, 0) && originIs(p, r, 1)
	})},
	{id: PolicyNeverMatches, mistake: silent(func(p *paper, r fetch.NetworkRequest, _ *fetch.NetworkResponse) bool { return originIs(p, r, 1) })},
	{id: PolicyNeverMatches, what: "written with a slash", mistake: mistake{
		accepts: func(givens []string, origin string) string {
			if len(givens) > 1 && origin == givens[1]+"/" {
				return givens[1]
			}
			return ""
		},
		response: func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse, _ fetch.HeaderList) {
			if originIs(p, r, 1) {
				resp.Headers = withoutCORS(resp.Headers)
			}
		},
	}},
	{id: PolicyNeverMatches, what: "where credentials are allowed, on one route", mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if routeIs(p, r, 0) && originIs(p, r, 1) {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Credentials", "")
		}
	})},
	{id: FilterNotImplemented, mistake: silent(func(*paper, fetch.NetworkRequest, *fetch.NetworkResponse) bool { return true })},
	{id: FilterNotImplemented, what: "but a * that is written by hand", mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if p.probes(catalog.AreaError, catalog.Unrouted) { // an answer that is written by hand, too
			return
		}
		resp.Headers = withoutCORS(resp.Headers)
		if e := p.view.Route(r.URL.Path); e != nil && e.AllowsAnyOrigin() {
			resp.Headers = append(resp.Headers, fetch.Header{"Access-Control-Allow-Origin", "*"})
		}
	})},
	{id: FilterNotImplemented, what: "and the application gets the preflights", mistake: mistake{
		instead: func(p *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
			if isPreflight(r) {
				p.ask(r, catalog.DefaultAnswer)
			}
			return bare(200, fetch.Header{"Vary", "Origin"}), isPreflight(r)
		},
		response: func(p *paper, _ fetch.NetworkRequest, resp *fetch.NetworkResponse, _ fetch.HeaderList) {
			if !p.probes(catalog.AreaError, catalog.Unrouted) { // an answer that is written by hand
				resp.Headers = withoutCORS(resp.Headers)
			}
		},
	}},
	{id: CORSPathBypass, mistake: mistake{request: func(p *paper, r *fetch.NetworkRequest) {
		for _, e := range p.view.Routes {
			if e.None != nil && strings.EqualFold(r.URL.Path, e.Path) && r.URL.Path != e.Path {
				if u, err := fetch.ParseURL(p.view.Routes[0].Path, r.URL); err == nil {
					r.URL = u
				}
			}
		}
	}}},

	{id: AllowMethodsMissing, mistake: lacking("Access-Control-Allow-Methods", "PATCH", onPreflights)},
	{id: AllowMethodsMissing, what: "refused with 403", mistake: mistake{instead: func(_ *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		method, _ := r.Headers.Get("Access-Control-Request-Method")
		return bare(403), isPreflight(r) && method == "PATCH"
	}}},
	{id: MethodCase, what: "and the application refuses it", mistake: edited(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Access-Control-Allow-Methods"); ok {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Methods", strings.ReplaceAll(value, "PATCH", "patch"))
		}
		if r.Method == "patch" {
			*resp = bare(400, fetch.Header{"Vary", "Origin"})
		}
	})},
	{id: MethodCase, mistake: edited(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Access-Control-Allow-Methods"); ok {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Methods", strings.ReplaceAll(value, "PATCH", "patch"))
		}
	})},
	{id: AllowHeadersMissing, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Access-Control-Allow-Headers"); ok {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Headers", dropName(dropName(value, "x-one"), "x-cart"))
		}
	})},
	{id: AllowHeadersWildcard, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if e := p.view.Route(r.URL.Path); e != nil && e.Credentials && resp.Headers.Contains("Access-Control-Allow-Headers") {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Headers", "*")
		}
	})},
	{id: WildcardNotAuthorization, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, _ := resp.Headers.Get("Access-Control-Allow-Headers"); strings.HasPrefix(value, "*, ") {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Headers", "*")
		}
	})},
	{id: AllowMethodsWildcard, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if e := p.view.Route(r.URL.Path); e != nil && e.Credentials && resp.Headers.Contains("Access-Control-Allow-Methods") {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Methods", "*")
		}
	})},
	{id: AllowListInvalid, mistake: edited(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Access-Control-Allow-Methods"); ok {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Methods", strings.ReplaceAll(value, ",", ""))
		}
	})},
	{id: AcacNotTrue, what: "True", mistake: header("Access-Control-Allow-Credentials", "True", always)},
	{id: AcacNotTrue, what: "on one route", mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if routeIs(p, r, 0) {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Credentials", "")
		}
	})},
	{id: AcacNotTrue, what: "nowhere", mistake: header("Access-Control-Allow-Credentials", "", always)},
	{id: AcacForDenied, note: true, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if e := p.view.Route(r.URL.Path); e != nil && e.Credentials {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Credentials", "true")
		}
	})},
	{id: ExposeMissing, mistake: header("Access-Control-Expose-Headers", "", onOthers)},
	{id: ExposeWildcard, mistake: header("Access-Control-Expose-Headers", "*", onOthers)},
	{id: HeadersOnWrongAnswer, what: "expose on the preflight", mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		resp.Headers = with(resp.Headers, "Access-Control-Expose-Headers", "")
		if isPreflight(r) {
			resp.Headers = with(resp.Headers, "Access-Control-Expose-Headers", "etag, x-total, link, x-session")
		}
	})},
	{id: HeadersOnWrongAnswer, what: "allow-headers on the response", mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		resp.Headers = with(resp.Headers, "Access-Control-Allow-Headers", "")
		if !isPreflight(r) {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Headers", "content-type, x-one, x-cart")
		}
	})},
	{id: SafelistOverflow, mistake: lacking("Access-Control-Allow-Headers", "accept-language", onPreflights)},
	{id: RangeNotSafelisted, mistake: lacking("Access-Control-Allow-Headers", "range", onPreflights)},

	{id: MissingVaryOrigin, mistake: edited(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Vary"); ok {
			resp.Headers = with(resp.Headers, "Vary", dropName(value, "Origin"))
		}
	})},
	{id: MissingVaryOrigin, what: "no Vary at all", mistake: header("Vary", "", always)},
	{id: VaryOnNonCORS, mistake: edited(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if !resp.Headers.Contains("Access-Control-Allow-Origin") {
			resp.Headers = with(resp.Headers, "Vary", "")
		}
	})},
	{id: VaryOverwritten, mistake: header("Vary", "Origin", always)},
	{id: PreflightCached, mistake: mistake{response: func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse, _ fetch.HeaderList) {
		value, ok := resp.Headers.Get("Access-Control-Allow-Origin")
		if !isPreflight(r) || !ok || value == "*" {
			return
		}
		if kept, seen := p.run[r.URL.Path]; seen && kept != value {
			resp.Headers = append(with(resp.Headers, "Access-Control-Allow-Origin", kept), fetch.Header{"Age", "17"})
			return
		}
		p.run[r.URL.Path] = value
	}}},
	{id: MaxAgeZero, mistake: header("Access-Control-Max-Age", "0", onPreflights)},
	{id: MaxAgeInvalid, mistake: header("Access-Control-Max-Age", "10m", onPreflights)},
	{id: MaxAgeDiffers, what: "shorter", mistake: header("Access-Control-Max-Age", "30", onPreflights)},
	{id: MaxAgeDiffers, what: "not said", mistake: header("Access-Control-Max-Age", "", onPreflights)},
	{id: CacheStatePoisoning, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		origin, _ := r.Headers.Get("Origin")
		if strings.Contains(origin, ",") {
			p.state["poisoned"] = "yes"
		} else if p.state["poisoned"] != "" {
			resp.Headers = withoutCORS(resp.Headers)
		}
	})},
	{id: RedirectOriginNull, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if location, ok := resp.Headers.Get("Location"); ok && strings.HasPrefix(location, "/") {
			resp.Headers = with(resp.Headers, "Location", "http://internal.test:8080"+location)
		}
	})},
	{id: PrivateNetwork, note: true, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		resp.Headers = append(resp.Headers, fetch.Header{"Access-Control-Allow-Private-Network", "true"})
	})},
	{id: LooksLikeCORS, what: "preflights", mistake: preflightsGet(fetch.NetworkResponse{Failed: "connection closed"})},
	{id: LooksLikeCORS, what: "one request", mistake: mistake{instead: func(p *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		resets := catalog.Probe{Area: catalog.AreaError, Variation: catalog.ByGateway, Detail: "upstream-resets"}
		return fetch.NetworkResponse{Failed: "stream refused"}, p.c.Probe == resets && !isPreflight(r)
	}}},
	{id: CORSDoS, note: true, mistake: mistake{instead: func(p *paper, r fetch.NetworkRequest) (fetch.NetworkResponse, bool) {
		origin, _ := r.Headers.Get("Origin")
		return fetch.NetworkResponse{Failed: "connection closed"}, len(origin) > 200
	}}},
	{id: VaryInjection, note: true, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if names, ok := r.Headers.Get("Access-Control-Request-Headers"); ok {
			resp.Headers = with(resp.Headers, "Vary", "Origin, "+names)
		}
	})},
	{id: CredentialsBeyond, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Access-Control-Allow-Origin"); ok && value != "*" {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Credentials", "true")
		}
	})},
	{id: ExposeBeyond, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if value, ok := resp.Headers.Get("Access-Control-Expose-Headers"); ok {
			resp.Headers = with(resp.Headers, "Access-Control-Expose-Headers", value+", x-corsproof")
		}
	})},
	{id: PolicyWidened, mistake: edited(func(p *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if e := p.view.Route(r.URL.Path); e != nil && !e.Credentials && e.None == nil {
			resp.Headers = with(resp.Headers, "Access-Control-Allow-Origin", "*")
		}
	})},
	{id: Unclassified, what: "another success than the application's", mistake: edited(func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse) {
		if !isPreflight(r) && resp.Status == 200 {
			resp.Status = 202
		}
	})},
	{id: PrefixMatch, what: "by a wildcard for anything", mistake: wildcardFor(`.*`, ``)},
	{id: WildcardDepth, what: "by a wildcard for anything", mistake: wildcardFor(`.*`, `$`)},
	{id: CrossProduct, mistake: mistake{accepts: func(givens []string, origin string) string {
		if len(givens) > 1 && (strings.HasPrefix(origin, givens[0]) || strings.HasSuffix(origin, hostOf(givens[1]))) {
			return givens[0]
		}
		return ""
	}}},
	{id: WildcardDepth, mistake: mistake{
		accepts: func(givens []string, origin string) string {
			i := slices.Index(givens, "https://pr-1.preview.example.net")
			if i < 0 || !regexp.MustCompile(`^https://[a-z0-9.-]+\.preview\.example\.net$`).MatchString(origin) {
				return ""
			}
			return givens[i]
		},
		response: func(_ *paper, r fetch.NetworkRequest, resp *fetch.NetworkResponse, _ fetch.HeaderList) {
			if origin, _ := r.Headers.Get("Origin"); origin == "https://b.a.partner.example" {
				resp.Headers = withoutCORS(resp.Headers)
			}
		},
	}},
}
