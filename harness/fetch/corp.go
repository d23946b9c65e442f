package fetch

// crossOriginResourcePolicyCheck is the cross-origin resource policy check for
// the request's origin and client. Nil means allowed; else it returns the
// network error, or that the input doesn't say.
//
// https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check
func (f *fetching) crossOriginResourcePolicyCheck(actual *response) *response {
	// Step 1. Navigations aren't modelled, so forNavigation is false.
	// Step 2.
	embedderPolicy := f.ua.Client.EmbedderPolicy
	// Step 3.
	if stop := f.corpInternalCheck(EmbedderPolicyUnsafeNone, actual); stop != nil {
		return stop
	}
	// Step 5.
	// Step 7.
	return f.corpInternalCheck(embedderPolicy, actual)
}

// corpInternalCheck is the cross-origin resource policy internal check.
//
// https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check
func (f *fetching) corpInternalCheck(embedderPolicyValue EmbedderPolicy, actual *response) *response {
	const phase = "cross-origin-resource-policy-internal-check"
	// Step 2.
	policy, _ := actual.headers.get("Cross-Origin-Resource-Policy")
	// Step 3.
	if policy != "same-origin" && policy != "same-site" && policy != "cross-origin" {
		policy = ""
	}
	stated := policy != ""
	// Step 4.
	if policy == "" {
		switch embedderPolicyValue {
		case EmbedderPolicyCredentialless:
			if actual.withCreds {
				policy = "same-origin"
			}
		case EmbedderPolicyRequireCORP:
			policy = "same-origin"
		}
	}
	origin, responseOrigin := f.request.origin, actual.url().Origin()
	blockedResponse := func(detail, sentence string) *response {
		r := f.networkError(phase, "5", detail, sentence)
		r.block.Exchange = actual.exchange
		return r
	}
	// Step 5.
	switch policy {
	case "same-origin":
		if SameOrigin(origin, responseOrigin) {
			return nil
		}
		if !stated {
			return blockedResponse("embedder-policy", "The page's Cross-Origin-Embedder-Policy is "+string(embedderPolicyValue)+
				", and the response has no Cross-Origin-Resource-Policy that lets it in.")
		}
		return blockedResponse("same-origin",
			"The response's Cross-Origin-Resource-Policy is same-origin, and the page is of another origin.")
	case "same-site":
		relation := f.ua.Client.schemelesslySameSite(origin, responseOrigin)
		if isIPHost(responseOrigin.host()) && f.ua.has(RuleAddressIsNoSite) {
			relation = siteCross
		}
		switch relation {
		case siteUnknown:
			return cannotTell("whether " + string(origin) + " and " + string(responseOrigin) + " are same site; give RegistrableDomain")
		case siteSame:
			if origin.scheme() == "https" || responseOrigin.scheme() != "https" {
				return nil
			}
		}
		return blockedResponse("same-site",
			"The response's Cross-Origin-Resource-Policy is same-site, and the page is of another site.")
	}
	return nil
}
