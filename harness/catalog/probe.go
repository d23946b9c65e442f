package catalog

// A Probe is what a case varies, as a value. What a case shows is told from its
// probe and never from its ID, whose beginning the probe is: see [Probe.String].
// Probes are comparable.
type Probe struct {
	Area      Area
	Variation Variation
	// Detail is which of several, where the variation says so: how something is
	// spelled, or which error is provoked.
	Detail string
	// Relation is what the page's origin is to those that the policy allows; set
	// in [AreaOrigin] alone.
	Relation Relation
}

// An Area is what a case is about.
type Area string

const (
	AreaRoute       Area = "route"       // who may use a route at all
	AreaOrigin      Area = "origin"      // who may read
	AreaMethod      Area = "method"      // which methods pages may use
	AreaHeader      Area = "header"      // which request headers pages may set
	AreaCredentials Area = "credentials" // with a visitor's credentials or without
	AreaExpose      Area = "expose"      // which response headers pages may read
	AreaMaxAge      Area = "max-age"     // how long a preflight holds
	AreaAuth        Area = "auth"        // what the target authenticates by
	AreaError       Area = "error"       // which errors pages may read
	AreaCache       Area = "cache"       // one URL out of a cache
	AreaRedirect    Area = "redirect"    // along redirects
	AreaSteady      Area = "steady"      // the same request again
	AreaLayer       Area = "layer"       // the upstream consents by itself
	AreaScope       Area = "scope"       // where the policy holds
)

// A Variation is what a case varies in its area. Those of several areas stand
// first.
type Variation string

const (
	Allowed Variation = "allowed" // what the policy allows, or lists
	Denied  Variation = "denied"  // who may not read
	Outside Variation = "outside" // what the policy doesn't list

	// Arbitrary is an origin that the policy has nothing to do with. Every other
	// attack in [AreaOrigin] has its own name as well.
	Arbitrary   Variation = "arbitrary"
	Named       Variation = "named"          // the target's config names the origin
	Matched     Variation = "matched"        // an expression of the target's config matches it
	MatchesMore Variation = "matched-beside" // one that also matches an allowed origin does
	OtherRoute  Variation = "other-route"    // other routes allow it
	OtherTarget Variation = "other-target"   // other targets allow it

	OtherCase Variation = "case" // a listed method in small letters

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
	ByGateway     Variation = "gateway/"         // the gateway makes the error that Detail provokes
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
	Spelled      Variation = "spelled-" // a route's path as Detail spells it
	OverHTTP1    Variation = "http1"
	OverHTTP2    Variation = "http2"
	NoOrigin     Variation = "no-origin"
	OwnOrigin    Variation = "own-origin"
	PlainOptions Variation = "plain-options" // an OPTIONS that is no preflight
)

// A Relation is what an origin is to those that the policy allows: in what a
// comparison is wrong that takes it for one of them.
type Relation string

const (
	RelationNone      Relation = ""
	RelationMatched   Relation = "matched"   // none but that the target's config matches it, too
	RelationAnybody   Relation = "anybody"   // every origin is taken
	RelationNull      Relation = "null"      // the opaque origin, or what ends in its name
	RelationPrefix    Relation = "prefix"    // it begins like an allowed one
	RelationSuffix    Relation = "suffix"    // it ends like one
	RelationSubstring Relation = "substring" // one is somewhere in it
	RelationSubdomain Relation = "subdomain" // it is another host of one's domain, or of the target's
	RelationDot       Relation = "dot"       // it has other letters where one has dots
	RelationScheme    Relation = "scheme"    // it has another scheme
	RelationPort      Relation = "port"      // it has another port, or something else in its place
	RelationCase      Relation = "case"      // it has other letter case
	RelationCharacter Relation = "character" // a parser takes it for one because of a character
	RelationLocal     Relation = "local"     // it is whatever runs on the visitor's machine
	RelationShared    Relation = "shared"    // it is one that anybody can have
	RelationWildcard  Relation = "wildcard"  // a wildcard stands for more than it may
)

// Is reports whether a probe is in an area and, if variations are given, whether it
// is one of them.
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

// EndsInError reports whether what answers the requests is to answer with an error.
func (p Probe) EndsInError() bool { return p.Is(AreaError) || p.Is(AreaAuth, Missing) }

// String is the area and what is varied in it: the beginning of the IDs of cases
// with the probe, but in [AreaRoute], where the route's name comes between.
func (p Probe) String() string {
	return string(p.Area) + "/" + string(p.Variation) + p.Detail
}
