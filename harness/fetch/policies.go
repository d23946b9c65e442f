package fetch

import "strings"

const defaultReferrerPolicy = "strict-origin-when-cross-origin"

// referrerPolicy is the policy container's referrer policy.
func (e *Environment) referrerPolicy() string {
	if e.ReferrerPolicy != "" {
		return e.ReferrerPolicy
	}
	return defaultReferrerPolicy
}

// setReferrerPolicyOnRedirect is
// https://w3c.github.io/webappsec-referrer-policy/#set-requests-referrer-policy-on-redirect.
func (r *request) setReferrerPolicyOnRedirect(actual *response) {
	values, _ := actual.headers.getDecodeAndSplit("Referrer-Policy")
	for _, v := range values {
		if v = byteLowercase(v); isReferrerPolicy(v) {
			r.policy = v // the last valid token counts
		}
	}
}

// isReferrerPolicy is https://w3c.github.io/webappsec-referrer-policy/#enumdef-referrerpolicy
// but for the empty string.
func isReferrerPolicy(s string) bool {
	switch s {
	case "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
		"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url":
		return true
	}
	return false
}

// blockMixedContent is "should fetching request be blocked as mixed content?":
// https://w3c.github.io/webappsec-mixed-content/#should-block-fetch.
func (f *fetching) blockMixedContent() bool {
	return !f.request.sentOn && IsMixedContent(f.mixedContentOrigin(), f.request.currentURL())
}

// IsMixedContent reports whether a page's request is blocked as mixed content:
// https://w3c.github.io/webappsec-mixed-content/#should-block-fetch, for pages that are
// not frames.
func IsMixedContent(page Origin, u *URL) bool {
	return page.scheme() == "https" && u.Scheme == "http" && !isLoopbackHost(u.Host)
}

// isLoopbackHost reports whether an HTTP origin with this host is potentially
// trustworthy: https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy.
func isLoopbackHost(host string) bool {
	return host == "[::1]" || isIPHost(host) && strings.HasPrefix(host, "127.") ||
		host == "localhost" || host == "localhost." ||
		strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".localhost.")
}
