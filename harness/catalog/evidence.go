package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Field is something in which two traces of one request can differ.
type Field string

const (
	FieldSteps           Field = "steps"            // how many requests a case sent
	FieldOutcome         Field = "outcome"          // the result of a request
	FieldConsents        Field = "consents"         // whether a response consents to a request that only a direct client can send
	FieldRequests        Field = "requests"         // what was sent in one step
	FieldExchanges       Field = "exchanges"        // the same, between engine and model
	FieldSent            Field = "sent"             // a request header of one exchange
	FieldCookies         Field = "cookies"          // the cookies of one exchange, by name
	FieldResponse        Field = "response"         // whether there is a response
	FieldType            Field = "type"             // type of a response
	FieldRedirected      Field = "redirected"       // whether a response came after a redirect
	FieldStatus          Field = "status"           // status of a response
	FieldReadable        Field = "readable"         // whether page code can read one response header
	FieldReadableHeaders Field = "readable headers" // all headers that page code can read
	FieldBody            Field = "body"             // body of a response
	FieldReason          Field = "reason"           // reason of a network error
	FieldAnswer          Field = "answer"           // the responses to repeated requests
)

// A Subject says what a difference is about. Subjects are comparable.
type Subject struct {
	Field Field
	// Exchange counts from 1; 0 if the difference is not about a particular exchange.
	Exchange int
	// Header is the name of the header; empty if the difference is not about a header.
	Header string
}

// String returns the subject, as in "exchange 2: Origin" or "readable ETag".
func (s Subject) String() string {
	text := string(s.Field)
	switch s.Field {
	case FieldReadable:
		text += " " + s.Header
	case FieldSent:
		text = s.Header
	}
	if s.Exchange > 0 {
		text = fmt.Sprintf("exchange %d: %s", s.Exchange, text)
	}
	return text
}

// A Value is the value of one side of a difference.
type Value interface{ String() string }

type (
	// Kind is the kind of an outcome. The rest of the outcome is not judged.
	Kind fetch.OutcomeKind
	// Truth is a yes or no.
	Truth bool
	// Number is a status or a count.
	Number int
	// Sent are the requests of a step, in order.
	Sent []SentRequest
	// Text is a value that is only displayed.
	Text string
)

// A SentRequest is one request on the wire.
type SentRequest struct {
	Method, URL string
	Preflight   bool
}

func (r SentRequest) String() string { return r.Method + " " + r.URL }
func (k Kind) String() string        { return string(k) }
func (t Truth) String() string       { return strconv.FormatBool(bool(t)) }
func (n Number) String() string      { return strconv.Itoa(int(n)) }
func (t Text) String() string        { return string(t) }

func (s Sent) String() string {
	lines := make([]string, len(s))
	for i, r := range s {
		lines[i] = r.String()
	}
	return strings.Join(lines, "; ")
}

// Masked returns a value with the secrets removed from its texts by mask. v does not
// change.
func Masked(v Value, mask fetch.Mask) Value {
	switch v := v.(type) {
	case Text:
		return Text(mask(string(v), false))
	case Sent:
		out := slices.Clone(v)
		for i := range out {
			out[i].Method, out[i].URL = mask(out[i].Method, false), mask(out[i].URL, false)
		}
		return out
	}
	return v
}

// SentIn returns the requests of exchanges.
func SentIn(exchanges []fetch.Exchange) Sent {
	out := make(Sent, len(exchanges))
	for i, x := range exchanges {
		out[i] = SentRequest{x.Request.Method, x.Server + x.Request.Target, x.Request.IsPreflight()}
	}
	return out
}

// A Deviation is one difference between the result of a case and what the policy
// requires.
type Deviation struct {
	// Step is the index of the request.
	Step int
	Subject
	Want, Got Value
}

// String returns the deviation in one line.
func (d Deviation) String() string {
	return fmt.Sprintf("request %d: %s: want %s, got %s", d.Step+1, d.Subject, d.Want, d.Got)
}
