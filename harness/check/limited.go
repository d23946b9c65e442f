package check

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// A limiting target knows where its config limits requests, each place as
// "nginx.conf:12: limit_req zone=all". The gateways of package servers/gateway do.
type limiting interface{ Limits() []string }

// After a request that a target refused for its number it is left alone for so long
// before the same is asked again, as often as that.
const (
	limitPause = time.Second
	limitLooks = 3
)

// limitedIn returns the first request of a case to which the target gave the answer
// of a limit though the policy calls for another; nil if there is none. What the case
// is to provoke may be such an answer.
func (c *checking) limitedIn(pc *catalog.PolicyCase, want, got []fetch.Trace) *fetch.Exchange {
	for i := range min(len(want), len(got), len(pc.Steps)) {
		if pc.Steps[i].Repeat > 1 {
			continue
		}
		for j := range got[i].Exchanges {
			x := &got[i].Exchanges[j]
			if x.Server != string(c.origin) || !refusesForNumber(x) || len(pc.Steps[i].OnlyIf) > 0 && !x.Request.IsPreflight() {
				continue
			}
			same := func(w fetch.Exchange) bool {
				return w.Request.Method == x.Request.Method && w.Response != nil && w.Response.Status == x.Response.Status
			}
			if !slices.ContainsFunc(want[i].Exchanges, same) {
				return x
			}
		}
	}
	return nil
}

func refusesForNumber(x *fetch.Exchange) bool {
	return x.Response != nil && (x.Response.Status == http.StatusTooManyRequests || x.Response.Status == http.StatusServiceUnavailable)
}

// endsInRefusal reports whether the last answer of a trace is that of a limit.
func endsInRefusal(t fetch.Trace) bool {
	n := len(t.Exchanges)
	return n > 0 && refusesForNumber(&t.Exchanges[n-1])
}

// noticeLimit finds out whether the target refused requests for their number: if it
// answers otherwise a case that it refused, once it was left alone. The second answer
// isn't judged, nor the first. That preflights alone are refused is a mistake in what
// the target says of CORS.
func (c *checking) noticeLimit(ctx context.Context, traces casesWithTraces) error {
	if c.limit != "" {
		return nil
	}
	steady := map[string]bool{} // routes that always answer so
	for pc, got := range traces {
		if steady[pc.Route] {
			continue
		}
		want, err := pc.Expect(ctx, nil)
		if err != nil {
			return err
		}
		x := c.limitedIn(pc, want, got)
		if x == nil || x.Request.IsPreflight() {
			continue
		}
		for range limitLooks {
			select {
			case <-time.After(limitPause):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			made, err := c.predictor.predict(ctx, []*catalog.PolicyCase{pc}, mannerTogether, func(string) {})
			if err != nil {
				return err
			}
			again := made[pc.Signature]
			if again.missing == "" && c.limitedIn(pc, want, again.traces) == nil {
				c.limit = c.sayLimit(x.Response.Status)
				return nil
			}
		}
		steady[pc.Route] = true
	}
	return nil
}

func (c *checking) sayLimit(status int) string {
	where := ""
	if t, ok := c.cfg.Target.(limiting); ok {
		where = strings.Join(t.Limits(), "; ")
	}
	if where != "" {
		where = " (" + where + ")"
	}
	return fmt.Sprintf("the target limits requests%s, and answered with status %d for their number: check a config with a higher limit, or none", where, status)
}

// unlimited returns the traces, with those as unknown that show a limit.
func (c *checking) unlimited(pc *catalog.PolicyCase, want, got []fetch.Trace) []fetch.Trace {
	if c.limit == "" || c.limitedIn(pc, want, got) == nil {
		return got
	}
	got = slices.Clone(got)
	for i := range got {
		if i < len(want) && c.limitedIn(&catalog.PolicyCase{Steps: pc.Steps[i : i+1]}, want[i:i+1], got[i:i+1]) != nil {
			got[i].Outcome = fetch.Outcome{Kind: fetch.OutcomeUnknown, Error: c.limit}
		}
	}
	return got
}
