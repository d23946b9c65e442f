package fetch

// PreflightConsent decides whether the response to a preflight that was sent as it
// is written consents to what that asks for: steps 7 to 7.7 of CORS-preflight fetch,
// with the credentials mode of the request that it is for. Nil is consent. Whether
// that request has the use-CORS-preflight flag nobody can tell from a preflight; it
// counts as unset.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
func PreflightConsent(preflight HeaderList, credentials CredentialsMode, status int, headers HeaderList) *Block {
	origin, _ := preflight.Get("Origin")
	asked := preflighted{origin: Origin(origin), creds: credentials}
	asked.method, _ = preflight.Get("Access-Control-Request-Method")
	asked.names = preflight.Items("Access-Control-Request-Headers")
	for _, name := range asked.names {
		asked.headers = append(asked.headers, Header{name, ""})
	}
	_, _, lacks, failure := asked.consent(status, headers, nil, nil)
	if failure == nil {
		return nil
	}
	switch failure.Detail { // no request of ours was refused, so it is said shorter
	case DetailPreflightStatus:
		failure.Sentence = "The preflight's status is not ok."
	case DetailMethodNotAllowed:
		failure.Sentence = asked.method + " is not in Access-Control-Allow-Methods."
	case DetailAuthorizationNotListed, DetailHeaderNotAllowed:
		failure.Sentence = lacks + " is not in Access-Control-Allow-Headers."
	}
	return failure
}
