package fetch

// MainFetch decides how a request is handled, as basic, opaque or cors, and whether it
// needs a preflight.
//
// https://fetch.spec.whatwg.org/#concept-main-fetch
func (f *fetching) MainFetch(recursive bool) *response {
	const phase = "concept-main-fetch"
	// Step 1.
	request := f.request
	// Step 2.
	var response *response
	// Step 7.
	switch {
	case f.modeFirst():
	case f.blockBadPort():
		response = f.networkError("block-bad-port", "2", "bad-port",
			"Port "+request.currentURL().Port+" is one that no browser fetches from.")
	case f.blockMixedContent():
		response = f.networkError(phase, "7", "mixed-content",
			"A page of "+string(request.origin)+" may not fetch "+quote(request.currentURL().String())+
				", which isn't encrypted: mixed content.")
	}
	// Step 8.
	if request.policy == "" {
		request.policy = f.ua.Client.referrerPolicy()
	}
	// Step 9.
	if request.referrer != noReferrer {
		request.referrer = f.determineReferrer()
	}
	// Step 12.
	if response == nil {
		response = f.mainFetchSwitch()
	}
	// Step 13.
	if recursive {
		return response
	}
	// Step 14.
	if !response.isNetworkError() && response.internal == nil {
		// Step 14.1.
		if request.tainting == TaintingCORS {
			f.setExposedHeaders(response)
		}
		// Step 14.2.
		switch request.tainting {
		case TaintingBasic:
			response = response.filterBasic(f.shared.response())
		case TaintingCORS:
			response = response.filterCORS(f.shared.response(), f.shared.readable[:0])
		case TaintingOpaque:
			response = response.filterOpaque()
		}
	}
	// Step 15.
	internalResponse := response.inner()
	// Step 16.
	if len(internalResponse.urlList) == 0 {
		internalResponse.urlList = request.urlList
		if response.typ == ResponseBasic || response.typ == ResponseCORS {
			response.urlList = request.urlList
		}
	}
	// Step 20. The destination is the empty string, for which neither the MIME
	// type nor nosniff blocks. A mixed response is a mixed request.
	// Step 22.
	if !response.isNetworkError() && (request.method == "HEAD" || IsNullBodyStatus(internalResponse.status)) {
		internalResponse.dropBody()
		response.dropBody()
	}
	// Step 23.
	if request.integrity != "" {
		return f.checkIntegrity(response)
	}
	// Step 24.
	return response
}

// mainFetchSwitch is the switch of step 12 of main fetch.
//
// https://fetch.spec.whatwg.org/#concept-main-fetch
func (f *fetching) mainFetchSwitch() *response {
	const phase = "concept-main-fetch"
	request := f.request
	current := request.currentURL()
	sameOrigin := f.isSameOriginURL(current)
	// Step 12.
	switch {
	case sameOrigin && request.tainting == TaintingBasic, current.Scheme == "data":
		// Step 12(2).1.
		request.tainting = TaintingBasic
		// Step 12(2).2.
		return f.SchemeFetch()

	case request.mode == ModeSameOrigin:
		return f.networkError(phase, "12", "mode-same-origin",
			"The mode is same-origin, and "+quote(string(current.Origin()))+" is another origin than "+quote(string(request.origin))+".")

	case request.mode == ModeNoCORS:
		// Step 12(4).1.
		if request.redirect != RedirectFollow {
			return f.networkError(phase, "12(4).1", "no-cors-redirect-mode",
				"A cross-origin request in mode no-cors must follow redirects, and its redirect mode is "+string(request.redirect)+".")
		}
		// Step 12(4).2.
		request.tainting = TaintingOpaque
		// Step 12(4).3.
		return f.SchemeFetch()

	case !current.IsHTTP():
		return f.networkError(phase, "12", "not-http",
			"Cross-origin requests in mode cors go to http: and https: alone, not to "+current.Scheme+":.")

	case request.preflight, request.unsafe &&
		(!IsSafelistedMethod(request.method) || len(f.unsafeNames()) > 0):
		// Step 12(6).1.
		request.tainting = TaintingCORS
		// Step 12(6).2.
		corsWithPreflightResponse := f.HTTPFetch(true)
		// Step 12(6).3.
		if corsWithPreflightResponse.isNetworkError() && corsWithPreflightResponse.unknown == "" &&
			!f.ua.has(RuleCacheNotCleared) {
			f.clearCacheEntries()
		}
		// Step 12(6).4.
		return corsWithPreflightResponse

	default:
		// Step 12(7).1.
		request.tainting = TaintingCORS
		// Step 12(7).2.
		return f.HTTPFetch(false)
	}
}

// isSameOriginURL reports whether the URL's origin is same origin with the
// request's. The origin of a blob: URL is that of its entry's environment,
// which for the entries of [Environment.Blobs] is the page.
func (f *fetching) isSameOriginURL(u *URL) bool {
	if u.Scheme == "blob" {
		if _, ok := f.ua.Client.Blobs[u.withoutFragment()]; ok {
			return true
		}
	}
	return SameOrigin(u.Origin(), f.request.origin)
}

// setExposedHeaders sets the CORS-exposed header-name list: step 14.1 of main
// fetch.
//
// https://fetch.spec.whatwg.org/#concept-main-fetch
func (f *fetching) setExposedHeaders(response *response) {
	// Step 14.1.1.
	headerNames := ExtractHeaderListValues("Access-Control-Expose-Headers", response.headers)
	// Step 14.1.2.
	if f.request.creds != CredentialsInclude && headerNames.Contains(Wildcard) {
		for _, h := range response.headers {
			response.exposed = append(response.exposed, h[0])
		}
		return
	}
	// Step 14.1.3.
	// Deviation (erratum expose-headers-failure): the text says "non-null or
	// failure", which would make failure the list.
	response.exposed = headerNames.Values // none, of null and failure
}

// unsafeNames returns the CORS-unsafe request-header names of the request, which
// don't change until a redirect.
func (f *fetching) unsafeNames() []string {
	if r := f.request; !r.unsafeKnown {
		r.unsafeNames, r.unsafeKnown = f.profileUnsafeNames(r.headers), true
	}
	return f.request.unsafeNames
}

// profileUnsafeNames is [UnsafeRequestHeaderNames] as the profile has it. The
// result holds until it is called again.
func (f *fetching) profileUnsafeNames(headers HeaderList) []string {
	return unsafeRequestHeaderNames(f.combined(headers), f.safelist(), f.shared.names[:0])
}
