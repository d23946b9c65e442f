package witness

import "github.com/corsproof/corsproof/harness/fetch"

// A Request is a browser's own account, by its protocol, of one request and its redirects.
type Request struct {
	// ID names the request in the protocol.
	ID string
	// Preflight: it is a CORS-preflight request.
	Preflight bool
	Hops      []Hop
	// Sent is how many hops the network stack reported as sent, Statuses has the raw
	// status of each response head that arrived.
	Sent     int
	Statuses []int
	// ResponseStatus is the status that page code was given; 0 if the protocol doesn't
	// know it.
	ResponseStatus int
	// FromCache: the response came from a cache.
	FromCache bool
	// Failure is why it failed; nil if it didn't.
	Failure *Failure
}

// A Hop is one URL of a request's URL list.
type Hop struct{ Method, URL string }

// A Failure is why a request failed, in the browser's words.
type Failure struct {
	ErrorText, BlockedReason   string
	CORSError, FailedParameter string
}

// view is the protocol's account of hop i for a trace.
func (r *Request) view(i int) *fetch.ProtocolView {
	view := &fetch.ProtocolView{RequestID: r.ID}
	if i < len(r.Statuses) {
		view.Status = r.Statuses[i]
	}
	if f := r.Failure; f != nil && i == len(r.Hops)-1 {
		view.ErrorText, view.BlockedReason = f.ErrorText, f.BlockedReason
		view.CORSError, view.FailedParameter = f.CORSError, f.FailedParameter
	}
	return view
}

// cached reports whether the response may have come from a cache, whole or its
// body.
func (r *Request) cached() bool {
	n := len(r.Statuses)
	return r.FromCache || r.ResponseStatus != 0 && n > 0 && r.Statuses[n-1] == 304 && r.ResponseStatus != 304
}
