package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// A Checked is a derived case with everything known about it after its run against a
// target, or with the reason why it was not run. A [Collector] makes findings of many.
type Checked struct {
	Case *catalog.PolicyCase
	// NotRun says why the case was not run; then the other fields are empty and the case
	// has no verdict. One reason is that the target did not produce the tested situation.
	NotRun string
	// Unknown says what could not be observed; empty if everything was observed.
	Unknown string

	// Want are the expected traces by the policy; Got are the model's predictions over
	// the target's responses. Both have one trace for each step. For requests that only a
	// direct client can send, Got are the direct client's traces.
	Want, Got []fetch.Trace
	// Mismatches are the differences between Want and Got, as found by
	// [catalog.PolicyCase.Compare].
	Mismatches []catalog.Deviation

	// Engine are the traces of an engine, nil if none ran the case. Differences are what
	// [Compare] found between them and the model with the engine's profile over the same
	// responses.
	Engine      []fetch.Trace
	Differences []StepDifference
	// Unsteady says how the target's responses to repeated requests differ; empty if they
	// do not, or if no request was repeated.
	Unsteady string
	// UnsteadyStep is the index of the request that Unsteady is about.
	UnsteadyStep int

	// Upstream are the requests that reached the upstream behind the target, in order,
	// with its responses: at least their Access-Control headers and Vary. UpstreamSeen is
	// false if the upstream is not scripted, so that this is unknown.
	Upstream     []fetch.Exchange
	UpstreamSeen bool
}

// Ends of a derived case, in addition to [EndPass], [EndDivergence] and [EndUnknown].
const (
	// EndViolation means that the target's responses violate the policy.
	EndViolation End = "violation"
	// EndNotRun means that the case was not run and has no verdict.
	EndNotRun End = "not run"
)

// End returns how the case ended. If several ends apply, it returns the most severe one,
// in the order violation, divergence, unknown.
func (c *Checked) End() End {
	switch {
	case c.NotRun != "":
		return EndNotRun
	case len(c.violations()) > 0, c.Unsteady != "":
		return EndViolation
	case len(c.Differences) > 0:
		return EndDivergence
	case c.Missing() != "":
		return EndUnknown
	}
	return EndPass
}

// violations returns the mismatches that the target is charged with: none of a
// request of which the model couldn't tell what comes of it, nor of what is only
// noted.
func (c *Checked) violations() []catalog.Deviation {
	if c.Case.Noted {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.Mismatches), func(m catalog.Deviation) bool {
		return m.Step < len(c.Got) && (c.Got[m.Step].Outcome.Kind == fetch.OutcomeUnknown || c.Case.Supposed && c.passesOn(m.Step))
	})
}

// passesOn reports whether a response of a request has what the upstream said of who may
// read.
func (c *Checked) passesOn(step int) bool {
	return slices.ContainsFunc(c.Got[step].Exchanges, func(x fetch.Exchange) bool {
		if x.Response == nil || x.Kind == fetch.ExchangePreflight {
			return false
		}
		items := x.Response.Headers.Items("Access-Control-Allow-Origin")
		return slices.ContainsFunc(c.Upstream, func(u fetch.Exchange) bool {
			said, ok := "", false
			if u.Response != nil {
				said, ok = u.Response.Headers.Get("Access-Control-Allow-Origin")
			}
			return ok && slices.Contains(items, said)
		})
	})
}

// Missing says what could not be observed; empty if everything was observed.
func (c *Checked) Missing() string {
	if c.Unknown != "" {
		return c.Unknown
	}
	for i, t := range c.Got {
		if t.Outcome.Kind == fetch.OutcomeUnknown {
			return strings.TrimSuffix(fmt.Sprintf("request %d: %s", i+1, t.Outcome.Error), ": ")
		}
	}
	return ""
}

// Judge returns who judged the case: the name of an engine, "direct" for requests that
// only a client other than a browser can send, or "model" for the model over the
// responses to a direct client.
func (c *Checked) Judge() string {
	switch {
	case len(c.Engine) > 0:
		return c.Engine[0].Caller.Name
	case c.Case.Wire():
		return string(catalog.DriverDirect)
	}
	return string(catalog.DriverModel)
}
