package wire

import (
	"net"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Asked is what requests have in common that an HTTP cache could answer with
// one response.
type Asked struct {
	// Client is the host of Exchange.Peer, see [Router.Source].
	Client string
	Method string
	// Authority is the host that the request names, lower-cased, with the port
	// as it names it.
	Authority string
	Target    string
}

// Statuses returns the statuses, each once, of all responses to such requests
// since the start, those to CORS-preflight requests excepted. That a recording
// was made to forget the exchanges changes nothing.
func (r *Recorder) Statuses(q Asked) []int {
	r.recording.mu.Lock()
	defer r.recording.mu.Unlock()
	return slices.Clone(r.recording.statuses[q])
}

// index notes the response of e. The lock is held.
func (r *recording) index(e *entry) {
	x := &e.exchange
	if x.Kind == fetch.ExchangePreflight {
		return
	}
	client, _, _ := net.SplitHostPort(x.Peer)
	q := Asked{client, x.Request.Method, strings.ToLower(authorityOf(x.Request)), x.Request.Target}
	known := r.statuses[q]
	if slices.Contains(known, x.Response.Status) {
		return
	}
	if known == nil {
		// A part would keep the whole of the head that it was cut from.
		q.Client, q.Method = strings.Clone(q.Client), strings.Clone(q.Method)
		q.Authority, q.Target = strings.Clone(q.Authority), strings.Clone(q.Target)
	}
	r.statuses[q] = append(known, x.Response.Status)
}
