package fetch

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A UserAgent is the model with the state that a sequence of requests shares:
// cookie jar, CORS-preflight cache, HTTP cache and a clock that only
// [UserAgent.Advance] moves. The zero value is the standard with empty stores.
// It is not for concurrent use; two user agents share nothing.
type UserAgent struct {
	// Profile is the behaviour; nil means [Standard].
	Profile *Profile

	// Client is the page that asks, beyond its origin.
	Client Environment

	// HTTP2 reports whether connections to an origin use HTTP/2; nil means that
	// none does. Only a streamed body depends on it.
	HTTP2 func(Origin) bool

	// Epoch is the date at which the clock starts; cookies with Expires and
	// cached responses with Expires but no Date depend on it. Without it, what
	// hangs on them is unknown.
	Epoch time.Time

	now        time.Duration
	preflights PreflightCache
	cookies    cookieJar
	httpCache  httpCache
}

// An Environment is https://html.spec.whatwg.org/multipage/webappapis.html#environment-settings-object
// of the page that asks, as far as it can change an outcome of the CORS
// protocol. The zero value is a top-level page without policies of its own.
type Environment struct {
	// TopLevelSite is the site of the top-level page, the first half of the
	// network partition key; empty means the page's own origin.
	TopLevelSite string

	// RegistrableDomain returns the registrable domain of a host; false if it
	// has none. It decides what is same site. Without it, whether two hosts
	// that share two labels or more are same site is unknown.
	RegistrableDomain func(host string) (domain string, ok bool)

	// CrossSiteAncestor: a frame above the page is of another site.
	CrossSiteAncestor bool

	// EmbedderPolicy is the page's Cross-Origin-Embedder-Policy; empty means
	// unsafe-none.
	EmbedderPolicy EmbedderPolicy

	// ReferrerPolicy is the page's; empty means strict-origin-when-cross-origin.
	ReferrerPolicy string

	// URL is the page's own. The Referer of its requests is made from it; without
	// it they have none.
	URL string

	// Precursor is the origin of the URL that a page with an opaque origin was loaded
	// from, as a page in a sandbox is. The standard doesn't ask for it; empty means
	// one that encrypts nothing.
	Precursor Origin

	// Worker: there is no traversable in which to prompt a user.
	Worker bool

	// PromptsCancelled: somebody cancels each prompt for a name and password at
	// once. Otherwise what follows a prompt is unknown.
	PromptsCancelled bool

	// Offline: https://html.spec.whatwg.org/multipage/system-state.html#is-offline.
	Offline bool

	// CookiesDisabled: the user agent neither sends nor stores cookies.
	CookiesDisabled bool

	// AcceptLanguage is the value that fetch appends before main fetch; empty
	// for none. It counts in the sum of safelisted request-headers.
	AcceptLanguage string

	// UserAgentValue is the default User-Agent value; empty for none.
	UserAgentValue string

	// Blobs are the blob URL store, by URL without fragment.
	Blobs map[string]Blob
}

// An EmbedderPolicy is an embedder policy value of HTML.
type EmbedderPolicy string

const (
	EmbedderPolicyUnsafeNone     EmbedderPolicy = "unsafe-none"
	EmbedderPolicyCredentialless EmbedderPolicy = "credentialless"
	EmbedderPolicyRequireCORP    EmbedderPolicy = "require-corp"
)

// A Blob is a blob URL entry's object.
type Blob struct {
	Type string
	// Bytes is isomorphic decoded, see [Header].
	Bytes string
}

// An Answerer is the transport: it answers one request on the wire. A failure
// of the transport is a [NetworkResponse] with Failed set; an error means that
// the answer could not be got through our own fault, and ends the prediction.
// The model keeps the header list that it returns, which nobody may change
// afterwards.
type Answerer func(context.Context, NetworkRequest) (NetworkResponse, error)

// A NetworkRequest is what HTTP-network fetch sends. Host, Connection,
// Accept-Encoding and the like are the transport's to add.
type NetworkRequest struct {
	URL       *URL
	Method    string
	Headers   HeaderList
	Body      string // isomorphic decoded
	HasBody   bool
	Preflight bool
	// NewConnection asks for a new connection, after a 421.
	NewConnection bool
}

// A NetworkResponse is a final answer on the wire.
type NetworkResponse struct {
	// Failed says why there is no answer; the rest is then empty.
	Failed string
	// Failure is the same as a value, where somebody decides by it.
	Failure Failure
	// Silent: no answer comes, ever. How long a user waits for it is unknown.
	Silent bool
	// ConnectionReused: the connection was open before the request was made. A 408
	// there may make a user agent ask again; who says so of every answer is asked
	// for ever.
	ConnectionReused bool

	Status  int
	Reason  string
	Headers HeaderList
	// Body is the payload before, Content the payload after the content
	// codings were undone. Content may be nil if there is no content coding;
	// with one it is needed to know what page code reads.
	Body    Payload
	Content *Payload
}

// errNoOrigin is returned for a request without a page origin.
var errNoOrigin = errors.New(`the request has no page origin; give one such as "https://app.example.com", or "null" for an opaque one`)

// Predict returns the trace that the standard calls for: a user agent that has
// seen nothing before makes req, and answer is the network. The error is not
// nil if req cannot be asked for at all, or if answer returned one.
func Predict(ctx context.Context, req Request, answer Answerer) (Trace, error) {
	s := sharedFetches.Get().(*sharedFetch)
	var trace Trace
	err := s.fresh.predict(ctx, &req, answer, s, &trace)
	s.fresh.reset()
	s.release()
	return trace, err
}

// Predict is the next request of a sequence; see the package's [Predict].
func (ua *UserAgent) Predict(ctx context.Context, req Request, answer Answerer) (Trace, error) {
	s := sharedFetches.Get().(*sharedFetch)
	var trace Trace
	err := ua.predict(ctx, &req, answer, s, &trace)
	s.release() // not if answer panics: then s may still be in use
	return trace, err
}

// predict is [UserAgent.Predict] into trace, with the memory that it works in.
func (ua *UserAgent) predict(ctx context.Context, req *Request, answer Answerer, s *sharedFetch, trace *Trace) error {
	*trace = Trace{
		Schema:  TraceSchema,
		Caller:  Caller{Name: "model", Kind: CallerModel, Version: ua.profile().Name},
		Request: *req,
	}
	trace.Request.Headers = redacted(req.Headers)
	if err := checkRequest(req); err != nil {
		return fmt.Errorf("predict %s %s: %w", req.Method, req.URL, err)
	}
	trace.Exchanges = []Exchange{}
	origin, err := ParseOrigin(req.Origin)
	if err != nil {
		trace.Outcome = Outcome{Kind: OutcomeUnknown, Error: "page origin " + quote(req.Origin) + ": " + err.Error()}
		return nil
	}
	s.ctx, s.answer = ctx, answer
	request, refusal := ua.callAPI(req, origin, s)
	if refusal != nil {
		trace.Outcome = refusal.outcome(req)
		return nil
	}
	response := s.fetching(ua, request).Fetch()
	trace.Outcome = response.outcome(req)
	for len(s.revalidations) > 0 && s.err == nil {
		next := s.revalidations[0]
		s.revalidations = s.revalidations[1:]
		s.fetching(ua, next).MainFetch(false)
	}
	if len(s.exchanges) > 0 {
		trace.Exchanges = s.exchanges
	}
	if s.err != nil {
		return fmt.Errorf("predict %s %s: %w", request.method, req.URL, s.err)
	}
	return nil
}

// reset makes ua new, and keeps the memory of its preflight cache.
func (ua *UserAgent) reset() {
	*ua = UserAgent{preflights: PreflightCache{entries: ua.preflights.entries[:0]}}
}

// Advance moves the clock forward.
func (ua *UserAgent) Advance(d time.Duration) { ua.now += d }

// ClearPreflightCache forgets all preflights.
func (ua *UserAgent) ClearPreflightCache() { ua.preflights = PreflightCache{} }

func (ua *UserAgent) profile() *Profile {
	if ua.Profile != nil {
		return ua.Profile
	}
	return &Standard
}

// has reports whether the profile has the rule.
func (ua *UserAgent) has(r Rule) bool { return ua.Profile != nil && ua.Profile.has(r) }

// checkRequest finds what makes a request impossible to ask for, in any API.
func checkRequest(req *Request) error {
	if req.Origin == "" {
		return errNoOrigin
	}
	switch req.API {
	case "", APIFetch:
		return nil
	case APIXHR:
	default:
		return fmt.Errorf("unknown API %q; known are %q and %q", req.API, APIFetch, APIXHR)
	}
	switch {
	case req.Mode != "" && req.Mode != ModeCORS, req.Cache != "", req.Redirect != "", req.Integrity != "",
		req.Keepalive, req.Referrer != "", req.ReferrerPolicy != "", req.Credentials == CredentialsOmit:
		return errors.New("XMLHttpRequest has no mode, cache, redirect, integrity, keepalive, referrer or referrer policy, and no credentials mode omit; use the API fetch")
	case req.Body != nil && req.Body.Kind == BodyStream:
		return errors.New("XMLHttpRequest takes no stream; use the API fetch")
	}
	return nil
}
