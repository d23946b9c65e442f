package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// A Checked is a case that follows from a policy with all that is known of it
// after it was run against a target, or the reason why it wasn't. A [Collector]
// makes findings of many.
type Checked struct {
	Case *catalog.PolicyCase
	// NotRun says why the case was not run; then the rest is empty. Such a case
	// has no verdict. What a case was to provoke and didn't is a reason.
	NotRun string
	// Unknown says what could not be observed; empty if everything was.
	Unknown string

	// Want are the traces that the policy calls for, Got the model's over the
	// answers that the target gave, one for each step: expectation and
	// prediction. Of what goes out as it is written, Got is the direct client's.
	Want, Got []fetch.Trace
	// Mismatches are what [catalog.PolicyCase.Compare] found between them.
	Mismatches []catalog.Deviation

	// Engine are the traces of an engine, nil if none ran the case; Differences
	// are what [Compare] found between them and the model with the engine's
	// profile over the same answers.
	Engine      []fetch.Trace
	Differences []StepDifference
	// Unsteady says in what the target answered the same requests otherwise when
	// they were made again; empty if it didn't, or nobody made them again.
	Unsteady string
	// UnsteadyStep is the index of the request that this is about.
	UnsteadyStep int

	// Upstream are the requests that reached the upstream behind the target, in
	// order, with what it answered: the Access-Control headers and Vary at
	// least. UpstreamSeen is false if the upstream isn't ours, so that nobody
	// knows what reached it.
	Upstream     []fetch.Exchange
	UpstreamSeen bool
}

// The ends of a case that follows from a policy, beside [EndPass],
// [EndDivergence] and [EndUnknown].
const (
	// EndViolation: the target's answers aren't what the policy calls for.
	EndViolation End = "violation"
	// EndNotRun: it has no verdict.
	EndNotRun End = "not run"
)

// End returns how the case ended: of several the gravest, in the order
// violation, divergence, unknown.
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

// Missing says what could not be observed; empty if everything was.
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

// Judge names who judged the case: an engine by its name, "direct" for what only
// a client that is no browser can send, "model" for the model over the answers
// that a direct client got.
func (c *Checked) Judge() string {
	switch {
	case len(c.Engine) > 0:
		return c.Engine[0].Caller.Name
	case c.Case.Wire():
		return string(catalog.DriverDirect)
	}
	return string(catalog.DriverModel)
}
