package fetch

import (
	"slices"
	"time"
)

// TraceSchema names the JSON format of a [Trace].
const TraceSchema = "corsproof.trace/1"

// A Trace is one caller's result of one request: the exchanges on the wire, and what the
// calling code could read. Every verdict compares traces of different callers for the
// same request.
//
// Secrets were replaced when the trace was built, see [HeaderList.Redacted].
type Trace struct {
	Schema  string  `json:"schema"`
	Case    string  `json:"case,omitempty"`
	Caller  Caller  `json:"caller"`
	Request Request `json:"request"`

	// Exchanges are in the order in which their requests arrived.
	Exchanges []Exchange `json:"exchanges"`

	Outcome Outcome `json:"outcome"`
}

// A Caller is the program that sent the request.
type Caller struct {
	// Name is "chromium", "net/http", "curl", "model"….
	Name    string     `json:"name"`
	Kind    CallerKind `json:"kind"`
	Version string     `json:"version,omitempty"`
}

// A CallerKind says how a caller treats CORS.
type CallerKind string

const (
	CallerEngine CallerKind = "engine" // a real browser; it enforces
	CallerDirect CallerKind = "direct" // an HTTP client; it does not
	// CallerUserAgent simulates a browser and implements a CORS check of its own: jsdom,
	// happy-dom. It is not an engine, since its check may differ from the standard's, and
	// not a direct client, since it may withhold a response. It never judges.
	CallerUserAgent CallerKind = "user-agent"
	CallerModel     CallerKind = "model" // the model of the standard
	// CallerUnenforced is a browser whose enforcement was disabled on purpose. It is a
	// control and never judges.
	CallerUnenforced CallerKind = "unenforced"
)

// An Exchange is one request on the wire with its response.
type Exchange struct {
	// ID is unique in a report: server, connection, position on it, as in
	// "fastapi#3.1".
	ID      string       `json:"id"`
	Server  string       `json:"server"`
	Witness Witness      `json:"witness"`
	Kind    ExchangeKind `json:"kind"`

	// Peer is the client's address as the witness saw it, "127.0.0.1:49152". It
	// distinguishes the exchanges of concurrent callers.
	Peer string `json:"peer,omitempty"`

	// Serves is, for a preflight, the ID of the exchange with the actual request; empty
	// if that request was never sent.
	Serves string `json:"serves,omitempty"`

	// Started and Ended are offsets in microseconds from the start of the run.
	// Ended is absent while the response is not complete.
	Started Offset  `json:"startedMicros"`
	Ended   *Offset `json:"endedMicros,omitempty"`

	Request SentRequest `json:"request"`

	// Response is nil if no response head arrived.
	Response *SentResponse `json:"response,omitempty"`

	// Incomplete says why the response is absent or cut short; empty for a
	// complete exchange.
	Incomplete string `json:"incomplete,omitempty"`
	// Failure is the reason as a value, for code that decides by it.
	Failure Failure `json:"-"`

	// Protocol is what the browser's own protocol reported about this exchange, if
	// anything. It explains and decides nothing.
	Protocol *ProtocolView `json:"protocol,omitempty"`
}

// A Failure is a reason for a missing response, as far as code decides by it; the texts
// are for people.
type Failure string

const (
	FailureOther       Failure = ""            // any other reason, or none
	FailureWithheld    Failure = "withheld"    // the request was never sent
	FailureUnreadable  Failure = "unreadable"  // something arrived that is not a readable response
	FailureCertificate Failure = "certificate" // the server wants another client certificate than it got
)

// IsSentAgain reports whether exchange i of a trace was sent again, as Chromium does
// after a 408 on an HTTP/1.1 connection that was open already. A 408 ends an exchange, so
// the same request cannot follow for another reason.
func IsSentAgain(exchanges []Exchange, i int) bool {
	x := &exchanges[i]
	return x.IsTimeout() && slices.ContainsFunc(exchanges[i+1:], func(later Exchange) bool {
		return later.Kind == x.Kind && later.Server == x.Server && later.Request.Method == x.Request.Method && later.Request.Target == x.Request.Target
	})
}

// IsTimeout reports whether the response was a 408, and not over HTTP/2, where it says
// nothing about the connection.
func (x *Exchange) IsTimeout() bool {
	return x.Response != nil && x.Response.Status == 408 && x.Request.Version != "HTTP/2.0"
}

// A ProtocolView is a browser's own report of an exchange.
type ProtocolView struct {
	RequestID string `json:"requestId"`
	Status    int    `json:"status,omitempty"`
	// ErrorText is the network error's name, such as "net::ERR_FAILED".
	ErrorText string `json:"errorText,omitempty"`
	// BlockedReason, CORSError and FailedParameter are codes as the browser
	// gives them.
	BlockedReason   string `json:"blockedReason,omitempty"`
	CORSError       string `json:"corsError,omitempty"`
	FailedParameter string `json:"failedParameter,omitempty"`
}

// An Offset is a time since the start of the run, in microseconds.
type Offset int64

// OffsetOf converts a duration to microseconds, rounding down.
func OffsetOf(d time.Duration) Offset { return Offset(d.Microseconds()) }

// A Witness says who saw an exchange. Only the recorder or the forwarder can prove that a
// request was not sent.
type Witness string

const (
	WitnessRecorder  Witness = "recorder"
	WitnessForwarder Witness = "forwarder"
	WitnessProtocol  Witness = "protocol"
)

// An ExchangeKind distinguishes CORS-preflight requests from all others.
type ExchangeKind string

const (
	ExchangePreflight ExchangeKind = "preflight"
	ExchangeRequest   ExchangeKind = "request"
)

// A SentRequest is a request as sent on the wire.
type SentRequest struct {
	Method  string     `json:"method"`
	Target  string     `json:"target"`
	Version string     `json:"version"`
	Headers HeaderList `json:"headers"`
	Body    Payload    `json:"body"`
}

// IsPreflight reports whether r is a [CORS-preflight request].
//
// [CORS-preflight request]: https://fetch.spec.whatwg.org/#cors-preflight-request
func (r SentRequest) IsPreflight() bool {
	return r.Method == "OPTIONS" && r.Headers.Contains("Origin") &&
		r.Headers.Contains("Access-Control-Request-Method")
}

// A SentResponse is a response as sent on the wire.
type SentResponse struct {
	Status  int        `json:"status"`
	Reason  string     `json:"reason,omitempty"`
	Version string     `json:"version"`
	Headers HeaderList `json:"headers"`
	// Body is the payload after the transfer coding, but not the content coding, was
	// removed.
	Body Payload `json:"body"`
}

// An OutcomeKind is the result of a call for the calling code.
type OutcomeKind string

const (
	// OutcomeResponse means that the code got a response object. Its type decides how
	// much of it the code can read.
	OutcomeResponse OutcomeKind = "response"
	// OutcomeNetworkError is a network error,
	// https://fetch.spec.whatwg.org/#concept-network-error, the only thing that script
	// learns of a refusal. For a direct client: no response.
	OutcomeNetworkError OutcomeKind = "network-error"
	// OutcomeRefused means that the API threw before anything was sent.
	OutcomeRefused OutcomeKind = "refused"
	// OutcomeUnknown means that the result could not be observed. It is never a pass.
	OutcomeUnknown OutcomeKind = "unknown"
)

// An Outcome is what the calling code could read.
type Outcome struct {
	Kind OutcomeKind `json:"kind"`

	// Response is set only for [OutcomeResponse].
	Response *ReadResponse `json:"response,omitempty"`

	// Error is the text that the calling code got, set for every other kind.
	// For [OutcomeUnknown] it says what was missing.
	Error string `json:"error,omitempty"`

	// Block is why the browser, or the model, said no; nil if it didn't.
	Block *Block `json:"block,omitempty"`
}

// Readable reports whether the code could read the response's body: it got one
// that is neither opaque nor an error.
func (o Outcome) Readable() bool {
	return o.Kind == OutcomeResponse && o.Response != nil && o.Response.Type.readable()
}

// A ReadResponse is a response as far as the calling code could read it.
type ReadResponse struct {
	Type       ResponseType `json:"type"`
	Status     int          `json:"status"`
	URL        string       `json:"url,omitempty"`
	Redirected bool         `json:"redirected,omitempty"`
	// Headers are the readable ones, in the order in which the code got them.
	Headers HeaderList `json:"headers"`
	Body    Payload    `json:"body"`
}

// A ResponseType is https://fetch.spec.whatwg.org/#concept-response-type. For a
// direct client it is [ResponseDefault].
type ResponseType string

const (
	ResponseBasic          ResponseType = "basic"
	ResponseCORS           ResponseType = "cors"
	ResponseDefault        ResponseType = "default"
	ResponseError          ResponseType = "error"
	ResponseOpaque         ResponseType = "opaque"
	ResponseOpaqueRedirect ResponseType = "opaqueredirect"
)

func (t ResponseType) readable() bool {
	return t == ResponseBasic || t == ResponseCORS || t == ResponseDefault
}

// A Block says where and why a fetch ended in a network error.
type Block struct {
	// Phase is the algorithm's anchor, as in "concept-cors-check"; empty if it
	// isn't known.
	Phase string `json:"phase,omitempty"`
	// Step is the number of the step in it, as in "4".
	Step string `json:"step,omitempty"`
	// Detail is a short stable word for the branch, as in "missing".
	Detail string `json:"detail,omitempty"`
	// Exchange is the ID of the exchange whose response was refused; empty if
	// there was none.
	Exchange string `json:"exchange,omitempty"`
	// Sentence is for people.
	Sentence string `json:"sentence,omitempty"`
	// Code and Parameter are the browser's own words, as in
	// "MissingAllowOriginHeader"; empty for the model.
	Code      string `json:"code,omitempty"`
	Parameter string `json:"parameter,omitempty"`
}
