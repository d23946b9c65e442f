package check

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// unreadable begins the reason why there is no answer if something came, and it is
// none that can be read: what a browser would make of it nobody knows.
const unreadable = "what came is no answer that can be read: "

// unanswered says which request of a trace the target didn't answer, and why not;
// empty if it answered all.
func (c *checking) unanswered(t fetch.Trace) string {
	for _, x := range t.Exchanges {
		if x.Response == nil && x.Server == string(c.origin) && x.Incomplete != catalog.Withheld {
			return fmt.Sprintf("%s got no answer: %s", x.Request.Method, x.Incomplete)
		}
	}
	return ""
}

// observed returns the traces, with those as unknown from which nothing follows: who
// may not read gets nothing from a target that answers nothing, whatever its
// config says.
func (c *checking) observed(want, got []fetch.Trace) []fetch.Trace {
	got = slices.Clone(got)
	for i := range got {
		reason := c.unanswered(got[i])
		if reason == "" {
			continue
		}
		if strings.Contains(reason, unreadable) || i < len(want) && refuses(want[i]) {
			got[i].Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: reason}
		}
	}
	return got
}

// refuses reports whether a trace is one of a request whose answer may not be read.
func refuses(t fetch.Trace) bool {
	if t.Outcome.Kind == fetch.OutcomeNetworkError {
		return true
	}
	return t.Caller.Kind == fetch.CallerDirect && t.Request.Origin != "" && catalog.Consent(t) != nil
}

// stillAnswers is an error if requests had no answer and the target doesn't answer
// another one either: one that it has answered before, or whatever there is to ask.
// These are not judged.
func (c *checking) stillAnswers(ctx context.Context, traces casesWithTraces) error {
	asked, reason := 0, ""
	for pc, all := range traces {
		whole := true
		for _, t := range all {
			asked += len(t.Exchanges)
			if why := c.unanswered(t); why != "" {
				reason, whole = why, false
			}
		}
		if whole && c.answered == nil && len(all) == 1 && answers(all[0]) && mannerOf(pc) == mannerTogether {
			known := *pc
			c.answered = &known
		}
	}
	if reason == "" {
		return nil
	}
	reason = c.secrets.text(reason)
	if err := c.alive(); err != nil {
		return err
	}
	others := []*catalog.PolicyCase{c.answered}
	if c.answered == nil {
		var err error
		if others, err = c.contextCases(); err != nil {
			return err
		}
	}
	made, err := c.predictor.predict(ctx, others, mannerTogether, func(string) {})
	if err != nil {
		return err
	}
	for _, p := range made {
		for _, t := range p.traces {
			if answers(t) && c.unanswered(t) == "" {
				return nil
			}
		}
	}
	if c.answered != nil {
		return fmt.Errorf("the target stopped answering: %s, and neither did one that it answered before", reason)
	}
	if where := c.wantsCertificate(); where != "" {
		return fmt.Errorf("the target answered none of %d requests; the last: %s: it wants a client's certificate (%s), and none can be presented here", asked, reason, where)
	}
	return fmt.Errorf("the target answered none of %d requests; the last: %s: see that what its URL and port lead to is the server that is meant", asked, reason)
}

// answers reports whether a request of a trace was answered.
func answers(t fetch.Trace) bool {
	return slices.ContainsFunc(t.Exchanges, func(x fetch.Exchange) bool { return x.Response != nil })
}

// casesWithTraces are cases, each with what came of it.
type casesWithTraces = iter.Seq2[*catalog.PolicyCase, []fetch.Trace]

// predicted are the traces of cases by what was made of their signatures.
func predicted(cases []*catalog.PolicyCase, made map[string]prediction) casesWithTraces {
	return func(yield func(*catalog.PolicyCase, []fetch.Trace) bool) {
		for _, pc := range cases {
			if !yield(pc, made[pc.Signature].traces) {
				return
			}
		}
	}
}

// browsed are the traces of cases in a browser.
func (b *browsing) browsed(checked []*judge.Checked) casesWithTraces {
	return func(yield func(*catalog.PolicyCase, []fetch.Trace) bool) {
		for _, one := range checked {
			if !yield(one.Case, b.traces[one.Case.Signature]) {
				return
			}
		}
	}
}
