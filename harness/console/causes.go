package console

import "github.com/corsproof/corsproof/harness/fetch"

// A cause is what a message means, for all engines that have it. Placeholders in
// its texts take what the message names.
type cause struct {
	// phase, step and detail are one of fetch.Blocks; all are empty for what is no
	// step of the standard.
	phase, step, detail string
	// sentence is for the block, the others for the message.
	sentence, meaning, look, remedy string
}

const (
	phaseCORSCheck     = "concept-cors-check"
	phasePreflight     = "cors-preflight-fetch-0"
	phaseMainFetch     = "concept-main-fetch"
	phaseHTTPFetch     = "concept-http-fetch"
	phaseRedirectFetch = "concept-http-redirect-fetch"
)

// Causes of the CORS check: https://fetch.spec.whatwg.org/#concept-cors-check.
var (
	missing = cause{
		phaseCORSCheck, "2", fetch.DetailMissing,
		"{response} has no Access-Control-Allow-Origin.",
		"The server answered, and {response} doesn't allow {origin}. {consequence}",
		"Access-Control-Allow-Origin on {response}",
		"Access-Control-Allow-Origin: {origin} on {everywhere}",
	}
	wildcard = cause{
		phaseCORSCheck, "4", fetch.DetailWildcardWithCredentials,
		"{response} has Access-Control-Allow-Origin: *, and the request's credentials mode is include.",
		"The script sends the request with credentials, such as cookies. Then * does not count: {response} has to name the page's origin. {consequence}",
		"Access-Control-Allow-Origin on {response}, and the credentials mode of the request",
		"Access-Control-Allow-Origin: {origin} and Access-Control-Allow-Credentials: true on {everywhere}, with Vary: Origin; or a request without credentials",
	}
	multiple = cause{
		phaseCORSCheck, "4", fetch.DetailMultiple,
		"{response} has more than one value in Access-Control-Allow-Origin.",
		"Access-Control-Allow-Origin takes one origin, and {response} has several values. Often the application and a gateway before it each add the header. {consequence}",
		"Every Access-Control-Allow-Origin line on {response}",
		"Access-Control-Allow-Origin: {origin} on {everywhere}, once; only one component may set it",
	}
	invalid = cause{
		phaseCORSCheck, "4", fetch.DetailInvalid,
		"{response} has an Access-Control-Allow-Origin that is no origin.",
		"{response} allows {value}, which is no origin. An origin is a scheme, a host, and a port if it isn't the default one. {consequence}",
		"Access-Control-Allow-Origin on {response}",
		"Access-Control-Allow-Origin: {origin} on {everywhere}",
	}
	mismatch = cause{
		phaseCORSCheck, "4", fetch.DetailMismatch,
		"{response} has an Access-Control-Allow-Origin that is not the request's origin.",
		"{response} allows {value}, and not {origin}. Scheme, host and port must be equal, byte for byte. {consequence}",
		"Access-Control-Allow-Origin on {response}, and Origin on the request",
		"Access-Control-Allow-Origin: {origin} on {everywhere}; with Vary: Origin if the value depends on the request",
	}
	credentialsMissing = cause{
		phaseCORSCheck, "8", fetch.DetailCredentialsMissing,
		"The request's credentials mode is include, and {response} has no Access-Control-Allow-Credentials.",
		"The script sends the request with credentials, such as cookies, and {response} doesn't allow that. {consequence}",
		"Access-Control-Allow-Credentials on {response}, and the credentials mode of the request",
		"Access-Control-Allow-Credentials: true on {everywhere}; or a request without credentials",
	}
	credentialsInvalid = cause{
		phaseCORSCheck, "8", fetch.DetailCredentialsInvalid,
		"The request's credentials mode is include, and Access-Control-Allow-Credentials is not true.",
		"The script sends the request with credentials, such as cookies. {response} has Access-Control-Allow-Credentials: {value}, and only true counts, once and in lower case. {consequence}",
		"Access-Control-Allow-Credentials on {response}, and the credentials mode of the request",
		"Access-Control-Allow-Credentials: true on {everywhere}; or a request without credentials",
	}
)

// Causes of the preflight: https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
var (
	preflightStatus = cause{
		phasePreflight, "7", fetch.DetailPreflightStatus,
		"The preflight's status is not an ok status.",
		"The browser first asked with an OPTIONS request, the preflight. The server answered it with {status}; only 200 to 299 count. The request itself was not sent.",
		"The status of the preflight's response, the one to OPTIONS",
		"A status from 200 to 299, such as 204, on the preflight's response. The preflight carries no credentials: answer it before authentication and before routes that know no OPTIONS",
	}
	preflightRedirect = cause{
		phasePreflight, "7", fetch.DetailPreflightStatus,
		"The preflight was answered with a redirect.",
		"The browser first asked with an OPTIONS request, the preflight. The server answered it with a redirect, which browsers don't follow there. The request itself was not sent.",
		"The status and Location on the preflight's response, the one to OPTIONS",
		"A status from 200 to 299, such as 204, on the preflight's response. Request the final URL: with https, and with or without the slash at its end. Don't redirect OPTIONS to a login page",
	}
	methodsInvalid = cause{
		phasePreflight, "7.3", fetch.DetailPreflightMethodsGrammar,
		"Access-Control-Allow-Methods on the preflight's response can't be parsed.",
		"The preflight's response has an Access-Control-Allow-Methods that is no list of methods.",
		"Access-Control-Allow-Methods on the preflight's response",
		"Access-Control-Allow-Methods with method names, separated by commas, on the preflight's response, as in GET, PUT",
	}
	headersInvalid = cause{
		phasePreflight, "7.3", fetch.DetailPreflightHeadersGrammar,
		"Access-Control-Allow-Headers on the preflight's response can't be parsed.",
		"The preflight's response has an Access-Control-Allow-Headers that is no list of header names.",
		"Access-Control-Allow-Headers on the preflight's response",
		"Access-Control-Allow-Headers with header names, separated by commas, on the preflight's response, as in content-type, authorization",
	}
	methodNotAllowed = cause{
		phasePreflight, "7.5", fetch.DetailMethodNotAllowed,
		"Access-Control-Allow-Methods on the preflight's response doesn't list the request's method.",
		"The preflight's response doesn't allow the method {method}. The request itself was not sent.",
		"Access-Control-Allow-Methods on the preflight's response",
		"Access-Control-Allow-Methods: {method} on the preflight's response, with the other methods of the route",
	}
	headerNotAllowed = cause{
		phasePreflight, "7.7", fetch.DetailHeaderNotAllowed,
		"Access-Control-Allow-Headers on the preflight's response doesn't list a header of the request.",
		"The script sends the request header {header}, and the preflight's response doesn't allow it. The request itself was not sent.",
		"Access-Control-Allow-Headers on the preflight's response",
		"Access-Control-Allow-Headers: {header} on the preflight's response, with the other headers that the script sets",
	}
	authorizationNotListed = cause{
		phasePreflight, "7.6", fetch.DetailAuthorizationNotListed,
		"Access-Control-Allow-Headers on the preflight's response doesn't list Authorization.",
		"The script sends the request header Authorization, and the preflight's response doesn't allow it by name; * does not cover it. The request itself was not sent.",
		"Access-Control-Allow-Headers on the preflight's response",
		"Access-Control-Allow-Headers: Authorization on the preflight's response, with the other headers that the script sets",
	}
	authorizationWildcard = cause{
		phasePreflight, "7.6", fetch.DetailAuthorizationNotListed,
		"Access-Control-Allow-Headers is *, which doesn't cover Authorization.",
		"The script sends the request header Authorization, and the preflight's response has Access-Control-Allow-Headers: *. By the standard * does not cover Authorization. This is a warning: this browser let the request pass.",
		"Access-Control-Allow-Headers on the preflight's response",
		"Access-Control-Allow-Headers: *, Authorization on the preflight's response",
	}
)
