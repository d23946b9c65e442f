package check

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// A bench is what a case is judged by beside the policy and its answers.
type bench struct {
	origin  fetch.Origin  // of the target
	timeout time.Duration // of one request
	limit   string        // see [surveyor]
	answers []string      // see [target.Facts]
}

// judge holds what came of a case over HTTP against what the policy calls for.
func (b bench) judge(ctx context.Context, pc *catalog.PolicyCase, a answer) (*judge.Checked, error) {
	out := &judge.Checked{Case: pc}
	want, err := pc.Expect(ctx, nil)
	if err != nil {
		return nil, err
	}
	switch ok, instead := pc.Provoked(a.traces); {
	case a.missing != "" && provokes(pc):
		out.NotRun = fmt.Sprintf("the target did not produce the tested situation within %v", b.timeout)
	case a.missing != "" && len(a.traces) < len(pc.Steps):
		out.NotRun = a.missing
	case !ok && b.limit != "" && slices.ContainsFunc(a.traces, endsInRefusal):
		out.NotRun = b.limit
	case !ok:
		out.NotRun = instead
	default:
		got := b.unlimited(pc, want, b.observed(want, a.traces))
		out.Want, out.Got, out.Mismatches = want, got, pc.Compare(want, got)
		if a.withheld != "" {
			judgeWithheld(out, a.withheld)
		}
	}
	return out, nil
}

// withUpstream completes a case with what reached the upstream. One that came out wrong
// has no verdict if it hangs on what the upstream says and the target never asked it,
// but answered well by itself, as a static answer or a cache does: then what it was to
// show was not provoked.
func (b bench) withUpstream(c *judge.Checked, reached []fetch.Exchange, seen bool) {
	c.Upstream, c.UpstreamSeen = reached, seen
	asked := func(x fetch.Exchange) bool { return !x.Request.IsPreflight() }
	if len(c.Mismatches) == 0 || !seen || !c.Case.HangsOnUpstream() || slices.ContainsFunc(reached, asked) || !wentWell(c.Got) {
		return
	}
	c.NotRun = "the target answered without contacting its upstream, so the scripted upstream response was not tested"
	if len(b.answers) > 0 {
		c.NotRun += " (" + strings.Join(b.answers[:min(len(b.answers), 3)], "; ") + ")"
	}
	c.Want, c.Got, c.Mismatches = nil, nil, nil
}

// wentWell reports whether every request that is no preflight was answered, and none
// with an error or a redirect.
func wentWell(traces []fetch.Trace) bool {
	answers := 0
	for _, t := range traces {
		for _, x := range t.Exchanges {
			switch {
			case x.Kind == fetch.ExchangePreflight:
			case x.Response == nil || x.Response.Status < 200 || x.Response.Status > 299:
				return false
			default:
				answers++
			}
		}
	}
	return answers > 0
}

// observed returns the traces, with those as unknown from which nothing follows: who
// may not read gets nothing from a target that answers nothing, whatever its
// config says.
func (b bench) observed(want, got []fetch.Trace) []fetch.Trace {
	got = slices.Clone(got)
	for i := range got {
		reason := unanswered(got[i], b.origin)
		if reason == "" {
			continue
		}
		if isUnreadable(got[i], b.origin) || i < len(want) && refuses(want[i]) {
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

// unlimited returns the traces, with those as unknown that show a limit.
func (b bench) unlimited(pc *catalog.PolicyCase, want, got []fetch.Trace) []fetch.Trace {
	if b.limit == "" || limitedIn(pc, b.origin, want, got) == nil {
		return got
	}
	got = slices.Clone(got)
	for i := range got {
		if i < len(want) && limitedIn(&catalog.PolicyCase{Steps: pc.Steps[i : i+1]}, b.origin, want[i:i+1], got[i:i+1]) != nil {
			got[i].Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: b.limit}
		}
	}
	return got
}

// asks reports whether a trace has the request of an exchange, whatever came before it:
// one that had no answer lets go of the preflights that are kept.
func asks(t fetch.Trace, x *fetch.Exchange) bool {
	return slices.ContainsFunc(t.Exchanges, func(o fetch.Exchange) bool {
		return o.Server == x.Server && o.Request.Target == x.Request.Target && o.Request.Method == x.Request.Method && o.Request.IsPreflight() == x.Request.IsPreflight()
	})
}

// judgeWithheld leaves of a case that lacks its secret what was seen without it,
// which is how preflights were answered. The case has no verdict if the policy calls
// for the request that was not made, and nothing was wrong before.
func judgeWithheld(c *judge.Checked, lacks string) {
	lost, preflighted := len(c.Got), false
	for i := len(c.Got) - 1; i >= 0; i-- {
		sent := c.Got[i].Exchanges
		if n := len(sent); n > 0 && sent[n-1].Failure == fetch.FailureWithheld && asks(c.Want[i], &sent[n-1]) {
			lost, preflighted = i, n > 1
		}
	}
	c.Mismatches = slices.DeleteFunc(c.Mismatches, func(m catalog.Deviation) bool { return m.Step >= lost })
	if lost == len(c.Got) || len(c.Mismatches) > 0 {
		return
	}
	c.NotRun = lacks
	if preflighted {
		c.NotRun = "its preflight passed, but the request itself was not sent: " + lacks
	}
	c.Want, c.Got = nil, nil
}

// provokes reports whether the case hangs on what a gateway does of its own.
func provokes(pc *catalog.PolicyCase) bool {
	return slices.ContainsFunc(pc.Steps, func(s catalog.PolicyStep) bool { return len(s.OnlyIf) > 0 })
}
