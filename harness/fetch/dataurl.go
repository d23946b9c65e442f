package fetch

import (
	"encoding/base64"
	"strings"
)

// A dataURLStruct is https://fetch.spec.whatwg.org/#data-url-struct.
type dataURLStruct struct {
	mimeType MIMEType
	body     []byte
}

// processDataURL is the data: URL processor:
// https://fetch.spec.whatwg.org/#data-url-processor.
func processDataURL(u *URL) (dataURLStruct, bool) {
	input := strings.TrimPrefix(u.withoutFragment(), "data:")
	mimeType, encodedBody, ok := strings.Cut(input, ",")
	if !ok {
		return dataURLStruct{}, false
	}
	mimeType = strings.Trim(mimeType, "\t\n\f\r ")
	body := percentDecode(encodedBody)
	if n := len(mimeType) - len("base64"); n >= 0 && byteCaseInsensitiveMatch(mimeType[n:], "base64") {
		if rest, ok := strings.CutSuffix(strings.TrimRight(mimeType[:n], " "), ";"); ok {
			if body, ok = forgivingBase64Decode(string(body)); !ok {
				return dataURLStruct{}, false
			}
			mimeType = rest
		}
	}
	if strings.HasPrefix(mimeType, ";") {
		mimeType = "text/plain" + mimeType
	}
	record, ok := ParseMIMEType(mimeType)
	if !ok {
		record = MIMEType{Essence: "text/plain", Parameters: [][2]string{{"charset", "US-ASCII"}}}
	}
	return dataURLStruct{mimeType: record, body: body}, true
}

// forgivingBase64Decode is https://infra.spec.whatwg.org/#forgiving-base64-decode.
func forgivingBase64Decode(data string) ([]byte, bool) {
	data = strings.Map(func(r rune) rune {
		if strings.ContainsRune("\t\n\f\r ", r) {
			return -1
		}
		return r
	}, data)
	if len(data)%4 == 0 {
		data = strings.TrimSuffix(strings.TrimSuffix(data, "="), "=")
	}
	body, err := base64.RawStdEncoding.DecodeString(data)
	return body, err == nil
}
