package harness

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// An Enforcer is what kept code from reading a response.
type Enforcer string

const (
	// EnforcerBrowser means that the server responded, direct clients read the response,
	// and only the browser withheld it.
	EnforcerBrowser Enforcer = "the browser"
	// EnforcerNobody means that everybody read it.
	EnforcerNobody Enforcer = "nobody"
	// EnforcerServer means that the server treated the callers differently, or that
	// nobody could read.
	EnforcerServer Enforcer = "the server"
	// EnforcerUnknown means that the traces do not tell.
	EnforcerUnknown Enforcer = "unknown"
)

// WhoEnforced compares a browser's trace with those of direct clients for the same
// request, and returns who enforced, with the evidence: the digests of the bodies that
// the server sent to the browser and that the direct clients read. A browser that blocks
// a response may close it before the whole body has arrived; then the part that arrived
// has to be the beginning of what the direct clients read, as far as payloads keep it.
func WhoEnforced(inBrowser fetch.Trace, direct ...fetch.Trace) (Enforcer, string) {
	if len(direct) == 0 {
		return EnforcerUnknown, "no direct client made the call"
	}
	read := 0
	for _, d := range direct {
		switch {
		case d.Outcome.Kind == fetch.OutcomeUnknown:
			return EnforcerUnknown, d.Caller.Name + " could not be observed: " + d.Outcome.Error
		case d.Outcome.Readable():
			read++
		}
	}
	switch {
	case inBrowser.Outcome.Kind == fetch.OutcomeUnknown:
		return EnforcerUnknown, inBrowser.Caller.Name + " could not be observed: " + inBrowser.Outcome.Error
	case inBrowser.Outcome.Readable() && read == len(direct):
		return EnforcerNobody, "every caller read the answer"
	case inBrowser.Outcome.Readable():
		return EnforcerServer, fmt.Sprintf("the browser read the answer, %d of %d direct clients didn't", len(direct)-read, len(direct))
	case read < len(direct):
		return EnforcerServer, fmt.Sprintf("%d of %d direct clients could not read the answer either", len(direct)-read, len(direct))
	}
	sent, ok := sentToBrowser(inBrowser)
	if !ok {
		return EnforcerBrowser, "the browser never sent the request: its preflight was refused; the direct clients sent it and read the answer"
	}
	if sent.Incomplete != "" && inBrowser.Outcome.Block == nil {
		return EnforcerUnknown, "the response to the browser was cut short, and not because the browser blocked it: " + sent.Incomplete
	}
	body := sent.Response.Body
	for _, d := range direct {
		got := d.Outcome.Response
		same := got.Body.Digest == body.Digest ||
			sent.Incomplete != "" && body.Length <= got.Body.Length && strings.HasPrefix(got.Body.Prefix, body.Prefix)
		if !same {
			return EnforcerServer, fmt.Sprintf("the server sent the browser %d bytes (%.15s…) and %s other %d bytes (%.15s…)",
				body.Length, body.Digest, d.Caller.Name, got.Body.Length, got.Body.Digest)
		}
		if got.Status != sent.Response.Status {
			return EnforcerServer, fmt.Sprintf("the server answered the browser %d and %s %d", sent.Response.Status, d.Caller.Name, got.Status)
		}
	}
	if sent.Incomplete != "" {
		return EnforcerBrowser, fmt.Sprintf("the browser blocked the response and ended it after %d bytes, with which what the direct clients read begins (%s)", body.Length, sent.Incomplete)
	}
	return EnforcerBrowser, fmt.Sprintf("the server sent the browser the same %d bytes (%.15s…) that the direct clients read", body.Length, body.Digest)
}

// sentToBrowser returns the last exchange of the browser with a response that is not a
// preflight's.
func sentToBrowser(t fetch.Trace) (fetch.Exchange, bool) {
	for i := len(t.Exchanges) - 1; i >= 0; i-- {
		if x := t.Exchanges[i]; x.Kind == fetch.ExchangeRequest && x.Response != nil {
			return x, true
		}
	}
	return fetch.Exchange{}, false
}
