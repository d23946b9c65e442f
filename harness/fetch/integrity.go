package fetch

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// checkIntegrity holds the response's body against the request's integrity
// metadata: step 23 of main fetch.
//
// https://fetch.spec.whatwg.org/#concept-main-fetch
func (f *fetching) checkIntegrity(actual *response) *response {
	if actual.isNetworkError() {
		return actual // its body is null: step 23.2 ends in a network error too
	}
	metadata, asks := f.integrityMetadata(actual)
	if !asks {
		return actual
	}
	// Step 23.1.
	processBodyError := func(step, detail, sentence string) *response {
		r := f.networkError("concept-main-fetch", step, detail, sentence)
		r.block.Exchange = actual.exchange
		return r
	}
	// Step 23.2.
	if !actual.hasBody {
		return processBodyError("23.2", "integrity-no-body",
			"The request has integrity metadata, and the response has no body that may be looked at.")
	}
	if actual.bodyUnknown != "" {
		return cannotTell(actual.bodyUnknown)
	}
	// Step 23.3.
	// Step 23.4.
	matches, known := bytesMatchMetadata(actual.body, metadata)
	if !known {
		return cannotTell("whether the body matches the integrity metadata: its first bytes alone are known")
	}
	// Step 23.3.1.
	if !matches {
		return processBodyError("23.3.1", "integrity-mismatch",
			"The response's body doesn't match the integrity metadata "+quote(f.request.integrity)+".")
	}
	// Step 23.3.2.
	// Step 23.3.3.
	return actual
}

// bytesMatchMetadata is "do bytes match metadataList?":
// https://w3c.github.io/webappsec-subresource-integrity/#does-response-match-metadatalist.
// It isn't known if a digest other than SHA-256 is asked for and the payload
// holds the first bytes alone.
func bytesMatchMetadata(body Payload, metadata string) (matches, known bool) {
	strongest, values := 0, []string(nil)
	algorithms := map[string]int{"sha256": 1, "sha384": 2, "sha512": 3}
	for _, item := range strings.FieldsFunc(metadata, func(r rune) bool { return strings.ContainsRune("\t\n\f\r ", r) }) {
		expression, _, _ := strings.Cut(item, "?")
		algorithm, value, _ := strings.Cut(expression, "-")
		switch strength := algorithms[byteLowercase(algorithm)]; {
		case strength == 0 || strength < strongest:
		case strength > strongest:
			strongest, values = strength, []string{value}
		default:
			values = append(values, value)
		}
	}
	if strongest == 0 {
		return true, true
	}
	var actual []byte
	if strongest == 1 {
		actual, _ = hex.DecodeString(strings.TrimPrefix(body.Digest, "sha256:"))
	} else {
		whole, ok := IsomorphicEncode(body.Prefix)
		if !ok || int64(len(whole)) != body.Length {
			return false, false
		}
		actual = digestOf(strongest, whole)
	}
	for _, v := range values {
		v = strings.NewReplacer("-", "+", "_", "/").Replace(v)
		if v == base64.StdEncoding.EncodeToString(actual) {
			return true, true
		}
	}
	return false, true
}

func digestOf(strength int, whole []byte) []byte {
	switch strength {
	case 1:
		d := sha256.Sum256(whole)
		return d[:]
	case 2:
		d := sha512.Sum384(whole)
		return d[:]
	}
	d := sha512.Sum512(whole)
	return d[:]
}
