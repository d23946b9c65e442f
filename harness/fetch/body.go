package fetch

import (
	"crypto/sha256"
	"encoding/hex"
)

// BodyURLSearchParams is a URLSearchParams object; Bytes is its serialization.
const BodyURLSearchParams BodyKind = "urlsearchparams"

// extractBody extracts a body, into b, and its type, empty for null, from what
// page code passed.
//
// https://fetch.spec.whatwg.org/#concept-bodyinit-extract
func extractBody(object *Body, keepalive bool, b *requestBody) (typ string, thrown *Block) {
	// Step 7.
	// Step 8.
	*b = requestBody{bytes: object.Bytes}
	// Step 9.
	// Step 10. Switch on object.
	switch object.Kind {
	case BodyBlob:
		typ = byteLowercase(object.ContentType) // https://w3c.github.io/FileAPI/#dom-blob-type
	case BodyBytes:
	case BodyURLSearchParams:
		typ = "application/x-www-form-urlencoded;charset=UTF-8"
	case BodyFormData:
		b.bytes, typ = EncodeFormData(object.Bytes)
	case BodyStream:
		if keepalive {
			return "", &Block{
				Phase: "concept-bodyinit-extract", Step: "10", Detail: "stream-keepalive",
				Sentence: "A request with keepalive can't have a stream as its body.",
			}
		}
		b.stream = true
	default:
		typ = "text/plain;charset=UTF-8"
	}
	// Step 11.
	if !b.stream {
		b.length = int64(isomorphicLength(b.bytes))
	}
	// Step 13.
	// Step 14.
	return typ, nil
}

// payloadOf is [PayloadOf] of isomorphic decoded bytes, with one allocation.
func payloadOf(bytes string) Payload {
	encoded := []byte(bytes)
	if isomorphicLength(bytes) != len(bytes) {
		encoded, _ = IsomorphicEncode(bytes)
	}
	const prefix = "sha256:"
	digest := sha256.Sum256(encoded)
	var text [len(prefix) + 2*sha256.Size]byte
	copy(text[:], prefix)
	hex.Encode(text[len(prefix):], digest[:])
	p := Payload{Digest: string(text[:]), Length: int64(len(encoded)), Prefix: bytes}
	if len(encoded) > PrefixLimit {
		p.Prefix = IsomorphicDecode(encoded[:PrefixLimit])
	}
	return p
}
