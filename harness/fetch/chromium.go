package fetch

const chromiumSource = "https://source.chromium.org/chromium/chromium/src/+/main:"

// Chromium is the profile of Chromium 156, as observed on the wire.
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
	Profile: "DPR, Device-Memory and Downlink with a decimal number, Width, Viewport-Width and RTT with a whole one, " +
		"Save-Data: on, ECT with one of its words, and Intervention need no preflight",
	Link: chromiumSource + "services/network/public/cpp/cors/cors.cc",
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
	Profile: "there is one entry for a URL and origin, which allows the safelisted methods always: the last preflight " +
		"replaces it, and a request that it doesn't cover drops it",
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
	Profile:  "no-store, reload and no-cache preflight again, and what no-store was allowed isn't kept",
	Link:     chromiumSource + "services/network/cors/preflight_controller.cc",
}, {
	Rule:     RuleCachedWildcardCredentials,
	Kind:     Deviation,
	Standard: "a cache entry for * matches any method and header name, stored by a request with credentials too",
	Profile:  "a * that was stored by a request with credentials stands for itself alone",
	Link:     chromiumSource + "services/network/public/cpp/cors/preflight_result.cc",
}, {
	Rule:     RuleNegativeMaxAge,
	Kind:     Deviation,
	Standard: "a negative Access-Control-Max-Age isn't delta-seconds: 5 seconds, as if absent",
	Profile:  "nothing is cached, if the number is one of 64 bits",
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
	Profile:  "fetch() refuses every redirect to a URL with credentials; with keepalive it is followed before",
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
	Profile: "Cache-Control is max-age=0 and there is no Pragma, and the CORS-preflight cache is passed over; so is the HTTP " +
		"cache in the modes force-cache and only-if-cached; the answer takes the place of a stored 200 without another validator",
	Link: chromiumSource + "third_party/blink/renderer/core/loader/frame_fetch_context.cc",
}, {
	Rule:     RuleForcedListsMethod,
	Kind:     Deviation,
	Standard: "CORS-preflight fetch, step 7.4: the method of a forced preflight counts as listed if there is no list",
	Profile:  "a method that isn't safelisted has to be listed all the same",
	Link:     chromiumSource + "services/network/cors/preflight_controller.cc",
}, {
	Rule:     RuleUnsafeMethodKeepsStored,
	Kind:     Deviation,
	Standard: "HTTP-network-or-cache fetch, step 11.3: a PUT that worked invalidates the stored response",
	Profile: "a PUT without a body, any method but PUT, POST, DELETE and PATCH, any in mode no-store, and any but POST with a " +
		"condition of the author's leave a stored response in use",
	Link: chromiumSource + "net/http/http_cache_transaction.cc",
}, {
	Rule:     RuleHEADFromStoredGET,
	Kind:     ImplementationDefined,
	Standard: "RFC 9111, section 4: a stored response to GET may answer HEAD",
	Profile:  "it does",
	Link:     chromiumSource + "net/http/http_cache_transaction.cc",
}, {
	Rule:     RuleAddressIsNoSite,
	Kind:     Deviation,
	Standard: "cross-origin resource policy internal check, step 5: same-site lets in what has the same host",
	Profile:  "a host that is an IP address is same site with nothing, itself included",
	Link:     chromiumSource + "services/network/public/cpp/cross_origin_resource_policy.cc",
}, {
	Rule:     RuleXHRCharsetInPlace,
	Kind:     Deviation,
	Standard: "send(), step 4: another charset than UTF-8 is replaced, if Content-Type is a MIME type, which is then serialized",
	Profile:  "what follows each charset= in the value is replaced by UTF-8 where it stands, whatever it is",
	Link:     chromiumSource + "third_party/blink/renderer/core/xmlhttprequest/xml_http_request.cc",
}, {
	Rule:     RuleRangeOf63Bits,
	Kind:     Deviation,
	Standard: "the numbers of a CORS-safelisted Range have any length",
	Profile:  "numbers of 2^63-1 and above make it unsafe",
	Link:     chromiumSource + "net/http/http_util.cc",
}, {
	Rule:     RuleAboutNotFetched,
	Kind:     Deviation,
	Standard: "scheme fetch, step 3: about:blank is an empty page",
	Profile:  "about: is a scheme that nobody fetches",
	Link:     chromiumSource + "third_party/blink/renderer/core/loader/threadable_loader.cc",
}, {
	Rule:     RuleUploadListenerNeedsBody,
	Kind:     Deviation,
	Standard: "send(), step 6: a listener on the upload object sets the use-CORS-preflight flag",
	Profile:  "it does if there is a body",
	Link:     chromiumSource + "third_party/blink/renderer/core/xmlhttprequest/xml_http_request.cc",
}, {
	Rule:     RuleTaintedNotCached,
	Kind:     Deviation,
	Standard: "a cache entry matches by the serialized origin, which is null after a redirect that taints",
	Profile:  "such a null is an opaque origin of its own each time, and matches no entry",
	Link:     chromiumSource + "services/network/cors/cors_url_loader.cc",
}, {
	Rule:     RuleLocationFirst,
	Kind:     Deviation,
	Standard: "HTTP fetch: the CORS check, then the redirect mode, and the location URL in mode follow alone",
	Profile:  "a redirect whose Location is not one URL, or which is the 21st, fails as its headers arrive, a preflight's too",
	Link:     chromiumSource + "net/url_request/url_request_job.cc",
}, {
	Rule:     RulePreflightRedirectFirst,
	Kind:     Deviation,
	Standard: "CORS-preflight fetch, step 7: the CORS check comes before the status",
	Profile:  "a preflight that is redirected is refused for it, whatever its CORS check would say",
	Link:     chromiumSource + "services/network/cors/preflight_controller.cc",
}, {
	Rule:     RuleNoLocationNoRedirect,
	Kind:     Deviation,
	Standard: "HTTP fetch, step 6.3(1): in redirect mode error a redirect status is a network error",
	Profile:  "without a Location it is a response like any other",
	Link:     chromiumSource + "net/url_request/url_request_http_job.cc",
}, {
	Rule:     RuleNoCORSRedirectNull,
	Kind:     Deviation,
	Standard: "Origin is null after a redirect from another origin than the page's to yet another",
	Profile:  "in mode no-cors it is null after any redirect to another origin, from the page's own too",
	Link:     chromiumSource + "net/url_request/redirect_util.cc",
}, {
	Rule:     RuleIntegrityUnparsedIsNone,
	Kind:     Deviation,
	Standard: "main fetch, step 23: integrity metadata that names an algorithm counts, whatever its value, and any needs a body",
	Profile:  "an item whose value isn't base64 is none, and metadata without an item asks for nothing, but of opaque responses",
	Link:     chromiumSource + "third_party/blink/renderer/platform/loader/subresource_integrity.cc",
}, {
	Rule:     RuleHintsDropped,
	Kind:     Deviation,
	Standard: "HTTP-redirect fetch leaves the author's headers alone, but for Authorization and those of a body",
	Profile: "client hints but Save-Data go from a request without keepalive that is redirected to another origin than the " +
		"page's",
	Link: chromiumSource + "third_party/blink/common/client_hints/client_hints.cc",
}, {
	Rule:     RuleEmptyLocationIsNone,
	Kind:     Deviation,
	Standard: "location URL, step 3: an empty Location is the response's own URL",
	Profile:  "it is no Location",
	Link:     chromiumSource + "net/http/http_response_headers.cc",
}, {
	Rule:     RuleRefusedNotStored,
	Kind:     Deviation,
	Standard: "HTTP-network-or-cache fetch, step 11.5.2, stores a response before the page is refused it",
	Profile: "what fails the CORS check or the cross-origin resource policy check isn't stored, unless it is a redirect, or " +
		"to an XMLHttpRequest and of a type that is sniffed",
	Link: chromiumSource + "net/http/http_cache_transaction.cc",
}, {
	Rule:     RuleInvalidatesTargetAlone,
	Kind:     ImplementationDefined,
	Standard: "RFC 9111, section 4.4: an unsafe method may invalidate what Location and Content-Location name, too",
	Profile:  "it doesn't",
	Link:     chromiumSource + "net/http/http_cache_transaction.cc",
}, {
	Rule:     RuleModeFirst,
	Kind:     Deviation,
	Standard: "main fetch, step 7, blocks a bad port and mixed content before step 12 looks at the mode",
	Profile:  "both are looked at where the request is sent, after the mode",
	Link:     chromiumSource + "net/url_request/url_request_http_job.cc",
}, {
	Rule:     RuleKeepalive19Redirects,
	Kind:     Deviation,
	Standard: "HTTP-redirect fetch, step 7: 20 redirects are followed",
	Profile:  "19 are, of a request with keepalive",
	Link:     chromiumSource + "content/browser/loader/keep_alive_url_loader.cc",
}, {
	Rule:     RuleConditionsFor200Alone,
	Kind:     Deviation,
	Standard: "HTTP-network-or-cache fetch, step 8.26.2.2.2: a stored response is validated with its ETag and Last-Modified",
	Profile: "one with another status than 200, or whose validators are empty, is asked for anew, without a condition; a 304 to no " +
		"condition is the response",
	Link: chromiumSource + "net/http/http_cache_transaction.cc",
}, {
	Rule:     RuleStreamIsCORS,
	Kind:     Deviation,
	Standard: "the Request constructor, step 39: a stream may be the body in mode same-origin, which stays",
	Profile:  "a stream makes the mode cors with a preflight",
	Link:     chromiumSource + "third_party/blink/renderer/core/fetch/fetch_manager.cc",
}, {
	Rule:     RuleStoresAnyStatus,
	Kind:     Deviation,
	Standard: "RFC 9111, section 3: without a lifetime a response is stored if its status is heuristically cacheable",
	Profile:  "it is stored whatever its status",
	Link:     chromiumSource + "net/http/http_cache_transaction.cc",
}, {
	Rule:     RuleNoCachePassesOver,
	Kind:     ImplementationDefined,
	Standard: "RFC 9111: a request with Cache-Control: no-cache wants what is stored validated; Pragma is deprecated",
	Profile:  "with either what is stored isn't used, and not asked about",
	Link:     chromiumSource + "net/http/http_cache_transaction.cc",
}, {
	Rule:     RuleOneStoredForURL,
	Kind:     ImplementationDefined,
	Standard: "RFC 9111: a cache may keep several responses for a URL, by Vary, and keep one beside a newer one that it may not keep",
	Profile: "the newest takes the place of any other, kept or not, but a 206 in answer to a validation; so does HEAD that " +
		"was sent, and a 304 that says no-store takes what it validated away",
	Link: chromiumSource + "net/http/http_cache_transaction.cc",
}, {
	Rule:     RuleUnsafeFromStored,
	Kind:     Deviation,
	Standard: "RFC 9111, section 4: a stored response to GET answers no request whose method is unsafe",
	Profile:  "in mode force-cache it answers PUT with a body, DELETE and PATCH, and nothing is sent",
	Link:     chromiumSource + "net/http/http_cache_transaction.cc",
}, {
	Rule:     RuleVaryAbsentIsEmpty,
	Kind:     Deviation,
	Standard: "RFC 9111, section 4.1: a header that Vary names and that is absent matches if it was absent alone",
	Profile:  "it matches an empty one, too",
	Link:     chromiumSource + "net/http/http_vary_data.cc",
}, {
	Rule:     RuleUnusableDropped,
	Kind:     ImplementationDefined,
	Standard: "RFC 9111: what is stored without a lifetime and without a validator may stay, for whom a stale response will do",
	Profile: "a request by GET, HEAD, PUT with a body, DELETE or PATCH drops it, unless it is one for whom it will do; in mode reload " +
		"it drops anything",
	Link: chromiumSource + "net/http/http_cache_transaction.cc",
}, {
	Rule:     RuleHeuristicLifetimes,
	Kind:     ImplementationDefined,
	Standard: "RFC 9111, section 4.2.2: without a lifetime in the response a cache may give it one",
	Profile: "300, 301, 308 and 410 are fresh for good; 200, 203 and 206 for a tenth of the time from Last-Modified to Date, " +
		"unless they say must-revalidate",
	Link: chromiumSource + "net/http/http_response_headers.cc",
}, {
	Rule:     RuleValidationKeepsType,
	Kind:     ImplementationDefined,
	Standard: "RFC 9111, section 3.2: a cache may omit from an update by 304 what it has processed, such as Content-Type",
	Profile:  "the Content-Type of a 304 isn't taken over",
	Link:     chromiumSource + "net/http/http_response_headers.cc",
}, {
	Rule:     RuleRedirectModeErrorLast,
	Kind:     Deviation,
	Standard: "HTTP fetch, step 6.3(1): redirect mode error fails whatever the Location",
	Profile:  "a user name or password in it is refused first",
	Link:     chromiumSource + "services/network/cors/cors_url_loader.cc",
}, {
	Rule:     RuleDowngradeByScheme,
	Kind:     Deviation,
	Standard: "determine request's referrer: a request is downgraded if the page is potentially trustworthy and the URL isn't",
	Profile:  "it is if the page is of https and the URL isn't: a loopback host counts as any other",
	Link:     chromiumSource + "third_party/blink/renderer/platform/weborigin/security_policy.cc",
}, {
	Rule:     Rule407WithoutProxy,
	Kind:     ImplementationDefined,
	Standard: "HTTP-network-or-cache fetch, step 16.4: a 407 prompts for a proxy's password as appropriate",
	Profile:  "where no proxy asked for one, a 407 fails as its headers arrive, and its cookies aren't stored",
	Link:     chromiumSource + "net/http/http_network_transaction.cc",
}, {
	Rule:     RuleTimeoutSentAgain,
	Kind:     ImplementationDefined,
	Standard: "RFC 9110, section 15.5.9: a client may repeat a request that is answered 408 on a new connection",
	Profile:  "where the connection, of HTTP/1.1, was open already, the request is sent again, until one is opened for it",
	Link:     chromiumSource + "net/http/http_network_transaction.cc",
}, {
	Rule:     RuleURLCredentialsDropped,
	Kind:     Deviation,
	Standard: "the URL of an XMLHttpRequest keeps its user name and password, and a relative Location takes them over",
	Profile:  "a URL of another origin than the page's loses them before the request is sent",
	Link:     chromiumSource + "third_party/blink/renderer/core/loader/threadable_loader.cc",
}, {
	Rule:     RuleOpaqueMixedContent,
	Kind:     Deviation,
	Standard: "Mixed Content, section 4.3: an opaque origin isn't potentially trustworthy, so that its page may ask without encryption",
	Profile:  "of a page with an opaque origin the origin that it was loaded from counts",
	Link:     chromiumSource + "third_party/blink/renderer/core/loader/mixed_content_checker.cc",
}, {
	Rule:     RuleKeepaliveSentOn,
	Kind:     Deviation,
	Standard: "HTTP fetch, step 6.3(2): in redirect mode manual a redirect is not followed",
	Profile:  "a request with keepalive in mode no-cors is sent on all the same, without encryption, too; the page is given the redirect",
	Link:     chromiumSource + "content/browser/loader/keep_alive_url_loader.cc",
}, {
	Rule:     RuleUnsetIsLax,
	Kind:     Deviation,
	Standard: "determine the same-site mode: unset-or-less is for cookies without SameSite, too",
	Profile:  "one without SameSite is neither stored nor sent across sites, as if it had SameSite=Lax",
	Link:     "https://chromestatus.com/feature/5088147346030592",
}}, errata...)...)
