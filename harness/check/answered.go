package check

import (
	"fmt"
	"iter"
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// unreadable begins the reason why there is no answer if something came, and it is
// none that can be read: what a browser would make of it nobody knows.
const unreadable = "what came is no answer that can be read: "

// unanswered says which request of a trace the target at origin didn't answer, and why
// not; empty if it answered all.
func unanswered(t fetch.Trace, origin fetch.Origin) string {
	for _, x := range t.Exchanges {
		if x.Response == nil && x.Server == string(origin) && x.Incomplete != catalog.Withheld {
			return fmt.Sprintf("%s got no answer: %s", x.Request.Method, x.Incomplete)
		}
	}
	return ""
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
