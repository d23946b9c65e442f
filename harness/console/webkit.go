package console

// Sources: WebKit/WebKit, commit 00f03c1f906ff25f9536f528e81477c861c0325c:
// Source/WebCore/loader/CrossOriginAccessControl.cpp,
// CrossOriginPreflightResultCache.cpp and SubresourceLoader.cpp; commit
// 8884c8a2c3e051fb948294fb0cd965a2fb1078e3: ThreadableLoader.cpp (the same in
// github.com/szewai/WebKit, commit bb09dadea639bc4cf5ef573e761c882ca2cfcb7e, which
// is newer); commit 00d0126aebf7ed0d3a7705c07876dfcf61a8a0b9:
// Source/WebKit/NetworkProcess/NetworkLoadChecker.cpp. Versions of
// DocumentThreadableLoader.cpp, NetworkCORSPreflightChecker.cpp,
// MixedContentChecker.cpp and CachedResourceLoader.cpp were read whose commits
// aren't known. "Load failed" and "Failed to load resource:" are from memory. WebKit names its messages nowhere:
// the codes are of this package.
//
// WebKit gives the reason in one message, without a URL, and the URL in the next,
// without a reason.

var webkitLeads = []lead{
	{words: "Cross-origin redirection to {location} denied by Cross-Origin Resource Sharing policy:", whole: true, of: redirectResponse},
}

const webkitChecks = "WebKit says this for every refusal, and for some failures of the network and requests that the page itself gave up. The reason is in a message of its own: paste the lines before this one."

var webkitSentences = []template{
	{code: "origin-not-allowed", because: missing,
		words: "Origin {origin} is not allowed by Access-Control-Allow-Origin", tail: ". Status code: {status}",
		caveat: "The header may be missing, or have another value than this origin.", either: true},
	{code: "wildcard-with-credentials", because: wildcard,
		words: "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true", either: true},
	{code: "multiple-origins", because: multiple,
		words: "Access-Control-Allow-Origin cannot contain more than one origin", either: true},
	{code: "credentials-not-true", because: credentialsMissing,
		words:  "Credentials flag is true, but Access-Control-Allow-Credentials is not 'true'",
		caveat: "The header may be missing, or have another value, such as True.", either: true},

	{code: "preflight-status", because: preflightStatus, of: preflightResponse,
		words: "Preflight response is not successful", tail: ". Status code: {status}",
		caveat: "WebKit looks at the status first: Access-Control-Allow-Origin may be wrong, too."},
	{code: "methods-invalid", because: methodsInvalid, of: preflightResponse,
		words: "Header Access-Control-Allow-Methods has an invalid value: {rest}"},
	{code: "headers-invalid", because: headersInvalid, of: preflightResponse,
		words: "Header Access-Control-Allow-Headers has an invalid value: {rest}"},
	{code: "method-not-allowed", because: methodNotAllowed, of: preflightResponse,
		words: "Method {method} is not allowed by Access-Control-Allow-Methods{stop}"},
	{code: "header-not-allowed", because: headerNotAllowed, of: preflightResponse,
		words: "Request header field {header} is not allowed by Access-Control-Allow-Headers{stop}"},
	{code: "preflight-blocked", because: preflightBlocked, words: "CORS-preflight request was blocked"},
	{code: "preflight-blocked", because: preflightBlocked, words: "Preflight response was blocked"},

	{code: "redirect-scheme", because: locationScheme, words: "not allowed to follow a cross-origin CORS redirection with non CORS scheme"},
	{code: "redirect-scheme", because: locationScheme, words: "Redirection to URL with a scheme that is not HTTP(S)"},
	{code: "redirect-credentials", because: locationCredentials, led: true, words: "redirection URL {location} has credentials"},
	{code: "redirect-denied", because: redirectDenied, words: "Cross-origin redirection denied by Cross-Origin Resource Sharing policy"},
	{code: "redirect-mode-error", because: redirectModeError, words: "Not allowed to follow a redirection while loading {url}"},
	{code: "too-many-redirects", because: tooManyRedirects, words: "Load cannot follow more than 20 redirections"},
	{code: "too-many-redirects", because: tooManyRedirects, words: "Failed to load resource: Too many redirections"},

	{code: "mode-same-origin", because: modeSameOrigin, words: "Cross origin requests are not allowed when using same-origin fetch mode"},
	{code: "mode-same-origin", because: modeSameOrigin,
		words: "Unsafe attempt to load URL {url} from origin {origin}. Domains, protocols and ports must match"},
	{code: "not-http", because: notHTTP, words: "Cross origin requests are only supported for HTTP{stop}"},
	{code: "integrity", because: integrity, words: "Failed integrity metadata check",
		caveat: "A response without a body that the page may read ends so, too."},
	{code: "resource-policy", because: resourceSameOrigin,
		words:  "Cancelled load to {url} because it violates the resource's Cross-Origin-Resource-Policy response header",
		caveat: "The header may be same-origin or same-site; or it is missing, and the page has Cross-Origin-Embedder-Policy."},
	{code: "mixed-content", because: mixedContent,
		words: "[blocked] The page at {page} requested insecure content from {url}. This content was blocked and must be served over HTTPS"},

	{code: "not-allowed-to-request", because: requestRefused, echo: true, words: "Not allowed to request resource",
		caveat: "It may be mixed content, the page's Content-Security-Policy or a URL that pages can't load. Paste the lines before this one."},
	{code: "access-control-checks", because: saysNothing, echo: true,
		words: "{api} cannot load {url} due to access control checks", caveat: webkitChecks},
	{code: "access-control-checks", because: saysNothing, echo: true,
		words: "Cannot load {url} due to access control checks", caveat: webkitChecks},
	{code: "load-failed", because: saysNothing, echo: true, words: "TypeError: Load failed{host}{end}", caveat: webkitSilence},
	{code: "load-failed", because: saysNothing, echo: true, words: "{start}Load failed{host}{end}", caveat: webkitSilence},
}

const webkitSilence = "This may be the CORS protocol, and as well no connection, an invalid certificate, mixed content or a content blocker. Paste the lines before it: \"Origin … is not allowed by Access-Control-Allow-Origin\" or others, and \"… due to access control checks\"."
