package fetch

import "errors"

// maxRedirects is the redirect count at which HTTP-redirect fetch gives up.
const maxRedirects = 20

// RedirectFetch follows a redirect.
//
// https://fetch.spec.whatwg.org/#concept-http-redirect-fetch
func (f *fetching) RedirectFetch(actual *response) *response {
	const phase = "concept-http-redirect-fetch"
	// Step 1.
	request := f.request
	// Step 2.
	internalResponse := actual.inner()
	fail := func(step, detail, sentence string) *response {
		r := f.networkError(phase, step, detail, sentence)
		r.block.Exchange = internalResponse.exchange
		return r
	}
	// Step 3.
	locationURL, err := internalResponse.locationURL(request.currentURL(), f.extractLocation(internalResponse))
	if errors.Is(err, ErrURLUnsupported) {
		return cannotTell("Location " + internalResponse.headers.quoted("Location") + ": " + err.Error())
	}
	// Step 4.
	if locationURL == nil && err == nil {
		return actual
	}
	// Step 5.
	if err != nil {
		return fail("5", "location-invalid",
			"The redirect's Location is "+internalResponse.headers.quoted("Location")+", which is not one URL.")
	}
	// Step 6.
	if !locationURL.IsHTTP() {
		return fail("6", "location-scheme", "The redirect leads to "+locationURL.Scheme+":; only http: and https: are followed.")
	}
	// Step 7.
	if request.redirects == f.redirectLimit() {
		return fail("7", "too-many-redirects", "This is the 21st redirect; only 20 are followed.")
	}
	// Step 8.
	request.redirects++
	// Step 9.
	if request.mode == ModeCORS && locationURL.IncludesCredentials() && !SameOrigin(request.origin, locationURL.Origin()) {
		return fail("9", "location-credentials", "The redirect leads to another origin with a user name or password in its URL.")
	}
	// Step 10.
	if request.tainting == TaintingCORS && locationURL.IncludesCredentials() {
		return fail("10", "location-credentials", "A cross-origin response redirects to a URL with a user name or password in it.")
	}
	if f.refusesCredentials(locationURL) {
		return fail("9", "location-credentials", "The redirect leads to a URL with a user name or password in it.")
	}
	status := internalResponse.status
	// Step 11.
	if status != 303 && request.body != nil && request.body.stream {
		return fail("11", "stream-redirect", "The body is a stream, which can't be sent a second time after a redirect.")
	}
	// Step 12.
	if (status == 301 || status == 302) && request.method == "POST" ||
		status == 303 && request.method != "GET" && request.method != "HEAD" {
		// Step 12.1.
		request.method = "GET"
		request.body = nil
		// Step 12.2.
		for _, headerName := range requestBodyHeaderNames {
			request.headers.delete(headerName)
		}
	}
	// Step 13.
	if !SameOrigin(request.currentURL().Origin(), locationURL.Origin()) {
		request.headers.delete("Authorization")
	}
	f.dropHints(locationURL)
	request.unsafeKnown = false
	// Step 14. The body is sent again as it is.
	// Step 18.
	request.urlList = append(request.urlList, locationURL)
	// Step 19.
	request.setReferrerPolicyOnRedirect(internalResponse)
	// Step 20.
	recursive := true
	// Step 22.
	return f.orRefused(locationURL, f.MainFetch(recursive))
}

// locationURL is the location URL of a response, given the request's current
// URL for its fragment, and what is extracted from Location. No URL and no error
// is null; [ErrURLFailure] is failure.
//
// https://fetch.spec.whatwg.org/#concept-response-location-url
func (r *response) locationURL(current *URL, location Extracted) (*URL, error) {
	// Step 1.
	if !IsRedirectStatus(r.status) {
		return nil, nil
	}
	// Step 2.
	if location.Null {
		return nil, nil
	}
	if location.Failure {
		return nil, ErrURLFailure
	}
	// Step 3.
	u, err := ParseURL(location.Values[0], r.url())
	if err != nil {
		return nil, err
	}
	// Step 4.
	if !u.HasFragment && current.HasFragment {
		withFragment := *u
		withFragment.Fragment, withFragment.HasFragment = current.Fragment, true
		u = &withFragment
	}
	// Step 5.
	return u, nil
}
