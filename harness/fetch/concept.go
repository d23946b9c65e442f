package fetch

import "slices"

// A request is https://fetch.spec.whatwg.org/#concept-request. Its client is
// the user agent's [Environment].
type request struct {
	method     string
	headers    HeaderList
	unsafe     bool // unsafe-request flag
	body       *requestBody
	origin     Origin
	referrer   string // serialized, noReferrer or clientReferrer
	policy     string // referrer policy
	mode       Mode
	cache      CacheMode
	redirect   RedirectMode
	creds      CredentialsMode
	integrity  string
	keepalive  bool
	preflight  bool // use-CORS-preflight flag
	urlList    []*URL
	firstURL   [1]*URL // where urlList begins
	redirects  int     // redirect count
	sentOn     bool    // see [fetching.sendOn]
	tainting   ResponseTainting
	noCacheCC  bool // prevent no-cache cache-control header modification flag
	isCORSPre  bool // this is a CORS-preflight request
	fromWorker bool // service-workers mode is "none"
	api        API  // what made it, for profiles

	// unsafeNames are the CORS-unsafe request-header names of headers, if
	// unsafeKnown; the hop after a redirect determines them anew.
	unsafeNames []string
	unsafeKnown bool
}

// currentURL is https://fetch.spec.whatwg.org/#concept-request-current-url.
func (r *request) currentURL() *URL { return r.urlList[len(r.urlList)-1] }

// clone is https://fetch.spec.whatwg.org/#concept-request-clone, into c. The
// clone's lists are its own.
func (r *request) clone(c *request) *request {
	*c = *r
	c.headers = make(HeaderList, len(r.headers), len(r.headers)+4)
	copy(c.headers, r.headers)
	c.urlList = slices.Clip(r.urlList)
	return c
}

// kind tells a CORS-preflight request from all others.
func (r *request) kind() ExchangeKind {
	if r.isCORSPre {
		return ExchangePreflight
	}
	return ExchangeRequest
}

// A requestBody is https://fetch.spec.whatwg.org/#concept-body of a request.
type requestBody struct {
	bytes string // isomorphic decoded
	// stream: the source and the length are null.
	stream bool
	length int64
}

// A ResponseTainting is https://fetch.spec.whatwg.org/#concept-request-response-tainting.
type ResponseTainting string

const (
	TaintingBasic  ResponseTainting = "basic"
	TaintingCORS   ResponseTainting = "cors"
	TaintingOpaque ResponseTainting = "opaque"
)

// A response is https://fetch.spec.whatwg.org/#concept-response.
type response struct {
	typ     ResponseType
	status  int
	headers HeaderList
	// body is null if hasBody is false.
	body    Payload
	hasBody bool
	// bodyUnknown says why the body's bytes aren't known, if they aren't.
	bodyUnknown string
	urlList     []*URL
	exposed     []string // CORS-exposed header-name list
	withCreds   bool     // request-includes-credentials
	internal    *response

	// storedAs is its copy in the HTTP cache, if this is where that came from.
	storedAs *storedResponse
	// exchange is the ID of the exchange that brought it, empty for none.
	exchange string
	// block is why, for a network error.
	block *Block
	// unknown, for a network error that isn't one: what the model cannot tell.
	unknown string
}

// networkError is https://fetch.spec.whatwg.org/#concept-network-error, with
// the step that made it.
func (f *fetching) networkError(phase, step, detail, sentence string) *response {
	return f.blocked(&Block{Phase: phase, Step: step, Detail: detail, Sentence: sentence})
}

// blocked is a network error made of a block that another algorithm returned.
func (f *fetching) blocked(b *Block) *response {
	r := f.shared.response()
	*r = response{typ: ResponseError, block: b}
	return r
}

// cannotTell takes the way of a network error through the algorithms and ends
// as [OutcomeUnknown].
func cannotTell(what string) *response { return &response{typ: ResponseError, unknown: what} }

func (r *response) isNetworkError() bool { return r.typ == ResponseError }

// dropBody sets the body to null.
func (r *response) dropBody() { r.body, r.hasBody, r.bodyUnknown = Payload{}, false, "" }

// inner returns the internal response of a filtered one, else r itself.
func (r *response) inner() *response {
	if r.internal != nil {
		return r.internal
	}
	return r
}

// url is https://fetch.spec.whatwg.org/#concept-response-url; it may be nil.
func (r *response) url() *URL {
	if len(r.urlList) == 0 {
		return nil
	}
	return r.urlList[len(r.urlList)-1]
}

// filterBasic is https://fetch.spec.whatwg.org/#concept-filtered-response-basic,
// into f.
func (r *response) filterBasic(f *response) *response {
	*f = *r
	f.typ, f.internal, f.headers = ResponseBasic, r, nil
	for _, h := range r.headers {
		if !IsForbiddenResponseHeader(h[0]) {
			f.headers = append(f.headers, h)
		}
	}
	return f
}

// filterCORS is https://fetch.spec.whatwg.org/#concept-filtered-response-cors,
// into f and into headers, which is empty.
func (r *response) filterCORS(f *response, headers HeaderList) *response {
	*f = *r
	f.typ, f.internal = ResponseCORS, r
	f.headers = appendFilterCORS(headers, r.headers, r.exposed)
	return f
}

// FilterCORS returns the headers of a cross-origin response that page code may
// read, given the CORS-exposed header-name list:
// https://fetch.spec.whatwg.org/#concept-filtered-response-cors.
func FilterCORS(headers HeaderList, exposed []string) HeaderList {
	return appendFilterCORS(make(HeaderList, 0, len(headers)), headers, exposed)
}

// appendFilterCORS is [FilterCORS] with the memory that the result may take.
func appendFilterCORS(out, headers HeaderList, exposed []string) HeaderList {
	for _, h := range headers {
		if IsSafelistedResponseHeader(h[0], exposed) {
			out = append(out, h)
		}
	}
	return out
}

// filterOpaque is https://fetch.spec.whatwg.org/#concept-filtered-response-opaque.
func (r *response) filterOpaque() *response {
	return &response{typ: ResponseOpaque, internal: r, exchange: r.exchange}
}

// filterOpaqueRedirect is
// https://fetch.spec.whatwg.org/#concept-filtered-response-opaque-redirect.
func (r *response) filterOpaqueRedirect() *response {
	return &response{typ: ResponseOpaqueRedirect, internal: r, urlList: r.urlList, exchange: r.exchange}
}

// quoted puts the value of the headers called name into a sentence.
func (l HeaderList) quoted(name string) string {
	value, _ := l.get(name)
	return quote(value)
}

// quote puts a string into a sentence, cut to what a person can take in.
func quote(s string) string {
	const limit = 120
	if len(s) > limit {
		s = s[:limit] + "…"
	}
	return `"` + s + `"`
}
