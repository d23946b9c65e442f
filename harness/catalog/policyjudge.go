package catalog

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// Compare compares the traces of a case, one for each step, with the expected ones. It
// judges what a page can observe and which requests were sent: whether the response is
// readable, its type and status, the headers that the step is about, and the requests in
// order. It does not judge: details of a response that is blocked in both, since a page
// cannot see them; a repeated request whose response the policy's headers would have left
// in a cache, which costs only a round trip; a response from a cache to the same request
// as before; and the result of a no-cors request, which matters only for what it leaves
// in caches. For requests that only a direct client can send, it judges whether the
// response consents or, without an Origin, its status.
func (c *PolicyCase) Compare(want, got []fetch.Trace) []Deviation {
	var out []Deviation
	if len(want) != len(got) {
		return []Deviation{{Subject: Subject{Field: FieldSteps}, Want: Number(len(want)), Got: Number(len(got))}}
	}
	for i := range want {
		differ := func(subject Subject, want, got Value) {
			if want.String() != got.String() {
				out = append(out, Deviation{Step: i, Subject: subject, Want: want, Got: got})
			}
		}
		if c.Wire() {
			compareWire(want[i], got[i], differ)
			continue
		}
		s := &c.Steps[i]
		if s.readsNothing(got[i]) || s.Request.Mode == fetch.ModeNoCORS {
			continue
		}
		a, b := want[i].Outcome.Response, got[i].Outcome.Response
		differ(Subject{Field: FieldOutcome}, Kind(want[i].Outcome.Kind), Kind(got[i].Outcome.Kind))
		kept := (b == nil && len(got[i].Exchanges) == 0 || fromCache(got[i])) && c.repeats(i)
		if a == nil && b == nil && kept {
			continue
		}
		if a == nil || b == nil {
			differ(Subject{Field: FieldRequests}, SentIn(want[i].Exchanges), SentIn(got[i].Exchanges))
			continue
		}
		if len(want[i].Exchanges) > 0 && !kept {
			differ(Subject{Field: FieldRequests}, SentIn(want[i].Exchanges), SentIn(got[i].Exchanges))
		}
		differ(Subject{Field: FieldType}, Text(a.Type), Text(b.Type))
		if len(s.OnlyIf) == 0 {
			differ(Subject{Field: FieldStatus}, Number(a.Status), Number(b.Status))
		}
		for _, name := range s.Reads {
			differ(Subject{Field: FieldReadable, Header: name}, Truth(a.Headers.Contains(name)), Truth(b.Headers.Contains(name)))
		}
	}
	return out
}

// fromCache reports whether the response that a page read came from a cache.
func fromCache(t fetch.Trace) bool {
	return t.Outcome.Response != nil && !slices.ContainsFunc(t.Exchanges, func(x fetch.Exchange) bool { return x.Kind != fetch.ExchangePreflight })
}

// repeats reports whether the page made the same request before.
func (c *PolicyCase) repeats(step int) bool {
	return slices.ContainsFunc(c.Steps[:step], func(s PolicyStep) bool { return reflect.DeepEqual(s.Request, c.Steps[step].Request) })
}

func compareWire(want, got fetch.Trace, differ func(subject Subject, want, got Value)) {
	if want.Request.Origin == "" { // then there is nobody to consent to
		differ(Subject{Field: FieldStatus}, Number(statusOf(want)), Number(statusOf(got)))
		return
	}
	differ(Subject{Field: FieldConsents}, Truth(Consent(want) == nil), Truth(Consent(got) == nil))
}

// Provoked reports whether the target produced the situation that the case's steps test.
// If not, it returns what the target did instead; then there is nothing to judge.
func (c *PolicyCase) Provoked(traces []fetch.Trace) (bool, string) {
	for i := range min(len(traces), len(c.Steps)) {
		only, status := c.Steps[i].OnlyIf, statusOf(traces[i])
		if c.Steps[i].readsNothing(traces[i]) {
			continue
		}
		if len(only) > 0 && status != 0 && !slices.Contains(only, status) {
			return false, fmt.Sprintf("request %d has to get status %s for this case, and got %d", i+1, strings.Trim(fmt.Sprint(only), "[]"), status)
		}
	}
	return true, ""
}

// readsNothing reports whether nothing may be read, and nothing can be.
func (s *PolicyStep) readsNothing(t fetch.Trace) bool {
	return s.Denied && (statusOf(t) == notFound || t.Outcome.Kind == fetch.OutcomeNetworkError)
}

// notFound is the status with which there is nothing to be read.
const notFound = 404

// statusOf returns the status of the first answer to a request that is no
// preflight; 0 if there was none.
func statusOf(t fetch.Trace) int {
	for _, x := range t.Exchanges {
		if x.Kind != fetch.ExchangePreflight && x.Response != nil {
			return x.Response.Status
		}
	}
	return 0
}
