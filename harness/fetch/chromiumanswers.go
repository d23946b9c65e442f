package fetch

// What Chromium makes of an answer as its headers arrive, before its cookies are
// stored or anything else looks at it.

// failsBy407 returns a network error for a 407, which no proxy said: the model
// knows of none.
func (f *fetching) failsBy407(r *response) *response {
	if r.status != 407 || !f.ua.has(Rule407WithoutProxy) {
		return nil
	}
	const sentence = "The answer is 407, and there is no proxy that a password could be for."
	stop := f.networkError("concept-http-network-or-cache-fetch", "16.4", "proxy-authentication", sentence)
	if f.ua.Client.Worker {
		stop = f.networkError("concept-http-network-or-cache-fetch", "16.1", "proxy-authentication", sentence)
	}
	stop.block.Exchange = r.exchange
	return stop
}

// sendsAgain reports whether Chromium sends the request again: it takes a 408 on a
// connection that was open already for the end of that connection.
func (f *fetching) sendsAgain(answer NetworkResponse, http2 bool) bool {
	return answer.Status == 408 && answer.ConnectionReused && !http2 && f.ua.has(RuleTimeoutSentAgain)
}

// withoutCredentials returns the URL that an XMLHttpRequest of a page asks for.
func (ua *UserAgent) withoutCredentials(u *URL, page Origin) *URL {
	if !u.IncludesCredentials() || SameOrigin(u.Origin(), page) || !ua.has(RuleURLCredentialsDropped) {
		return u
	}
	plain := *u
	plain.Username, plain.Password = "", ""
	return &plain
}

// mixedContentOrigin returns the origin that decides whether what the page asks for
// is mixed content.
func (f *fetching) mixedContentOrigin() Origin {
	if f.request.origin == OpaqueOrigin && f.ua.has(RuleOpaqueMixedContent) {
		return f.ua.Client.Precursor
	}
	return f.request.origin
}

// sendOn follows a redirect that the page is given as it is, for whatever the
// requests leave behind.
func (f *fetching) sendOn(redirect *response) {
	if !f.request.keepalive || f.request.mode != ModeNoCORS || !f.ua.has(RuleKeepaliveSentOn) {
		return
	}
	request := f.request.clone(f.shared.request())
	request.redirect, request.sentOn = RedirectFollow, true
	f.shared.fetching(f.ua, request).RedirectFetch(redirect)
}
