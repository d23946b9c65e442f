package console

// Sources: dom/locales/en-US/chrome/security/security.properties of
// mozilla/gecko-dev, commit 5f378c9206f0c42e17e64ba367d7a893146bee15 (the same in
// github.com/larseggert/firefox, commit
// 25429cef17b5be0f41404db8ff739011c85f5c30, which is newer);
// netwerk/locales/en-US/necko.properties, commit
// 2979eeb817adb4a8c668d77edf58cef234fa1bd9; dom/bindings/Errors.msg, commit
// d95f61ee4cd165cd4d51b2a99968d66264a0288d; and for what the keys stand for
// netwerk/protocol/http/nsCORSListenerProxy.cpp, commit
// 258754e5c153a781e87ad3542b281c1b198972f8. Firefox has no code for an exchange, so
// that several caveats are about that.

var firefoxLeads = []lead{
	{words: "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {url}. (Reason:", whole: true},
	{words: "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at '{url}'. (Reason:", whole: true},
	{words: "Cross-Origin Request Warning: The Same Origin Policy will disallow reading the remote resource at {url} soon. (Reason:", whole: true},
	{words: "Reason:"},
}

const firefoxStatus = "). Status code: {status}"

var firefoxProperties = []template{
	{code: "CORSDisabled", because: corsDisabled, led: true, words: "CORS disabled"},
	{code: "CORSDidNotSucceed2", because: saysNothing, echo: true,
		words: "CORS request did not succeed", tail: firefoxStatus,
		caveat: "The connection failed, or the browser stopped the request: no server, an invalid certificate, mixed content or an ad blocker. After a preflight that was refused Firefox says it as well; then the message before it has the reason. Paste all of them."},
	{code: "CORSOriginHeaderNotAdded", because: originNotAdded, words: "CORS header 'Origin' cannot be added"},
	{code: "CORSExternalRedirectNotAllowed", because: preflightRedirect, of: preflightResponse,
		words: "CORS request external redirect not allowed"},
	{code: "CORSRequestNotHttp", because: notHTTP, words: "CORS request not http",
		caveat: "Firefox says the same if a redirect leads to such a URL."},
	{code: "CORSMissingAllowOrigin2", because: missing,
		words: "CORS header 'Access-Control-Allow-Origin' missing", tail: firefoxStatus, either: true},
	{code: "CORSMultipleAllowOriginNotAllowed", because: multiple,
		words: "Multiple CORS header 'Access-Control-Allow-Origin' not allowed", either: true},
	// What doesn't match is the header's value: the page's origin isn't in it.
	{code: "CORSAllowOriginNotMatchingOrigin", because: mismatch,
		words: "CORS header 'Access-Control-Allow-Origin' does not match '{value}')", either: true},
	{code: "CORSNotSupportingCredentials", because: wildcard,
		words: "Credential is not supported if the CORS header 'Access-Control-Allow-Origin' is '*'", either: true},
	{code: "CORSMethodNotFound", because: methodNotAllowed, of: preflightResponse,
		words:  "Did not find method in CORS header 'Access-Control-Allow-Methods'",
		caveat: "Firefox doesn't name the method: it is in Access-Control-Request-Method on the preflight."},
	{code: "CORSMissingAllowCredentials", because: credentialsMissing,
		words:  "expected 'true' in CORS header 'Access-Control-Allow-Credentials'",
		caveat: "The header may be missing, or have another value, such as True.", either: true},
	{code: "CORSPreflightDidNotSucceed3", because: preflightStatus, of: preflightResponse,
		words: "CORS preflight response did not succeed", tail: firefoxStatus},
	{code: "CORSInvalidAllowMethod", because: methodsInvalid, of: preflightResponse,
		words: "invalid token '{value}' in CORS header 'Access-Control-Allow-Methods'"},
	{code: "CORSInvalidAllowHeader", because: headersInvalid, of: preflightResponse,
		words: "invalid token '{value}' in CORS header 'Access-Control-Allow-Headers'"},
	{code: "CORSMissingAllowHeaderFromPreflight2", because: headerNotAllowed, of: preflightResponse,
		words: "header '{header}' is not allowed according to header 'Access-Control-Allow-Headers' from CORS preflight response"},
	{code: "CORSAllowHeaderFromPreflightDeprecation", because: authorizationWildcard, of: preflightResponse,
		words: "When the 'Access-Control-Allow-Headers' is '*', the 'Authorization' header is not covered. To include the 'Authorization' header, it must be explicitly listed in CORS header 'Access-Control-Allow-Headers'"},

	// Of old versions, from memory.
	{code: "CORSMissingAllowHeaderFromPreflight", because: headerNotAllowed, of: preflightResponse,
		words: "missing token '{header}' in CORS header 'Access-Control-Allow-Headers' from CORS preflight channel"},
	{code: "CORSPreflightDidNotSucceed", because: preflightStatus, of: preflightResponse,
		words:  "CORS preflight channel did not succeed",
		caveat: "The preflight's connection may have failed as well."},

	{code: "BlockMixedActiveContent", because: mixedContent, words: "Blocked loading mixed active content '{url}'"},
	{code: "BlockMixedDisplayContent", because: mixedContent, words: "Blocked loading mixed display content '{url}'"},
	{code: "CORPBlocked", because: resourceSameOrigin,
		words:  "The resource at '{url}' was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof)",
		caveat: "The header may be same-origin or same-site; or it is missing, and the page has Cross-Origin-Embedder-Policy."},
	{code: "ResourceBlockedORB", because: opaqueBlocking,
		words: "The resource at '{url}' was blocked by OpaqueResponseBlocking", tail: ". Reason: '{value}'"},
	// The short form beside it, from memory.
	{code: "ResourceBlockedORB", because: opaqueBlocking,
		words:  "A resource is blocked by OpaqueResponseBlocking, please check browser console for details",
		caveat: "Firefox doesn't name the resource here: the line before may."},

	{code: "MSG_FETCH_FAILED", because: saysNothing, echo: true,
		words:  "NetworkError when attempting to fetch resource",
		caveat: "This may be the CORS protocol, and as well no connection, an invalid certificate, mixed content or an ad blocker. Paste the line that begins with \"Cross-Origin Request Blocked\" or \"Blocked loading mixed\"."},
}
