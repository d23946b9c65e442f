package fetch

// openAndSend is XMLHttpRequest's open(), setRequestHeader() for each header,
// and send(), at commit d375b28 of https://github.com/whatwg/xhr. Its steps are
// those of https://xhr.spec.whatwg.org/#the-open()-method,
// https://xhr.spec.whatwg.org/#the-setrequestheader()-method and
// https://xhr.spec.whatwg.org/#the-send()-method; they are not the Fetch
// Standard's, so [OMITTED.md] doesn't count them.
//
// [OMITTED.md]: OMITTED.md
func (ua *UserAgent) openAndSend(req *Request, origin Origin, s *sharedFetch) (*request, *refusal) {
	throw := func(phase, step, detail, sentence string) (*request, *refusal) {
		return nil, &refusal{thrown: &Block{Phase: phase, Step: step, Detail: detail, Sentence: sentence}}
	}
	const open, setRequestHeader = "dom-xmlhttprequest-open", "dom-xmlhttprequest-setrequestheader"
	method := req.Method
	if method == "" {
		method = "GET"
	}
	// open(), step 2.
	if !isToken(method) {
		return throw(open, "2", "invalid-method", quote(method)+" is not a method.")
	}
	// open(), step 3.
	if IsForbiddenMethod(method) {
		return throw(open, "3", "forbidden-method", "No script can send the method "+quote(method)+".")
	}
	// open(), step 4.
	method = NormalizeMethod(method)
	// open(), step 5.
	parsedURL, err := ParseURL(req.URL, baseOf(origin))
	if err == ErrURLUnsupported {
		return nil, &refusal{unknown: "URL " + quote(req.URL) + ": " + err.Error()}
	}
	// open(), step 6.
	if err != nil {
		return throw(open, "6", "invalid-url", "The page's code asked for "+quote(req.URL)+", which is not a URL.")
	}
	headers := make(HeaderList, 0, len(req.Headers)+3)
	for _, h := range req.Headers {
		// setRequestHeader(), step 3.
		name, value := h[0], normalizeValue(h[1])
		// setRequestHeader(), step 4.
		if !isHeaderName(name) || !isHeaderValue(value) {
			return throw(setRequestHeader, "4", "invalid-header",
				"The page's code set a header whose name or value isn't one: "+quote(name)+": "+quote(value)+".")
		}
		// setRequestHeader(), step 5.
		if ua.forbidsRequestHeader(name, value) {
			continue
		}
		// setRequestHeader(), step 6.
		headers.combine(name, value)
	}
	// send(), step 3.
	body := req.Body
	if method == "GET" || method == "HEAD" {
		body = nil
	}
	var extracted *requestBody
	// send(), step 4.
	if body != nil {
		extracted = &s.body
		typ, _ := extractBody(body, false, extracted)
		author, ok := headers.get("Content-Type")
		isText := body.Kind == "" || body.Kind == BodyText || body.Kind == BodyURLSearchParams
		if isText && ua.has(RuleXHRCharsetInPlace) {
			headers.set("Content-Type", replaceCharsets(author))
		} else if record, _ := ParseMIMEType(author); isText { // of what is no type there are no parameters
			for i, p := range record.Parameters {
				if p[0] == "charset" && !byteCaseInsensitiveMatch(p[1], "UTF-8") {
					record.Parameters[i][1] = "UTF-8"
					headers.set("Content-Type", record.String())
				}
			}
		}
		if !ok && typ != "" {
			headers.set("Content-Type", typ)
		}
	}
	// send(), step 6.
	r := s.request()
	*r = request{
		method:    method,
		urlList:   []*URL{ua.withoutCredentials(parsedURL, origin)},
		headers:   headers,
		unsafe:    true,
		body:      extracted,
		origin:    origin,
		mode:      ModeCORS,
		preflight: ua.forcesPreflight(req.UploadListener, extracted),
		creds:     CredentialsSameOrigin,
		cache:     CacheDefault,
		redirect:  RedirectFollow,
		referrer:  clientReferrer,
		tainting:  TaintingBasic,
		api:       APIXHR,
	}
	if req.Credentials == CredentialsInclude {
		r.creds = CredentialsInclude
	}
	return r, nil
}
