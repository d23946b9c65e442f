package main

import "github.com/corsproof/corsproof/harness/fetch/internal/rewrite"

// scope says which code of the model the catalogue can judge: what is reached
// from Predict, but for code that makes nothing which a case states. A case
// states outcome, phase, step, detail, type, status, URL, the names of readable
// headers, and of each exchange method, URL and headers.
//
// Algorithms of other standards are out of scope as well: the catalogue is about
// the Fetch Standard (and XMLHttpRequest, which calls it), and they have tests of
// their own.
var scope = rewrite.Scope{
	Roots: []string{"UserAgent.Predict"},
	Outside: map[string]string{
		// Texts for people, and names in a trace.
		"API.networkErrorName": "text",
		"Block.exceptionName":  "text",
		"httpVersion":          "text",
		"IsSerializedOrigin":   "text",
		"notListed":            "text",
		"quote":                "text",
		"request.kind":         "text",
		"sharedFetch.record":   "names exchanges, and joins a preflight to its request",

		// Bytes and values: a case states none but the values of sent headers.
		"HeaderList.spelled":        "the letter case of a sent header's name",
		"HeaderList.sortAndCombine": "order and values of readable headers",
		"IsomorphicEncode":          "bytes of bodies",
		"MIMEType.String":           "the value of a readable header",
		"PayloadOf":                 "digests of bodies",
		"redacted":                  "which secrets a trace hides",

		// Errors, which aren't traces.
		"ParseOrigin":        "what the caller gave as the page's origin",
		"checkRequest":       "what the caller can't ask for",
		"sharedFetch.failed": "an error of the transport's",

		// Memory: short cuts that give what the long way gives, and pools.
		"PreflightCache.grow":  "memory",
		"byteLowercase":        "byteLower of each byte, unless there is nothing to do",
		"lowercaseName":        "byteLowercase without the allocation",
		"sharedFetch.answered": "memory",
		"sharedFetch.fetching": "memory",
		"sharedFetch.release":  "memory",
		"sharedFetch.request":  "memory",
		"sharedFetch.response": "memory",

		// Which profile has which rule: a test holds that against the catalogue.
		"Profile.has": "a look-up in a table",
	},
	Elsewhere: map[string]string{
		"url.go":       "the URL Standard",
		"urlparts.go":  "the URL Standard",
		"mime.go":      "MIME Sniffing",
		"dataurl.go":   "the data: URL processor, which yields bytes and a MIME type",
		"cookiejar.go": "RFC 6265bis",
		"httpcache.go": "RFC 9111",
		"integrity.go": "Subresource Integrity",
		"formdata.go":  "HTML's multipart/form-data, which yields bytes",

		"chromiumcache.go":    "what Chromium does instead",
		"chromiumrules.go":    "what Chromium does instead",
		"chromiumsafelist.go": "what Chromium does instead",
	},
	Fields: []string{
		"Block.Sentence", "Block.Exchange", "Block.Detail", "Outcome.Error", "Trace.Schema", "Trace.Caller",
		"ReadResponse.Redirected", "ReadResponse.Body",
		"Exchange.Kind", "Exchange.Started", "Exchange.Ended", "Exchange.Incomplete", "Exchange.Failure", "Exchange.Response",
		"SentRequest.Version", "SentRequest.Body", "answered.sent", "answered.ended", "response.exchange", "sharedFetch.err",
		"request.isCORSPre", "request.fromWorker", "NetworkRequest.Body", "NetworkRequest.HasBody",
	},
	Parameters: []string{"phase", "step", "detail", "sentence", "what", "isAuthenticationFetch"},
}
