package fetch

import (
	"slices"
	"strconv"
)

// keepaliveBytes is the 64 kibibytes that bodies of keepalive requests may have
// in flight.
const keepaliveBytes = 64 << 10

// HTTPNetworkOrCacheFetch completes the request's headers and gets the response
// from the HTTP cache or the network.
//
// https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch
func (f *fetching) HTTPNetworkOrCacheFetch(isAuthenticationFetch, isNewConnectionFetch bool) *response {
	const phase = "concept-http-network-or-cache-fetch"
	// Step 1.
	request := f.request
	// Step 4.
	var response *response
	// Step 5.
	var storedResponse *storedResponse
	// Step 7.
	revalidating := false
	// Step 8.
	// Step 8.2.
	// Step 8.2.1. A preflight does without the clone, as its request isn't read
	// afterwards; and step 8.1, which would do without as well, isn't needed.
	httpRequest, httpFetchParams := request, f
	own := slices.Clip(request.headers)
	if !request.isCORSPre {
		httpRequest = request.clone(f.shared.request())
		// Step 8.2.2.
		// Step 8.2.3.
		httpFetchParams = f.shared.fetching(f.ua, httpRequest)
	}
	// Step 8.3.
	includeCredentials := request.creds == CredentialsInclude ||
		request.creds == CredentialsSameOrigin && request.tainting == TaintingBasic
	// Step 8.4.
	if !f.embedderPolicyAllowsCredentials() {
		includeCredentials = false
	}
	// Step 8.5.
	hasContentLength := httpRequest.body != nil && !httpRequest.body.stream
	// Step 8.6.
	contentLengthHeaderValue := ""
	// Step 8.7.
	if httpRequest.body == nil && (httpRequest.method == "POST" || httpRequest.method == "PUT") {
		contentLengthHeaderValue = "0"
	}
	// Step 8.8.
	if hasContentLength {
		contentLengthHeaderValue = strconv.FormatInt(httpRequest.body.length, 10)
	}
	// Step 8.9.
	if contentLengthHeaderValue != "" {
		httpRequest.headers = append(httpRequest.headers, Header{"Content-Length", contentLengthHeaderValue})
	}
	// Step 8.10.
	if tooLarge := f.keepaliveLimit(httpRequest); tooLarge != nil {
		return tooLarge
	}
	// Step 8.11.
	if httpRequest.referrer != noReferrer {
		// Step 8.11.1.
		// Step 8.11.2.
		httpRequest.headers = append(httpRequest.headers, Header{"Referer", httpRequest.referrer})
	}
	// Step 8.12.
	httpFetchParams.appendOriginHeader()
	// Step 8.15.
	if f.ua.Client.UserAgentValue != "" && !httpRequest.headers.Contains("User-Agent") {
		// Step 8.15.1.
		// Step 8.15.2.
		httpRequest.headers = append(httpRequest.headers, Header{"User-Agent", f.ua.Client.UserAgentValue})
	}
	// Step 8.16.
	if httpRequest.cache == CacheDefault && containsConditional(httpRequest.headers) {
		httpRequest.cache = CacheNoStore
		if f.ua.has(RuleConditionalRevalidates) {
			httpRequest.cache = CacheNoCache
		}
	}
	// Step 8.17.
	if httpRequest.cache == CacheNoCache && !httpRequest.noCacheCC && !httpRequest.headers.Contains("Cache-Control") {
		httpRequest.headers = append(httpRequest.headers, Header{"Cache-Control", "max-age=0"})
	}
	// Step 8.18.
	if httpRequest.cache == CacheNoStore || httpRequest.cache == CacheReload {
		// Step 8.18.1.
		if !httpRequest.headers.Contains("Pragma") {
			httpRequest.headers = append(httpRequest.headers, Header{"Pragma", "no-cache"})
		}
		// Step 8.18.2.
		if !httpRequest.headers.Contains("Cache-Control") {
			httpRequest.headers = append(httpRequest.headers, Header{"Cache-Control", "no-cache"})
		}
	}
	findsNothing := f.passOverCache(httpRequest)
	// Step 8.19.
	if httpRequest.headers.Contains("Range") {
		httpRequest.headers = append(httpRequest.headers, Header{"Accept-Encoding", "identity"})
	}
	// Step 8.20. The transport does that; see [NetworkRequest].
	// Step 8.21.
	if includeCredentials {
		// Step 8.21.1.
		if stop := httpFetchParams.appendCookieHeader(); stop != nil {
			return stop
		}
	}
	// Step 8.24.
	httpCache := &f.ua.httpCache
	partition := f.networkPartitionKey()
	// Step 8.26.
	if httpRequest.cache != CacheNoStore && httpRequest.cache != CacheReload && !findsNothing {
		// Step 8.26.1.
		storedResponse = httpCache.selectResponse(f.ua, partition, httpRequest, f.answersFromGET(httpRequest))
		// Step 8.26.2.
		if storedResponse != nil {
			freshness := storedResponse.freshness(f.ua)
			if freshness == freshnessUnknown {
				return cannotTell("whether the cached response is fresh: it has Expires; give UserAgent.Epoch")
			}
			// Step 8.26.2.1.
			if httpRequest.cache == CacheDefault && freshness == staleWhileRevalidate &&
				!mustValidate(httpRequest) {
				// Step 8.26.2.1.1.
				// Step 8.26.2.1.2.
				response = storedResponse.response()
				// Step 8.26.2.1.3.
				revalidateRequest := request.clone(f.shared.request())
				// Step 8.26.2.1.4.
				revalidateRequest.cache = CacheNoCache
				// Step 8.26.2.1.5.
				revalidateRequest.noCacheCC = true
				// Step 8.26.2.1.6.
				revalidateRequest.fromWorker = true
				// Step 8.26.2.1.7.
				f.shared.revalidations = append(f.shared.revalidations, revalidateRequest)
			} else {
				// Step 8.26.2.2.
				// Step 8.26.2.2.1. A request that asks for validation, as cache
				// mode no-cache does, gets it for a fresh response too: that is
				// HTTP Caching's part in step 8.26.1.
				if freshness != fresh || mustValidate(httpRequest) {
					revalidating = true
				}
				// Step 8.26.2.2.2.
				if revalidating && httpRequest.cache != CacheForceCache && httpRequest.cache != CacheOnlyIfCached {
					validators := f.validators(storedResponse)
					// Step 8.26.2.2.2.1.
					if etag, ok := validators.get("ETag"); ok {
						httpRequest.headers = append(httpRequest.headers, Header{"If-None-Match", etag})
					}
					// Step 8.26.2.2.2.2.
					if modified, ok := validators.get("Last-Modified"); ok {
						httpRequest.headers = append(httpRequest.headers, Header{"If-Modified-Since", modified})
					}
				} else {
					// Step 8.26.2.2.3.
					response = storedResponse.response()
				}
			}
		}
	}
	// Step 11.
	if response == nil {
		// Step 11.1.
		if httpRequest.cache == CacheOnlyIfCached {
			return f.networkError(phase, "11.1", "not-cached",
				"The cache mode is only-if-cached, and nothing in the HTTP cache matches.")
		}
		f.dropUnusable(httpRequest, partition)
		// Step 11.2.
		forwardResponse := httpFetchParams.HTTPNetworkFetch(includeCredentials, isNewConnectionFetch)
		// Step 11.3.
		if isUnsafeHTTPMethod(httpRequest.method) && 200 <= forwardResponse.status && forwardResponse.status <= 399 &&
			!f.passesTheCache(httpRequest) {
			httpCache.invalidate(partition, httpRequest.currentURL(), forwardResponse, f.ua.has(RuleInvalidatesTargetAlone))
			storedResponse = nil
		}
		nominated := f.nominated(storedResponse)
		// Step 11.4.
		if revalidating && nominated != nil && forwardResponse.status == 304 {
			// Step 11.4.1.
			nominated.freshen(f.ua, forwardResponse.headers)
			f.forgetNoStore(httpRequest, partition)
			// Step 11.4.2.
			// Step 11.4.3.
			response = nominated.response()
			response.exchange = forwardResponse.exchange
		}
		// Step 11.5.
		if response == nil {
			// Step 11.5.1.
			response = forwardResponse
			// Step 11.5.2. Network errors aren't stored.
			response.storedAs = httpCache.store(f.ua, partition, httpRequest, forwardResponse)
			f.updateByCondition(httpRequest, partition, response)
			f.forgetStale(httpRequest, partition)
		}
		if stop := f.failsByLocation(forwardResponse); stop != nil {
			f.forgetUnread(httpRequest, partition, response)
			return stop
		}
	}
	if response.isNetworkError() {
		// Nothing below changes a network error.
		return response
	}
	// Step 12.
	response.urlList = httpRequest.urlList
	// Step 14.
	response.withCreds = includeCredentials
	// Step 15.
	// Deviation (erratum no-challenge-no-prompt): step 15.1 leaves open what a
	// 401 without WWW-Authenticate does. It prompts nobody.
	if response.status == 401 && httpRequest.tainting != TaintingCORS && includeCredentials &&
		!f.ua.Client.Worker && response.headers.Contains("WWW-Authenticate") {
		// Step 15.2.
		if request.body != nil {
			// Step 15.2.1.
			if request.body.stream {
				return f.networkError(phase, "15.2.1", "stream-authentication",
					"The server asks for a password, and the body is a stream, which can't be sent a second time.")
			}
			// Step 15.2.2. The body is sent again as it is.
		}
		// Step 15.3.
		// Step 15.3.2. What somebody types is unknown, see
		// [Environment.PromptsCancelled].
		if !f.ua.Client.PromptsCancelled {
			return cannotTell("what follows the prompt for a name and password that the 401 opens; set PromptsCancelled")
		}
	}
	// Step 16.
	if response.status == 407 {
		// Step 16.1.
		if f.ua.Client.Worker {
			return f.networkError(phase, "16.1", "proxy-authentication",
				"The answer is 407, and nobody can be prompted for the proxy's password.")
		}
		// Step 16.4. "As appropriate" is all that it says of when to prompt.
		return cannotTell("what the user agent makes of a 407, and of the password that it may prompt for")
	}
	// Step 17.
	if response.status == 421 && !isNewConnectionFetch && (request.body == nil || !request.body.stream) {
		// Step 17.2.
		request.headers = own
		response = f.HTTPNetworkOrCacheFetch(isAuthenticationFetch, true)
	}
	// Step 19.
	return response
}

// keepaliveLimit is step 8.10 of HTTP-network-or-cache fetch; nil if the
// request may be sent.
//
// https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch
func (f *fetching) keepaliveLimit(httpRequest *request) *response {
	// Step 8.10. A stream and keepalive don't go together in any API.
	if !httpRequest.keepalive || httpRequest.body == nil {
		return nil
	}
	// Step 8.10.1. Requests come one after another, so that none is in flight.
	const inflightKeepaliveBytes = 0
	// Step 8.10.5.
	if httpRequest.body.length+inflightKeepaliveBytes > keepaliveBytes {
		return f.networkError("concept-http-network-or-cache-fetch", "8.10.5", "keepalive-limit",
			"The request has keepalive, and its body is above 64 KiB.")
	}
	return nil
}

// embedderPolicyAllowsCredentials checks if Cross-Origin-Embedder-Policy allows
// credentials:
// https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials.
func (f *fetching) embedderPolicyAllowsCredentials() bool {
	if f.request.mode != ModeNoCORS || f.ua.Client.EmbedderPolicy != EmbedderPolicyCredentialless {
		return true
	}
	// Deviation (erratum credentialless-taint): the text wants a redirect-taint
	// that is not same-origin, which would strip plain same-origin requests.
	return f.isSameOriginURL(f.request.currentURL()) && f.RedirectTaint() == TaintSameOrigin
}

func containsConditional(headers HeaderList) bool {
	for _, h := range headers {
		switch len(h[0]) {
		case 8, 13, 17, 19:
		default:
			continue
		}
		for _, name := range [...]string{"If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "If-Match", "If-Range"} {
			if byteCaseInsensitiveMatch(h[0], name) {
				return true
			}
		}
	}
	return false
}

// isUnsafeHTTPMethod is "unsafe" of RFC 9110, section 9.2.1.
func isUnsafeHTTPMethod(method string) bool {
	return method != "GET" && method != "HEAD" && method != "OPTIONS" && method != "TRACE"
}
