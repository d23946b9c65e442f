package harness

import (
	"fmt"

	"github.com/corsproof/corsproof/harness/fetch"
)

// An Enforcer is who kept code from reading an answer.
type Enforcer string

const (
	// EnforcerBrowser: the server answered, direct clients read the answer, and
	// the browser alone withheld it.
	EnforcerBrowser Enforcer = "the browser"
	// EnforcerNobody: everybody read it.
	EnforcerNobody Enforcer = "nobody"
	// EnforcerServer: the server treated the callers differently, or nobody
	// could read.
	EnforcerServer Enforcer = "the server"
	// EnforcerUnknown: the traces don't tell.
	EnforcerUnknown Enforcer = "unknown"
)

// WhoEnforced compares a browser's trace with those of direct clients for the
// same request, and says who enforced and on what evidence: the digests of the
// bodies that the server sent to the browser and that the direct clients read.
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
	for _, d := range direct {
		if got := d.Outcome.Response.Body; got.Digest != sent.Body.Digest {
			return EnforcerServer, fmt.Sprintf("the server sent the browser %d bytes (%.15s…) and %s other %d bytes (%.15s…)",
				sent.Body.Length, sent.Body.Digest, d.Caller.Name, got.Length, got.Digest)
		}
		if got := d.Outcome.Response.Status; got != sent.Status {
			return EnforcerServer, fmt.Sprintf("the server answered the browser %d and %s %d", sent.Status, d.Caller.Name, got)
		}
	}
	return EnforcerBrowser, fmt.Sprintf("the server sent the browser the same %d bytes (%.15s…) that the direct clients read", sent.Body.Length, sent.Body.Digest)
}

// sentToBrowser returns the last answer to the browser that is not a
// preflight's.
func sentToBrowser(t fetch.Trace) (fetch.SentResponse, bool) {
	for i := len(t.Exchanges) - 1; i >= 0; i-- {
		if x := t.Exchanges[i]; x.Kind == fetch.ExchangeRequest && x.Response != nil {
			return *x.Response, true
		}
	}
	return fetch.SentResponse{}, false
}
