package witness

import "github.com/corsproof/corsproof/harness/fetch"

// A Request is the report of a browser's protocol about one request and its redirects.
type Request struct {
	// ID is the ID of the request in the protocol.
	ID string
	// Preflight says that it is a CORS-preflight request.
	Preflight bool
	Hops      []Hop
	// Sent is the number of hops that the network stack reported as sent. Statuses has
	// the raw status of each response head that arrived.
	Sent     int
	Statuses []int
	// ResponseStatus is the status that page code got; 0 if the protocol does not tell.
	ResponseStatus int
	// FromCache says that the response came from a cache.
	FromCache bool
	// Failure says why the request failed; nil if it did not.
	Failure *Failure
}

// A Hop is one URL of a request's URL list.
type Hop struct{ Method, URL string }

// A Failure is the browser's reason for a failed request.
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
