package fetch

import "bytes"

// IsForbiddenMethod reports whether method is CONNECT, TRACE or TRACK in any
// case: https://fetch.spec.whatwg.org/#forbidden-method.
func IsForbiddenMethod(method string) bool {
	return byteCaseInsensitiveMatch(method, "CONNECT") ||
		byteCaseInsensitiveMatch(method, "TRACE") ||
		byteCaseInsensitiveMatch(method, "TRACK")
}

// NormalizeMethod converts to upper case only the six methods that the standard
// normalizes: https://fetch.spec.whatwg.org/#concept-method-normalize.
func NormalizeMethod(method string) string {
	for _, m := range [...]string{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"} {
		if byteCaseInsensitiveMatch(method, m) {
			return m
		}
	}
	return method
}

// IsForbiddenRequestHeader reports whether script cannot set the header; browsers then
// drop it silently.
//
// https://fetch.spec.whatwg.org/#forbidden-request-header
func IsForbiddenRequestHeader(name, value string) bool {
	var buffer [nameBuffer]byte
	lower := lowercaseInto(&buffer, name)
	// Step 1.
	switch string(lower) {
	case "accept-charset", "accept-encoding", "access-control-request-headers",
		"access-control-request-method", "connection", "content-length", "cookie", "cookie2", "date",
		"dnt", "expect", "host", "keep-alive", "origin", "referer", "set-cookie", "te", "trailer",
		"transfer-encoding", "upgrade", "via":
		return true
	}
	// Step 2.
	if bytes.HasPrefix(lower, []byte("proxy-")) || bytes.HasPrefix(lower, []byte("sec-")) {
		return true
	}
	// Step 3.
	switch string(lower) {
	case "x-http-method", "x-http-method-override", "x-method-override":
		// Step 3.1.
		parsedValues := decodeAndSplit(value)
		// Step 3.2.
		for _, method := range parsedValues {
			if IsForbiddenMethod(method) {
				return true
			}
		}
	}
	// Step 4.
	return false
}

// IsForbiddenResponseHeader reports whether script can never read the header:
// https://fetch.spec.whatwg.org/#forbidden-response-header-name.
func IsForbiddenResponseHeader(name string) bool {
	return byteCaseInsensitiveMatch(name, "Set-Cookie") || byteCaseInsensitiveMatch(name, "Set-Cookie2")
}

// requestBodyHeaderNames is https://fetch.spec.whatwg.org/#request-body-header-name.
var requestBodyHeaderNames = [...]string{
	"Content-Encoding", "Content-Language", "Content-Location", "Content-Type",
}

// privilegedNoCORSRequestHeaderNames is
// https://fetch.spec.whatwg.org/#privileged-no-cors-request-header-name.
var privilegedNoCORSRequestHeaderNames = [...]string{"Range"}

// IsOKStatus reports whether status is 200 to 299: https://fetch.spec.whatwg.org/#ok-status.
func IsOKStatus(status int) bool { return 200 <= status && status <= 299 }

// IsNullBodyStatus is https://fetch.spec.whatwg.org/#null-body-status.
func IsNullBodyStatus(status int) bool {
	return status == 101 || status == 103 || status == 204 || status == 205 || status == 304
}

// IsRedirectStatus is https://fetch.spec.whatwg.org/#redirect-status.
func IsRedirectStatus(status int) bool {
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308
}
