package fetch

import "strings"

// combined returns the headers with the fields of each name in one, if the
// profile has the rule.
func (f *fetching) combined(headers HeaderList) HeaderList {
	if !f.ua.has(RuleCombineRepeatedHeaders) {
		return headers
	}
	var combined HeaderList
	for _, h := range headers {
		combined.combine(h[0], h[1])
	}
	for i, h := range combined {
		combined[i][1] = strings.TrimRight(h[1], httpTabOrSpace) // left by an empty field
	}
	return combined
}

// safelist returns the test for a CORS-safelisted request-header.
func (f *fetching) safelist() func(name, value string) bool {
	if f.ua.has(RuleClientHintsSafelisted) || f.ua.has(RuleRangeOf63Bits) {
		return f.chromiumSafelisted
	}
	return IsSafelistedRequestHeader
}

// chromiumSafelisted is [IsSafelistedRequestHeader] as the profile has it.
func (f *fetching) chromiumSafelisted(name, value string) bool {
	switch {
	case f.ua.has(RuleClientHintsSafelisted) && isSafelistedHint(name, value):
		return true
	case f.ua.has(RuleRangeOf63Bits) && byteCaseInsensitiveMatch(name, "Range") && !isChromiumRange(value):
		return false
	}
	return IsSafelistedRequestHeader(name, value)
}

// isSafelistedHint reports whether Chromium takes a client hint for a
// CORS-safelisted request-header, which hangs on its value.
func isSafelistedHint(name, value string) bool {
	if isomorphicLength(value) > 128 {
		return false
	}
	switch byteLowercase(name) {
	case "dpr", "device-memory", "downlink":
		whole, fraction, point := strings.Cut(value, ".")
		return isDeltaSeconds(whole) && (!point || isDeltaSeconds(fraction))
	case "width", "viewport-width", "rtt":
		return isDeltaSeconds(value)
	case "save-data":
		return byteCaseInsensitiveMatch(value, "on")
	case "ect":
		return value == "slow-2g" || value == "2g" || value == "3g" || value == "4g"
	case "intervention":
		return true
	}
	return false
}

// isChromiumRange reports whether the numbers of a Range fit into Chromium's, of
// which the greatest stands for none.
func isChromiumRange(value string) bool {
	const greatest rangeBound = "9223372036854775806"
	start, end, _ := parseSingleRange(value, false)
	return (start == nil || !greatest.less(*start)) && (end == nil || !greatest.less(*end))
}

// droppedHints are the client hints that Chromium takes from a request that a
// redirect sends to another origin than the page's, be they the author's.
var droppedHints = [...]string{"DPR", "Device-Memory", "Downlink", "Width", "Viewport-Width", "RTT", "ECT"}

// dropHints does so, if the profile has the rule.
func (f *fetching) dropHints(locationURL *URL) {
	if !f.ua.has(RuleHintsDropped) || f.request.keepalive || SameOrigin(f.request.origin, locationURL.Origin()) {
		return
	}
	for _, name := range droppedHints {
		f.request.headers.delete(name)
	}
}
