package fetch

// HTTPFetch consults the CORS-preflight cache, sends a preflight if necessary, sends the
// request, and runs the CORS check on the response.
//
// https://fetch.spec.whatwg.org/#concept-http-fetch
func (f *fetching) HTTPFetch(makeCORSPreflight bool) *response {
	const phase = "concept-http-fetch"
	// Step 1.
	request := f.request
	// Step 2.
	var response, internalResponse *response
	// Step 4. No service worker answered.
	// Step 4.1.
	if makeCORSPreflight && f.needsPreflight() {
		// Step 4.1.1.
		preflightResponse := f.PreflightFetch()
		// Step 4.1.2.
		if preflightResponse.isNetworkError() {
			return preflightResponse
		}
	}
	// Step 4.3.
	response = f.HTTPNetworkOrCacheFetch(false, false)
	internalResponse = response
	// A network error fails the CORS check, having no headers, and has no
	// status to look at: the rest returns a network error. Keep this one, which
	// knows why.
	if response.isNetworkError() {
		return response
	}
	// Step 4.4.
	if request.tainting == TaintingCORS {
		if failure := CORSCheck(f.SerializeOrigin(), request.creds, response.headers); failure != nil {
			failure.Exchange = response.exchange
			f.refuse(response)
			return f.blocked(failure)
		}
	}
	// Step 5.
	if request.tainting == TaintingOpaque {
		if stop := f.crossOriginResourcePolicyCheck(internalResponse); stop != nil {
			f.refuse(internalResponse)
			return stop
		}
	}
	// Step 6.
	if IsRedirectStatus(internalResponse.status) {
		// Step 6.3.
		switch request.redirect {
		case RedirectError:
			if f.isNoRedirect(internalResponse) {
				return response
			}
			if stop := f.credentialsFirst(internalResponse); stop != nil {
				return stop
			}
			// Step 6.3(1).1.
			response = f.networkError(phase, "6.3(1).1", "redirect-mode-error",
				"The server redirected, and the redirect mode is error.")
			response.block.Exchange = internalResponse.exchange
		case RedirectManual:
			// Step 6.3(2).2.
			response = internalResponse.filterOpaqueRedirect()
			f.sendOn(internalResponse)
		default:
			// Step 6.3(3).2.
			response = f.RedirectFetch(response)
		}
	}
	// Step 7.
	return response
}

// needsPreflight is the condition of step 4.1 of HTTP fetch.
//
// https://fetch.spec.whatwg.org/#concept-http-fetch
func (f *fetching) needsPreflight() bool {
	// Step 4.1.
	if f.bypassesPreflightCache() {
		return true
	}
	missed := f.cacheMisses()
	if missed && f.ua.has(RuleCacheOnePreflight) {
		f.clearCacheEntries()
	}
	return missed
}

// cacheMisses reports whether the CORS-preflight cache lacks what the request
// needs.
func (f *fetching) cacheMisses() bool {
	request := f.request
	if (!IsSafelistedMethod(request.method) || request.preflight) && !f.cacheMatchesMethod(request.method) {
		return true
	}
	for _, name := range f.unsafeNames() {
		if !f.cacheMatchesHeader(name) {
			return true
		}
	}
	return false
}
