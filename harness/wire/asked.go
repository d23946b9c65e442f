package wire

import (
	"net"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Asked identifies requests that an HTTP cache could answer with one response.
type Asked struct {
	// Client is the host of Exchange.Peer, see [Router.Source].
	Client string
	Method string
	// Authority is the host in the request, in lower case, with the port as written.
	Authority string
	Target    string
}

// Statuses returns the distinct statuses of all responses to such requests since the
// start, except those to CORS-preflight requests. Forgotten exchanges count, too.
func (r *Recorder) Statuses(q Asked) []int {
	r.recording.mu.Lock()
	defer r.recording.mu.Unlock()
	return slices.Clone(r.recording.statuses[q])
}

// A Redirect is a response that redirects a request.
type Redirect struct {
	Status   int
	Location string // as sent
}

// Redirect returns the last response to such requests if it is a redirect. Forgotten
// exchanges count, as for [Recorder.Statuses].
func (r *Recorder) Redirect(q Asked) (Redirect, bool) {
	r.recording.mu.Lock()
	defer r.recording.mu.Unlock()
	redirect, ok := r.recording.redirects[q]
	return redirect, ok
}

// index notes the response of e. The lock is held.
func (r *recording) index(e *entry) {
	x := &e.exchange
	if x.Kind == fetch.ExchangePreflight {
		return
	}
	client, _, _ := net.SplitHostPort(x.Peer)
	q := Asked{client, x.Request.Method, strings.ToLower(authorityOf(x.Request)), x.Request.Target}
	if location, ok := x.Response.Headers.Get("Location"); ok && x.Response.Status >= 300 && x.Response.Status < 400 {
		r.redirects[q.clone()] = Redirect{x.Response.Status, strings.Clone(location)}
	} else {
		delete(r.redirects, q)
	}
	known := r.statuses[q]
	if slices.Contains(known, x.Response.Status) {
		return
	}
	if known == nil {
		q = q.clone()
	}
	r.statuses[q] = append(known, x.Response.Status)
}

// clone returns a copy for keeps: a part would keep the whole of the head that it was
// cut from.
func (q Asked) clone() Asked {
	return Asked{strings.Clone(q.Client), strings.Clone(q.Method), strings.Clone(q.Authority), strings.Clone(q.Target)}
}
