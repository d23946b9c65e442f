package target

import "github.com/corsproof/corsproof/harness/policy"

// Facts are what is known of a target. The zero value is the careful one: a server
// that belongs to somebody else, which gets only safe requests, at the URLs that the
// policy has, and of whose config nothing is known.
//
// A check asks for them before the target is started, and may keep them. Slices
// stay the target's: nobody changes them.
type Facts struct {
	// Ours reports that the target was started for the check, with a scripted
	// upstream behind it: nobody else uses it, and what a case does to it ends with it.
	Ours bool
	// Requests says which requests may be sent.
	Requests Requests
	// URLs says at which URLs.
	URLs URLs

	// NamedOrigins are the origins that the target's config names, and of each
	// expression in it some that it matches.
	NamedOrigins []policy.NamedOrigin
	// NamedMethods and NamedHeaders are the methods and request headers that its config
	// lists for pages.
	NamedMethods, NamedHeaders []string
	// Limits are the places where its config limits requests by their number, each
	// as "nginx.conf:12: limit_req zone=all".
	Limits []string
	// Answers are the places where its config has the target answer a request without
	// asking an upstream, each as "nginx.conf:12: return 200 ok".
	Answers []string
	// RoutesBy are the names of request headers, other than Host, by which its config
	// chooses among routes.
	RoutesBy []string
	// ClientCertificates are the places where its config requires certificates of
	// clients, each as "nginx.conf:12: ssl_verify_client on".
	ClientCertificates []string

	// Recognize says why the target refused a request, given the status and the
	// beginning of the body of its answer. It knows the error pages of its own
	// program and returns [ReasonUnknown] for all else. Nil recognizes nothing.
	// It may be called concurrently.
	Recognize func(status int, body string) Reason

	// Life tells whether the target has ended though nobody ended it. Nil: that
	// can't be told.
	Life Life
}

// Reason calls Recognize, if there is one.
func (f Facts) Reason(status int, body string) Reason {
	if f.Recognize == nil {
		return ReasonUnknown
	}
	return f.Recognize(status, body)
}

// Requests says which requests a target may be sent.
type Requests int

const (
	// SafeRequests are preflights, and requests with a method that is safe by
	// https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1, such as GET and HEAD.
	SafeRequests Requests = iota
	// AllRequests are those of every case, PUT, PATCH and DELETE among them.
	AllRequests
)

// String returns the name for people.
func (r Requests) String() string {
	if r == AllRequests {
		return "all requests"
	}
	return "safe requests"
}

// URLs says at which URLs a target may be asked.
type URLs int

const (
	// PolicyURLs are the ones that follow from the policy's routes, nothing added.
	PolicyURLs URLs = iota
	// MarkedURLs have a marker of the case in them, so that no two cases share a
	// URL, nor what caches keep for one.
	MarkedURLs
)

// LimitedMark is what the marker of a case begins with that is about a target's limit of
// requests. A target of ours may apply its limits to these cases alone, so that no other
// case is refused for the number of requests: it then says so.
const LimitedMark = "limited-"

// String returns the name for people.
func (u URLs) String() string {
	if u == MarkedURLs {
		return "marked URLs"
	}
	return "the policy's URLs"
}

// A Reason is why a target refused a request, as far as its answer tells.
type Reason string

const (
	// ReasonUnknown: the answer doesn't tell.
	ReasonUnknown Reason = ""
	// ReasonNoClientCertificate: the client has to present a certificate, and
	// presented none.
	ReasonNoClientCertificate Reason = "no client certificate"
)

// A Life is the running target, seen from outside. Its methods may be called
// concurrently, before the start and after the end.
type Life interface {
	// Done returns a channel that is closed once the target has ended though
	// nobody ended it.
	Done() <-chan struct{}
	// Err says how it ended, with the last words of its log; nil until Done is
	// closed.
	Err() error
}
