package judge

import "slices"

// A Kind is what all findings with one ID have in common.
type Kind struct {
	ID FindingID `json:"id"`
	// Title completes the ID in a few words.
	Title string `json:"title"`
	// Severity and Fault are the usual ones; what was seen may say otherwise.
	Severity Severity `json:"severity"`
	Fault    Layer    `json:"fault"`
}

// The IDs. Where each is said more of is [Explain].
const (
	Preflight404              FindingID = "preflight-404-no-route"
	Preflight405              FindingID = "preflight-405"
	Preflight401              FindingID = "preflight-401-auth-before-cors"
	Preflight403              FindingID = "preflight-403-rbac-waf"
	PreflightRedirect         FindingID = "preflight-redirect"
	AuthProxyRedirect         FindingID = "auth-proxy-redirect"
	Preflight5xx              FindingID = "preflight-5xx"
	PreflightForwarded        FindingID = "preflight-forwarded-upstream"
	PreflightMTLS             FindingID = "preflight-mtls-no-client-cert"
	PreflightRateLimited      FindingID = "preflight-rate-limited"
	OptionsHijacked           FindingID = "options-hijacked"
	OptionsRejected           FindingID = "options-without-acrm-rejected"
	PreflightNoRoute          FindingID = "preflight-ok-for-nonexistent-route"
	PreflightPermissive       FindingID = "preflight-hardcoded-permissive"
	PreflightActual           FindingID = "preflight-actual-asymmetry"
	PolicyScope               FindingID = "policy-scope-mismatch"
	AcrhMangled               FindingID = "acrh-mangled-in-transit"
	ProtocolDependent         FindingID = "protocol-dependent-cors"
	BrowserHeaderRemoved      FindingID = "browser-request-header-removed"
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
	OriginReflectedAny        FindingID = "origin-reflected-any"
	WildcardWithCredentials   FindingID = "wildcard-with-credentials"
	WildcardByShape           FindingID = "wildcard-credential-by-request-shape"
	WildcardRuntimeError      FindingID = "wildcard-with-credentials-runtime-error"
	NullOriginAllowed         FindingID = "null-origin-allowed"
	SuffixMatch               FindingID = "suffix-match-origin"
	PrefixMatch               FindingID = "prefix-match-origin"
	SubstringMatch            FindingID = "substring-match-origin"
	UnescapedDot              FindingID = "unescaped-dot-regex"
	UnanchoredRegex           FindingID = "unanchored-regex"
	CrossProduct              FindingID = "cross-product-pattern-merge"
	AnySubdomain              FindingID = "any-subdomain-trusted"
	WildcardDepth             FindingID = "wildcard-subdomain-depth"
	HTTPSchemeTrusted         FindingID = "http-scheme-trusted"
	PortIgnored               FindingID = "port-ignored"
	OriginCaseFolded          FindingID = "origin-case-folded"
	SpecialCharacters         FindingID = "special-char-parser-confusion"
	SharedHost                FindingID = "shared-host-trusted"
	DevOriginInProd           FindingID = "dev-origin-in-prod"
	PolicyWidened             FindingID = "policy-widened-on-invalid-config"
	PolicyNeverMatches        FindingID = "policy-never-matches"
	FilterNotImplemented      FindingID = "filter-accepted-not-implemented"
	MigrationDrift            FindingID = "migration-semantics-drift"
	CORSPathBypass            FindingID = "cors-path-match-bypass"
	AllowMethodsMissing       FindingID = "allow-methods-missing"
	MethodCase                FindingID = "method-case"
	AllowHeadersMissing       FindingID = "allow-headers-missing-header"
	AllowHeadersWildcard      FindingID = "allow-headers-wildcard-with-credentials"
	AllowMethodsWildcard      FindingID = "allow-methods-wildcard-with-credentials"
	WildcardNotAuthorization  FindingID = "allow-headers-wildcard-excludes-authorization"
	AllowListInvalid          FindingID = "allow-list-invalid-token"
	AcacNotTrue               FindingID = "acac-not-exact-true"
	AcacForDenied             FindingID = "acac-true-for-denied-origin"
	CookieNotSent             FindingID = "credential-cookie-not-sent"
	CredentialsDropped        FindingID = "credentials-dropped-by-client-mode"
	ExposeMissing             FindingID = "expose-headers-missing"
	ExposeWildcard            FindingID = "expose-headers-wildcard-with-credentials"
	HeadersOnWrongAnswer      FindingID = "expose-headers-only-on-preflight"
	SafelistOverflow          FindingID = "safelist-overflow-preflight"
	RangeNotSafelisted        FindingID = "range-not-safelisted"
	UploadListener            FindingID = "upload-listener-forces-preflight"
	MissingVaryOrigin         FindingID = "missing-vary-origin-cache-poisoning"
	VaryOnNonCORS             FindingID = "vary-missing-on-non-cors-response"
	VaryOverwritten           FindingID = "vary-overwritten"
	PreflightCached           FindingID = "preflight-cached-by-cdn"
	MaxAgeCapped              FindingID = "max-age-capped"
	MaxAgeZero                FindingID = "max-age-zero"
	MaxAgeInvalid             FindingID = "max-age-invalid"
	StalePreflight            FindingID = "stale-preflight-after-policy-change"
	WildcardNeverCached       FindingID = "wildcard-never-cached"
	CacheStatePoisoning       FindingID = "cors-cache-state-poisoning"
	RedirectOriginNull        FindingID = "redirect-origin-null"
	RedirectAuthorization     FindingID = "redirect-preflighted-request-authorization-dropped"
	LocalNetworkAccess        FindingID = "local-network-access-blocked"
	PrivateNetwork            FindingID = "private-network-legacy"
	LooksLikeCORS             FindingID = "looks-like-cors-but-is-not"
	OpaqueSuccess             FindingID = "opaque-no-cors-success"
	CORSDoS                   FindingID = "cors-dos"
	VaryInjection             FindingID = "vary-header-injection"
	NotAccessControl          FindingID = "cors-mistaken-for-access-control"

	// What no class of failure out in the world is, and a policy is still broken by.
	MaxAgeDiffers     FindingID = "max-age-differs"
	CredentialsBeyond FindingID = "credentials-beyond-policy"
	ExposeBeyond      FindingID = "expose-beyond-policy"
	OriginBeyond      FindingID = "origin-beyond-policy"
	AuthBeyond        FindingID = "authentication-beyond-policy"
	NeverServed       FindingID = "never-served"
	Unclassified      FindingID = "unclassified"
)

// kinds are the classes of failure in the order of their catalogue, and after them
// what is of this package alone.
var kinds = []Kind{
	{Preflight404, "the preflight matches no route", SeverityOutage, LayerGateway},
	{Preflight405, "OPTIONS is no method of the route", SeverityOutage, LayerGateway},
	{Preflight401, "the preflight is asked for credentials", SeverityOutage, LayerGateway},
	{Preflight403, "access rules refuse the preflight", SeverityOutage, LayerGateway},
	{PreflightRedirect, "the preflight is redirected", SeverityOutage, LayerGateway},
	{AuthProxyRedirect, "a login page is the answer to an API request", SeverityOutage, LayerGateway},
	{Preflight5xx, "the preflight ends in a server error", SeverityOutage, LayerGateway},
	{PreflightForwarded, "the application has to answer preflights", SeverityOutage, LayerGateway},
	{PreflightMTLS, "the preflight is asked for a client certificate", SeverityOutage, LayerGateway},
	{PreflightRateLimited, "preflights count against a limit", SeverityOutage, LayerGateway},
	{OptionsHijacked, "an OPTIONS that is no preflight never reaches the application", SeverityAnnoyance, LayerGateway},
	{OptionsRejected, "an OPTIONS that is no preflight is refused", SeverityAnnoyance, LayerGateway},
	{PreflightNoRoute, "a preflight succeeds where there is nothing", SeverityAnnoyance, LayerGateway},
	{PreflightPermissive, "the preflight allows more than the policy", SeverityHole, LayerGateway},
	{PreflightActual, "preflight and response don't agree", SeverityOutage, LayerGateway},
	{PolicyScope, "the policy holds at the wrong paths", SeverityOutage, LayerGateway},
	{AcrhMangled, "only one spelling of Access-Control-Request-Headers is understood", SeverityOutage, LayerGateway},
	{ProtocolDependent, "the version of HTTP decides", SeverityOutage, LayerGateway},
	{BrowserHeaderRemoved, "a request header of the browser's is taken away too early", SeverityOutage, LayerGateway},
	{AcaoMissingOnError, "errors name no origin", SeverityMasked, LayerGateway},
	{AcaoMissingOnGatewayError, "errors that the gateway makes itself name no origin", SeverityMasked, LayerGateway},
	{AcaoMissingOnUnmatched, "the 404 of an unknown path names no origin", SeverityMasked, LayerGateway},
	{AcaoMissingOnRedirect, "redirects name no origin", SeverityOutage, LayerGateway},
	{AcaoMissingAuthDenial, "the refusal of a request without authentication names no origin", SeverityMasked, LayerGateway},
	{AcaoDuplicated, "two layers name an origin", SeverityOutage, LayerGateway},
	{AcaoMultiValue, "a list of origins stands where one belongs", SeverityOutage, LayerGateway},
	{AcaoNotAnOrigin, "what is named is no origin", SeverityOutage, LayerGateway},
	{AcaoStaticMismatch, "one origin is named to everybody", SeverityOutage, LayerGateway},
	{AcaoIntermittent, "the same request gets different answers", SeverityOutage, LayerGateway},
	{UpstreamPassthrough, "the application's consent overrules the gateway's no", SeverityHole, LayerGateway},
	{NonCORSBlocked, "requests that are none of CORS's business are refused", SeverityOutage, LayerGateway},
	{DeniedEmpty200, "a denied origin gets an empty success", SeverityOutage, LayerGateway},
	{SameOriginMisdetected, "the target's own pages are refused", SeverityOutage, LayerGateway},
	{AcaoWrongLayer, "a cache in front answers for another origin", SeverityOutage, LayerGateway},
	{OriginReflectedAny, "every origin may read", SeverityHole, LayerGateway},
	{WildcardWithCredentials, "* is sent where requests have credentials", SeverityOutage, LayerGateway},
	{WildcardByShape, "a cookie decides between * and the origin", SeverityOutage, LayerGateway},
	{WildcardRuntimeError, "every request with an Origin ends in a server error", SeverityOutage, LayerGateway},
	{NullOriginAllowed, "the origin of every sandboxed frame may read", SeverityHole, LayerGateway},
	{SuffixMatch, "origins are compared by their end", SeverityHole, LayerGateway},
	{PrefixMatch, "origins are compared by their beginning", SeverityHole, LayerGateway},
	{SubstringMatch, "an allowed origin is searched for anywhere", SeverityHole, LayerGateway},
	{UnescapedDot, "a dot stands for any letter", SeverityHole, LayerGateway},
	{UnanchoredRegex, "an expression isn't tied to the whole origin", SeverityHole, LayerGateway},
	{CrossProduct, "allowed origins add up to one that isn't", SeverityHole, LayerGateway},
	{AnySubdomain, "every host of the domain may read", SeverityHole, LayerGateway},
	{WildcardDepth, "a wildcard stands for another number of labels", SeverityHole, LayerGateway},
	{HTTPSchemeTrusted, "the scheme isn't compared", SeverityHole, LayerGateway},
	{PortIgnored, "the port isn't compared as it stands", SeverityHole, LayerGateway},
	{OriginCaseFolded, "capitals and small letters are the same", SeverityAnnoyance, LayerGateway},
	{SpecialCharacters, "a character ends the host for one parser and not for another", SeverityHole, LayerGateway},
	{SharedHost, "an origin that anybody can have may read", SeverityHole, LayerGateway},
	{DevOriginInProd, "an origin of developers may read here", SeverityHole, LayerGateway},
	{PolicyWidened, "* is sent where the policy names origins", SeverityHole, LayerGateway},
	{PolicyNeverMatches, "an allowed origin is never recognised", SeverityOutage, LayerGateway},
	{FilterNotImplemented, "there is no CORS at all", SeverityOutage, LayerGateway},
	{MigrationDrift, "the same settings mean something else", SeverityOutage, LayerGateway},
	{CORSPathBypass, "another spelling of the path has another policy", SeverityHole, LayerGateway},
	{AllowMethodsMissing, "a method isn't allowed", SeverityOutage, LayerGateway},
	{MethodCase, "a method stands there in another case", SeverityOutage, LayerGateway},
	{AllowHeadersMissing, "a request header isn't allowed", SeverityOutage, LayerGateway},
	{AllowHeadersWildcard, "* is no wildcard for request headers here", SeverityOutage, LayerGateway},
	{AllowMethodsWildcard, "* is no wildcard for methods here", SeverityOutage, LayerGateway},
	{WildcardNotAuthorization, "* doesn't cover Authorization", SeverityAnnoyance, LayerGateway},
	{AllowListInvalid, "a list in the preflight's answer is malformed", SeverityOutage, LayerGateway},
	{AcacNotTrue, "Access-Control-Allow-Credentials isn't exactly true", SeverityOutage, LayerGateway},
	{AcacForDenied, "credentials are allowed to origins that are denied", SeverityAnnoyance, LayerGateway},
	{CookieNotSent, "the browser keeps the cookie back", SeverityOutage, LayerEnvironment},
	{CredentialsDropped, "the page asks without credentials", SeverityOutage, LayerClient},
	{ExposeMissing, "a response header can't be read", SeverityAnnoyance, LayerGateway},
	{ExposeWildcard, "* exposes nothing here", SeverityAnnoyance, LayerGateway},
	{HeadersOnWrongAnswer, "the right header is on the wrong answer", SeverityOutage, LayerGateway},
	{SafelistOverflow, "a long value needs a listing", SeverityOutage, LayerGateway},
	{RangeNotSafelisted, "Range needs a listing", SeverityOutage, LayerGateway},
	{UploadListener, "watching an upload needs a preflight", SeverityOutage, LayerClient},
	{MissingVaryOrigin, "caches keep for all what was meant for one origin", SeverityOutage, LayerGateway},
	{VaryOnNonCORS, "caches keep an answer that names no origin", SeverityOutage, LayerGateway},
	{VaryOverwritten, "the application's Vary is lost", SeverityOutage, LayerGateway},
	{PreflightCached, "a cache in front answers preflights", SeverityOutage, LayerGateway},
	{MaxAgeCapped, "engines keep preflights for a shorter time", SeverityPerformance, LayerEngine},
	{MaxAgeZero, "no preflight is kept", SeverityPerformance, LayerGateway},
	{MaxAgeInvalid, "Access-Control-Max-Age is no number of seconds", SeverityPerformance, LayerGateway},
	{StalePreflight, "browsers go on with the old policy", SeverityAnnoyance, LayerEngine},
	{WildcardNeverCached, "one engine never finds * in its preflight cache", SeverityPerformance, LayerEngine},
	{CacheStatePoisoning, "one odd request keeps others from reading", SeverityOutage, LayerGateway},
	{RedirectOriginNull, "a redirect loses the page's origin", SeverityOutage, LayerGateway},
	{RedirectAuthorization, "a redirect loses Authorization", SeverityOutage, LayerEngine},
	{LocalNetworkAccess, "the browser guards the local network", SeverityOutage, LayerEnvironment},
	{PrivateNetwork, "the target opens the local network to pages", SeverityHole, LayerGateway},
	{LooksLikeCORS, "no answer came", SeverityOutage, LayerEnvironment},
	{OpaqueSuccess, "a success that nobody can read", SeverityAnnoyance, LayerClient},
	{CORSDoS, "an odd request header ends the connection", SeverityOutage, LayerGateway},
	{VaryInjection, "what is asked for comes back in Vary", SeverityHole, LayerGateway},
	{NotAccessControl, "CORS keeps no client out", SeverityAnnoyance, LayerPolicy},
	{MaxAgeDiffers, "preflights are kept for another time than the policy says", SeverityPerformance, LayerGateway},
	{CredentialsBeyond, "credentials are allowed where the policy has none", SeverityHole, LayerGateway},
	{ExposeBeyond, "a response header can be read that the policy doesn't expose", SeverityHole, LayerGateway},
	{OriginBeyond, "the gateway's config names an origin that the policy doesn't allow", SeverityHole, LayerGateway},
	{AuthBeyond, "the target wants authentication that the policy doesn't mention", SeverityOutage, LayerPolicy},
	{NeverServed, "no request is served, whatever its origin", SeverityOutage, LayerGateway},
	{Unclassified, "what came isn't what the policy calls for", SeverityOutage, LayerGateway},
}

// Kinds returns every kind of finding. The slice is the caller's.
func Kinds() []Kind { return slices.Clone(kinds) }

// KindOf returns the kind with an ID; false if there is none.
func KindOf(id FindingID) (Kind, bool) {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.ID == id })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}
