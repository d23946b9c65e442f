package fetch

// BodyURLSearchParams is a URLSearchParams object; Bytes is its serialization.
const BodyURLSearchParams BodyKind = "urlsearchparams"

// extractBody extracts a body and its type, empty for null, from what page
// code passed.
//
// https://fetch.spec.whatwg.org/#concept-bodyinit-extract
func extractBody(object *Body, keepalive bool) (b *requestBody, typ string, thrown *Block) {
	// Step 7.
	// Step 8.
	b = &requestBody{bytes: object.Bytes}
	// Step 9.
	// Step 10. Switch on object.
	switch object.Kind {
	case BodyBlob:
		typ = object.ContentType
	case BodyBytes:
	case BodyURLSearchParams:
		typ = "application/x-www-form-urlencoded;charset=UTF-8"
	case BodyStream:
		if keepalive {
			return nil, "", &Block{
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
		b.length = int64(isomorphicLength(object.Bytes))
	}
	if object.Kind == BodyBlob && object.ContentType != "" {
		typ = byteLowercase(object.ContentType) // https://w3c.github.io/FileAPI/#dom-blob-type
	}
	encoded, ok := IsomorphicEncode(object.Bytes)
	if !ok {
		encoded = []byte(object.Bytes) // a string: Step 10 encodes it as UTF-8
		b.length = int64(len(encoded))
	}
	b.payload = PayloadOf(encoded)
	// Step 13.
	// Step 14.
	return b, typ, nil
}
