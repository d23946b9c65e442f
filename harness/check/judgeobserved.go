package check

import (
	"context"
	"fmt"
	"slices"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/drive"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// judgeObserved holds what the browser did against the policy, and against the
// model with the browser's profile over the answers that the browser itself got. reached
// is how many of its requests reached the upstream: a cache may answer one client and not
// the other.
func (b bench) judgeObserved(ctx context.Context, c *judge.Checked, o *drive.Run, reached int, given givenCookies) error {
	if b.limit != "" && limitedIn(c.Case, b.origin, c.Want, o.Traces) != nil {
		c.Engine, c.Unknown = o.Traces, b.limit
		return nil
	}
	if ok, _ := c.Case.Provoked(o.Traces); !ok {
		return nil // it didn't happen again: the model has judged the first time
	}
	c.Engine = o.Traces
	if slices.ContainsFunc(c.Got, func(t fetch.Trace) bool { return t.Outcome.Kind == fetch.OutcomeUnknown && isUnreadable(t, b.origin) }) {
		return nil // what a browser makes of it doesn't tell what is right
	}
	for i, t := range o.Traces {
		if t.Outcome.Kind == fetch.OutcomeUnknown {
			c.Unknown = fmt.Sprintf("request %d in the browser: %s", i+1, t.Outcome.Error)
			return nil
		}
	}
	if len(o.Traces) != len(c.Case.Steps) {
		c.Unknown = fmt.Sprintf("the browser sent %d of %d requests", len(o.Traces), len(c.Case.Steps))
		return nil
	}
	predicted, differences, err := predictOver(ctx, c.Case, o.Traces, given)
	if err != nil {
		return err
	}
	if len(differences) > 0 {
		// A cache may have let go of what it held between the requests.
		if _, late, err := predictOver(ctx, delayed(c.Case, o.Waited), o.Traces, given); err == nil && len(late) == 0 {
			return nil
		}
		c.Differences = differences
		return nil
	}
	if c.Missing() != "" || !sameCookies(c.Got, o.Traces) || c.UpstreamSeen && reached != len(c.Upstream) && c.Case.HangsOnUpstream() {
		return nil // nobody knows what the direct client would have got
	}
	// The same model over what the direct client got: what differs is the target.
	direct, err := c.Case.Run(ctx, &fetch.Chromium, func(step int) fetch.Answerer { return replay(c.Got[step]) })
	if err != nil {
		return nil // the profile asks for what the standard doesn't
	}
	for i := range predicted {
		for _, d := range judge.Compare(direct[i], predicted[i]) {
			if decides(d) {
				c.UnsteadyStep = i
				c.Unsteady = fmt.Sprintf("request %d: %s: %s with the responses to the direct client, %s with those to the browser", i+1, d.Subject, d.Model, d.Engine)
				return nil
			}
		}
	}
	return nil
}

// decides reports whether a difference is one of what may be read, and not of
// what is: a server may well have another error page for a browser.
func decides(d judge.Difference) bool {
	return d.Field != catalog.FieldReadableHeaders && d.Field != catalog.FieldBody
}
