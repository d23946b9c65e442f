package judge

import (
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// The response to a preflight is not one that answers preflights.
const (
	Preflight404         FindingID = "preflight-404-no-route"
	Preflight405         FindingID = "preflight-405"
	Preflight401         FindingID = "preflight-401-auth-before-cors"
	Preflight403         FindingID = "preflight-403-rbac-waf"
	PreflightRedirect    FindingID = "preflight-redirect"
	AuthProxyRedirect    FindingID = "auth-proxy-redirect"
	Preflight5xx         FindingID = "preflight-5xx"
	PreflightForwarded   FindingID = "preflight-forwarded-upstream"
	PreflightMTLS        FindingID = "preflight-mtls-no-client-cert"
	PreflightRateLimited FindingID = "preflight-rate-limited"
	OptionsHijacked      FindingID = "options-hijacked"
	OptionsRejected      FindingID = "options-without-acrm-rejected"
	PreflightNoRoute     FindingID = "preflight-ok-for-nonexistent-route"
	PreflightPermissive  FindingID = "preflight-hardcoded-permissive"
	PreflightActual      FindingID = "preflight-actual-asymmetry"
	PolicyScope          FindingID = "policy-scope-mismatch"
	AcrhMangled          FindingID = "acrh-mangled-in-transit"
	ProtocolDependent    FindingID = "protocol-dependent-cors"
	BrowserHeaderRemoved FindingID = "browser-request-header-removed"
)

var findingsOfPreflights = []row{
	{
		Kind: Kind{Preflight404, "the preflight gets 404: no route matches OPTIONS", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placePreflight + 130, preflightStatus(404)},
			{placeStatus + 5, func(d *diagnosis, s *symptom) bool {
				return s.status() == 404 && d.neverServes(s) && d.routedByHeader(s.route)
			}},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{Preflight405, "the preflight gets 405: OPTIONS is not allowed", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placePreflight + 140, preflightStatus(405, 501)},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{Preflight401, "the preflight gets 401: authentication runs before CORS", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placePreflight + 100, preflightStatus(401, 407)},
			{placePreflight + 110, func(d *diagnosis, s *symptom) bool { return d.deniedBeforeCORS(s, 401) }},
			{placePreflight + 120, func(d *diagnosis, s *symptom) bool { return d.deniedAnyway(s, 401) }},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{Preflight403, "the preflight gets 403 from an access rule", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placePreflight + 170, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectRefused && s.preflight() && s.status() >= 400
			}},
			{placePreflight + 180, func(d *diagnosis, s *symptom) bool { return d.deniedBeforeCORS(s, 403) }},
			{placePreflight + 190, func(d *diagnosis, s *symptom) bool { return d.deniedAnyway(s, 403) }},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{PreflightRedirect, "the preflight is redirected", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placePreflight + 50, func(d *diagnosis, s *symptom) bool {
				return s.redirectedTo() == itself && d.someSymptom(func(o *symptom) bool {
					return o.route == s.route && o.preflight() && o.redirectedTo() == itself
				})
			}},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{AuthProxyRedirect, "API requests are redirected to a login page", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeNoAnswer + 30, func(d *diagnosis, s *symptom) bool { return s.silent() && s.redirectedTo() == elsewhere }},
			{placePreflight + 40, func(d *diagnosis, s *symptom) bool { return s.redirectedTo() == elsewhere }},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{Preflight5xx, "the preflight gets a 5xx response", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placePreflight + 160, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectRefused && s.preflight() && s.status() >= 500
			}},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{PreflightForwarded, "preflights are forwarded to the application", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placePreflight + 30, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectRefused && s.preflight() && s.reached("OPTIONS") > 0
			}},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{PreflightMTLS, "the preflight is refused for lack of a client certificate", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeNoAnswer + 50, func(d *diagnosis, s *symptom) bool {
				return s.silent() && s.preflight() && s.x.Failure == fetch.FailureCertificate
			}},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{PreflightRateLimited, "preflights are rate-limited", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeNoAnswer + 10, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectUnsteady && d.someSymptom(func(o *symptom) bool { return preflightStatus(429)(d, o) })
			}},
			{placePreflight + 90, preflightStatus(429)},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{OptionsHijacked, "OPTIONS requests that are not preflights never reach the application", SeverityAnnoyance, LayerGateway},
		explains: []explanation{
			{placeStatus + 70, func(d *diagnosis, s *symptom) bool {
				return s.isStatus() && s.probes(catalog.AreaScope, catalog.PlainOptions) && !(s.UpstreamSeen && s.reached("OPTIONS") > 0)
			}},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{OptionsRejected, "OPTIONS requests that are not preflights are refused", SeverityAnnoyance, LayerGateway},
		explains: []explanation{
			{placeStatus + 60, func(d *diagnosis, s *symptom) bool {
				return s.isStatus() && s.probes(catalog.AreaScope, catalog.PlainOptions) && s.status() >= 400
			}},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{PreflightNoRoute, "a preflight succeeds for a path that does not exist", SeverityAnnoyance, LayerGateway},
	},
	{
		Kind: Kind{PreflightPermissive, "the preflight response allows more than the policy", SeverityHole, LayerGateway},
		explains: []explanation{
			{placeScope + 20, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectAllowed && (s.probes(catalog.AreaMethod) || s.probes(catalog.AreaHeader))
			}},
			{placeScope + 30, func(d *diagnosis, s *symptom) bool { return s.effect == effectRequests && s.onlyPreflightConsents() }},
			{placeList + 60, func(d *diagnosis, s *symptom) bool {
				return s.lacksHeader() && s.lists("Access-Control-Allow-Headers", fetch.Wildcard) && d.someSymptom(func(o *symptom) bool {
					return o.route == s.route && o.effect == effectAllowed && o.probes(catalog.AreaHeader, catalog.Outside)
				})
			}},
		},
		remedy: permissiveRemedy,
	},
	{
		Kind: Kind{PreflightActual, "preflight response and actual response disagree", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeCredentials + 20, func(d *diagnosis, s *symptom) bool {
				return s.withoutCredentials() && !d.allowsCredentials(s, func(f *fact) bool { return f.preflight == s.preflight() }) &&
					d.allowsCredentials(s, func(f *fact) bool { return f.preflight != s.preflight() })
			}},
			{placeSilence + 20, func(d *diagnosis, s *symptom) bool { return s.missing() && d.oneKindAlone(s) }},
			{placeSilence + 25, func(d *diagnosis, s *symptom) bool { return s.missing() && d.oneMethodAlone(s) }},
			{placeSilence + 100, func(d *diagnosis, s *symptom) bool {
				return s.missing() && !d.namesOriginAt(s, func(f *fact) bool { return f.preflight == s.preflight() }) &&
					d.namesOriginAt(s, func(f *fact) bool { return f.preflight != s.preflight() })
			}},
		},
		remedy: asymmetryRemedy,
	},
	{
		Kind: Kind{PolicyScope, "the CORS policy applies to the wrong paths", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeScope + 80, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectAllowed && (s.probes(catalog.AreaScope) || s.probes(catalog.AreaOrigin, catalog.OtherRoute) || s.probes(catalog.AreaRoute))
			}},
			{placeSilence + 90, func(d *diagnosis, s *symptom) bool { return s.missing() && d.forgotten(s) }},
			{placeSilence + 95, func(d *diagnosis, s *symptom) bool { return s.missing() && d.speaksWithoutOrigin(s.route) }},
			{placePreflight + 20, func(d *diagnosis, s *symptom) bool {
				return s.missing() && s.preflight() && s.reached("OPTIONS") > 0 && d.forgotten(s) &&
					d.some(func(f *fact) bool { return f.route == s.route && f.allowed && !f.preflight && f.status > 0 }) &&
					!d.some(func(f *fact) bool {
						return f.route == s.route && f.allowed && !f.preflight && !f.upstreamConsents && f.namesOrigin()
					})
			}},
		},
		remedy: fixedBy(policy.FixScope, nothing),
	},
	{
		Kind: Kind{AcrhMangled, "only one spelling of Access-Control-Request-Headers is accepted", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeSilence + 40, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectRefused && s.probes(catalog.AreaHeader, catalog.AskedWith) && d.consentsToPreflight(s, func(f *fact) bool { return !f.wire }) &&
					!d.someSymptom(func(o *symptom) bool {
						return o.route == s.route && o.preflight() && !o.Case.Wire() && o.effect == effectRefused
					})
			}},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{ProtocolDependent, "the response depends on the HTTP version", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeSilence + 50, func(d *diagnosis, s *symptom) bool {
				return s.missing() && s.Case.Protocol != "" && d.consentsHere(s)
			}},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{BrowserHeaderRemoved, "a request header of the browser's is taken away too early", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeNoAnswer + 70, func(d *diagnosis, s *symptom) bool {
				return s.missing() && d.someSymptom(func(o *symptom) bool { return o.preflight() == s.preflight() && o.missing() && o.stripped() })
			}},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
}
