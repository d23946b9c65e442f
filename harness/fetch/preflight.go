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

// PreflightFetch sends a CORS-preflight request and judges its response. The
// preflight carries no credentials, and yet its response is judged by the
// credentials mode of the request that it is for.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
func (f *fetching) PreflightFetch() *response {
	const phase = "cors-preflight-fetch-0"
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
	fail := func(step, detail, sentence string) *response {
		r := f.networkError(phase, step, detail, sentence)
		r.block.Exchange = preflightResponse.exchange
		return r
	}
	if f.redirectsPreflight(preflightResponse) {
		return fail("7", DetailPreflightStatus, "The preflight was redirected.")
	}
	// Step 7.
	var methodList, headerNameList [8]string // most lists fit
	asked := preflighted{
		origin: f.SerializeOrigin(), creds: f.request.creds, method: f.request.method, names: headers, headers: f.request.headers,
		forced: f.request.preflight && !f.ua.has(RuleForcedListsMethod), wildcardAuthorization: f.ua.has(RuleWildcardAuthorization),
	}
	methods, headerNames, no := asked.consent(preflightResponse.status, preflightResponse.headers, methodList[:0], headerNameList[:0])
	if no.detail == "" {
		f.cachePreflight(preflightResponse.headers, methods, headerNames)
		// Step 7.16.
		return preflightResponse
	}
	// Step 8.
	if failure := no.check; failure != nil {
		failure.Exchange = preflightResponse.exchange
		failure.Sentence = "The preflight was refused. " + failure.Sentence
		return f.blocked(failure)
	}
	return fail(no.step, no.detail, asked.refused(no, preflightResponse, methods, headerNames))
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

// A preflightRefusal is where the response to a preflight doesn't consent; its
// detail is empty if it does.
type preflightRefusal struct {
	step, detail string
	name         string // the header name that isn't listed
	check        *Block // the CORS check's own, if that failed
}

// consent is steps 7 to 7.7 of CORS-preflight fetch: it decides whether the response
// to a preflight consents to the request, and returns what it lists. The lists have
// room for what is extracted.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
func (r *preflighted) consent(status int, headers HeaderList, methodList, headerNameList []string) (methods, headerNames Extracted, no preflightRefusal) {
	// Step 7.
	if check := CORSCheck(r.origin, r.creds, headers); check != nil {
		return methods, headerNames, preflightRefusal{step: check.Step, detail: check.Detail, check: check}
	}
	if !IsOKStatus(status) {
		return methods, headerNames, preflightRefusal{step: "7", detail: DetailPreflightStatus}
	}
	// Step 7.1.
	methods = extractHeaderListValues("Access-Control-Allow-Methods", headers, methodList)
	// Step 7.2.
	headerNames = extractHeaderListValues("Access-Control-Allow-Headers", headers, headerNameList)
	// Step 7.3.
	if methods.Failure {
		return methods, headerNames, preflightRefusal{step: "7.3", detail: DetailPreflightMethodsGrammar}
	}
	if headerNames.Failure {
		return methods, headerNames, preflightRefusal{step: "7.3", detail: DetailPreflightHeadersGrammar}
	}
	// Step 7.4.
	if methods.Null && r.forced {
		methods = Extracted{Values: []string{r.method}}
	}
	include := r.creds == CredentialsInclude
	// Step 7.5.
	if !methods.Contains(r.method) && !IsSafelistedMethod(r.method) && (include || !methods.Contains(Wildcard)) {
		return methods, headerNames, preflightRefusal{step: "7.5", detail: DetailMethodNotAllowed}
	}
	// Step 7.6.
	if !r.wildcardAuthorization || include || !headerNames.Contains(Wildcard) {
		for _, h := range r.headers {
			if IsNonWildcardRequestHeader(h[0]) && !headerNames.ContainsName(h[0]) {
				return methods, headerNames, preflightRefusal{step: "7.6", detail: DetailAuthorizationNotListed, name: h[0]}
			}
		}
	}
	// Step 7.7.
	for _, unsafeName := range r.names {
		if !headerNames.ContainsName(unsafeName) && (include || !headerNames.Contains(Wildcard)) {
			return methods, headerNames, preflightRefusal{step: "7.7", detail: DetailHeaderNotAllowed, name: unsafeName}
		}
	}
	return methods, headerNames, preflightRefusal{}
}

// refused words why the response to a preflight doesn't consent, but for what the
// CORS check says of it.
func (r *preflighted) refused(no preflightRefusal, response *response, methods, headerNames Extracted) string {
	include := r.creds == CredentialsInclude
	switch no.detail {
	case DetailPreflightMethodsGrammar:
		return "The preflight's Access-Control-Allow-Methods is " +
			response.headers.quoted("Access-Control-Allow-Methods") + ", which isn't a list of methods."
	case DetailPreflightHeadersGrammar:
		return "The preflight's Access-Control-Allow-Headers is " +
			response.headers.quoted("Access-Control-Allow-Headers") + ", which isn't a list of header names."
	case DetailMethodNotAllowed:
		return notListed("The method "+quote(r.method), "Access-Control-Allow-Methods", methods, include)
	case DetailAuthorizationNotListed:
		return "The header Authorization isn't listed by name in the preflight's Access-Control-Allow-Headers; * never covers it."
	case DetailHeaderNotAllowed:
		return notListed("The header "+quote(no.name), "Access-Control-Allow-Headers", headerNames, include)
	}
	return "The preflight's status is " + strconv.Itoa(response.status) + "; only 200 to 299 will do."
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
