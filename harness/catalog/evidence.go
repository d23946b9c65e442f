package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A Field is a thing in which two traces of one request can differ.
type Field string

const (
	FieldSteps           Field = "steps"            // how many requests a case made
	FieldOutcome         Field = "outcome"          // what came of a request
	FieldConsents        Field = "consents"         // whether an answer consents to what goes out as it is written
	FieldRequests        Field = "requests"         // what was sent in one step
	FieldExchanges       Field = "exchanges"        // the same, of engine and model
	FieldSent            Field = "sent"             // a request header of one exchange
	FieldCookies         Field = "cookies"          // those of one exchange, by name
	FieldResponse        Field = "response"         // whether there is one
	FieldType            Field = "type"             // of a response
	FieldRedirected      Field = "redirected"       // whether a response came by a redirect
	FieldStatus          Field = "status"           // of a response
	FieldReadable        Field = "readable"         // whether page code can read one response header
	FieldReadableHeaders Field = "readable headers" // all that page code can read
	FieldBody            Field = "body"             // of a response
	FieldReason          Field = "reason"           // of a network error
	FieldAnswer          Field = "answer"           // what the same request gets each time
)

// A Subject is what a difference is about. Subjects are comparable.
type Subject struct {
	Field Field
	// Exchange counts from 1; 0 if it is about no exchange in particular.
	Exchange int
	// Header is the name of the header that it is about, if it is about one.
	Header string
}

// String names the subject, as in "exchange 2: Origin" or "readable ETag".
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

// A Value is what one side of a difference has.
type Value interface{ String() string }

type (
	// Kind is an outcome's. Nothing else of the outcome is judged.
	Kind fetch.OutcomeKind
	// Truth is whether something is so.
	Truth bool
	// Number is a status, or how many.
	Number int
	// Sent are the requests of a step, in order.
	Sent []SentRequest
	// Text is what is only ever shown.
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

// Masked returns a value without the secrets that mask takes out of texts. v stays as
// it is.
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

// SentIn returns what was sent in exchanges.
func SentIn(exchanges []fetch.Exchange) Sent {
	out := make(Sent, len(exchanges))
	for i, x := range exchanges {
		out[i] = SentRequest{x.Request.Method, x.Server + x.Request.Target, x.Request.IsPreflight()}
	}
	return out
}

// A Deviation is one way in which what came of a case isn't what the policy calls
// for.
type Deviation struct {
	// Step is the index of the request.
	Step int
	Subject
	Want, Got Value
}

// String says it in a line.
func (d Deviation) String() string {
	return fmt.Sprintf("request %d: %s: want %s, got %s", d.Step+1, d.Subject, d.Want, d.Got)
}
