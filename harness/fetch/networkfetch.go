package fetch

// HTTPNetworkFetch performs the exchange, through the [Answerer].
//
// https://fetch.spec.whatwg.org/#concept-http-network-fetch
func (f *fetching) HTTPNetworkFetch(includeCredentials, forceNewConnection bool) *response {
	const phase = "concept-http-network-fetch"
	// Step 1.
	request := f.request
	// Step 2.
	if f.ua.Client.Offline {
		return f.networkError(phase, "2", "offline", "The browser is offline.")
	}
	current := request.currentURL()
	// Step 6.
	newConnection := forceNewConnection
	// Step 7. Obtaining a connection is a part of the transport's exchange; its
	// HTTP version is known beforehand.
	http2 := f.ua.HTTP2 != nil && f.ua.HTTP2(current.Origin())
	// Step 8.3.
	if !http2 && request.body != nil && request.body.stream {
		return f.networkError(phase, "8.3", "stream-http1",
			"The body is a stream, and the connection uses HTTP/1.1, which can't carry one.")
	}
	if f.shared.failed() {
		return cannotTell("what the server answers: " + f.shared.err.Error())
	}
	// Step 8.5.
	sent := NetworkRequest{
		URL:           current,
		Method:        request.method,
		Headers:       request.headers,
		Preflight:     request.isCORSPre,
		NewConnection: newConnection,
	}
	exchange := Exchange{
		Server:  string(current.Origin()),
		Kind:    request.kind(),
		Started: OffsetOf(f.ua.now),
		Request: SentRequest{
			Method:  request.method,
			Target:  current.target(),
			Version: httpVersion(http2),
			Headers: redacted(request.headers),
		},
	}
	if request.body != nil {
		sent.Body, sent.HasBody = request.body.bytes, true
		exchange.Request.Body = payloadOf(request.body.bytes)
	}
	answer, err := f.shared.answer(f.shared.ctx, sent)
	if err != nil {
		f.shared.err = err
		return cannotTell("what the server answers: " + err.Error())
	}
	if answer.Silent {
		exchange.Incomplete = "no answer"
		f.shared.record(&exchange)
		return cannotTell("what becomes of a request that is never answered")
	}
	if answer.Failed != "" {
		exchange.Incomplete, exchange.Failure = answer.Failed, answer.Failure
		id := f.shared.record(&exchange)
		// Step 8.1. The connection failed, or the exchange did.
		r := f.networkError(phase, "8.1", "transport", "The request got no answer: "+answer.Failed+".")
		r.block.Exchange = id
		return r
	}
	arrived := f.shared.answered()
	arrived.sent = SentResponse{
		Status:  answer.Status,
		Reason:  answer.Reason,
		Version: exchange.Request.Version,
		Headers: redacted(answer.Headers),
		Body:    answer.Body,
	}
	arrived.ended = exchange.Started
	exchange.Response, exchange.Ended = &arrived.sent, &arrived.ended
	actual := f.shared.response()
	*actual = response{
		typ: ResponseDefault, status: answer.Status, headers: answer.Headers, urlList: request.urlList,
		exchange: f.shared.record(&exchange),
	}
	// Step 8.1. HTTP lets a recipient reject a message whose header holds NUL, or
	// replace it: https://www.rfc-editor.org/rfc/rfc9110#section-5.5.
	if answer.Headers.holdsNUL() {
		r := f.networkError(phase, "8.1", "header-with-nul", "A header of the answer holds NUL, so that it is no HTTP message.")
		r.block.Exchange = actual.exchange
		return r
	}
	if f.sendsAgain(answer, http2) {
		return f.HTTPNetworkFetch(includeCredentials, forceNewConnection)
	}
	if stop := f.failsBy407(actual); stop != nil {
		return stop
	}
	// Step 15.
	actual.setBody(answer)
	// Step 17.
	if includeCredentials {
		if stop := f.parseAndStoreSetCookie(actual); stop != nil {
			return stop
		}
	}
	// Step 19.
	return actual
}

func httpVersion(http2 bool) string {
	if http2 {
		return "HTTP/2.0"
	}
	return "HTTP/1.1"
}

// setBody sets the body to what is left after the content codings were undone.
// It is step 18.1.1.1 of HTTP-network fetch, as far as page code can tell.
//
// https://fetch.spec.whatwg.org/#concept-http-network-fetch
func (r *response) setBody(answer NetworkResponse) {
	r.hasBody = true
	// Step 18.1.1.1.2.
	// Step 18.1.1.1.9. The transport undoes the codings.
	switch {
	case answer.Content != nil:
		r.body = *answer.Content
	case answer.Headers.Contains("Content-Encoding") && answer.Body.Length > 0:
		r.bodyUnknown = "the body after its content coding was undone; give NetworkResponse.Content"
	default:
		r.body = answer.Body
	}
}
