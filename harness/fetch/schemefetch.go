package fetch

import "strconv"

// SchemeFetch fetches by the scheme of the current URL.
//
// https://fetch.spec.whatwg.org/#concept-scheme-fetch
func (f *fetching) SchemeFetch() *response {
	const phase = "concept-scheme-fetch"
	// Step 2.
	request := f.request
	current := request.currentURL()
	// Step 3.
	switch current.Scheme {
	case "about":
		if f.ua.has(RuleAboutNotFetched) {
			break
		}
		if current.Path == "blank" {
			return localResponse(200, PayloadOf(nil), Header{"Content-Type", "text/html;charset=utf-8"})
		}
	case "blob":
		return f.fetchBlob()
	case "data":
		// Step 3(3).1.
		dataURLStruct, ok := processDataURL(current)
		// Step 3(3).2.
		if !ok {
			return f.networkError(phase, "3(3).2", "data-url", "The data: URL can't be decoded.")
		}
		// Step 3(3).3.
		mimeType := dataURLStruct.mimeType.String()
		// Step 3(3).4.
		return localResponse(200, PayloadOf(dataURLStruct.body), Header{"Content-Type", mimeType})
	case "http", "https":
		return f.HTTPFetch(false)
	}
	// Step 4.
	return f.networkError(phase, "4", "scheme", "A URL of the scheme "+current.Scheme+" can't be fetched.")
}

func localResponse(status int, body Payload, headers ...Header) *response {
	return &response{typ: ResponseDefault, status: status, headers: headers, body: body, hasBody: true}
}

// fetchBlob is the blob: branch of scheme fetch.
//
// https://fetch.spec.whatwg.org/#concept-scheme-fetch
func (f *fetching) fetchBlob() *response {
	const phase = "concept-scheme-fetch"
	request := f.request
	// Step 3(2).1. The blob URL store is an input.
	blob, ok := f.ua.Client.Blobs[request.currentURL().withoutFragment()]
	// Step 3(2).2.
	if request.method != "GET" {
		return f.networkError(phase, "3(2).2", "blob-method", "A blob: URL is fetched with GET alone.")
	}
	if !ok {
		return f.networkError(phase, "3(2).2", "blob-missing", "There is no blob behind the blob: URL.")
	}
	bytes, _ := IsomorphicEncode(blob.Bytes)
	// Step 3(2).10.
	fullLength := len(bytes)
	// Step 3(2).11.
	serializedFullLength := strconv.Itoa(fullLength)
	// Step 3(2).12.
	typ := blob.Type
	// Step 3(2).13.
	rangeHeader, ranged := request.headers.get("Range")
	if !ranged {
		// Step 3(2).13.1.
		// Step 3(2).13.3.
		// Step 3(2).13.4.
		return localResponse(200, PayloadOf(bytes),
			Header{"Content-Length", serializedFullLength}, Header{"Content-Type", typ})
	}
	// Step 3(2).14.
	// Step 3(2).14.2.
	// Step 3(2).14.3.
	start, end, ok := parseSingleRange(rangeHeader, true)
	// Step 3(2).14.4.
	if !ok {
		return f.networkError(phase, "3(2).14.4", "blob-range", "The Range "+quote(rangeHeader)+" isn't one.")
	}
	// Step 3(2).14.5.
	rangeStart, rangeEnd := 0, fullLength-1
	// Step 3(2).14.6.
	if start == nil {
		// Step 3(2).14.6.1.
		// Step 3(2).14.6.2.
		rangeStart = max(fullLength-end.int(fullLength), 0)
	} else {
		// Step 3(2).14.7.
		// Step 3(2).14.7.1.
		if rangeStart = start.int(fullLength); rangeStart >= fullLength {
			return f.networkError(phase, "3(2).14.7.1", "blob-range", "The Range begins after the blob's end.")
		}
		// Step 3(2).14.7.2.
		if end != nil {
			rangeEnd = min(end.int(fullLength), fullLength-1)
		}
	}
	// Step 3(2).14.8.
	slicedBlob := bytes[rangeStart : rangeEnd+1]
	// Step 3(2).14.12.
	contentRange := "bytes " + strconv.Itoa(rangeStart) + "-" + strconv.Itoa(rangeEnd) + "/" + serializedFullLength
	// Step 3(2).14.9.
	// Step 3(2).14.10.
	// Step 3(2).14.11.
	// Step 3(2).14.13.
	// Step 3(2).14.15.
	// Step 3(2).15.
	return localResponse(206, PayloadOf(slicedBlob),
		Header{"Content-Length", strconv.Itoa(len(slicedBlob))}, Header{"Content-Type", typ},
		Header{"Content-Range", contentRange})
}

// int returns the number, or limit, which is less, if an int can't hold it.
func (a *rangeBound) int(limit int) int {
	n, err := strconv.Atoi("0" + string(*a))
	if err != nil {
		return limit
	}
	return n
}
