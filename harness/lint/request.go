package lint

import (
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/pasted"
)

// A request is an item of a list with what the rules ask of it.
type request struct {
	*pasted.Expected

	// url is nil if it is outside the subset that package fetch parses.
	url *fetch.URL

	// origin is the value of the Origin header, as far as hasOrigin.
	origin    string
	hasOrigin bool

	// mode is the value of Sec-Fetch-Mode, empty if there is none.
	mode string

	// asks says that it is meant as a preflight: OPTIONS with
	// Access-Control-Request-Method, be it without Origin.
	asks bool
	// method is the method of a preflight's Access-Control-Request-Method, else the
	// request's own.
	method string
	// names are those of Access-Control-Request-Headers that a browser would list:
	// lower-case, sorted, without safelisted and forbidden names.
	names []string

	// credentials is the credentials mode of the request, and of a preflight that of
	// the request that it is for; empty if the list doesn't say.
	credentials fetch.CredentialsMode
}

func newRequest(e *pasted.Expected, served map[string]fetch.CredentialsMode) *request {
	r := &request{Expected: e, method: e.Call.Request.Method, credentials: e.Call.Credentials}
	r.url, _ = fetch.ParseURL(e.Call.Request.URL, nil)
	r.origin, r.hasOrigin = e.Call.Sent.Get("Origin")
	r.mode, _ = e.Call.Sent.Get("Sec-Fetch-Mode")
	r.asks = r.isOptions() && e.Call.Sent.Contains("Access-Control-Request-Method")
	if r.asks {
		r.method, _ = e.Call.Sent.Get("Access-Control-Request-Method")
		r.names = listedNames(e.Call.Sent)
		if r.credentials == "" {
			r.credentials = served[servedKey(e.Call.Request.URL, r.origin, r.method)]
		}
	}
	return r
}

// isOptions reports whether the method is meant as OPTIONS, whatever its case is.
func (r *request) isOptions() bool { return strings.EqualFold(r.Call.Request.Method, "OPTIONS") }

// isCross reports whether the Origin header and the URL are known to be of two
// origins.
func (r *request) isCross() bool {
	return r.hasOrigin && r.url != nil && !fetch.SameOrigin(fetch.Origin(r.origin), r.url.Origin())
}

// isSame reports whether the Origin header and the URL are known to be of one.
func (r *request) isSame() bool {
	return r.hasOrigin && r.url != nil && fetch.SameOrigin(fetch.Origin(r.origin), r.url.Origin())
}

// servedBy returns the credentials modes of the requests that a preflight in the list
// may be for. It has no mode of requests that differ in it.
func servedBy(list []pasted.Expected) map[string]fetch.CredentialsMode {
	out := map[string]fetch.CredentialsMode{}
	for _, e := range list {
		if e.Call.Request.Method == "OPTIONS" {
			continue // a preflight, or a request so rare that its own preflight may say its mode
		}
		key := servedKey(e.Call.Request.URL, e.Call.Origin, e.Call.Request.Method)
		if mode, ok := out[key]; ok && mode != e.Call.Credentials {
			out[key] = ""
			continue
		}
		out[key] = e.Call.Credentials
	}
	return out
}

func servedKey(url, origin, method string) string {
	url, _, _ = strings.Cut(url, "#")
	return method + " " + origin + " " + url
}
