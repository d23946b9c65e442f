package target

import "github.com/corsproof/corsproof/harness/policy"

// Facts are what is known of a target in advance. The zero value is the cautious one: a
// server that belongs to somebody else, which gets only safe requests, at the URLs of the
// policy, and whose config is unknown.
//
// A check reads them before it starts the target, and may keep them. The target owns the
// slices; nobody changes them.
type Facts struct {
	// Ours says that the target was started for the check, with a scripted upstream
	// behind it. Nobody else uses it, and changes that a case makes are lost with it.
	Ours bool
	// Requests says which requests may be sent to it.
	Requests Requests
	// URLs says at which URLs.
	URLs URLs

	// NamedOrigins are the origins in the target's config, and for each expression there
	// some origins that it matches.
	NamedOrigins []policy.NamedOrigin
	// NamedMethods and NamedHeaders are the methods and request headers that its config
	// lists for pages.
	NamedMethods, NamedHeaders []string
	// Limits are the places where its config limits the rate or number of requests, each
	// as "nginx.conf:12: limit_req zone=all".
	Limits []string
	// Answers are the places where its config answers a request without contacting an
	// upstream, each as "nginx.conf:12: return 200 ok".
	Answers []string
	// RoutesBy are the names of request headers, other than Host, by which its config
	// chooses among routes.
	RoutesBy []string
	// ClientCertificates are the places where its config requires client certificates,
	// each as "nginx.conf:12: ssl_verify_client on".
	ClientCertificates []string

	// Recognize returns why the target refused a request, given the status and the
	// beginning of the body of its response. It recognizes the error pages of its own
	// program, and returns [ReasonUnknown] for everything else. If nil, nothing is
	// recognized. It may be called concurrently.
	Recognize func(status int, body string) Reason

	// Life reports an unexpected exit of the target. Nil means that this is unknown.
	Life Life
}

// Reason calls Recognize if it is set.
func (f Facts) Reason(status int, body string) Reason {
	if f.Recognize == nil {
		return ReasonUnknown
	}
	return f.Recognize(status, body)
}

// Requests says which requests may be sent to a target.
type Requests int

const (
	// SafeRequests are preflights, and requests with a safe method, such as GET and HEAD,
	// see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1.
	SafeRequests Requests = iota
	// AllRequests are the requests of all cases, including PUT, PATCH and DELETE.
	AllRequests
)

// String returns the name for people.
func (r Requests) String() string {
	if r == AllRequests {
		return "all requests"
	}
	return "safe requests"
}

// URLs says at which URLs a target may get requests.
type URLs int

const (
	// PolicyURLs are the URLs of the policy's routes, unchanged.
	PolicyURLs URLs = iota
	// MarkedURLs contain a marker of the case, so that no two cases share a URL or the
	// cache entries of one.
	MarkedURLs
)

// LimitedMark begins the marker of cases that test a target's limit of requests. A target
// with [Facts].Ours may apply its limits to these cases only, so that no other case is
// rate-limited.
const LimitedMark = "limited-"

// String returns the name for people.
func (u URLs) String() string {
	if u == MarkedURLs {
		return "marked URLs"
	}
	return "the policy's URLs"
}

// A Reason is why a target refused a request, as far as its response tells.
type Reason string

const (
	// ReasonUnknown means that the response does not tell.
	ReasonUnknown Reason = ""
	// ReasonNoClientCertificate means that the target requires a client certificate and
	// got none.
	ReasonNoClientCertificate Reason = "no client certificate"
)

// A Life observes a running target. Its methods may be called concurrently, also before
// the start and after the end.
type Life interface {
	// Done returns a channel that is closed when the target exits unexpectedly.
	Done() <-chan struct{}
	// Err reports an unexpected exit of the target, with the end of its log; nil until
	// Done is closed.
	Err() error
}
