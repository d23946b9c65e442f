package fetch

const chromiumSource = "https://source.chromium.org/chromium/chromium/src/+/main:"

// Chromium is Chromium 156 as it was observed over the wire.
var Chromium = newProfile("chromium", append([]Difference{{
	Rule:     RuleCombineRepeatedHeaders,
	Kind:     Deviation,
	Standard: "CORS-unsafe request-header names judges each header field",
	Profile:  "fields with the same name are combined first, so that two of 100 bytes are above the limit of 128",
	Link:     chromiumSource + "services/network/public/cpp/cors/cors.cc",
}, {
	Rule:     RuleClientHintsSafelisted,
	Kind:     Deviation,
	Standard: "no client hint is a CORS-safelisted request-header",
	Profile:  "DPR and Save-Data need no preflight",
	Link:     chromiumSource + "services/network/public/cpp/cors/cors.cc",
}, {
	Rule:     RuleWildcardAuthorization,
	Kind:     Deviation,
	Standard: "CORS-preflight fetch, step 7.6: Authorization must be listed by name",
	Profile:  "Access-Control-Allow-Headers: * covers Authorization",
	Link:     "https://chromestatus.com/feature/5742041264816128",
}, {
	Rule:     RuleCacheOnePreflight,
	Kind:     Deviation,
	Standard: "cache entries of several preflights add up",
	Profile: "there is one entry for a URL and origin: the last preflight replaces it, and a request that it doesn't cover " +
		"drops it",
	Link: chromiumSource + "services/network/cors/preflight_cache.cc",
}, {
	Rule:     RuleCacheNotCleared,
	Kind:     Deviation,
	Standard: "main fetch, step 12(6).3: a network error clears the cache entries of the URL",
	Profile:  "the entries stay",
	Link:     chromiumSource + "services/network/cors/cors_url_loader.cc",
}, {
	Rule:     RuleCacheModeBypassesCache,
	Kind:     Deviation,
	Standard: "cache modes don't touch the CORS-preflight cache",
	Profile:  "no-store, reload and no-cache preflight again",
	Link:     chromiumSource + "services/network/cors/preflight_controller.cc",
}, {
	Rule:     RuleCachedWildcardCredentials,
	Kind:     Deviation,
	Standard: "a cache entry for * matches any method and header name, stored by a request with credentials too",
	Profile:  "with credentials mode include, a stored * stands for itself alone",
	Link:     chromiumSource + "services/network/public/cpp/cors/preflight_result.cc",
}, {
	Rule:     RuleNegativeMaxAge,
	Kind:     Deviation,
	Standard: "a negative Access-Control-Max-Age isn't delta-seconds: 5 seconds, as if absent",
	Profile:  "nothing is cached",
	Link:     chromiumSource + "services/network/public/cpp/cors/preflight_result.cc",
}, {
	Rule:     RuleMaxAgeLimit2h,
	Kind:     ImplementationDefined,
	Standard: "CORS-preflight fetch, step 7.10: an imposed limit",
	Profile:  "the limit is 7200 seconds",
	Link:     chromiumSource + "services/network/public/cpp/cors/preflight_result.cc",
}, {
	Rule:     RuleKeepaliveLimitFirst,
	Kind:     Deviation,
	Standard: "the limit of 64 KiB is checked in HTTP-network-or-cache fetch, after the preflight",
	Profile:  "it is checked before anything is sent",
	Link:     chromiumSource + "third_party/blink/renderer/core/fetch/fetch_manager.cc",
}, {
	Rule:     RuleSameSiteIgnoresRedirects,
	Kind:     Deviation,
	Standard: "determine the same-site mode: a redirect through another site makes the rest of the chain cross-site",
	Profile:  "only the page and the current URL count",
	Link:     chromiumSource + "net/base/features.cc",
}, {
	Rule:     RuleNoneNeedsSecure,
	Kind:     Deviation,
	Standard: "a cookie with SameSite=None and without Secure is a cookie like any other",
	Profile:  "it is not stored",
	Link:     "https://chromestatus.com/feature/5633521622188032",
}, {
	Rule:     RuleOriginIgnoresReferrer,
	Kind:     Deviation,
	Standard: "append a request Origin header, step 4.1: outside mode cors the referrer policy may make it null",
	Profile:  "the referrer policy doesn't matter to the Origin of fetch()",
	Link:     chromiumSource + "third_party/blink/renderer/platform/loader/fetch/resource_request.cc",
}, {
	Rule:     RuleRedirectCredentials,
	Kind:     Deviation,
	Standard: "HTTP-redirect fetch, steps 9 and 10, refuse credentials in a Location across origins alone",
	Profile:  "a redirect to a URL with credentials is refused within the page's own origin, too",
	Link:     "https://chromestatus.com/feature/5669008342777856",
}, {
	Rule:     RuleEqualLocations,
	Kind:     Deviation,
	Standard: "location URL, step 2: several Location lines are a failure",
	Profile:  "several that are equal count as one",
	Link:     chromiumSource + "net/http/http_stream_parser.cc",
}, {
	Rule:     RuleUserAgentForbidden,
	Kind:     Deviation,
	Standard: "User-Agent is no forbidden request-header",
	Profile:  "a User-Agent that page code sets is dropped",
	Link:     "https://crbug.com/571722",
}, {
	Rule:     RuleConditionalRevalidates,
	Kind:     Deviation,
	Standard: "HTTP-network-or-cache fetch, step 8.16: a conditional header of the author's makes the cache mode no-store",
	Profile:  "it makes it no-cache, so that Cache-Control is max-age=0 and there is no Pragma; force-cache too",
	Link:     chromiumSource + "third_party/blink/renderer/core/loader/frame_fetch_context.cc",
}, {
	Rule:     RuleForcedListsMethod,
	Kind:     Deviation,
	Standard: "CORS-preflight fetch, step 7.4: the method of a forced preflight counts as listed if there is no list",
	Profile:  "a method that isn't safelisted has to be listed all the same",
	Link:     chromiumSource + "services/network/cors/preflight_controller.cc",
}, {
	Rule:     RuleUnsafeMethodKeepsStored,
	Kind:     Deviation,
	Standard: "HTTP-network-or-cache fetch, step 11.3: an unsafe method that worked invalidates the stored response",
	Profile:  "POST, DELETE and PATCH do; after PUT, or a method of no standard, it stays in use",
	Link:     chromiumSource + "net/http/http_cache_transaction.cc",
}, {
	Rule:     RuleNoThirdPartyCookies,
	Kind:     FromEnvironment,
	Standard: "whether cookies are disabled for a request is the user agent's configuration",
	Profile:  "headless Chromium neither stores nor sends cookies of a site that isn't the top-level one",
	Link:     "https://developers.google.com/privacy-sandbox/cookies",
}}, errata...)...)
