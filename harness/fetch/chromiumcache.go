package fetch

import (
	"math"
	"slices"
	"strings"
	"time"
)

// What Chromium's HTTP cache does in the place of the standard's: each function asks
// for the rule that it is about, and does nothing without.

// passOverCache has the cache let requests by that say so in the author's headers,
// with no more headers than those that the cache mode calls for: what is stored
// isn't used or asked about, and the answer to a condition isn't stored. It reports
// whether nothing is found for a request that wants what is stored alone.
func (f *fetching) passOverCache(httpRequest *request) (findsNothing bool) {
	conditional := f.ua.has(RuleConditionalRevalidates) && containsConditional(httpRequest.headers)
	noCache := f.ua.has(RuleNoCachePassesOver) && saysNoCache(httpRequest.headers)
	switch {
	case httpRequest.cache == CacheOnlyIfCached:
		return conditional || noCache
	case conditional:
		httpRequest.cache = CacheNoStore
	case noCache && (httpRequest.cache == CacheDefault || httpRequest.cache == CacheForceCache):
		httpRequest.cache = CacheReload
	}
	return false
}

// saysNoCache reports whether Cache-Control or Pragma says no-cache.
func saysNoCache(headers HeaderList) bool {
	pragma, _ := headers.getDecodeAndSplit("Pragma")
	return hasDirective(headers, "no-cache") ||
		slices.ContainsFunc(pragma, func(s string) bool { return byteCaseInsensitiveMatch(s, "no-cache") })
}

// validators returns the headers of a stored response among which those are that
// it is validated with.
func (f *fetching) validators(s *storedResponse) HeaderList {
	if s.status != 200 && s.status != 206 && f.ua.has(RuleConditionsFor200Alone) {
		return nil
	}
	if f.ua.has(RuleConditionsFor200Alone) {
		return slices.DeleteFunc(slices.Clone(s.headers), func(h Header) bool { return h[1] == "" })
	}
	return s.headers
}

// nominated returns the stored response, if there is one that was asked about: a
// 304 is about no other.
func (f *fetching) nominated(s *storedResponse) *storedResponse {
	if s == nil || !f.ua.has(RuleConditionsFor200Alone) {
		return s
	}
	if v := f.validators(s); !v.Contains("ETag") && !v.Contains("Last-Modified") {
		return nil
	}
	return s
}

// answersFromGET reports whether what is stored for GET may answer the request.
func (f *fetching) answersFromGET(r *request) bool {
	switch r.method {
	case "GET":
		return true
	case "HEAD":
		return f.ua.has(RuleHEADFromStoredGET)
	}
	return f.ua.has(RuleUnsafeFromStored) && f.request.cache == CacheForceCache && writesCache(r)
}

// writesCache reports whether Chromium has its cache look at a request that isn't
// to be stored: PUT with a body, DELETE and PATCH.
func writesCache(r *request) bool {
	return r.method == "PUT" && r.body != nil || r.method == "DELETE" || r.method == "PATCH"
}

// passesAsIs reports whether the cache mode has Chromium's cache let the request by:
// no-store, and reload, if there is no answer to be stored.
func passesAsIs(r *request) bool {
	return r.cache == CacheNoStore || r.cache == CacheReload && r.method == "HEAD"
}

// dropUnusable forgets what is stored for the URL of a request that is about to be
// sent, if it is of no use to it or to another one, see [RuleUnusableDropped].
func (f *fetching) dropUnusable(r *request, partition string) {
	if !f.ua.has(RuleUnusableDropped) || r.method != "GET" && r.method != "HEAD" && !writesCache(r) || passesAsIs(r) {
		return
	}
	f.forget(r, partition, func(s *storedResponse) bool {
		return r.cache == CacheReload || r.cache != CacheForceCache && f.isUnusable(s)
	})
}

// isUnusable reports whether a stored response had no lifetime when it came, and has
// nothing to validate it with.
func (f *fetching) isUnusable(s *storedResponse) bool {
	if v, ok := directive(s.headers, "max-age"); ok && !hasDirective(s.headers, "no-cache") && deltaSeconds(v) > 0 {
		return false
	}
	switch s.status {
	case 300, 301, 308, 410:
		return false // which are kept for good
	}
	v := f.validators(s)
	return !s.headers.Contains("Expires") && !v.Contains("ETag") && !v.Contains("Last-Modified")
}

// heuristicLifetime is that of a response without an explicit one; false if it hangs on
// a date that nobody knows.
func (s *storedResponse) heuristicLifetime(ua *UserAgent) (lifetime time.Duration, known bool) {
	switch s.status {
	case 300, 301, 308, 410:
		return math.MaxInt64, true
	case 200, 203, 206:
	default:
		return 0, true
	}
	text, _ := s.headers.get("Last-Modified")
	modified, err := time.Parse(time.RFC1123, text)
	if err != nil || hasDirective(s.headers, "must-revalidate") {
		return 0, true
	}
	text, _ = s.headers.get("Date")
	date, err := time.Parse(time.RFC1123, text)
	if err != nil {
		if ua.Epoch.IsZero() {
			return 0, false
		}
		date = ua.Epoch.Add(s.received)
	}
	return max(date.Sub(modified)/10, 0), true
}

// forgetStale forgets a stored response that HEAD was to validate and didn't, or
// that didn't match it.
func (f *fetching) forgetStale(r *request, partition string) {
	if r.method == "HEAD" && !passesAsIs(r) && f.ua.has(RuleOneStoredForURL) {
		f.forget(r, partition, func(*storedResponse) bool { return true })
	}
}

// updateByCondition has the answer to a condition of the author's be about what is
// stored, if that is a 200 whose validator isn't another one.
func (f *fetching) updateByCondition(r *request, partition string, answer *response) {
	author := f.request.headers
	if !f.ua.has(RuleConditionalRevalidates) || !containsConditional(author) || f.request.cache == CacheNoStore || hasOtherCondition(author) ||
		r.method != "GET" && r.method != "HEAD" || answer.isNetworkError() || answer.status == 206 {
		return
	}
	matches := false
	f.forget(r, partition, func(s *storedResponse) bool {
		if s.status != 200 || differsFrom(author, "If-None-Match", s.headers, "ETag") ||
			differsFrom(author, "If-Modified-Since", s.headers, "Last-Modified") {
			return false
		}
		if answer.status == 304 {
			s.freshen(f.ua, answer.headers)
			return hasDirective(s.headers, "no-store")
		}
		matches = true
		return true
	})
	if matches && r.method == "GET" {
		asStored := *r
		asStored.cache = CacheDefault
		answer.storedAs = f.ua.httpCache.store(f.ua, partition, &asStored, answer)
	}
}

// hasOtherCondition reports whether the author set a condition that Chromium's cache
// doesn't understand.
func hasOtherCondition(author HeaderList) bool {
	return author.Contains("If-Match") || author.Contains("If-Unmodified-Since") || author.Contains("If-Range")
}

// differsFrom reports whether a condition is about another validator than the
// stored one, if there are both.
func differsFrom(author HeaderList, condition string, stored HeaderList, validator string) bool {
	asked, asks := author.get(condition)
	has, ok := stored.get(validator)
	return asks && ok && asked != has
}

// forgetNoStore forgets a stored response whose validation says that it isn't to be
// stored.
func (f *fetching) forgetNoStore(r *request, partition string) {
	if f.ua.has(RuleOneStoredForURL) {
		f.forget(r, partition, func(s *storedResponse) bool { return hasDirective(s.headers, "no-store") })
	}
}

// forgetUnread forgets a response whose body isn't read.
func (f *fetching) forgetUnread(r *request, partition string, unread *response) {
	f.forget(r, partition, func(s *storedResponse) bool { return s == unread.storedAs })
}

// forget takes away what is stored for the request's URL, if drop says so.
func (f *fetching) forget(r *request, partition string, drop func(*storedResponse) bool) {
	cache := &f.ua.httpCache
	if len(cache.stored) == 0 {
		return
	}
	url := r.currentURL().withoutFragment()
	cache.stored = slices.DeleteFunc(cache.stored, func(s *storedResponse) bool {
		return s.partition == partition && s.url == url && drop(s)
	})
}

// passesTheCache reports whether Chromium's HTTP cache has nothing to do with a
// request whose method is unsafe.
func (f *fetching) passesTheCache(r *request) bool {
	if !f.ua.has(RuleUnsafeMethodKeepsStored) {
		return false
	}
	switch {
	case f.request.cache == CacheNoStore:
		return true
	case r.method == "POST":
		return hasOtherCondition(r.headers)
	}
	return !writesCache(r) || containsConditional(r.headers)
}

// refuse lets the HTTP cache forget a response that the page may not have: its
// body isn't read, and so not kept. A redirect's is, and so is one whose type is
// sniffed beforehand, as for XMLHttpRequest.
func (f *fetching) refuse(r *response) {
	if r.storedAs == nil || !f.ua.has(RuleRefusedNotStored) || f.request.api == APIXHR && isSniffed(r.headers) {
		return
	}
	if u, _ := f.location(r); u != nil {
		return
	}
	cache := &f.ua.httpCache
	cache.stored = slices.DeleteFunc(cache.stored, func(s *storedResponse) bool { return s == r.storedAs })
}

// isSniffed reports whether Chromium looks into the body for the type of a response:
// ShouldSniffMimeType of net/base/mime_sniffer.cc.
func isSniffed(headers HeaderList) bool {
	if options, _ := headers.get("X-Content-Type-Options"); byteCaseInsensitiveMatch(options, "nosniff") {
		return false
	}
	value, _ := headers.get("Content-Type")
	essence, _, _ := strings.Cut(value, ";")
	essence = byteLowercase(strings.Trim(essence, httpTabOrSpace))
	switch essence {
	case "*/*", "application/octet-stream", "application/unknown", "application/xml", "text/plain", "text/xml", "unknown/unknown":
		return true
	}
	return !strings.Contains(essence, "/")
}
