package console

// Causes of the fetch around the CORS protocol: schemes, redirects, modes.
var (
	modeSameOrigin = cause{
		phaseMainFetch, "12", "mode-same-origin",
		"The request's mode is same-origin, and its URL is on another origin.",
		"The script asked for a request to its own origin only, and the URL is on another one. No request was sent there.",
		"The mode of the request in the script, and where redirects lead",
		"mode: 'cors' in the script, and Access-Control-Allow-Origin: {origin} on the response; or a URL on the page's own origin",
	}
	notHTTP = cause{
		phaseMainFetch, "12", "not-http",
		"The URL's scheme is not an HTTP(S) scheme.",
		"The CORS protocol exists for http and https only, and the URL has another scheme, such as file. No request was sent.",
		"The scheme of the URL that the script requests",
		"An http or https URL. Serve the page and what it loads over HTTP(S) instead of opening files",
	}
	noCORSRedirectMode = cause{
		phaseMainFetch, "12(4).1", "no-cors-redirect-mode",
		"The request's mode is no-cors and its redirect mode is not follow.",
		"With the mode no-cors the redirect mode has to be follow. No request was sent.",
		"The mode and the redirect mode of the request in the script",
		"redirect: 'follow', or mode: 'cors', in the script",
	}
	mixedContent = cause{
		phaseMainFetch, "7", "mixed-content",
		"The page is secure, and the URL is not.",
		"The page was loaded over HTTPS, and the script requests a URL without TLS. The browser sends no such request; no response header changes that.",
		"The scheme of the URL that the script requests",
		"An https URL (wss for a WebSocket): the server has to speak TLS",
	}
	integrity = cause{
		phaseMainFetch, "23.3.1", "integrity-mismatch",
		"The body doesn't match the integrity value of the request.",
		"The response came, and its body has another hash than the one that the page asks for.",
		"The integrity value in the page, and the body of the response",
		"The body that the integrity value was made of; or a new integrity value in the page",
	}
	redirectModeError = cause{
		phaseHTTPFetch, "6.3(1).1", "redirect-mode-error",
		"The server redirects, and the request's redirect mode is error.",
		"The script asked not to be redirected, and the server answered with a redirect.",
		"The status of the response, and the redirect mode in the script",
		"A response that is no redirect; or redirect: 'follow' in the script",
	}
	locationScheme = cause{
		phaseRedirectFetch, "6", "location-scheme",
		"The redirect's URL has no HTTP(S) scheme.",
		"The server redirects the request to a URL whose scheme is neither http nor https.",
		"Location on the redirect's response",
		"An http or https URL in Location on the redirect's response",
	}
	locationCredentials = cause{
		phaseRedirectFetch, "9", "location-credentials",
		"The redirect's URL includes credentials.",
		"The server redirects the request to a URL with a user name or a password in it. A request to another origin doesn't follow that.",
		"Location on the redirect's response",
		"A URL without user name and password in Location on the redirect's response",
	}
	tooManyRedirects = cause{
		phaseRedirectFetch, "7", "too-many-redirects",
		"The redirects are more than 20.",
		"The server redirected the request more than 20 times, mostly in a circle.",
		"Location on each redirect's response",
		"A response that is no redirect after 20 redirects at the most",
	}
	badPort = cause{
		"block-bad-port", "2", "bad-port",
		"The URL's port is a bad port.",
		"Browsers send no request to this port: it belongs to another protocol. No request was sent.",
		"The port of the URL that the script requests",
		"Another port, such as 443 or 8443",
	}
	transport = cause{
		"concept-http-network-fetch", "8.1", "transport",
		"The connection to the server failed.",
		"No response came: the connection to {host} failed. No response header changes that.",
		"Whether {host} is up, and its name, port and certificate",
		"A response, over a connection that the browser trusts",
	}
	offline = cause{
		"concept-http-network-fetch", "2", "offline",
		"The browser is offline.",
		"The browser has no network. No request was sent.",
		"The computer's own connection, and the network setting of the developer tools",
		"A connection to the network",
	}
)

const phaseResourcePolicy = "cross-origin-resource-policy-internal-check"

// Causes of Cross-Origin-Resource-Policy:
// https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check.
var (
	resourceSameOrigin = cause{
		phaseResourcePolicy, "5", "same-origin",
		"Cross-Origin-Resource-Policy allows the response's own origin only.",
		"The response says that only pages of its own origin may load it.",
		"Cross-Origin-Resource-Policy on the response",
		"Cross-Origin-Resource-Policy: cross-origin on the response",
	}
	resourceSameSite = cause{
		phaseResourcePolicy, "5", "same-site",
		"Cross-Origin-Resource-Policy allows the response's own site only.",
		"The response says that only pages of its own site may load it.",
		"Cross-Origin-Resource-Policy on the response",
		"Cross-Origin-Resource-Policy: cross-origin on the response",
	}
	embedderPolicy = cause{
		phaseResourcePolicy, "5", "embedder-policy",
		"The page has an embedder policy, and the response has no Cross-Origin-Resource-Policy.",
		"The page has Cross-Origin-Embedder-Policy: require-corp, so that everything it loads has to agree. The response doesn't.",
		"Cross-Origin-Resource-Policy on the response, and Cross-Origin-Embedder-Policy on the page",
		"Cross-Origin-Resource-Policy: cross-origin on the response; or a request with mode cors, and Access-Control-Allow-Origin",
	}
)

// What is no step of the standard.
var (
	unknownReason = cause{
		meaning: "The browser kept a response from the script. The text doesn't say why.",
		look:    "The words after this in the console, and the request in the network panel",
		remedy:  "Not known without the reason",
	}
	saysNothing = cause{
		meaning: "A request failed. The script and this message don't learn why: that is on purpose, so that a page can't explore other servers.",
		look:    "The other lines of the console, from the same moment, and the request in the network panel",
		remedy:  "Not known without the reason",
	}
	invalidResponse = cause{
		meaning: "The browser got something that it can't take for a response to this request.",
		look:    "The request in the network panel, and a service worker that may answer it",
		remedy:  "A response of the server itself",
	}
	localNetwork = cause{
		meaning: "The server is on the user's own network or computer, and the page comes from a more public one. The browser protects such servers, whatever the response says.",
		look:    "The address that the server's name resolves to, and the permission for the local network",
		remedy:  "The user's permission for the page to reach the local network; or a server with a public address",
	}
	insecureLocalNetwork = cause{
		meaning: "The page was loaded without TLS, and the server is on the user's own network or computer. A page has to be secure to reach those.",
		look:    "The scheme of the page, and the address that the server's name resolves to",
		remedy:  "The page over HTTPS; or a server with a public address",
	}
	addressSpace = cause{
		meaning: "The script declared the network that the server is in, and the server's address is in another one.",
		look:    "targetAddressSpace in the script, and the address that the server's name resolves to",
		remedy:  "The right targetAddressSpace in the script, or none",
	}
	privateNetworkHeader = cause{
		meaning: "The server is on the user's own network or computer. This version of Chromium sends a preflight there, and its response doesn't allow the access.",
		look:    "Access-Control-Allow-Private-Network on the preflight's response",
		remedy:  "Access-Control-Allow-Private-Network: true on the preflight's response",
	}
	privateNetworkName = cause{
		meaning: "The server is on the user's own network. This version of Chromium asks the user for permission, and needs the device's name and ID from the preflight's response.",
		look:    "Private-Network-Access-Name and Private-Network-Access-ID on the preflight's response",
		remedy:  "Private-Network-Access-Name and Private-Network-Access-ID on the preflight's response",
	}
	externalHeader = cause{
		meaning: "The server is on the user's own network or computer. This old version of Chromium sends a preflight there, and its response doesn't allow the access.",
		look:    "Access-Control-Allow-External on the preflight's response",
		remedy:  "Access-Control-Allow-External: true on the preflight's response",
	}
	opaqueBlocking = cause{
		meaning: "The page loads this without the CORS protocol, as an image or a script, and the response doesn't look like one. Often it is an error page or JSON. The browser keeps it out of the page.",
		look:    "The status, Content-Type and X-Content-Type-Options on the response",
		remedy:  "The resource itself with its Content-Type; or a request with mode cors (the attribute crossorigin), and Access-Control-Allow-Origin: {origin} on the response",
	}
	blockedByClient = cause{
		meaning: "An extension of the browser, such as an ad blocker, stopped the request. No response header changes that.",
		look:    "The extensions of the browser",
		remedy:  "The request in a window without extensions",
	}
	isolation = cause{
		meaning: "A policy of the page or of its frame keeps the response out.",
		look:    "Cross-Origin-Resource-Policy on the response, and Cross-Origin-Embedder-Policy on the page and on the frame",
		remedy:  "Cross-Origin-Resource-Policy: cross-origin on the response, and Cross-Origin-Embedder-Policy on a framed document",
	}
	corsDisabled = cause{
		meaning: "The setting content.cors.disable of this Firefox makes it refuse every request to another origin.",
		look:    "content.cors.disable in about:config",
		remedy:  "content.cors.disable set to false",
	}
	originNotAdded = cause{
		meaning: "Firefox can't give this request an Origin, so that no server can allow it. It happens to scripts of extensions.",
		look:    "Who sends the request: the page or an extension",
		remedy:  "The request from the page, or from the extension's background script",
	}
	preflightBlocked = cause{
		meaning: "The browser stopped the preflight, the OPTIONS request that it sends first. No response header changes that.",
		look:    "Content blockers and extensions, and the scheme and port of the URL",
		remedy:  "The request without content blockers",
	}
	redirectDenied = cause{
		meaning: "A synchronous request was redirected to another origin, and WebKit doesn't follow that.",
		look:    "Location on the redirect's response",
		remedy:  "A redirect within the origin; or an asynchronous request",
	}
	requestRefused = cause{
		meaning: "WebKit refused to send the request.",
		look:    "The other lines of the console, from the same moment",
		remedy:  "Not known without the reason",
	}
)
