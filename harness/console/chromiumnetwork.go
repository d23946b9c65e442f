package console

// Sources: net/base/net_error_list.h of Chromium for the names of network errors,
// services/network/public/mojom/blocked_by_response_reason.mojom for what follows
// ERR_BLOCKED_BY_RESPONSE (the names are strings of Chromium 156.0.8078.114), and
// from memory how the console prints them: "GET https://… net::ERR_FAILED 200 (OK)"
// and "Failed to load resource: net::ERR_FAILED". Only errors that keep a response
// from a script, or are easily taken for that, are here.

const transportCaveat = "It doesn't say whether the script could read a response if one came."

var chromiumNetwork = []template{
	{code: "net::ERR_FAILED", because: saysNothing, echo: true, words: "net::ERR_FAILED", tail: " {status}",
		caveat: "Chromium gives this for a response that the CORS protocol kept out, and for other failures. Paste the line that begins with \"Access to fetch at\"."},

	{code: "net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep", because: embedderPolicy,
		words: "net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep", tail: " {status}"},
	{code: "net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoepAndDip", because: embedderPolicy,
		words: "net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoepAndDip", tail: " {status}"},
	{code: "net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByDip", because: isolation,
		words: "net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByDip", tail: " {status}",
		caveat: "Document-Isolation-Policy on the page has the same effect."},
	{code: "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin", because: resourceSameOrigin,
		words: "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin", tail: " {status}"},
	{code: "net::ERR_BLOCKED_BY_RESPONSE.NotSameSite", because: resourceSameSite,
		words: "net::ERR_BLOCKED_BY_RESPONSE.NotSameSite", tail: " {status}"},
	{code: "net::ERR_BLOCKED_BY_RESPONSE", because: isolation,
		words: "net::ERR_BLOCKED_BY_RESPONSE", tail: " {status}",
		caveat: "Chromium doesn't say which policy it was: Cross-Origin-Resource-Policy, Cross-Origin-Embedder-Policy or X-Frame-Options."},
	{code: "net::ERR_BLOCKED_BY_ORB", because: opaqueBlocking, words: "net::ERR_BLOCKED_BY_ORB", tail: " {status}"},
	{code: "net::ERR_BLOCKED_BY_CLIENT", because: blockedByClient, words: "net::ERR_BLOCKED_BY_CLIENT"},
	{code: "net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS", because: localNetwork,
		words: "net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"},
	{code: "net::ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS", because: localNetwork,
		words: "net::ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS"},

	{code: "net::ERR_UNSAFE_PORT", because: badPort, words: "net::ERR_UNSAFE_PORT"},
	{code: "net::ERR_TOO_MANY_REDIRECTS", because: tooManyRedirects, words: "net::ERR_TOO_MANY_REDIRECTS"},
	{code: "net::ERR_INTERNET_DISCONNECTED", because: offline, words: "net::ERR_INTERNET_DISCONNECTED"},
	{code: "net::ERR_NAME_NOT_RESOLVED", because: transport, words: "net::ERR_NAME_NOT_RESOLVED", caveat: transportCaveat},
	{code: "net::ERR_ADDRESS_UNREACHABLE", because: transport, words: "net::ERR_ADDRESS_UNREACHABLE", caveat: transportCaveat},
	{code: "net::ERR_CONNECTION_{name}", because: transport, words: "net::ERR_CONNECTION_{name}", caveat: transportCaveat},
	{code: "net::ERR_TIMED_OUT", because: transport, words: "net::ERR_TIMED_OUT", caveat: transportCaveat},
	{code: "net::ERR_EMPTY_RESPONSE", because: transport, words: "net::ERR_EMPTY_RESPONSE", caveat: transportCaveat},
	{code: "net::ERR_SSL_{name}", because: transport, words: "net::ERR_SSL_{name}", caveat: transportCaveat},
	{code: "net::ERR_CERT_{name}", because: transport, words: "net::ERR_CERT_{name}", caveat: transportCaveat},
}
