package fetch

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What Chromium does in the place of a step, or between two: each function asks
// for the rule that it is about, and does nothing without.

// charsetInPlace finds what Chromium takes for the charset in a Content-Type: it
// doesn't parse the MIME type.
var charsetInPlace = regexp.MustCompile(`(?i)([\x00-\x20;]charset[\x00-\x20]*=[\x00-\x20"']*)([^\x00-\x20"';]+)`)

// replaceCharsets puts UTF-8 in the place of each charset, see
// [RuleXHRCharsetInPlace].
func replaceCharsets(contentType string) string {
	return charsetInPlace.ReplaceAllString(contentType, "${1}UTF-8")
}

// forcesPreflight reports whether a listener on the upload object does.
func (ua *UserAgent) forcesPreflight(listener bool, body *requestBody) bool {
	return listener && (body != nil || !ua.has(RuleUploadListenerNeedsBody))
}

// bypassesPreflightCache reports whether the cache mode makes Chromium ask again;
// a condition of the author's makes a cache mode, too.
func (f *fetching) bypassesPreflightCache() bool {
	if !f.ua.has(RuleCacheModeBypassesCache) {
		return false
	}
	switch f.request.cache {
	case CacheNoStore, CacheReload, CacheNoCache:
		return true
	case CacheDefault:
		return f.ua.has(RuleConditionalRevalidates) && containsConditional(f.request.headers)
	}
	return false
}

// modeFirst reports whether Chromium has another reason to refuse the request
// before it looks at the port, and whether it is mixed content.
func (f *fetching) modeFirst() bool { return f.ua.has(RuleModeFirst) && f.refusedByMode() }

// keepaliveTooLarge is keepaliveLimit where Chromium has it.
func (f *fetching) keepaliveTooLarge() *response {
	if !f.ua.has(RuleKeepaliveLimitFirst) || f.refusedByMode() || f.blockMixedContent() || f.request.currentURL().Scheme == "data" {
		return nil
	}
	return f.keepaliveLimit(f.request)
}

// refusedByMode reports whether the request is refused for its mode.
func (f *fetching) refusedByMode() bool {
	r := f.request
	if f.isSameOriginURL(r.currentURL()) {
		return false
	}
	return r.mode == ModeSameOrigin || r.mode == ModeNoCORS && r.redirect != RedirectFollow
}

// keepsNoPreflight reports whether the cache mode keeps a preflight out of
// Chromium's cache.
func (f *fetching) keepsNoPreflight() bool {
	return f.request.cache == CacheNoStore && f.ua.has(RuleCacheModeBypassesCache)
}

// onePreflight makes room for the one preflight that Chromium keeps for a URL and
// an origin, and returns the methods that it allows: safelisted ones always.
func (f *fetching) onePreflight(methods []string) []string {
	if !f.ua.has(RuleCacheOnePreflight) {
		return methods
	}
	f.clearCacheEntries()
	return append([]string{"GET", "HEAD", "POST"}, methods...)
}

// orNegativeMaxAge returns 0 in the place of maxAge if Chromium reads a number in
// Access-Control-Max-Age that is below zero, or is "-0".
func (ua *UserAgent) orNegativeMaxAge(maxAge int64, responseHeaders HeaderList) int64 {
	if !ua.has(RuleNegativeMaxAge) {
		return maxAge
	}
	v, _ := responseHeaders.get("Access-Control-Max-Age")
	if _, err := strconv.ParseInt(v, 10, 64); err == nil && strings.HasPrefix(v, "-") {
		return 0
	}
	return maxAge
}

// matchesNothing reports whether the request's origin is null only since a
// redirect, for which Chromium's CORS-preflight cache has no entry.
func (f *fetching) matchesNothing() bool {
	return f.ua.has(RuleTaintedNotCached) && f.SerializeOrigin() != f.request.origin
}

// extractLocation extracts the header list values of Location as the profile has
// it.
func (f *fetching) extractLocation(r *response) Extracted {
	location := ExtractHeaderListValues("Location", r.headers)
	if location.Failure && f.ua.has(RuleEqualLocations) {
		if lines := slices.Compact(r.headers.Lines("Location")); len(lines) == 1 {
			location = Extracted{Values: lines}
		}
	}
	if len(location.Values) == 1 && location.Values[0] == "" && f.ua.has(RuleEmptyLocationIsNone) {
		return Extracted{Null: true}
	}
	return location
}

// location is the location URL of a response.
func (f *fetching) location(r *response) (*URL, error) {
	return r.locationURL(f.request.currentURL(), f.extractLocation(r))
}

// failsByLocation returns a network error for a redirect to what is no URL, and for
// one too many, which Chromium finds out as the headers arrive.
func (f *fetching) failsByLocation(r *response) *response {
	if !f.ua.has(RuleLocationFirst) || !IsRedirectStatus(r.status) {
		return nil
	}
	u, err := f.location(r)
	var stop *response
	switch {
	case u != nil && f.request.redirects == maxRedirects:
		stop = f.networkError("concept-http-redirect-fetch", "7", "too-many-redirects", "This is the 21st redirect; only 20 are followed.")
	case err == nil:
		return nil
	case errors.Is(err, ErrURLUnsupported):
		return cannotTell("Location " + r.headers.quoted("Location") + ": " + err.Error())
	default:
		stop = f.networkError("concept-http-redirect-fetch", "5", "location-invalid",
			"The redirect's Location is "+r.headers.quoted("Location")+", which is not one URL.")
	}
	stop.block.Exchange = r.exchange
	return stop
}

// redirectsPreflight reports whether a preflight's response is a redirect that
// Chromium refuses for being one.
func (f *fetching) redirectsPreflight(r *response) bool {
	if !f.ua.has(RulePreflightRedirectFirst) || !IsRedirectStatus(r.status) {
		return false
	}
	u, _ := f.location(r)
	return u != nil
}

// isNoRedirect reports whether a redirect status is a response like any other for
// want of a Location.
func (f *fetching) isNoRedirect(r *response) bool {
	if !f.ua.has(RuleNoLocationNoRedirect) {
		return false
	}
	u, err := f.location(r)
	return u == nil && err == nil
}

// redirectLimit is the redirect count at which HTTP-redirect fetch gives up.
func (f *fetching) redirectLimit() int {
	if f.request.keepalive && f.ua.has(RuleKeepalive19Redirects) {
		return maxRedirects - 1
	}
	return maxRedirects
}

// refusesCredentials reports whether a redirect is refused that the standard
// follows, for a user name or password in its URL. A request with keepalive is sent
// on by another process than the page's, see orRefused.
func (f *fetching) refusesCredentials(locationURL *URL) bool {
	return !f.request.keepalive && f.dislikesCredentials(locationURL)
}

// orRefused returns a network error in the place of the response to a request that
// the page's process would not have sent on.
func (f *fetching) orRefused(locationURL *URL, r *response) *response {
	if r.isNetworkError() || !f.request.keepalive || !f.dislikesCredentials(locationURL) {
		return r
	}
	return f.networkError("concept-http-redirect-fetch", "9", "location-credentials",
		"The redirect led to a URL with a user name or password in it.")
}

func (f *fetching) dislikesCredentials(locationURL *URL) bool {
	r := f.request
	return f.ua.has(RuleRedirectCredentials) && locationURL.IncludesCredentials() && r.api != APIXHR &&
		(r.mode != ModeSameOrigin || SameOrigin(r.origin, locationURL.Origin()))
}

// credentialsFirst returns a network error for a redirect that is refused for a
// user name or password in its URL before its redirect mode is.
func (f *fetching) credentialsFirst(r *response) *response {
	if !f.ua.has(RuleRedirectModeErrorLast) || f.request.mode != ModeCORS {
		return nil
	}
	u, _ := f.location(r)
	if u == nil || !u.IncludesCredentials() || f.request.tainting == TaintingBasic && SameOrigin(f.request.origin, u.Origin()) {
		return nil
	}
	stop := f.networkError("concept-http-redirect-fetch", "9", "location-credentials",
		"The redirect leads to another origin with a user name or password in its URL.")
	stop.block.Exchange = r.exchange
	return stop
}

// hidesOrigin reports whether a redirect led from one origin to another, after
// which Chromium's mode no-cors hides the page's.
func (f *fetching) hidesOrigin() bool {
	if !f.ua.has(RuleNoCORSRedirectNull) || f.request.mode != ModeNoCORS {
		return false
	}
	list := f.request.urlList
	for i := range len(list) - 1 {
		if !SameOrigin(list[i].Origin(), list[i+1].Origin()) {
			return true
		}
	}
	return false
}

// metadataItem is an item of integrity metadata that Chromium understands.
var metadataItem = regexp.MustCompile(`(?i:sha(?:256|384|512))-[A-Za-z0-9+/_-]+={0,2}(?:\?[^\t\n\f\r ]*)?`)

// integrityMetadata returns the request's as the profile has it, and whether it
// asks for something.
func (f *fetching) integrityMetadata(actual *response) (metadata string, asks bool) {
	metadata = f.request.integrity
	if f.ua.has(RuleIntegrityUnparsedIsNone) {
		metadata = strings.Join(metadataItem.FindAllString(metadata, -1), " ")
	}
	return metadata, metadata != "" || actual.typ == ResponseOpaque || actual.typ == ResponseOpaqueRedirect
}
