package judge

import (
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/policy"
)

// Origins are matched too loosely or too strictly.
const (
	OriginReflectedAny      FindingID = "origin-reflected-any"
	WildcardWithCredentials FindingID = "wildcard-with-credentials"
	WildcardByShape         FindingID = "wildcard-credential-by-request-shape"
	WildcardRuntimeError    FindingID = "wildcard-with-credentials-runtime-error"
	NullOriginAllowed       FindingID = "null-origin-allowed"
	SuffixMatch             FindingID = "suffix-match-origin"
	PrefixMatch             FindingID = "prefix-match-origin"
	SubstringMatch          FindingID = "substring-match-origin"
	UnescapedDot            FindingID = "unescaped-dot-regex"
	UnanchoredRegex         FindingID = "unanchored-regex"
	CrossProduct            FindingID = "cross-product-pattern-merge"
	AnySubdomain            FindingID = "any-subdomain-trusted"
	WildcardDepth           FindingID = "wildcard-subdomain-depth"
	HTTPSchemeTrusted       FindingID = "http-scheme-trusted"
	PortIgnored             FindingID = "port-ignored"
	OriginCaseFolded        FindingID = "origin-case-folded"
	SpecialCharacters       FindingID = "special-char-parser-confusion"
	SharedHost              FindingID = "shared-host-trusted"
	DevOriginInProd         FindingID = "dev-origin-in-prod"
	PolicyWidened           FindingID = "policy-widened-on-invalid-config"
	PolicyNeverMatches      FindingID = "policy-never-matches"
	FilterNotImplemented    FindingID = "filter-accepted-not-implemented"
	MigrationDrift          FindingID = "migration-semantics-drift"
	CORSPathBypass          FindingID = "cors-path-match-bypass"
)

var findingsOfMatching = []row{
	{
		Kind:     Kind{OriginReflectedAny, "any origin can read: the Origin header is reflected", SeverityHole, LayerGateway},
		compares: true,
		explains: []explanation{
			{placeScope + 5, func(d *diagnosis, s *symptom) bool { return s.reflected() && d.reflectsAny() }},
		},
		remedy: fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind: Kind{WildcardWithCredentials, "Access-Control-Allow-Origin: * is sent for requests with credentials", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 90, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectRefused && d.wildcard(s) && d.wildcardWithCredentials()
			}},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{WildcardByShape, "Access-Control-Allow-Origin depends on the cookie", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 80, func(d *diagnosis, s *symptom) bool { return d.wildcard(s) && d.dependsOnCookie() }},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{WildcardRuntimeError, "every request with an Origin header gets a 5xx response", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placePreflight + 150, func(d *diagnosis, s *symptom) bool {
				return (s.effect == effectRefused || s.effect == effectStatus) && s.status() >= 500 && d.failsWithOrigin() && d.servesWithoutOrigin() && !d.neverServes(s)
			}},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind:     Kind{NullOriginAllowed, "the origin null is allowed", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{SuffixMatch, "origins are matched by their suffix only", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{PrefixMatch, "origins are matched by their prefix only", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{SubstringMatch, "origins are matched by substring", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{UnescapedDot, "an unescaped dot in the expression matches any character", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{UnanchoredRegex, "the origin expression is not anchored", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{CrossProduct, "parts of allowed origins combine into one that is denied", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{AnySubdomain, "every subdomain is allowed", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{WildcardDepth, "a wildcard matches the wrong number of labels", SeverityHole, LayerGateway},
		compares: true,
		explains: []explanation{
			{placeSilence + 60, func(d *diagnosis, s *symptom) bool { return s.missing() && d.neverMatches(s) && s.spansLabels() }},
		},
		remedy: wildcardDepthRemedy,
	},
	{
		Kind:     Kind{HTTPSchemeTrusted, "the origin's scheme is not compared", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{PortIgnored, "the origin's port is not compared", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{OriginCaseFolded, "origins are matched case-insensitively", SeverityAnnoyance, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
		note: &note{10, func(f *fact) bool { return f.noted && f.consents }, "an origin in capitals may read, too; no browser sends one", nil,
			func(d *diagnosis, f *fact) bool { return d.matchers[f.matched()] == OriginCaseFolded }},
	},
	{
		Kind:     Kind{SpecialCharacters, "a special character in the host defeats the origin match", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{SharedHost, "an origin on a shared host is allowed", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{DevOriginInProd, "a development origin is allowed in production", SeverityHole, LayerGateway},
		compares: true,
		explains: []explanation{
			{placeScope + 60, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectAllowed && s.probes(catalog.AreaOrigin, catalog.OtherTarget)
			}},
		},
		remedy: fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind: Kind{PolicyWidened, "Access-Control-Allow-Origin: * is sent where the policy lists origins", SeverityHole, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 100, func(d *diagnosis, s *symptom) bool { return d.wildcard(s) }},
		},
		remedy: fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind: Kind{PolicyNeverMatches, "an allowed origin never matches", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeCredentials + 40, func(d *diagnosis, s *symptom) bool {
				return s.withoutCredentials() && s.status() < 400 && !d.allowsCredentials(s, func(f *fact) bool { return f.origin == s.origin() })
			}},
			{placeSilence + 70, func(d *diagnosis, s *symptom) bool { return s.missing() && d.neverMatches(s) }},
			{placeSilence + 75, func(d *diagnosis, s *symptom) bool { return s.missing() && d.namesOthersAlone(s.route) }},
			{placeSilence + 80, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectAllowed && d.someSymptom(func(o *symptom) bool {
					return o.route == s.route && o.missing() && o.origin()+"/" == s.origin() && d.neverMatches(o)
				})
			}},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{FilterNotImplemented, "no response has CORS headers", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placePreflight + 10, func(d *diagnosis, s *symptom) bool {
				refused := s.missing() || s.effect == effectRefused && s.preflight()
				return (refused || s.passedOn() || s.cached() || s.effect == effectHidden) && d.saysNothing()
			}},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{MigrationDrift, "the same settings have another meaning in this gateway", SeverityOutage, LayerGateway},
	},
	{
		Kind: Kind{CORSPathBypass, "another spelling of the path bypasses the policy", SeverityHole, LayerGateway},
		explains: []explanation{
			{placeScope + 50, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectAllowed && s.probes(catalog.AreaScope, catalog.Spelled) && !d.someSymptom(func(o *symptom) bool {
					return o.effect == effectAllowed &&
						(o.probes(catalog.AreaScope, catalog.ForNobody) && o.Case.Route == s.Case.Route || o.probes(catalog.AreaScope, catalog.Unlisted) && s.route == nil)
				})
			}},
		},
		remedy: fixedBy(policy.FixScope, nothing),
	},
}
