package check

import (
	"fmt"
	"iter"
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// unanswered says which request of a trace the target at origin didn't answer, and why
// not; empty if it answered all.
func unanswered(t fetch.Trace, origin fetch.Origin) string {
	if x := unansweredExchange(t, origin); x != nil {
		return fmt.Sprintf("no complete response to %s: %s", x.Request.Method, x.Incomplete)
	}
	return ""
}

// unansweredExchange is the first one that the target didn't answer, nil if it
// answered all.
func unansweredExchange(t fetch.Trace, origin fetch.Origin) *fetch.Exchange {
	for i := range t.Exchanges {
		x := &t.Exchanges[i]
		if x.Response == nil && x.Server == string(origin) && x.Failure != fetch.FailureWithheld {
			return x
		}
	}
	return nil
}

// isUnreadable reports whether what came is no answer that can be read: what a
// browser would make of it nobody knows.
func isUnreadable(t fetch.Trace, origin fetch.Origin) bool {
	x := unansweredExchange(t, origin)
	return x != nil && x.Failure == fetch.FailureUnreadable
}

// answersCame reports whether a request of a trace was answered.
func answersCame(t fetch.Trace) bool {
	return slices.ContainsFunc(t.Exchanges, func(x fetch.Exchange) bool { return x.Response != nil })
}

// casesWithTraces are cases, each with what came of it.
type casesWithTraces = iter.Seq2[*catalog.PolicyCase, []fetch.Trace]

// withTraces are cases with the traces of their signatures.
func withTraces(cases []*catalog.PolicyCase, traces func(signature string) []fetch.Trace) casesWithTraces {
	return func(yield func(*catalog.PolicyCase, []fetch.Trace) bool) {
		for _, pc := range cases {
			if !yield(pc, traces(pc.Signature)) {
				return
			}
		}
	}
}
