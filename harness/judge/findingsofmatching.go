package judge

import (
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/policy"
)

// Origins are matched too loosely or too tightly.
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
		Kind:     Kind{OriginReflectedAny, "every origin may read", SeverityHole, LayerGateway},
		compares: true,
		explains: []explanation{
			{placeScope + 5, func(d *diagnosis, s *symptom) bool { return s.reflected() && d.reflectsAny() }},
		},
		remedy: fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind: Kind{WildcardWithCredentials, "* is sent where requests have credentials", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 90, func(d *diagnosis, s *symptom) bool { return d.wildcard(s) && d.wildcardWithCredentials() }},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{WildcardByShape, "a cookie decides between * and the origin", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 80, func(d *diagnosis, s *symptom) bool { return d.wildcard(s) && d.dependsOnCookie() }},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{WildcardRuntimeError, "every request with an Origin ends in a server error", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placePreflight + 150, func(d *diagnosis, s *symptom) bool {
				return (s.effect == effectRefused || s.effect == effectStatus) && s.status() >= 500 && d.failsWithOrigin() && d.servesWithoutOrigin() && !d.neverServes(s)
			}},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind:     Kind{NullOriginAllowed, "the origin of every sandboxed frame may read", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{SuffixMatch, "origins are compared by their end", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{PrefixMatch, "origins are compared by their beginning", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{SubstringMatch, "an allowed origin is searched for anywhere", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{UnescapedDot, "a dot stands for any letter", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{UnanchoredRegex, "an expression isn't tied to the whole origin", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{CrossProduct, "allowed origins add up to one that isn't", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{AnySubdomain, "every host of the domain may read", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{WildcardDepth, "a wildcard stands for another number of labels", SeverityHole, LayerGateway},
		compares: true,
		explains: []explanation{
			{placeSilence + 60, func(d *diagnosis, s *symptom) bool { return s.missing() && d.neverMatches(s) && s.spansLabels() }},
		},
		remedy: wildcardDepthRemedy,
	},
	{
		Kind:     Kind{HTTPSchemeTrusted, "the scheme isn't compared", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{PortIgnored, "the port isn't compared as it stands", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{OriginCaseFolded, "capitals and small letters are the same", SeverityAnnoyance, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
		note: &note{10, func(f *fact) bool { return f.noted && f.consents }, "an origin in capitals may read, too; no browser sends one", nil,
			func(d *diagnosis, f *fact) bool { return d.matchers[f.matched()] == OriginCaseFolded }},
	},
	{
		Kind:     Kind{SpecialCharacters, "a character ends the host for one parser and not for another", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{SharedHost, "an origin that anybody can have may read", SeverityHole, LayerGateway},
		compares: true,
		remedy:   fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind:     Kind{DevOriginInProd, "an origin of developers may read here", SeverityHole, LayerGateway},
		compares: true,
		explains: []explanation{
			{placeScope + 60, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectAllowed && s.probes(catalog.AreaOrigin, catalog.OtherTarget)
			}},
		},
		remedy: fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind: Kind{PolicyWidened, "* is sent where the policy names origins", SeverityHole, LayerGateway},
		explains: []explanation{
			{placeAllowOrigin + 100, func(d *diagnosis, s *symptom) bool { return d.wildcard(s) }},
		},
		remedy: fixedBy(policy.FixDenyOrigin, origins),
	},
	{
		Kind: Kind{PolicyNeverMatches, "an allowed origin is never recognised", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeCredentials + 40, func(d *diagnosis, s *symptom) bool {
				return s.withoutCredentials() && s.status() < 400 && !d.allowsCredentials(s, func(f *fact) bool { return f.origin == s.origin() })
			}},
			{placeSilence + 70, func(d *diagnosis, s *symptom) bool { return s.missing() && d.neverMatches(s) }},
			{placeSilence + 80, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectAllowed && d.someSymptom(func(o *symptom) bool {
					return o.route == s.route && o.missing() && o.origin()+"/" == s.origin() && d.neverMatches(o)
				})
			}},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{FilterNotImplemented, "there is no CORS at all", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placePreflight + 10, func(d *diagnosis, s *symptom) bool {
				refused := s.missing() || s.effect == effectRefused && s.preflight()
				return (refused || s.passedOn() || s.cached() || s.effect == effectHidden) && d.saysNothing()
			}},
		},
		remedy: fixedBy(policy.FixAllowOrigin, origins),
	},
	{
		Kind: Kind{MigrationDrift, "the same settings mean something else", SeverityOutage, LayerGateway},
	},
	{
		Kind: Kind{CORSPathBypass, "another spelling of the path has another policy", SeverityHole, LayerGateway},
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
