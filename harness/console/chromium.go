package console

// Sources: third_party/blink/renderer/platform/loader/cors/cors_error_string.cc of
// Chromium, in three versions: the strings of Chromium 156.0.8078.114, which are
// those of the copy at github.com/cinagroup/CinaBrowser, commit
// b3278698047791c09684716b4a3ff9ce2d424388; Chromium 132 for Private Network
// Access (github.com/weolar/miniblink132, commit
// 6a775343fb986f362b4d7236fcc277be1e3214e5); and chromium/chromium, commit
// 1e90f275757adb3b9d33bad717ac8483e74a76c9, for Access-Control-Allow-External. The
// sentences of fetch() and of mixed content are the strings of 156.0.8078.114, and
// were compared with renderer/core/fetch/fetch_manager.cc and
// renderer/core/loader/mixed_content_checker.cc. Codes are those of
// network::mojom::CorsError, by their newest names; codes in lower case are of
// this package.

var chromiumLeads = []lead{
	{words: "Access to {kind} at '{url}' from origin '{origin}' has been blocked by CORS policy:", whole: true},
	{words: "Access to {kind} at '{url}' (redirected from '{from}') from origin '{origin}' has been blocked by CORS policy:", whole: true},
	// Of the panel for issues.
	{words: "Access blocked by CORS policy:", whole: true},
	// Of fetch(), with sentences of its own.
	{words: "Fetch API cannot load {url}. "},
	// Of the network.
	{words: "{verb} {url} "},
	{words: "{url} :: "},
}

var chromiumSentences = []template{
	{code: "DisallowedByMode", because: modeSameOrigin,
		words: "Cross origin requests are not allowed by request mode"},
	{code: "DisallowedByMode", because: modeSameOrigin,
		words: "Request mode is 'same-origin' but the URL's origin is not same as the request origin", tail: " {origin}"},
	{code: "InvalidResponse", because: invalidResponse, led: true,
		words:  "The response is invalid",
		caveat: "Chromium says no more about it."},

	{code: "WildcardOriginNotAllowed", because: wildcard, both: true,
		words: "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'"},
	{code: "MissingAllowOriginHeader", because: missing, both: true,
		words: "No 'Access-Control-Allow-Origin' header is present on the requested resource"},
	{code: "MultipleAllowOriginValues", because: multiple, both: true,
		words: "The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed"},
	{code: "InvalidAllowOriginValue", because: invalid, both: true,
		words: "The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'."},
	{code: "AllowOriginMismatch", because: mismatch, both: true,
		words: "The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied origin"},
	{code: "InvalidAllowCredentials", because: credentialsInvalid, both: true,
		words: "The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must be 'true' when the request's credentials mode is 'include'"},

	{code: "PreflightInvalidStatus", because: preflightStatus, of: preflightResponse,
		words: "It does not have HTTP ok status"},
	{code: "PreflightDisallowedRedirect", because: preflightRedirect, of: preflightResponse,
		words: "Redirect is not allowed for a preflight request"},
	{code: "InvalidAllowMethodsPreflightResponse", because: methodsInvalid, of: preflightResponse,
		words: "Cannot parse Access-Control-Allow-Methods response header field in preflight response"},
	{code: "InvalidAllowHeadersPreflightResponse", because: headersInvalid, of: preflightResponse,
		words: "Cannot parse Access-Control-Allow-Headers response header field in preflight response"},
	{code: "MethodDisallowedByPreflightResponse", because: methodNotAllowed, of: preflightResponse,
		words: "Method {method} is not allowed by Access-Control-Allow-Methods in preflight response"},
	{code: "HeaderDisallowedByPreflightResponse", because: headerNotAllowed, of: preflightResponse,
		words: "Request header field {header} is not allowed by Access-Control-Allow-Headers in preflight response"},
	{code: "authorization-wildcard", because: authorizationWildcard, of: preflightResponse,
		words: "Authorization will not be covered by the wildcard symbol (*) in CORS 'Access-Control-Allow-Headers' handling"},

	{code: "CorsDisabledScheme", because: notHTTP,
		words: "Cross origin requests are only supported for protocol schemes:", tail: " {schemes}"},
	{code: "CorsDisabledScheme", because: notHTTP, led: true,
		words: "URL scheme '{scheme}' is not supported"},
	{code: "NoCorsRedirectModeNotFollow", because: noCORSRedirectMode,
		words: "Request mode is 'no-cors' but the redirect mode is not 'follow'"},
	{code: "RedirectContainsCredentials", because: locationCredentials,
		words: "Redirect location '{value}' contains a username and password, which is disallowed for cross-origin requests"},
	{code: "integrity", because: integrity,
		words:  "SRI's integrity checks failed",
		caveat: "A response without a body that the page may read ends so, too."},

	// Local Network Access.
	{code: "InsecureLocalNetwork", because: insecureLocalNetwork,
		words: "The request client is not a secure context and the resource is in more-private address space '{space}'"},
	{code: "InvalidLocalNetworkAccess", because: addressSpace,
		words: "Request had a target IP address space of '{other}' yet the resource is in address space '{space}'"},
	{code: "LocalNetworkAccessPermissionDenied", because: localNetwork,
		words: "Permission was denied for this request to access the '{space}' address space"},
	// Private Network Access, before it. Chromium 156 has none of these.
	{code: "PreflightMissingAllowPrivateNetwork", because: privateNetworkHeader, of: preflightResponse,
		words: "No 'Access-Control-Allow-Private-Network' header was present in the preflight response for this private network request targeting the '{space}' address space"},
	{code: "PreflightInvalidAllowPrivateNetwork", because: privateNetworkHeader, of: preflightResponse,
		words: "The 'Access-Control-Allow-Private-Network' header in the preflight response for this private network request targeting the '{space}' address space had a value of '{value}', not 'true'"},
	{code: "UnexpectedPrivateNetworkAccess", because: localNetwork,
		words: "Request had no target IP address space, yet the resource is in address space '{space}'"},
	{code: "PreflightMissingPrivateNetworkAccessId", because: privateNetworkName, of: preflightResponse,
		words: "No 'Private-Network-Access-Id' header was present in the preflight response for this private network request targeting the '{space}' address space"},
	{code: "PreflightMissingPrivateNetworkAccessName", because: privateNetworkName, of: preflightResponse,
		words: "No 'Private-Network-Access-Name' header was present in the preflight response for this private network request targeting the '{space}' address space"},
	{code: "PrivateNetworkAccessPermissionUnavailable", because: localNetwork,
		words: "Unable to ask for permission to access the '{space}' IP address space"},
	{code: "PreflightMissingAllowExternal", because: externalHeader, of: preflightResponse,
		words: "No 'Access-Control-Allow-External' header was present in the preflight response for this external request"},
	{code: "PreflightInvalidAllowExternal", because: externalHeader, of: preflightResponse,
		words: "The 'Access-Control-Allow-External' header in the preflight response for this external request had a value of '{value}', not 'true'"},

	{code: "mixed-content", because: mixedContent,
		words: "Mixed Content: The page at '{page}' was loaded over HTTPS, but requested an insecure {kind} '{url}'. This request has been blocked", tail: "; the content must be served over HTTPS"},
	{code: "mixed-content", because: mixedContent,
		words: "Mixed Content: The page at '{page}' was loaded over HTTPS, but attempted to connect to the insecure WebSocket endpoint '{url}'. This request has been blocked", tail: "; this endpoint must be available over WSS"},

	{code: "failed-to-fetch", because: saysNothing, echo: true,
		words: "TypeError: Failed to fetch{host}{end}", caveat: chromiumSilence},
	{code: "failed-to-fetch", because: saysNothing, echo: true,
		words: "{start}Failed to fetch{host}{end}", caveat: chromiumSilence},
}

const chromiumSilence = "This may be the CORS protocol, and as well no connection, an invalid certificate, mixed content or an ad blocker. Paste the line that begins with \"Access to fetch at\", \"Mixed Content\" or a method with \"net::ERR_\"."
