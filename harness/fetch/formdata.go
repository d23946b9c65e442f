package fetch

import "strings"

// BodyFormData is a FormData object; Bytes is the serialization of its entries,
// all of which are strings.
const BodyFormData BodyKind = "formdata"

// formDataType is the type of a FormData body. Each user agent chooses a boundary
// of its own; this one is as long as Chromium's.
const (
	formDataBoundary = "----WebKitFormBoundary0000000000000000"
	formDataType     = "multipart/form-data; boundary=" + formDataBoundary
)

// EncodeFormData returns the body of [BodyFormData], isomorphic decoded like the entries,
// and its type:
// https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data.
// The boundary is always the same.
func EncodeFormData(entries string) (body, typ string) {
	newlines := strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n")
	escape := strings.NewReplacer("\r\n", "%0D%0A", `"`, "%22")
	var b strings.Builder
	for pair := range strings.SplitSeq(entries, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		b.WriteString("--" + formDataBoundary + "\r\nContent-Disposition: form-data; name=\"" +
			escape.Replace(newlines.Replace(formDecode(name))) + "\"\r\n\r\n" + newlines.Replace(formDecode(value)) + "\r\n")
	}
	b.WriteString("--" + formDataBoundary + "--\r\n")
	return b.String(), formDataType
}

// formDecode decodes a name or a value of https://url.spec.whatwg.org/#concept-urlencoded-parser.
func formDecode(s string) string {
	encoded, _ := IsomorphicEncode(strings.ReplaceAll(s, "+", " "))
	return IsomorphicDecode(percentDecode(string(encoded)))
}
