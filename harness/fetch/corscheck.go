package fetch

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// The details of a failed CORS check. Step 4 of the standard is a single comparison; the
// details classify its value as Chromium does. A value with a comma or a space is
// multiple; one that is neither "null" nor a URL is invalid; every other value is a
// mismatch, also a URL that is not an origin.
const (
	DetailMissing                 = "missing"
	DetailMultiple                = "multiple"
	DetailInvalid                 = "invalid"
	DetailWildcardWithCredentials = "wildcard-with-credentials"
	DetailMismatch                = "mismatch"
	DetailCredentialsMissing      = "credentials-missing"
	DetailCredentialsInvalid      = "credentials-invalid"
)

// CORSCheck decides from two response headers whether a response may be shared with a
// request whose origin serializes to serializedOrigin. It returns nil for success,
// otherwise the block that says why. The caller owns the block.
//
// https://fetch.spec.whatwg.org/#concept-cors-check
func CORSCheck(serializedOrigin Origin, credentials CredentialsMode, headers HeaderList) *Block {
	// Step 1.
	origin, ok := headers.get("Access-Control-Allow-Origin")
	// Step 2.
	if !ok {
		return corsFailure("2", DetailMissing,
			"The response has no Access-Control-Allow-Origin header, so "+string(serializedOrigin)+" may not read it.")
	}
	// Step 3.
	if credentials != CredentialsInclude && origin == Wildcard {
		return nil
	}
	// Step 4.
	if string(serializedOrigin) != origin {
		return allowOriginMismatch(serializedOrigin, origin)
	}
	// Step 5.
	if credentials != CredentialsInclude {
		return nil
	}
	// Step 6.
	allow, ok := headers.get("Access-Control-Allow-Credentials")
	// Step 7.
	if allow == "true" {
		return nil
	}
	// Step 8.
	if !ok {
		return corsFailure("8", DetailCredentialsMissing,
			"The request's credentials mode is include, and the response has no Access-Control-Allow-Credentials header.")
	}
	return corsFailure("8", DetailCredentialsInvalid,
		"The request's credentials mode is include, and Access-Control-Allow-Credentials is "+quote(allow)+
			"; only true, once and in lower case, will do.")
}

func corsFailure(step, detail, sentence string) *Block {
	return &Block{Phase: "concept-cors-check", Step: step, Detail: detail, Sentence: sentence}
}

// allowOriginMismatch words the failure of step 4.
func allowOriginMismatch(serializedOrigin Origin, origin string) *Block {
	says := "Access-Control-Allow-Origin is " + quote(origin)
	switch {
	case origin == Wildcard:
		return corsFailure("4", DetailWildcardWithCredentials,
			says+", which counts for no request whose credentials mode is include.")
	case strings.ContainsAny(origin, ", "): // a comma in one line, or between two
		return corsFailure("4", DetailMultiple,
			says+"; it must be one value, and it is compared whole with "+quote(string(serializedOrigin))+".")
	case origin != string(OpaqueOrigin) && !isURL(origin):
		return corsFailure("4", DetailInvalid,
			says+", which is no origin; it must be "+quote(string(serializedOrigin))+", byte for byte.")
	case !IsSerializedOrigin(origin):
		return corsFailure("4", DetailMismatch,
			says+", which is a URL, and no origin; it must be "+quote(string(serializedOrigin))+", byte for byte.")
	}
	return corsFailure("4", DetailMismatch,
		says+", and the request's Origin is "+quote(string(serializedOrigin))+".")
}

// isURL reports whether s is an absolute URL. Bytes that aren't UTF-8 make no host.
func isURL(s string) bool {
	_, err := ParseURL(s, nil)
	if errors.Is(err, ErrURLUnsupported) {
		value, _ := IsomorphicEncode(s)
		return utf8.Valid(value)
	}
	return err == nil
}

// IsSerializedOrigin reports whether s could be what some request's origin
// serializes to: https://fetch.spec.whatwg.org/#origin-header.
func IsSerializedOrigin(s string) bool {
	if s == string(OpaqueOrigin) {
		return true
	}
	u, err := ParseURL(s, nil)
	return err == nil && string(u.origin) == s
}
