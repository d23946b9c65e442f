package fetch

// A Taint is the redirect-taint of a request.
type Taint int8

const (
	TaintSameOrigin Taint = iota
	TaintSameSite
	TaintCrossSite
	// taintNotSameOrigin: same-site or cross-site, and the input doesn't say.
	taintNotSameOrigin
)

// RedirectTaint computes the redirect-taint from URL list and origin on each call.
//
// https://fetch.spec.whatwg.org/#concept-request-tainted-origin
func (f *fetching) RedirectTaint() Taint {
	origin := f.request.origin
	// Step 2.
	var lastURL *URL
	// Step 3.
	taint := TaintSameOrigin
	// Step 4.
	for _, url := range f.request.urlList {
		// Step 4.1.
		if lastURL == nil {
			lastURL = url
			continue
		}
		// Same site is an input, and only asked for where step 4.3 applies: what
		// is not same site isn't same origin either.
		if !SameOrigin(url.Origin(), lastURL.Origin()) && !SameOrigin(lastURL.Origin(), origin) {
			// Step 4.2.
			a := f.ua.Client.sameSite(url.Origin(), lastURL.Origin())
			b := f.ua.Client.sameSite(origin, lastURL.Origin())
			if a == siteCross && b == siteCross {
				return TaintCrossSite
			}
			// Step 4.3.
			if a == siteSame || b == siteSame {
				if taint == TaintSameOrigin {
					taint = TaintSameSite
				}
			} else {
				taint = taintNotSameOrigin
			}
		}
		// Step 4.4.
		lastURL = url
	}
	// Step 5.
	return taint
}

// SerializeOrigin is byte-serializing a request origin: the bytes of the Origin
// header.
//
// https://fetch.spec.whatwg.org/#serializing-a-request-origin
func (f *fetching) SerializeOrigin() Origin {
	// Step 2.
	if f.RedirectTaint() != TaintSameOrigin {
		return OpaqueOrigin
	}
	// Step 3.
	return f.request.origin
}
