package fetch

// A request's referrer is a serialized URL or one of these:
// https://fetch.spec.whatwg.org/#concept-request-referrer.
const (
	noReferrer     = ""
	clientReferrer = "client"
)

// maxReferrerLength is the length above which the origin alone is sent.
const maxReferrerLength = 4096

// parseReferrer is step 14 of the Request constructor: the referrer that page
// code gives. [Request.Referrer] is "no-referrer" where init has the empty string.
//
// https://fetch.spec.whatwg.org/#dom-request
func parseReferrer(text string, origin Origin) (string, *refusal) {
	// Step 14.1.
	referrer := text
	// Step 14.2.
	if referrer == "no-referrer" {
		return noReferrer, nil
	}
	// Step 14.3.
	// Step 14.3.1.
	parsedReferrer, err := ParseURL(referrer, baseOf(origin))
	if err == ErrURLUnsupported {
		return "", &refusal{unknown: "referrer " + quote(referrer) + ": " + err.Error()}
	}
	// Step 14.3.2.
	if err != nil {
		return "", &refusal{thrown: &Block{
			Phase: "dom-request", Step: "14.3.2", Detail: "invalid-referrer",
			Sentence: "The page's code named the referrer " + quote(referrer) + ", which is not a URL.",
		}}
	}
	// Step 14.3.3. The origin of about:client is opaque, and so the same as no
	// other.
	if !SameOrigin(parsedReferrer.Origin(), origin) {
		return clientReferrer, nil
	}
	// Step 14.3.4.
	return parsedReferrer.String(), nil
}

// determineReferrer returns the referrer that the Referer header of the current
// hop is made of: https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer.
func (f *fetching) determineReferrer() string {
	request := f.request
	source := request.referrer
	if source == clientReferrer {
		source = f.ua.Client.URL
	}
	if request.origin == OpaqueOrigin {
		return noReferrer
	}
	// What isn't of HTTP(S) has a local scheme, and no referrer is made of that.
	url, err := ParseURL(source, nil)
	if err != nil || !url.IsHTTP() {
		return noReferrer
	}
	origin, current := string(url.Origin())+"/", request.currentURL()
	full := string(url.Origin()) + url.target()
	if len(full) > maxReferrerLength {
		full = origin
	}
	sameOrigin := SameOrigin(url.Origin(), current.Origin())
	downgrade := isTrustworthy(url) && !isTrustworthy(current)
	if f.ua.has(RuleDowngradeByScheme) {
		downgrade = url.Scheme == "https" && current.Scheme != "https"
	}
	switch request.policy {
	case "origin":
		return origin
	case "unsafe-url":
		return full
	case "strict-origin":
		if !downgrade {
			return origin
		}
	case "strict-origin-when-cross-origin":
		switch {
		case sameOrigin:
			return full
		case !downgrade:
			return origin
		}
	case "same-origin":
		if sameOrigin {
			return full
		}
	case "origin-when-cross-origin":
		if sameOrigin {
			return full
		}
		return origin
	case "no-referrer-when-downgrade":
		if !downgrade {
			return full
		}
	}
	return noReferrer
}

// isTrustworthy reports whether a URL of HTTP(S) is potentially trustworthy:
// https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy.
func isTrustworthy(u *URL) bool { return u.Scheme == "https" || isLoopbackHost(u.Host) }
