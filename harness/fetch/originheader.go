package fetch

// appendOriginHeader appends a request Origin header.
//
// https://fetch.spec.whatwg.org/#append-a-request-origin-header
func (f *fetching) appendOriginHeader() {
	request := f.request
	// Step 2.
	serializedOrigin := f.SerializeOrigin()
	// Step 3.
	if request.tainting == TaintingCORS {
		request.headers = append(request.headers, Header{"Origin", string(serializedOrigin)})
		return
	}
	// Step 4.
	if request.method != "GET" && request.method != "HEAD" {
		// Step 4.1.
		if request.mode != ModeCORS && !f.ua.has(RuleOriginIgnoresReferrer) {
			switch request.policy {
			case "no-referrer":
				serializedOrigin = OpaqueOrigin
			case "no-referrer-when-downgrade", "strict-origin", "strict-origin-when-cross-origin":
				if request.origin.scheme() == "https" && request.currentURL().Scheme != "https" {
					serializedOrigin = OpaqueOrigin
				}
			case "same-origin":
				if !SameOrigin(request.origin, request.currentURL().Origin()) {
					serializedOrigin = OpaqueOrigin
				}
			}
		}
		if f.hidesOrigin() {
			serializedOrigin = OpaqueOrigin
		}
		// Step 4.2.
		request.headers = append(request.headers, Header{"Origin", string(serializedOrigin)})
	}
}
