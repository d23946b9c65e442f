package fetch

import (
	"strconv"
	"strings"
)

// The details of a failed preflight, beyond those of the CORS check.
const (
	DetailPreflightStatus               = "status-not-ok"
	DetailPreflightMethodsGrammar       = "allow-methods-invalid"
	DetailPreflightHeadersGrammar       = "allow-headers-invalid"
	DetailMethodNotAllowed              = "method-not-allowed"
	DetailAuthorizationNotListed        = "authorization-not-listed"
	DetailHeaderNotAllowed              = "header-not-allowed"
	defaultMaxAge                 int64 = 5
)

// PreflightFetch sends a CORS-preflight request and judges its response. The preflight
// carries no credentials, but its response is judged with the credentials mode of the
// actual request.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
func (f *fetching) PreflightFetch() *response {
	// Step 1.
	preflight := f.shared.request()
	*preflight = request{
		method:    "OPTIONS",
		urlList:   f.request.urlList,
		origin:    f.request.origin,
		referrer:  f.request.referrer,
		policy:    f.request.policy,
		mode:      ModeCORS,
		creds:     CredentialsSameOrigin,
		cache:     CacheDefault,
		redirect:  RedirectFollow,
		tainting:  TaintingCORS,
		isCORSPre: true,
	}
	// Step 2.
	preflight.headers = make(HeaderList, 0, 4)
	preflight.headers = append(preflight.headers, Header{"Accept", "*/*"})
	// Step 3.
	preflight.headers = append(preflight.headers, Header{"Access-Control-Request-Method", f.request.method})
	// Step 4.
	headers := f.unsafeNames()
	// Step 5.
	if len(headers) > 0 {
		// Step 5.1. No space after the comma.
		value := strings.Join(headers, ",")
		// Step 5.2.
		preflight.headers = append(preflight.headers, Header{"Access-Control-Request-Headers", value})
	}
	// Step 6.
	preflightParams := f.shared.fetching(f.ua, preflight)
	preflightResponse := preflightParams.HTTPNetworkOrCacheFetch(false, false)
	if preflightResponse.isNetworkError() {
		// It fails the CORS check of step 7, and step 8 returns a network error.
		// Keep this one, which knows why.
		return preflightResponse
	}
	if f.redirectsPreflight(preflightResponse) {
		redirected := preflightBlock("7", DetailPreflightStatus, "The preflight was redirected.")
		redirected.Exchange = preflightResponse.exchange
		return f.blocked(redirected)
	}
	// Step 7.
	var methodList, headerNameList [8]string // most lists fit
	asked := preflighted{
		origin: f.SerializeOrigin(), creds: f.request.creds, method: f.request.method, names: headers, headers: f.request.headers,
		forced: f.request.preflight && !f.ua.has(RuleForcedListsMethod), wildcardAuthorization: f.ua.has(RuleWildcardAuthorization),
	}
	methods, headerNames, _, failure := asked.consent(preflightResponse.status, preflightResponse.headers, methodList[:0], headerNameList[:0])
	if failure == nil {
		f.cachePreflight(preflightResponse.headers, methods, headerNames)
		// Step 7.16.
		return preflightResponse
	}
	// Step 8.
	failure.Exchange = preflightResponse.exchange
	return f.blocked(failure)
}

// A preflighted is the request that a CORS-preflight request asks for, as far as
// the response to that is judged by it.
type preflighted struct {
	origin Origin // serialized
	creds  CredentialsMode
	method string
	// names are the CORS-unsafe request-header names, headers the request's header
	// list.
	names   []string
	headers HeaderList
	// forced is the use-CORS-preflight flag.
	forced bool
	// wildcardAuthorization: "*" covers Authorization, as no standard says.
	wildcardAuthorization bool
}

// preflightBlock is a block in CORS-preflight fetch.
func preflightBlock(step, detail, sentence string) *Block {
	return &Block{Phase: "cors-preflight-fetch-0", Step: step, Detail: detail, Sentence: sentence}
}

// consent is steps 7 to 7.7 of CORS-preflight fetch: it decides whether the response
// to a preflight consents to the request, and returns what it lists. Nil is consent;
// lacks is the header name that isn't listed, if that is why there is none. The lists
// have room for what is extracted.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
func (r *preflighted) consent(status int, headers HeaderList, methodList, headerNameList []string) (methods, headerNames Extracted, lacks string, failure *Block) {
	// Step 7.
	if check := CORSCheck(r.origin, r.creds, headers); check != nil {
		check.Sentence = "The preflight was refused. " + check.Sentence
		return methods, headerNames, "", check
	}
	if !IsOKStatus(status) {
		return methods, headerNames, "", preflightBlock("7", DetailPreflightStatus,
			"The preflight's status is "+strconv.Itoa(status)+"; only 200 to 299 will do.")
	}
	// Step 7.1.
	methods = extractHeaderListValues("Access-Control-Allow-Methods", headers, methodList)
	// Step 7.2.
	headerNames = extractHeaderListValues("Access-Control-Allow-Headers", headers, headerNameList)
	// Step 7.3.
	if methods.Failure {
		return methods, headerNames, "", preflightBlock("7.3", DetailPreflightMethodsGrammar,
			"The preflight's Access-Control-Allow-Methods is "+headers.quoted("Access-Control-Allow-Methods")+", which isn't a list of methods.")
	}
	if headerNames.Failure {
		return methods, headerNames, "", preflightBlock("7.3", DetailPreflightHeadersGrammar,
			"The preflight's Access-Control-Allow-Headers is "+headers.quoted("Access-Control-Allow-Headers")+", which isn't a list of header names.")
	}
	// Step 7.4.
	if methods.Null && r.forced {
		methods = Extracted{Values: []string{r.method}}
	}
	include := r.creds == CredentialsInclude
	// Step 7.5.
	if !methods.Contains(r.method) && !IsSafelistedMethod(r.method) && (include || !methods.Contains(Wildcard)) {
		return methods, headerNames, "", preflightBlock("7.5", DetailMethodNotAllowed,
			notListed("The method "+quote(r.method), "Access-Control-Allow-Methods", methods, include))
	}
	// Step 7.6.
	if !r.wildcardAuthorization || include || !headerNames.Contains(Wildcard) {
		for _, h := range r.headers {
			if IsNonWildcardRequestHeader(h[0]) && !headerNames.ContainsName(h[0]) {
				return methods, headerNames, h[0], preflightBlock("7.6", DetailAuthorizationNotListed,
					"The header Authorization isn't listed by name in the preflight's Access-Control-Allow-Headers; * never covers it.")
			}
		}
	}
	// Step 7.7.
	for _, unsafeName := range r.names {
		if !headerNames.ContainsName(unsafeName) && (include || !headerNames.Contains(Wildcard)) {
			return methods, headerNames, unsafeName, preflightBlock("7.7", DetailHeaderNotAllowed,
				notListed("The header "+quote(unsafeName), "Access-Control-Allow-Headers", headerNames, include))
		}
	}
	return methods, headerNames, "", nil
}

// notListed words the failures of steps 7.5 and 7.7.
func notListed(what, header string, listed Extracted, include bool) string {
	switch {
	case listed.Null:
		return what + " isn't allowed: the preflight's response has no " + header + " header."
	case include && listed.Contains(Wildcard):
		return what + " isn't listed in the preflight's " + header +
			", and * counts for no request whose credentials mode is include."
	}
	return what + " isn't listed in the preflight's " + header + ", which is " +
		quote(strings.Join(listed.Values, ", ")) + "."
}

// cachePreflight puts what a preflight allowed into the CORS-preflight cache.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
func (f *fetching) cachePreflight(responseHeaders HeaderList, methods, headerNames Extracted) {
	// Step 7.8.
	var list [1]string
	extracted := extractHeaderListValues("Access-Control-Max-Age", responseHeaders, list[:0])
	// Step 7.9.
	maxAge := defaultMaxAge
	if !extracted.Failure && !extracted.Null {
		maxAge = deltaSeconds(extracted.Values[0])
	}
	maxAge = f.ua.orNegativeMaxAge(maxAge, responseHeaders)
	// Step 7.10. The standard imposes no limit of its own.
	if f.ua.has(RuleMaxAgeLimit2h) {
		maxAge = min(maxAge, 7200)
	}
	if f.keepsNoPreflight() {
		return
	}
	methods.Values = f.onePreflight(methods.Values)
	f.ua.preflights.grow(len(methods.Values) + len(headerNames.Values))
	common := f.newCacheEntry(maxAge)
	// Step 7.12.
	for _, method := range methods.Values {
		for _, entry := range f.methodCacheEntryMatches(method) {
			entry.maxAge = maxAge
		}
	}
	// Step 7.13.
	for _, method := range methods.Values {
		if len(f.methodCacheEntryMatches(method)) == 0 {
			f.createCacheEntry(&common, method, "")
		}
	}
	// Step 7.14.
	for _, headerName := range headerNames.Values {
		for _, entry := range f.headerNameCacheEntryMatches(headerName) {
			entry.maxAge = maxAge
		}
	}
	// Step 7.15.
	for _, headerName := range headerNames.Values {
		if len(f.headerNameCacheEntryMatches(headerName)) == 0 {
			f.createCacheEntry(&common, "", headerName)
		}
	}
}
