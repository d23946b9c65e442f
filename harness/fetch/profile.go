package fetch

import "slices"

// A Profile says how a user agent differs from the standard. [Standard] is the default.
// Profiles are read-only.
type Profile struct {
	// Name is "standard" or the name of an engine.
	Name string
	// Differences are the known differences; each is as narrow as its rule.
	Differences []Difference

	rules map[Rule]bool // what code asks for
}

// A Difference is one difference between a profile and the text of the standard.
type Difference struct {
	Rule Rule
	Kind DifferenceKind
	// Standard is what the text says, Profile what the user agent does instead.
	Standard, Profile string
	// Link is the source, issue or passage that shows the difference.
	Link string
}

// A Rule names what a difference changes. It applies only if a profile lists it.
type Rule string

// A DifferenceKind is the reason for a difference.
type DifferenceKind string

const (
	// Deviation means that the engine violates the text.
	Deviation DifferenceKind = "deviation"
	// ImplementationDefined means that the text leaves it to the user agent.
	ImplementationDefined DifferenceKind = "implementation-defined"
	// SpecErratum means that the text has a mistake, and the model follows its intent.
	SpecErratum DifferenceKind = "spec-erratum"
)

// The rules. Each is the name of one or more [Difference] entries.
const (
	RuleExposeHeadersFailure      Rule = "expose-headers-failure"
	RuleLocationGrammar           Rule = "location-grammar"
	RuleSameSiteOfRequest         Rule = "same-site-of-request"
	RuleNoChallengeNoPrompt       Rule = "no-challenge-no-prompt"
	RuleCredentiallessTaint       Rule = "credentialless-taint"
	RuleCombineRepeatedHeaders    Rule = "combine-repeated-headers"
	RuleClientHintsSafelisted     Rule = "client-hints-safelisted"
	RuleWildcardAuthorization     Rule = "wildcard-covers-authorization"
	RuleCacheOnePreflight         Rule = "cache-one-preflight"
	RuleCacheNotCleared           Rule = "cache-not-cleared"
	RuleCacheModeBypassesCache    Rule = "cache-mode-bypasses-preflight-cache"
	RuleCachedWildcardCredentials Rule = "cached-wildcard-void-with-credentials"
	RuleNegativeMaxAge            Rule = "negative-max-age"
	RuleMaxAgeLimit2h             Rule = "max-age-limit-2h"
	RuleKeepaliveLimitFirst       Rule = "keepalive-limit-first"
	RuleSameSiteIgnoresRedirects  Rule = "same-site-ignores-redirects"
	RuleUnsetIsLax                Rule = "same-site-unset-is-lax"
	RuleNoneNeedsSecure           Rule = "same-site-none-needs-secure"
	RuleOriginIgnoresReferrer     Rule = "origin-ignores-referrer-policy"
	RuleRedirectCredentials       Rule = "no-credentials-in-redirects"
	RuleEqualLocations            Rule = "equal-locations-are-one"
	RuleUserAgentForbidden        Rule = "user-agent-forbidden"
	RuleConditionalRevalidates    Rule = "conditional-request-revalidates"
	RuleUnsafeMethodKeepsStored   Rule = "unsafe-method-keeps-stored"
	RuleForcedListsMethod         Rule = "forced-preflight-lists-its-method"
	RuleHEADFromStoredGET         Rule = "head-from-stored-get"
	RuleAddressIsNoSite           Rule = "address-is-no-site"
	RuleXHRCharsetInPlace         Rule = "xhr-charset-in-place"
	RuleRangeOf63Bits             Rule = "range-of-63-bits"
	RuleAboutNotFetched           Rule = "about-blank-not-fetched"
	RuleUploadListenerNeedsBody   Rule = "upload-listener-needs-body"
	RuleTaintedNotCached          Rule = "tainted-origin-not-cached"
	RuleLocationFirst             Rule = "location-before-checks"
	RulePreflightRedirectFirst    Rule = "preflight-redirect-before-check"
	RuleNoLocationNoRedirect      Rule = "no-location-no-redirect"
	RuleNoCORSRedirectNull        Rule = "no-cors-redirect-null-origin"
	RuleIntegrityUnparsedIsNone   Rule = "integrity-unparsed-is-none"
	RuleHintsDropped              Rule = "client-hints-dropped-by-redirects"
	RuleEmptyLocationIsNone       Rule = "empty-location-is-none"
	RuleRefusedNotStored          Rule = "refused-response-not-stored"
	RuleInvalidatesTargetAlone    Rule = "invalidates-the-target-alone"
	RuleModeFirst                 Rule = "mode-before-port-and-mixed-content"
	RuleKeepalive19Redirects      Rule = "keepalive-follows-19-redirects"
	RuleConditionsFor200Alone     Rule = "conditions-for-200-alone"
	RuleStreamIsCORS              Rule = "stream-is-mode-cors"
	RuleNoCachePassesOver         Rule = "no-cache-passes-over-the-cache"
	RuleStoresAnyStatus           Rule = "stores-any-status"
	RuleOneStoredForURL           Rule = "one-stored-response-for-a-url"
	RuleUnsafeFromStored          Rule = "unsafe-method-from-stored"
	RuleVaryAbsentIsEmpty         Rule = "vary-absent-is-empty"
	RuleUnusableDropped           Rule = "unusable-stored-is-dropped"
	RuleValidationKeepsType       Rule = "validation-keeps-content-type"
	RuleHeuristicLifetimes        Rule = "heuristic-lifetimes"
	RuleRedirectModeErrorLast     Rule = "redirect-mode-error-after-credentials"
	RuleDowngradeByScheme         Rule = "referrer-downgrade-by-scheme"
	Rule407WithoutProxy           Rule = "407-without-proxy-fails"
	RuleTimeoutSentAgain          Rule = "408-on-an-open-connection-is-sent-again"
	RuleURLCredentialsDropped     Rule = "url-credentials-dropped"
	RuleOpaqueMixedContent        Rule = "opaque-origin-mixed-content"
	RuleKeepaliveSentOn           Rule = "keepalive-follows-manual-without-cors"
)

func newProfile(name string, differences ...Difference) Profile {
	p := Profile{Name: name, Differences: differences, rules: map[Rule]bool{}}
	for _, d := range differences {
		if d.Kind != SpecErratum { // which the standard has as well
			p.rules[d.Rule] = true
		}
	}
	return p
}

func (p *Profile) has(r Rule) bool { return len(p.rules) > 0 && p.rules[r] }

// Without returns the profile without some of its rules, under the same name: the effect
// of a rule is what changes without it.
func (p *Profile) Without(rules ...Rule) *Profile {
	var rest []Difference
	for _, d := range p.Differences {
		if !slices.Contains(rules, d.Rule) {
			rest = append(rest, d)
		}
	}
	without := newProfile(p.Name, rest...)
	return &without
}

// ProfileByName returns a built-in profile; empty means the standard.
func ProfileByName(name string) (*Profile, bool) {
	switch name {
	case "", Standard.Name:
		return &Standard, true
	case Chromium.Name:
		return &Chromium, true
	}
	return nil, false
}

// Standard is the Fetch Standard at the pinned commit. Its differences are mistakes in
// the text.
var Standard = newProfile("standard", errata...)

var errata = []Difference{{
	Rule:     RuleExposeHeadersFailure,
	Kind:     SpecErratum,
	Standard: `main fetch, step 14.1.3, "if headerNames is non-null or failure": a failure would become the list`,
	Profile:  `read "neither null nor failure": an Access-Control-Expose-Headers that doesn't parse exposes nothing`,
	Link:     "https://fetch.spec.whatwg.org/#concept-main-fetch",
}, {
	Rule:     RuleLocationGrammar,
	Kind:     SpecErratum,
	Standard: "location URL, step 2, fails a Location that isn't a URI-reference of RFC 3986, such as one with a space",
	Profile:  "the one value is given to the URL parser as it is, as all engines do",
	Link:     "https://github.com/whatwg/fetch/issues/814",
}, {
	Rule: RuleSameSiteOfRequest,
	Kind: SpecErratum,
	Standard: "determine the same-site mode asserts GET or POST, and compares neither the page's site nor the request's " +
		"origin with the URL, so that a cross-site fetch would carry SameSite=Strict cookies",
	Profile: "any method; a request whose origin isn't same site with its current URL is cross-site, as RFC 6265bis, section 5.2, says",
	Link:    "https://fetch.spec.whatwg.org/#cookie-infrastructure",
}, {
	Rule:     RuleNoChallengeNoPrompt,
	Kind:     SpecErratum,
	Standard: `HTTP-network-or-cache fetch, step 15.1, leaves a 401 without WWW-Authenticate open ("Needs testing")`,
	Profile:  "such a 401 is a response like any other: nobody is prompted",
	Link:     "https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch",
}, {
	Rule:     RuleCredentiallessTaint,
	Kind:     SpecErratum,
	Standard: `Cross-Origin-Embedder-Policy allows credentials, step 5, for same origin and a redirect-taint that "is not same-origin"`,
	Profile:  "for a redirect-taint that is same-origin: an untainted same-origin request keeps its credentials",
	Link:     "https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials",
}}
