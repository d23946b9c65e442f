package harness

import (
	"context"
	"fmt"

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
	case !ok:
		out.NotRun = instead
	default:
		out.Want, out.Got, out.Mismatches = want, p.traces, pc.Compare(want, p.traces)
	}
	return out, nil
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
