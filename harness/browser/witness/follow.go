package witness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
)

// maxRedirects is the redirect count at which fetch ends:
// https://fetch.spec.whatwg.org/#concept-http-redirect-fetch, step 7.
const maxRedirects = 20

// Follow finds the exchanges of a call whose URL no other call of the round has: those of
// its own URL and of each URL to which the responses redirected it, as far as it got.
// stop, if not empty, is the URL at which the browser stopped.
func (r *Recording) Follow(job fetch.Request, first, stop string) Chain {
	var c Chain
	var mine []int
	serves := map[int]string{}
	from := fetch.Offset(0) // when the hop before was sent
	h := Hop{normalizeMethod(job.Method), first}
	for range maxRedirects + 1 {
		key, ok := keyOf(h, false)
		if !ok {
			break
		}
		c.URLs, c.method = append(c.URLs, h.URL), h.Method
		if !r.isRecorded(key.hostport) {
			c.elsewhere = true
			break
		}
		before := r.claimAll(wireKey{true, "OPTIONS", key.hostport, key.target})
		got := r.claim(key, from)
		mine = append(append(mine, before...), got...)
		if len(got) == 0 {
			if next, ok := r.redirectedFromCache(h, from); ok {
				h = next
				continue
			}
			break
		}
		from = r.exchanges[got[len(got)-1]].Started
		last := r.exchanges[got[len(got)-1]]
		for _, b := range before {
			serves[b] = last.ID
		}
		c.Last = new(last)
		if h.URL == stop || job.Redirect == fetch.RedirectError || job.Redirect == fetch.RedirectManual && !isSentOn(job) {
			break
		}
		next, ok := redirected(h, last.Response)
		if !ok {
			break
		}
		// If the next hop was sent, it is the last one; if not, none is. An empty
		// Location leads back, or nowhere.
		if next.URL != h.URL {
			c.Last = nil
		}
		h = next
	}
	c.take(r, mine, serves)
	return c
}

// isSentOn reports whether the browser follows redirects though the page gets the
// first: see [fetch.RuleKeepaliveSentOn].
func isSentOn(job fetch.Request) bool { return job.Keepalive && job.Mode == fetch.ModeNoCORS }

// redirectedFromCache returns where a redirect in the browser's cache sends a request,
// if the browser went there from an offset on.
func (r *Recording) redirectedFromCache(h Hop, from fetch.Offset) (Hop, bool) {
	if r.redirect == nil {
		return Hop{}, false
	}
	next, ok := redirected(h, r.redirect(h))
	if !ok || next.URL == h.URL {
		return Hop{}, false
	}
	key, ok := keyOf(next, false)
	went := slices.ContainsFunc(r.byKey[key], func(i int) bool { return !r.claimed[i] && r.exchanges[i].Started >= from })
	return next, ok && went
}

// redirected returns where a response sends a request: see
// https://fetch.spec.whatwg.org/#concept-http-redirect-fetch.
func redirected(h Hop, response *fetch.SentResponse) (Hop, bool) {
	if response == nil {
		return Hop{}, false
	}
	switch response.Status {
	case 301, 302:
		if h.Method == "POST" {
			h.Method = "GET"
		}
	case 303:
		if h.Method != "HEAD" {
			h.Method = "GET"
		}
	case 307, 308:
	default:
		return Hop{}, false
	}
	locations := response.Headers.Lines("Location")
	if len(locations) == 0 {
		return Hop{}, false
	}
	base, err := fetch.ParseURL(h.URL, nil)
	if err != nil {
		return Hop{}, false
	}
	next, err := fetch.ParseURL(locations[0], base)
	if err != nil || !next.IsHTTP() {
		return Hop{}, false
	}
	h.URL = WithoutFragment(next.String())
	return h, true
}

// normalizeMethod is https://fetch.spec.whatwg.org/#concept-method-normalize.
func normalizeMethod(method string) string {
	switch upper := strings.ToUpper(method); upper {
	case "":
		return "GET"
	case "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT":
		return upper
	}
	return method
}

// Contradicted returns a [*browser.DisagreementError] if page, protocol and recorders
// contradict each other about one call. blocked is the browser's message about blocking
// the call; empty if there was none. history returns the statuses that servers ever sent
// for a hop.
func (c *Chain) Contradicted(job browser.Job, r *Report, blocked string, history func(Hop) []int) error {
	differ := func(first, second string, args ...any) error {
		return &browser.DisagreementError{Job: job.ID, First: first, Second: fmt.Sprintf(second, args...)}
	}
	if r == nil || r.Kind != string(fetch.OutcomeResponse) {
		return nil
	}
	page := fmt.Sprintf("page: status %d", r.Status)
	if blocked != "" {
		return differ(page, "protocol: blocked, %s", blocked)
	}
	switch fetch.ResponseType(r.Type) {
	case fetch.ResponseOpaque, fetch.ResponseOpaqueRedirect:
		return nil
	}
	if len(c.URLs) == 0 || c.elsewhere {
		return nil // data:, blob:, or nobody recorded it
	}
	if c.Last == nil {
		// Then it came from a cache, which an earlier exchange must have filled.
		end := Hop{cmp.Or(c.method, normalizeMethod(job.Request.Method)), r.ResponseURL}
		if slices.Contains(history(end), r.Status) {
			return nil
		}
		// A stored response to GET may answer HEAD: RFC 9111, section 4. In Chromium
		// it may answer any other method in cache mode force-cache.
		if (end.Method == "HEAD" || job.Request.Cache == fetch.CacheForceCache) && slices.Contains(history(Hop{"GET", end.URL}), r.Status) {
			return nil
		}
		return differ(page, "recorder: it was never asked, nor was it before")
	}
	x := *c.Last
	switch {
	case x.Response == nil:
		return differ(page, "recorder: %s was not answered (%s)", x.ID, x.Incomplete)
	case x.Response.Status == 304 && r.Status != 304:
		return nil // validated, and read from the cache
	case x.Response.Status != r.Status:
		return differ(page, "recorder: %s was answered %d", x.ID, x.Response.Status)
	}
	// What the page reads is the payload after the content coding was undone.
	if x.Incomplete != "" || x.Ended == nil || x.Response.Headers.Contains("Content-Encoding") {
		return nil
	}
	read := r.Payload()
	if read.Length == 0 && (x.Response.Body.Length == 0 || fetch.IsNullBodyStatus(r.Status)) {
		return nil // no body and an empty one read the same
	}
	if read.Digest != x.Response.Body.Digest {
		return differ(fmt.Sprintf("page: body of %d bytes, %s", read.Length, read.Digest),
			"recorder: %s has %d bytes, %s", x.ID, x.Response.Body.Length, x.Response.Body.Digest)
	}
	return nil
}

// WithoutFragment returns a URL as it is sent, without its fragment.
func WithoutFragment(url string) string {
	url, _, _ = strings.Cut(url, "#")
	return url
}
