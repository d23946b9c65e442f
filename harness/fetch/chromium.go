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
	Profile:  "the last preflight for a URL and origin replaces what the ones before it allowed",
	Link:     chromiumSource + "services/network/cors/preflight_cache.cc",
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
	Rule:     RuleSameSiteLaxByDefault,
	Kind:     ImplementationDefined,
	Standard: "a cookie without SameSite goes with cross-site requests",
	Profile:  "it is Lax",
	Link:     "https://chromestatus.com/feature/5088147346030592",
}, {
	Rule:     RuleNoThirdPartyCookies,
	Kind:     FromEnvironment,
	Standard: "whether cookies are disabled for a request is the user agent's configuration",
	Profile:  "headless Chromium neither stores nor sends cookies of a site that isn't the top-level one",
	Link:     "https://developers.google.com/privacy-sandbox/cookies",
}}, errata...)...)
