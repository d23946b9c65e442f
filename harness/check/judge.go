package check

import (
	"context"
	"fmt"
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// judge holds what came of a case against what the policy calls for.
func (c *checking) judge(ctx context.Context, pc *catalog.PolicyCase, p prediction) (*judge.Checked, error) {
	out := &judge.Checked{Case: pc, NotRun: c.leftOut(pc)}
	if out.NotRun != "" {
		return out, nil
	}
	want, err := pc.Expect(ctx, nil)
	if err != nil {
		return nil, err
	}
	switch ok, instead := pc.Provoked(p.traces); {
	case p.missing != "" && provokes(pc):
		out.NotRun = fmt.Sprintf("the target did not do within %v what was to be provoked", c.cfg.Timeout)
	case p.missing != "" && len(p.traces) < len(pc.Steps):
		out.NotRun = p.missing
	case !ok && c.limit != "" && slices.ContainsFunc(p.traces, endsInRefusal):
		out.NotRun = c.limit
	case !ok:
		out.NotRun = instead
	default:
		got := c.unlimited(pc, want, c.observed(want, p.traces))
		out.Want, out.Got, out.Mismatches = want, got, pc.Compare(want, got)
		if p.withheld != "" {
			judgeWithheld(out, p.withheld)
		}
	}
	return out, nil
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
		if n := len(sent); n > 0 && sent[n-1].Incomplete == catalog.Withheld && asks(c.Want[i], &sent[n-1]) {
			lost, preflighted = i, n > 1
		}
	}
	c.Mismatches = slices.DeleteFunc(c.Mismatches, func(m catalog.Mismatch) bool { return m.Step >= lost })
	if lost == len(c.Got) || len(c.Mismatches) > 0 {
		return
	}
	c.NotRun = lacks
	if preflighted {
		c.NotRun = "its preflight is as it has to be, and the request itself was not made: " + lacks
	}
	c.Want, c.Got = nil, nil
}

// reached returns what the upstream was asked, by the signature of the case.
func (c *checking) reached() map[string][]fetch.Exchange {
	out := map[string][]fetch.Exchange{}
	for _, r := range c.upstreams {
		for _, x := range r.Since(0) {
			out[signatureIn(x.Request.Target)] = append(out[signatureIn(x.Request.Target)], x)
		}
	}
	return out
}

// provokes reports whether the case hangs on what a gateway does of its own.
func provokes(pc *catalog.PolicyCase) bool {
	for _, s := range pc.Steps {
		if len(s.OnlyIf) > 0 {
			return true
		}
	}
	return false
}
