package fetch

import "strings"

// IsSafelistedRequestHeader reports whether a header may be sent cross-origin without a
// preflight. It judges a single header field, not the combined value of several fields.
//
// https://fetch.spec.whatwg.org/#cors-safelisted-request-header
func IsSafelistedRequestHeader(name, value string) bool {
	// Step 1. If value's length is greater than 128, then return false.
	if isomorphicLength(value) > 128 {
		return false
	}
	// Step 2. Byte-lowercase name and switch on the result.
	var lower [nameBuffer]byte
	switch string(lowercaseInto(&lower, name)) {
	case "accept":
		if hasUnsafeRequestHeaderByte(value) {
			return false
		}
	case "accept-language", "content-language":
		for i := range len(value) {
			if c := value[i]; !isAlpha(c) && !isDigit(c) && strings.IndexByte(" *,-.;=", c) < 0 {
				return false
			}
		}
	case "content-type":
		// Step 2(3).1.
		if hasUnsafeRequestHeaderByte(value) {
			return false
		}
		// Step 2(3).2.
		essence, _, ok := parseEssence(value)
		// Step 2(3).3.
		if !ok {
			return false
		}
		// Step 2(3).4.
		switch essence {
		case "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
		default:
			return false
		}
	case "range":
		// Step 2(4).1.
		start, _, ok := parseSingleRange(value, false)
		// Step 2(4).2.
		if !ok {
			return false
		}
		// Step 2(4).3. If rangeValue[0] is null, then return false.
		if start == nil {
			return false
		}
	default:
		return false
	}
	// Step 3.
	return true
}

// hasUnsafeRequestHeaderByte reports whether value contains a CORS-unsafe
// request-header byte: https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte.
func hasUnsafeRequestHeaderByte(value string) bool {
	return unsafeRequestHeaderBytes.anyIn(value)
}

var unsafeRequestHeaderBytes = newByteSet(func(c byte) bool {
	return c < 0x20 && c != '\t' || strings.IndexByte("\"():<>?@[\\]{}\x7F", c) >= 0
})

// isomorphicLength returns the number of bytes of a value that is isomorphic
// decoded, see [Header].
func isomorphicLength(value string) int {
	n := 0
	for i := range len(value) {
		if value[i]&0xC0 != 0x80 {
			n++
		}
	}
	return n
}

// UnsafeRequestHeaderNames returns the sorted, lower-case names that a preflight has to
// ask for; nil if there are none. The caller owns the result.
//
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
func UnsafeRequestHeaderNames(headers HeaderList) []string {
	return unsafeRequestHeaderNames(headers, IsSafelistedRequestHeader, nil)
}

// unsafeRequestHeaderNames is
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names with the test
// for a CORS-safelisted request-header as a parameter, for profiles, and with the
// memory that the result may take, which is empty.
func unsafeRequestHeaderNames(headers HeaderList, safelisted func(name, value string) bool, unsafeNames []string) []string {
	// Step 1. The list is unsafeNames.
	// Step 2.
	var potentiallyUnsafeNames [8]string
	potentially := potentiallyUnsafeNames[:0]
	// Step 3.
	safelistValueSize := 0
	// Step 4. For each header of headers.
	for _, h := range headers {
		// Step 4.1.
		if !safelisted(h[0], h[1]) {
			unsafeNames = append(unsafeNames, h[0])
			continue
		}
		// Step 4.2.
		potentially = append(potentially, h[0])
		safelistValueSize += isomorphicLength(h[1])
	}
	// Step 5. A sum above 1024 makes all of them unsafe.
	if safelistValueSize > 1024 {
		unsafeNames = append(unsafeNames, potentially...)
	}
	// Step 6.
	return sortedLowercaseSet(unsafeNames)
}

// IsSafelistedMethod reports whether method is GET, HEAD or POST, byte for
// byte: https://fetch.spec.whatwg.org/#cors-safelisted-method.
func IsSafelistedMethod(method string) bool {
	return method == "GET" || method == "HEAD" || method == "POST"
}

// IsNonWildcardRequestHeader reports whether "*" never covers the header name:
// https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
func IsNonWildcardRequestHeader(name string) bool {
	return byteCaseInsensitiveMatch(name, "Authorization")
}

// IsSafelistedResponseHeader reports whether page code may read a header of a
// cross-origin response, given the CORS-exposed header-name list:
// https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name.
func IsSafelistedResponseHeader(name string, exposed []string) bool {
	for _, safe := range [...]string{
		"Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified", "Pragma",
	} {
		if byteCaseInsensitiveMatch(name, safe) {
			return true
		}
	}
	for _, item := range exposed {
		if byteCaseInsensitiveMatch(name, item) && !IsForbiddenResponseHeader(item) {
			return true
		}
	}
	return false
}

// isNoCORSSafelistedRequestHeaderName is
// https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header-name.
func isNoCORSSafelistedRequestHeaderName(name string) bool {
	var lower [nameBuffer]byte
	switch string(lowercaseInto(&lower, name)) {
	case "accept", "accept-language", "content-language", "content-type":
		return true
	}
	return false
}

// isNoCORSSafelistedRequestHeader is
// https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header.
func isNoCORSSafelistedRequestHeader(name, value string) bool {
	// Step 1.
	if !isNoCORSSafelistedRequestHeaderName(name) {
		return false
	}
	// Step 2.
	return IsSafelistedRequestHeader(name, value)
}
