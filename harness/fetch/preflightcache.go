package fetch

import (
	"slices"
	"time"
)

// A PreflightCache is a user agent's CORS-preflight cache. The zero value is
// empty.
//
// https://fetch.spec.whatwg.org/#concept-cache
type PreflightCache struct {
	entries []cacheEntry
}

// A cacheEntry is https://fetch.spec.whatwg.org/#cache-entry. Either method or
// headerName is null, which is the empty string. The key and the origin are
// whole values, so that two entries are compared as the standard compares them.
type cacheEntry struct {
	key         string
	origin      Origin
	url         *URL
	maxAge      int64
	credentials bool
	method      string
	headerName  string
	stored      time.Duration
}

// newCacheEntry is what the entries of one preflight have in common.
func (f *fetching) newCacheEntry(maxAge int64) cacheEntry {
	return cacheEntry{
		key:         f.networkPartitionKey(),
		origin:      f.SerializeOrigin(),
		url:         f.request.currentURL(),
		maxAge:      maxAge,
		credentials: f.request.creds == CredentialsInclude,
		stored:      f.ua.now,
	}
}

// createCacheEntry creates a new cache entry, given what it has in common with
// the others of its preflight.
//
// https://fetch.spec.whatwg.org/#concept-cache-create-entry
func (f *fetching) createCacheEntry(common *cacheEntry, method, headerName string) {
	// Step 1.
	entry := *common
	entry.method, entry.headerName = method, headerName
	// Step 2.
	cache := &f.ua.preflights
	cache.entries = append(cache.entries, entry)
}

// clearCacheEntries is https://fetch.spec.whatwg.org/#concept-cache-clear.
func (f *fetching) clearCacheEntries() {
	if len(f.ua.preflights.entries) == 0 {
		return
	}
	key, origin, url := f.networkPartitionKey(), f.SerializeOrigin(), f.request.currentURL()
	f.ua.preflights.entries = slices.DeleteFunc(f.ua.preflights.entries, func(e cacheEntry) bool {
		return e.key == key && e.origin == origin && *e.url == *url
	})
}

// expire removes the entries whose max-age has passed since they were stored: a
// match renews the max-age, not the time of storing.
func (c *PreflightCache) expire(now time.Duration) {
	c.entries = slices.DeleteFunc(c.entries, func(e cacheEntry) bool {
		return now-e.stored >= time.Duration(e.maxAge)*time.Second
	})
}

// grow makes room for n more entries.
func (c *PreflightCache) grow(n int) { c.entries = slices.Grow(c.entries, n) }

// cacheEntryMatches reports whether there is a cache entry match for entry.
//
// https://fetch.spec.whatwg.org/#concept-cache-match
func (f *fetching) cacheEntryMatches(entry *cacheEntry) bool {
	return !f.matchesNothing() && (entry.credentials || f.request.creds != CredentialsInclude) &&
		*entry.url == *f.request.currentURL() &&
		entry.origin == f.SerializeOrigin() &&
		entry.key == f.networkPartitionKey()
}

// cachedWildcard reports whether an entry for "*" stands for all.
func (f *fetching) cachedWildcard(e *cacheEntry) bool {
	return !e.credentials || !f.ua.has(RuleCachedWildcardCredentials)
}

// methodCacheEntryMatches returns the entries for which there is a method cache
// entry match.
//
// https://fetch.spec.whatwg.org/#concept-cache-match-method
func (f *fetching) methodCacheEntryMatches(method string) []*cacheEntry {
	var matches []*cacheEntry
	for i := range f.ua.preflights.entries {
		e := &f.ua.preflights.entries[i]
		if (e.method == method || e.method == Wildcard && f.cachedWildcard(e)) && f.cacheEntryMatches(e) {
			matches = append(matches, e)
		}
	}
	return matches
}

// headerNameCacheEntryMatches returns the entries for which there is a
// header-name cache entry match.
//
// https://fetch.spec.whatwg.org/#concept-cache-match-header
func (f *fetching) headerNameCacheEntryMatches(headerName string) []*cacheEntry {
	var matches []*cacheEntry
	for i := range f.ua.preflights.entries {
		e := &f.ua.preflights.entries[i]
		covered := e.headerName == Wildcard && f.cachedWildcard(e) &&
			!IsNonWildcardRequestHeader(headerName)
		if (covered || byteCaseInsensitiveMatch(e.headerName, headerName)) && f.cacheEntryMatches(e) {
			matches = append(matches, e)
		}
	}
	return matches
}

// cacheMatchesMethod reports whether the cache spares a preflight for method.
func (f *fetching) cacheMatchesMethod(method string) bool {
	f.ua.preflights.expire(f.ua.now)
	return len(f.methodCacheEntryMatches(method)) > 0
}

// cacheMatchesHeader reports whether the cache spares a preflight for a header.
func (f *fetching) cacheMatchesHeader(name string) bool {
	f.ua.preflights.expire(f.ua.now)
	return len(f.headerNameCacheEntryMatches(name)) > 0
}

// networkPartitionKey determines the network partition key of the request,
// whose client is never null. The second key is implementation-defined and
// null here.
//
// https://fetch.spec.whatwg.org/#request-determine-the-network-partition-key
func (f *fetching) networkPartitionKey() string {
	// Step 2. The top-level site is an input.
	if site := f.ua.Client.TopLevelSite; site != "" {
		return site
	}
	return string(f.request.origin)
}
