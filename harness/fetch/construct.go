package fetch

import "strings"

// callAPI makes the request that page code asks for, or refuses.
func (ua *UserAgent) callAPI(req *Request, origin Origin, s *sharedFetch) (*request, *refusal) {
	if req.API == APIXHR {
		return ua.openAndSend(req, origin, s)
	}
	return ua.fetchMethod(req, origin, s)
}

// fetchMethod is the fetch() method up to its call of fetch. [UserAgent.Predict]
// and [response.outcome] do what comes after.
//
// https://fetch.spec.whatwg.org/#dom-global-fetch
func (ua *UserAgent) fetchMethod(req *Request, origin Origin, s *sharedFetch) (*request, *refusal) {
	// Step 2.
	// Step 3.
	return ua.newRequest(req, origin, s)
}

// newRequest is the Request constructor for a string and an init dictionary
// that has the members which req's caller filled in.
//
// https://fetch.spec.whatwg.org/#dom-request
func (ua *UserAgent) newRequest(req *Request, origin Origin, s *sharedFetch) (*request, *refusal) {
	const phase = "dom-request"
	throw := func(step, detail, sentence string) (*request, *refusal) {
		return nil, &refusal{thrown: &Block{Phase: phase, Step: step, Detail: detail, Sentence: sentence}}
	}
	// Step 1.
	// Step 2.
	var fallbackMode Mode
	// Step 3. [Request.URL] is absolute; a base is there for the failures alone.
	// Most URLs do without.
	var baseURL *URL
	if !strings.Contains(req.URL, "://") {
		baseURL = baseOf(origin)
	}
	// Step 5. Input is a string.
	// Step 5.1.
	parsedURL, err := ParseURL(req.URL, baseURL)
	if err == ErrURLUnsupported {
		return nil, &refusal{unknown: "URL " + quote(req.URL) + ": " + err.Error()}
	}
	// Step 5.2.
	if err != nil {
		return throw("5.2", "invalid-url", "The page's code asked for "+quote(req.URL)+", which is not a URL.")
	}
	// Step 5.3.
	if parsedURL.IncludesCredentials() {
		return throw("5.3", "url-credentials", "fetch() refuses a URL with a user name or password in it.")
	}
	// Step 5.4.
	// Step 12. Step 4.2 of populate request from client is done here too.
	r := s.request()
	*r = request{
		method:   "GET",
		unsafe:   true,
		firstURL: [1]*URL{parsedURL},
		origin:   origin,
		mode:     ModeNoCORS,
		creds:    CredentialsSameOrigin,
		cache:    CacheDefault,
		redirect: RedirectFollow,
		referrer: clientReferrer,
		tainting: TaintingBasic,
	}
	r.urlList = r.firstURL[:]
	// Step 5.5.
	fallbackMode = ModeCORS
	// Step 14.
	if req.Referrer != "" {
		referrer, stop := parseReferrer(req.Referrer, origin)
		if stop != nil {
			return nil, stop
		}
		r.referrer = referrer
	}
	// Step 15.
	if req.ReferrerPolicy != "" {
		r.policy = req.ReferrerPolicy
	}
	// Step 16.
	mode := req.Mode
	if mode == "" {
		mode = fallbackMode
	}
	// Step 17.
	if mode == ModeNavigate {
		return throw("17", "mode-navigate", "No script can make a request whose mode is navigate.")
	}
	// Step 18.
	r.mode = mode
	// Step 19.
	if req.Credentials != "" {
		r.creds = req.Credentials
	}
	// Step 20.
	if req.Cache != "" {
		r.cache = req.Cache
	}
	// Step 21.
	if r.cache == CacheOnlyIfCached && r.mode != ModeSameOrigin {
		return throw("21", "only-if-cached", "Cache mode only-if-cached needs mode same-origin, and the mode is "+string(r.mode)+".")
	}
	// Step 22.
	if req.Redirect != "" {
		r.redirect = req.Redirect
	}
	// Step 23.
	r.integrity = req.Integrity
	// Step 24.
	r.keepalive = req.Keepalive
	// Step 25.
	if req.Method != "" {
		// Step 25.1.
		method := req.Method
		// Step 25.2.
		if !isToken(method) {
			return throw("25.2", "invalid-method", quote(method)+" is not a method.")
		}
		if IsForbiddenMethod(method) {
			return throw("25.2", "forbidden-method", "No script can send the method "+quote(method)+".")
		}
		// Step 25.3.
		method = NormalizeMethod(method)
		// Step 25.4.
		r.method = method
	}
	// Step 31.
	headers := headersObject{guard: guardRequest, ua: ua}
	// Step 32.
	if r.mode == ModeNoCORS {
		// Step 32.1.
		if !IsSafelistedMethod(r.method) {
			return throw("32.1", "no-cors-method", "Mode no-cors allows GET, HEAD and POST alone, and the method is "+quote(r.method)+".")
		}
		// Step 32.2.
		headers.guard = guardRequestNoCORS
	}
	// Step 33.
	// Step 33.2.
	// Step 33.3.
	headers.list = make(HeaderList, 0, len(req.Headers)+3)
	// Step 33.5.
	if thrown := headers.fill(req.Headers); thrown != nil {
		return nil, &refusal{thrown: thrown}
	}
	// Step 35.
	if req.Body != nil && (r.method == "GET" || r.method == "HEAD") {
		return throw("35", "body-not-allowed", "A request with the method "+r.method+" can't have a body.")
	}
	// Step 36.
	var initBody *requestBody
	// Step 37.
	if req.Body != nil {
		// Step 37.1.
		extracted := &s.body
		typ, thrown := extractBody(req.Body, r.keepalive, extracted)
		if thrown != nil {
			return nil, &refusal{thrown: thrown}
		}
		// Step 37.2.
		initBody = extracted
		// Step 37.3.
		// Step 37.4.
		if typ != "" && !headers.list.Contains("Content-Type") {
			if thrown := headers.append("Content-Type", typ); thrown != nil {
				return nil, &refusal{thrown: thrown}
			}
		}
	}
	// Step 38.
	inputOrInitBody := initBody
	// Step 39.
	if inputOrInitBody != nil && inputOrInitBody.stream {
		// Step 39.1.
		if req.Body.NoDuplex {
			return throw("39.1", "no-duplex", `A stream as the body needs duplex: "half".`)
		}
		// Step 39.2.
		if r.mode != ModeSameOrigin && r.mode != ModeCORS {
			return throw("39.2", "stream-mode", "A stream as the body needs mode cors or same-origin, and the mode is "+string(r.mode)+".")
		}
		// Step 39.3.
		r.preflight = true
		if ua.has(RuleStreamIsCORS) {
			r.mode = ModeCORS
		}
	}
	// Step 40.
	finalBody := inputOrInitBody
	// Step 42.
	r.body = finalBody
	r.headers = headers.list
	return r, nil
}

// baseOf returns the API base URL as far as it is known: the page's origin.
func baseOf(origin Origin) *URL {
	u, _ := ParseURL(string(origin), nil) // nil for "null", which is no URL
	return u
}
