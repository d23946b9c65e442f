package judge

import (
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/policy"
)

// What no class of failure out in the world is, and a policy is still broken by.
const (
	MaxAgeDiffers     FindingID = "max-age-differs"
	CredentialsBeyond FindingID = "credentials-beyond-policy"
	ExposeBeyond      FindingID = "expose-beyond-policy"
	OriginBeyond      FindingID = "origin-beyond-policy"
	AuthBeyond        FindingID = "authentication-beyond-policy"
	NeverServed       FindingID = "never-served"
	Unclassified      FindingID = "unclassified"
)

var findingsOfPolicies = []row{
	{
		Kind: Kind{MaxAgeDiffers, "preflights are kept for another time than the policy says", SeverityPerformance, LayerGateway},
		explains: []explanation{
			{placeLifetime + 30, func(d *diagnosis, s *symptom) bool { return s.lifetime() }},
		},
		remedy: fixedBy(policy.FixMaxAge, maxAge),
	},
	{
		Kind: Kind{CredentialsBeyond, "credentials are allowed where the policy has none", SeverityHole, LayerGateway},
		explains: []explanation{
			{placeScope + 40, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectAllowed && s.probes(catalog.AreaCredentials, catalog.Refused)
			}},
		},
		remedy: fixedBy(policy.FixForbidCredentials, nothing),
	},
	{
		Kind: Kind{ExposeBeyond, "a response header can be read that the policy doesn't expose", SeverityHole, LayerGateway},
		explains: []explanation{
			{placeExposed + 50, func(d *diagnosis, s *symptom) bool { return s.effect == effectShown }},
		},
		remedy: fixedBy(policy.FixHide, exposed),
	},
	{
		Kind: Kind{OriginBeyond, "the gateway's config names an origin that the policy doesn't allow", SeverityHole, LayerGateway},
		explains: []explanation{
			{placeScope + 70, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectAllowed && (d.beyond[s.matched()] || d.matchers[s.matched()] == OriginBeyond)
			}},
		},
		remedy: fixedBy(policy.FixUnlistOrigin, origins),
	},
	{
		Kind: Kind{AuthBeyond, "the target wants authentication that the policy doesn't mention", SeverityOutage, LayerPolicy},
		explains: []explanation{
			{placeStatus + 10, func(d *diagnosis, s *symptom) bool {
				return d.neverServes(s) && s.route.Auth == nil && (s.status() == 401 || s.status() == 407)
			}},
		},
	},
	{
		Kind: Kind{NeverServed, "no request is served, whatever its origin", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeStatus + 20, func(d *diagnosis, s *symptom) bool { return d.neverServes(s) }},
		},
	},
	{
		Kind: Kind{Unclassified, "what came isn't what the policy calls for", SeverityOutage, LayerGateway},
	},
}
