package pasted

import (
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Call is a request as a pasted text tells it.
type Call struct {
	// Request is what a page's code would ask for to send this request: its
	// headers are those that page code can set, without the ones in Dropped and
	// with the Content-Type and Accept that curl adds for a body. Its Origin and
	// Credentials are those of the call. Its Mode is that of a Sec-Fetch-Mode
	// header, if there is one.
	Request fetch.Request

	// Origin is the origin of the page: the Origin header, else the origin of
	// the Referer header, else empty.
	Origin string

	// Sent are all headers that the text writes, in order, those of flags such as
	// -A and -b included. What curl adds by itself is not among them.
	Sent fetch.HeaderList

	// Cookies is the value of the Cookie header, empty if there is none.
	Cookies string

	// Credentials is include if there are cookies or a user name and password,
	// else empty: the text doesn't say.
	Credentials fetch.CredentialsMode

	// Connection is how the text wants the server to be reached.
	Connection Connection

	// Ignored are the flags, redirections and pipes that change nothing in the
	// request, as written but without the values of flags.
	Ignored []string

	// Dropped are the headers of Sent that are not in Request.
	Dropped []Dropped
}

// A Connection is how a server is reached, other than by its name and with the
// certificates of the system. The values are as curl takes them.
type Connection struct {
	Resolve   []string // --resolve
	ConnectTo []string // --connect-to
	Proxy     string   // -x
	CACert    string   // --cacert
	Cert      string   // -E
	Key       string   // --key
	Insecure  bool     // -k
}

// A Dropped is a header that page code does not set.
type Dropped struct {
	Name string
	// Why says who sets it instead.
	Why string
}

// IsPreflight reports whether the call is a CORS-preflight request that was
// copied as such: https://fetch.spec.whatwg.org/#cors-preflight-request.
func (c Call) IsPreflight() bool {
	return fetch.SentRequest{Method: c.Request.Method, Headers: c.Sent}.IsPreflight()
}

// newCall returns the call of a request, whose headers it divides; implied are
// the headers that page code has to set beside those that are written. The error
// is about the Origin header; the call is complete all the same.
func newCall(request fetch.Request, sent, implied fetch.HeaderList) (Call, error) {
	call := Call{Sent: sent}
	request.Headers, call.Dropped = pageHeaders(sent)
	request.Headers = append(request.Headers, implied...)
	call.Cookies = strings.Join(sent.Lines("Cookie"), "; ") // HTTP/2 may send several
	if call.Cookies != "" {
		call.Credentials = fetch.CredentialsInclude
	}
	var err error
	call.Origin, err = pageOrigin(sent)
	request.Origin, request.Credentials = call.Origin, call.Credentials
	request.Mode = sentMode(sent)
	call.Request = request
	return call, err
}

// sentMode is the mode that Sec-Fetch-Mode tells, if page code can ask for it.
func sentMode(sent fetch.HeaderList) fetch.Mode {
	value, _ := sent.Get("Sec-Fetch-Mode")
	switch mode := fetch.Mode(value); mode {
	case fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin:
		return mode
	}
	return ""
}
