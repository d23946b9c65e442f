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
	_, _, no := asked.consent(status, headers, nil, nil)
	sentence := ""
	switch no.detail {
	case "":
		return nil
	case DetailPreflightStatus:
		sentence = "The preflight's status is not ok."
	case DetailPreflightMethodsGrammar:
		sentence = "Access-Control-Allow-Methods is " + headers.quoted("Access-Control-Allow-Methods") + ", which isn't a list of methods."
	case DetailPreflightHeadersGrammar:
		sentence = "Access-Control-Allow-Headers is " + headers.quoted("Access-Control-Allow-Headers") + ", which isn't a list of header names."
	case DetailMethodNotAllowed:
		sentence = asked.method + " is not in Access-Control-Allow-Methods."
	case DetailAuthorizationNotListed, DetailHeaderNotAllowed:
		sentence = no.name + " is not in Access-Control-Allow-Headers."
	default:
		return no.check
	}
	return &Block{Phase: "cors-preflight-fetch-0", Step: no.step, Detail: no.detail, Sentence: sentence}
}
