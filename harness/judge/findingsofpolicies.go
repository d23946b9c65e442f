package judge

import (
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/policy"
)

// Violations of a policy that are no common class of failure.
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
		Kind: Kind{MaxAgeDiffers, "Access-Control-Max-Age differs from the policy", SeverityPerformance, LayerGateway},
		explains: []explanation{
			{placeLifetime + 30, func(d *diagnosis, s *symptom) bool { return s.lifetime() }},
		},
		remedy: fixedBy(policy.FixMaxAge, maxAge),
	},
	{
		Kind: Kind{CredentialsBeyond, "Access-Control-Allow-Credentials is sent against the policy", SeverityHole, LayerGateway},
		explains: []explanation{
			{placeScope + 40, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectAllowed && s.probes(catalog.AreaCredentials, catalog.Refused)
			}},
		},
		remedy: fixedBy(policy.FixForbidCredentials, nothing),
	},
	{
		Kind: Kind{ExposeBeyond, "Access-Control-Expose-Headers lists a header against the policy", SeverityHole, LayerGateway},
		explains: []explanation{
			{placeExposed + 50, func(d *diagnosis, s *symptom) bool { return s.effect == effectShown }},
		},
		remedy: fixedBy(policy.FixHide, exposed),
	},
	{
		Kind: Kind{OriginBeyond, "the config allows an origin that the policy denies", SeverityHole, LayerGateway},
		explains: []explanation{
			{placeScope + 70, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectAllowed && (d.beyond[s.matched()] || d.matchers[s.matched()] == OriginBeyond)
			}},
		},
		remedy: fixedBy(policy.FixUnlistOrigin, origins),
	},
	{
		Kind: Kind{AuthBeyond, "the target requires authentication that the policy does not mention", SeverityOutage, LayerPolicy},
		explains: []explanation{
			{placeStatus + 10, func(d *diagnosis, s *symptom) bool {
				return d.neverServes(s) && s.route.Auth == nil && (s.status() == 401 || s.status() == 407)
			}},
		},
	},
	{
		Kind: Kind{NeverServed, "no request succeeds, whatever its origin", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeStatus + 20, func(d *diagnosis, s *symptom) bool { return d.neverServes(s) }},
		},
	},
	{
		Kind: Kind{Unclassified, "the response differs from what the policy requires", SeverityOutage, LayerGateway},
	},
}
