package catalog

// A Probe is what a case varies, as a value. Code decides by the probe what a case shows,
// never by its ID, which begins with the probe: see [Probe.String]. Probes are
// comparable.
type Probe struct {
	Area      Area
	Variation Variation
	// Detail says which of several, if the variation has several: how something is
	// spelled, or which error is triggered.
	Detail string
	// Relation is the relation of the page's origin to the allowed ones; it is set only
	// in [AreaOrigin].
	Relation Relation
}

// An Area is the part of the policy or of CORS that a case tests.
type Area string

const (
	AreaRoute       Area = "route"       // who may use a route at all
	AreaOrigin      Area = "origin"      // who may read
	AreaMethod      Area = "method"      // which methods pages may use
	AreaHeader      Area = "header"      // which request headers pages may set
	AreaCredentials Area = "credentials" // with a visitor's credentials or without
	AreaExpose      Area = "expose"      // which response headers pages may read
	AreaMaxAge      Area = "max-age"     // how long browsers cache a preflight
	AreaAuth        Area = "auth"        // how requests are authenticated
	AreaError       Area = "error"       // which errors pages may read
	AreaCache       Area = "cache"       // one URL served from a cache
	AreaRedirect    Area = "redirect"    // redirects
	AreaSteady      Area = "steady"      // the same request repeated
	AreaLayer       Area = "layer"       // CORS headers of the upstream itself
	AreaScope       Area = "scope"       // where the policy applies
)

// A Variation is what a case varies in its area. Variations of several areas come first.
type Variation string

const (
	Allowed Variation = "allowed" // what the policy allows or lists
	Denied  Variation = "denied"  // an origin that may not read
	Outside Variation = "outside" // what the policy does not list

	// Arbitrary is an origin unrelated to the policy. Every other attack in [AreaOrigin]
	// has its own name as well.
	Arbitrary   Variation = "arbitrary"
	Named       Variation = "named"          // the target's config names the origin
	Matched     Variation = "matched"        // an expression of the target's config matches it
	MatchesMore Variation = "matched-beside" // an expression that also matches an allowed origin matches it
	OtherRoute  Variation = "other-route"    // other routes allow it
	OtherTarget Variation = "other-target"   // other targets allow it

	OtherCase Variation = "case" // a listed method in lower case

	AllAtOnce Variation = "all"         // all listed request headers
	AskedWith Variation = "asked-with-" // their names as Detail spells them

	WithCookie Variation = "with-cookie"
	EmptyJar   Variation = "empty-jar"
	Omitted    Variation = "omitted"
	Refused    Variation = "refused" // credentials where the policy has none

	Readable Variation = "readable" // a response header that the policy exposes

	AtOnce         Variation = "at-once"
	PastTheDefault Variation = "past-the-default"
	NearlyOver     Variation = "nearly-over"
	Over           Variation = "over"

	Preflight Variation = "preflight" // without credentials, as every preflight is
	Missing   Variation = "missing"   // a request without its authentication

	ByApplication Variation = "application"
	ByGateway     Variation = "gateway/"         // the gateway generates the error that Detail triggers
	Unrouted      Variation = "gateway/unrouted" // its 404 for a path without a route

	ImageFirst  Variation = "image-first"
	VaryKept    Variation = "vary-kept"
	InOrder     Variation = "in-order"
	DeniedFirst Variation = "denied-first"
	OtherFirst  Variation = "other-first"

	OwnRedirect            Variation = "own"
	OwnRedirectPreflighted Variation = "own-preflighted"
	ToElsewhere            Variation = "elsewhere"

	Interleaved    Variation = "interleaved"
	AfterOddOrigin Variation = "after-odd-origin"

	BothConsent      Variation = "both-consent"
	UpstreamConsents Variation = "upstream-consents"

	ForNobody    Variation = "none"     // a route that says cors: none
	Unlisted     Variation = "unlisted" // a path that the policy doesn't list
	Spelled      Variation = "spelled-" // the path of a route as spelled by Detail
	OverHTTP1    Variation = "http1"
	OverHTTP2    Variation = "http2"
	NoOrigin     Variation = "no-origin"
	OwnOrigin    Variation = "own-origin"
	PlainOptions Variation = "plain-options" // an OPTIONS that is no preflight
)

// A Relation is the relation of an origin to the allowed ones: the mistake in a
// comparison that accepts it.
type Relation string

const (
	RelationNone      Relation = ""
	RelationMatched   Relation = "matched"   // only that an expression of the target's config matches it
	RelationAnybody   Relation = "anybody"   // every origin is accepted
	RelationNull      Relation = "null"      // the opaque origin, or an origin that ends in its name
	RelationPrefix    Relation = "prefix"    // it begins like an allowed one
	RelationSuffix    Relation = "suffix"    // it ends like one
	RelationSubstring Relation = "substring" // it contains an allowed one
	RelationSubdomain Relation = "subdomain" // it is another host of an allowed domain, or of the target's
	RelationDot       Relation = "dot"       // it has other letters in place of dots
	RelationScheme    Relation = "scheme"    // it has another scheme
	RelationPort      Relation = "port"      // it has another port, or other text in its place
	RelationCase      Relation = "case"      // it has other letter case
	RelationCharacter Relation = "character" // it contains a character that confuses a parser
	RelationLocal     Relation = "local"     // it is on the visitor's machine
	RelationShared    Relation = "shared"    // anybody can get it
	RelationWildcard  Relation = "wildcard"  // a wildcard matches more than it may
)

// Is reports whether a probe is in an area and, if variations are given, is one of them.
func (p Probe) Is(area Area, variations ...Variation) bool {
	if p.Area != area {
		return false
	}
	for _, v := range variations {
		if p.Variation == v {
			return true
		}
	}
	return len(variations) == 0
}

// EndsInError reports whether the probe expects an error response.
func (p Probe) EndsInError() bool { return p.Is(AreaError) || p.Is(AreaAuth, Missing) }

// String returns the area and what is varied in it: the beginning of the IDs of cases
// with the probe. In [AreaRoute] the route's name comes between the two.
func (p Probe) String() string {
	return string(p.Area) + "/" + string(p.Variation) + p.Detail
}
