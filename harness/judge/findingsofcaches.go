package judge

import (
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// Caches.
const (
	MissingVaryOrigin   FindingID = "missing-vary-origin-cache-poisoning"
	VaryOnNonCORS       FindingID = "vary-missing-on-non-cors-response"
	VaryOverwritten     FindingID = "vary-overwritten"
	PreflightCached     FindingID = "preflight-cached-by-cdn"
	MaxAgeCapped        FindingID = "max-age-capped"
	MaxAgeZero          FindingID = "max-age-zero"
	MaxAgeInvalid       FindingID = "max-age-invalid"
	StalePreflight      FindingID = "stale-preflight-after-policy-change"
	WildcardNeverCached FindingID = "wildcard-never-cached"
	CacheStatePoisoning FindingID = "cors-cache-state-poisoning"
)

var findingsOfCaches = []row{
	{
		Kind: Kind{MissingVaryOrigin, "responses for one origin lack Vary: Origin", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeCache + 10, func(d *diagnosis, s *symptom) bool { return d.cachedForAnother(s) && d.variesWrongly() }},
		},
		remedy: fixedBy(policy.FixVary, varyOrigin),
	},
	{
		Kind: Kind{VaryOnNonCORS, "responses without CORS headers lack Vary: Origin", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeCache + 30, func(d *diagnosis, s *symptom) bool { return d.cachedForAnother(s) }},
		},
		remedy: fixedBy(policy.FixVary, varyOrigin),
	},
	{
		Kind: Kind{VaryOverwritten, "the gateway overwrites the application's Vary header", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeCache + 20, func(d *diagnosis, s *symptom) bool {
				return s.cached() && s.probes(catalog.AreaCache, catalog.VaryKept)
			}},
		},
		remedy: fixedBy(policy.FixVary, varyLost),
	},
	{
		Kind: Kind{PreflightCached, "a cache answers preflights", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 120, func(d *diagnosis, s *symptom) bool {
				return s.detail() == fetch.DetailMismatch && s.preflight() && s.fromCache()
			}},
		},
		remedy: fixedBy(policy.FixAnswerPreflight, nothing),
	},
	{
		Kind: Kind{MaxAgeCapped, "browsers cap Access-Control-Max-Age", SeverityPerformance, LayerEngine},
	},
	{
		Kind: Kind{MaxAgeZero, "Access-Control-Max-Age is 0: preflights are never cached", SeverityPerformance, LayerGateway},
		explains: []explanation{
			{placeLifetime + 10, func(d *diagnosis, s *symptom) bool {
				return s.lifetime() && s.preflightSays("Access-Control-Max-Age") == "0"
			}},
		},
		remedy: fixedBy(policy.FixMaxAge, maxAge),
	},
	{
		Kind: Kind{MaxAgeInvalid, "Access-Control-Max-Age is not a number of seconds", SeverityPerformance, LayerGateway},
		explains: []explanation{
			{placeLifetime + 20, func(d *diagnosis, s *symptom) bool {
				value := s.preflightSays("Access-Control-Max-Age")
				return s.lifetime() && value != "" && strings.Trim(value, "0123456789") != ""
			}},
		},
		remedy: fixedBy(policy.FixMaxAge, maxAge),
	},
	{
		Kind: Kind{StalePreflight, "browsers keep using a cached preflight of the old policy", SeverityAnnoyance, LayerEngine},
	},
	{
		Kind: Kind{WildcardNeverCached, "one engine never reuses a cached preflight that allows *", SeverityPerformance, LayerEngine},
	},
	{
		Kind: Kind{CacheStatePoisoning, "one unusual request poisons a cache for all others", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeSilence + 30, func(d *diagnosis, s *symptom) bool {
				return s.missing() && s.probes(catalog.AreaSteady, catalog.AfterOddOrigin) && s.step > 0 && d.consentsHere(s)
			}},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
}
