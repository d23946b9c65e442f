package judge

import (
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// Access-Control-Allow-Origin on the response.
const (
	AcaoMissingOnError        FindingID = "acao-missing-on-error"
	AcaoMissingOnGatewayError FindingID = "acao-missing-on-gateway-error"
	AcaoMissingOnUnmatched    FindingID = "acao-missing-on-unmatched-route"
	AcaoMissingOnRedirect     FindingID = "acao-missing-on-redirect-or-direct-response"
	AcaoMissingAuthDenial     FindingID = "acao-missing-auth-denial"
	AcaoDuplicated            FindingID = "acao-duplicated-by-upstream"
	AcaoMultiValue            FindingID = "acao-multi-value-list"
	AcaoNotAnOrigin           FindingID = "acao-not-a-serialized-origin"
	AcaoStaticMismatch        FindingID = "acao-static-mismatch"
	AcaoIntermittent          FindingID = "acao-intermittent-stateful-matcher"
	UpstreamPassthrough       FindingID = "upstream-acao-passthrough"
	NonCORSBlocked            FindingID = "non-cors-request-blocked"
	DeniedEmpty200            FindingID = "disallowed-origin-empty-200"
	SameOriginMisdetected     FindingID = "same-origin-misdetected"
	AcaoWrongLayer            FindingID = "acao-survives-wrong-layer"
)

var findingsOfAllowedOrigins = []row{
	{
		Kind: Kind{AcaoMissingOnError, "error responses lack Access-Control-Allow-Origin", SeverityMasked, LayerGateway},
		explains: []explanation{
			{placeError + 20, func(d *diagnosis, s *symptom) bool { return s.errorLayer() != "" && d.bare[AcaoMissingOnError] }},
		},
		remedy: fixedBy(policy.FixOnErrors, statusOf),
	},
	{
		Kind: Kind{AcaoMissingOnGatewayError, "the gateway's own error responses lack Access-Control-Allow-Origin", SeverityMasked, LayerGateway},
		explains: []explanation{
			{placeError + 30, func(d *diagnosis, s *symptom) bool {
				return s.errorLayer() != "" && d.bare[AcaoMissingOnGatewayError]
			}},
		},
		remedy: fixedBy(policy.FixOnErrors, statusOf),
	},
	{
		Kind: Kind{AcaoMissingOnUnmatched, "404 responses for unknown paths lack Access-Control-Allow-Origin", SeverityMasked, LayerGateway},
		explains: []explanation{
			{placeError + 40, func(d *diagnosis, s *symptom) bool { return s.errorLayer() == AcaoMissingOnUnmatched }},
		},
		remedy: fixedBy(policy.FixOnErrors, statusOf),
	},
	{
		Kind: Kind{AcaoMissingOnRedirect, "redirects or direct responses lack Access-Control-Allow-Origin", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placePreflight + 15, func(d *diagnosis, s *symptom) bool { return s.missing() && d.answersItself(s.route) && d.forgotten(s) }},
			{placeError + 10, func(d *diagnosis, s *symptom) bool {
				return s.bare() && s.status() >= 300 && s.status() < 400
			}},
			{placePreflight + 60, func(d *diagnosis, s *symptom) bool { return s.redirectedTo() == itself }},
		},
		remedy: fixedBy(policy.FixOnHops, nothing),
	},
	{
		Kind: Kind{AcaoMissingAuthDenial, "401 and 403 responses lack Access-Control-Allow-Origin", SeverityMasked, LayerGateway},
		explains: []explanation{
			{placeError + 50, func(d *diagnosis, s *symptom) bool { return s.errorLayer() == AcaoMissingAuthDenial }},
		},
		remedy: fixedBy(policy.FixOnErrors, statusOf),
	},
	{
		Kind: Kind{AcaoDuplicated, "Access-Control-Allow-Origin is sent twice, by two layers", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 10, func(d *diagnosis, s *symptom) bool {
				return s.detail() == fetch.DetailMultiple && d.someSymptom((*symptom).duplicated)
			}},
			{placeAllowOrigin + 20, func(d *diagnosis, s *symptom) bool { return s.passedOn() && d.someSymptom((*symptom).duplicated) }},
			{placeAllowOrigin + 30, func(d *diagnosis, s *symptom) bool { return d.namedToOthers(s) && d.someSymptom((*symptom).duplicated) }},
		},
		remedy: fixedBy(policy.FixOneOwner, owned),
		note: &note{30, func(f *fact) bool {
			return f.supposed && f.probe.Is(catalog.AreaLayer, catalog.BothConsent) && len(f.answer.Items("access-control-allow-origin")) > 1
		}, "if the application sends CORS headers too, pages get two lines and can't read; if it does, write upstream: {cors: true} in the policy", nil, nil},
	},
	{
		Kind: Kind{AcaoMultiValue, "Access-Control-Allow-Origin lists several origins; it may hold one", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 70, func(d *diagnosis, s *symptom) bool { return s.detail() == fetch.DetailMultiple }},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{AcaoNotAnOrigin, "Access-Control-Allow-Origin holds something that is not an origin", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 40, func(d *diagnosis, s *symptom) bool {
				return d.namedToOthers(s) && !fetch.IsSerializedOrigin(s.value("Access-Control-Allow-Origin"))
			}},
			{placeAllowOrigin + 110, func(d *diagnosis, s *symptom) bool {
				return s.detail() == fetch.DetailInvalid || s.detail() == fetch.DetailMismatch && !fetch.IsSerializedOrigin(s.value("Access-Control-Allow-Origin"))
			}},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{AcaoStaticMismatch, "Access-Control-Allow-Origin names the same origin in every response", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 50, func(d *diagnosis, s *symptom) bool { return d.namedToOthers(s) }},
			{placeAllowOrigin + 140, func(d *diagnosis, s *symptom) bool { return s.detail() == fetch.DetailMismatch }},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{AcaoIntermittent, "the same request gets different responses", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeSilence + 10, func(d *diagnosis, s *symptom) bool { return s.missing() && d.intermittent() }},
			{placeNoAnswer + 20, func(d *diagnosis, s *symptom) bool { return s.effect == effectUnsteady }},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{UpstreamPassthrough, "the application's Access-Control-Allow-Origin gets past the gateway", SeverityHole, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 60, func(d *diagnosis, s *symptom) bool { return s.passedOn() && !d.accepts(s) }},
		},
		remedy: fixedBy(policy.FixOneOwner, owned),
		note: &note{40, func(f *fact) bool {
			return f.supposed && f.probe.Is(catalog.AreaLayer, catalog.UpstreamConsents) && !f.preflight && f.consents && !f.allowed
		}, "if the application allows an origin by itself, that gets past the gateway; if it does, write upstream: {cors: true} in the policy", []FindingID{OriginReflectedAny, PolicyWidened, FilterNotImplemented, PolicyScope}, nil},
	},
	{
		Kind: Kind{NonCORSBlocked, "requests that need no CORS are refused", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeStatus + 30, func(d *diagnosis, s *symptom) bool {
				return s.turnedAway() && s.probes(catalog.AreaScope, catalog.NoOrigin)
			}},
			{placeStatus + 40, func(d *diagnosis, s *symptom) bool {
				without := s.isStatus() && s.probes(catalog.AreaScope) && !s.x.Request.Headers.Contains("Origin")
				after := s.effect == effectRequests && s.probes(catalog.AreaCache, catalog.ImageFirst, catalog.InOrder)
				return (without || after) && d.someSymptom(func(o *symptom) bool { return o.turnedAway() && o.probes(catalog.AreaScope, catalog.NoOrigin) })
			}},
		},
	},
	{
		Kind: Kind{DeniedEmpty200, "a denied origin gets an empty 200 response", SeverityOutage, LayerGateway},
		note: &note{30, func(f *fact) bool {
			return f.route != nil && f.origin != "" && !f.allowed && !f.preflight && !f.wire && f.status == 200 && f.bodyBytes == 0 && f.seen && !f.reached &&
				f.probe.Is(catalog.AreaRoute)
		}, "an origin that may not read gets status 200 without a body, so that a check of the status alone sees a success", nil, nil},
	},
	{
		Kind: Kind{SameOriginMisdetected, "pages of the target's own origin are refused", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeStatus + 50, func(d *diagnosis, s *symptom) bool {
				return s.turnedAway() && s.probes(catalog.AreaScope, catalog.OwnOrigin)
			}},
		},
	},
	{
		Kind: Kind{AcaoWrongLayer, "a cache sends responses meant for another origin", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 130, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectRefused && (s.detail() == fetch.DetailMismatch || s.detail() == fetch.DetailMissing) && !s.preflight() && s.x != nil && s.fromCache()
			}},
		},
		remedy: fixedBy(policy.FixVary, varyOrigin),
	},
}
