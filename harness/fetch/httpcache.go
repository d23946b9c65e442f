package fetch

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// An httpCache is the user agent's HTTP caches, one for each network partition
// key: a private cache of RFC 9111 that keeps whole responses to GET.
type httpCache struct {
	stored []*storedResponse
}

// A storedResponse is a response with what selects it.
type storedResponse struct {
	partition string
	url       string // without fragment
	// requestHeaders are those that the response's Vary may name.
	requestHeaders HeaderList
	status         int
	headers        HeaderList
	body           Payload
	hasBody        bool
	bodyUnknown    string
	// received is when the response came or was last validated.
	received time.Duration
}

// A freshness is how a stored response may be used.
type freshness int8

const (
	fresh                freshness = iota // https://fetch.spec.whatwg.org/#concept-fresh-response
	staleWhileRevalidate                  // https://fetch.spec.whatwg.org/#concept-stale-while-revalidate-response
	stale                                 // https://fetch.spec.whatwg.org/#concept-stale-response
	freshnessUnknown
)

// selectResponse is section 4 of RFC 9111, "Constructing Responses from
// Caches", without the part that needs validation; it may return nil. Whether a
// response to GET may answer the request is for the caller to say: HEAD, as the text
// allows.
func (c *httpCache) selectResponse(ua *UserAgent, partition string, r *request, fromGET bool) *storedResponse {
	if len(c.stored) == 0 || !fromGET || r.headers.Contains("Range") {
		return nil
	}
	url := r.currentURL().withoutFragment()
	for _, s := range slices.Backward(c.stored) {
		if s.partition == partition && s.url == url && s.varyMatches(ua, r.headers) {
			return s
		}
	}
	return nil
}

// varyMatches is section 4.1 of RFC 9111.
func (s *storedResponse) varyMatches(ua *UserAgent, headers HeaderList) bool {
	names, _ := s.headers.getDecodeAndSplit("Vary")
	for _, name := range names {
		if name == "" {
			continue
		}
		before, had := s.requestHeaders.get(name)
		now, has := headers.get(name)
		if name == "*" || had != has && !ua.has(RuleVaryAbsentIsEmpty) || before != now {
			return false
		}
	}
	return true
}

// store is section 3 of RFC 9111, "Storing Responses in Caches". It returns nil if
// there is nothing to store.
func (c *httpCache) store(ua *UserAgent, partition string, r *request, actual *response) *storedResponse {
	if r.method != "GET" || r.cache == CacheNoStore || r.headers.Contains("Range") || actual.isNetworkError() {
		return nil
	}
	if ua.has(RuleOneStoredForURL) && !(actual.status == 206 && containsConditional(r.headers)) {
		url := r.currentURL().withoutFragment()
		c.stored = slices.DeleteFunc(c.stored, func(old *storedResponse) bool { return old.partition == partition && old.url == url })
	}
	if hasDirective(r.headers, "no-store") || hasDirective(actual.headers, "no-store") {
		return nil
	}
	_, maxAge := directive(actual.headers, "max-age")
	if !maxAge && !actual.headers.Contains("Expires") && !isHeuristicallyCacheable(actual.status) &&
		!ua.has(RuleStoresAnyStatus) {
		return nil
	}
	if actual.status == 206 || actual.status == 304 {
		return nil
	}
	s := &storedResponse{
		partition:      partition,
		url:            r.currentURL().withoutFragment(),
		requestHeaders: r.headers,
		status:         actual.status,
		headers:        actual.headers,
		body:           actual.body,
		hasBody:        actual.hasBody,
		bodyUnknown:    actual.bodyUnknown,
		received:       ua.now,
	}
	c.stored = slices.DeleteFunc(c.stored, func(old *storedResponse) bool {
		return old.partition == partition && old.url == s.url && old.varyMatches(ua, r.headers)
	})
	c.stored = append(c.stored, s)
	return s
}

// isHeuristicallyCacheable is section 15.1 of RFC 9110.
func isHeuristicallyCacheable(status int) bool {
	switch status {
	case 200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501:
		return true
	}
	return false
}

// freshness is sections 4.2 of RFC 9111 and 3 of RFC 5861. Without an explicit
// lifetime a response is stale, but for [RuleHeuristicLifetimes].
func (s *storedResponse) freshness(ua *UserAgent) freshness {
	if hasDirective(s.headers, "no-cache") {
		return stale
	}
	age := ua.now - s.received
	if v, ok := s.headers.get("Age"); ok && isDeltaSeconds(v) {
		age += time.Duration(deltaSeconds(v)) * time.Second
	}
	var lifetime time.Duration
	if v, ok := directive(s.headers, "max-age"); ok {
		if isDeltaSeconds(v) {
			lifetime = time.Duration(deltaSeconds(v)) * time.Second
		}
	} else if expires, ok := s.headers.get("Expires"); ok {
		at, errExpires := time.Parse(time.RFC1123, expires)
		dateValue, _ := s.headers.get("Date")
		date, errDate := time.Parse(time.RFC1123, dateValue)
		switch {
		case errExpires != nil: // an invalid date is in the past
		case errDate == nil:
			lifetime = at.Sub(date)
		case ua.Epoch.IsZero():
			return freshnessUnknown
		default:
			lifetime = at.Sub(ua.Epoch.Add(s.received))
		}
	} else if ua.has(RuleHeuristicLifetimes) {
		var known bool
		if lifetime, known = s.heuristicLifetime(ua); !known {
			return freshnessUnknown
		}
	}
	if age < lifetime {
		return fresh
	}
	if v, ok := directive(s.headers, "stale-while-revalidate"); ok && isDeltaSeconds(v) &&
		age < lifetime+time.Duration(deltaSeconds(v))*time.Second {
		return staleWhileRevalidate
	}
	return stale
}

// mustValidate reports whether the request wants no stored response without
// validation: its cache mode or its Cache-Control says so.
func mustValidate(r *request) bool {
	if r.cache == CacheNoCache || hasDirective(r.headers, "no-cache") {
		return true
	}
	v, ok := directive(r.headers, "max-age")
	return ok && v == "0"
}

// response returns the stored response as a response of its own.
func (s *storedResponse) response() *response {
	return &response{
		typ: ResponseDefault, status: s.status, headers: s.headers,
		body: s.body, hasBody: s.hasBody, bodyUnknown: s.bodyUnknown,
	}
}

// freshen is section 4.3.4 of RFC 9111, "Freshening Stored Responses upon
// Validation".
func (s *storedResponse) freshen(ua *UserAgent, headers HeaderList) {
	updated := slices.Clone(s.headers)
	stays := func(name string) bool {
		return byteCaseInsensitiveMatch(name, "Content-Length") ||
			byteCaseInsensitiveMatch(name, "Content-Type") && ua.has(RuleValidationKeepsType)
	}
	for _, h := range headers {
		if !stays(h[0]) {
			updated.delete(h[0])
		}
	}
	for _, h := range headers {
		if !stays(h[0]) {
			updated = append(updated, h)
		}
	}
	s.headers, s.received = updated, ua.now
}

// invalidate is section 4.4 of RFC 9111, "Invalidating Stored Responses". What the
// response names beside the target is left to the cache.
func (c *httpCache) invalidate(partition string, u *URL, actual *response, targetAlone bool) {
	if len(c.stored) == 0 {
		return
	}
	urls := []string{u.withoutFragment()}
	for _, name := range [...]string{"Location", "Content-Location"} {
		if v, ok := actual.headers.get(name); ok && !targetAlone {
			if other, err := ParseURL(v, u); err == nil && SameOrigin(other.Origin(), u.Origin()) {
				urls = append(urls, other.withoutFragment())
			}
		}
	}
	c.stored = slices.DeleteFunc(c.stored, func(s *storedResponse) bool {
		return s.partition == partition && slices.Contains(urls, s.url)
	})
}

func hasDirective(headers HeaderList, name string) bool {
	_, ok := directive(headers, name)
	return ok
}

// directive returns the argument of a Cache-Control directive.
func directive(headers HeaderList, name string) (argument string, ok bool) {
	if !headers.Contains("Cache-Control") {
		return "", false
	}
	items, _ := headers.getDecodeAndSplit("Cache-Control")
	for _, item := range items {
		key, value, _ := strings.Cut(item, "=")
		if byteCaseInsensitiveMatch(strings.Trim(key, httpTabOrSpace), name) {
			if unquoted, err := strconv.Unquote(value); err == nil {
				value = unquoted
			}
			return value, true
		}
	}
	return "", false
}
