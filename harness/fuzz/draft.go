package fuzz

import (
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// draft returns the case with what the model says as its expectation, and that
// it is a draft.
func draft(c catalog.Case, profile string, traces []fetch.Trace, differences []Difference) catalog.Case {
	steps := c.Steps
	if len(steps) == 0 {
		steps = []catalog.Step{c.Step}
	}
	out := make([]catalog.Step, len(steps))
	for i, step := range steps {
		step.Expect = expectation(traces[i])
		out[i] = step
	}
	if len(c.Steps) == 0 {
		c.Step = out[0]
	} else {
		c.Steps = out
	}
	var said []string
	for _, d := range differences {
		said = append(said, d.String())
	}
	c.Why = fmt.Sprintf("DRAFT, made from a run: what is expected is what the model with the profile %s says; check it against the standard, "+
		"and say here what would be wrong if it failed. The engine did otherwise: %s", profile, strings.Join(said, "; "))
	c.Drivers = nil
	return c
}

// expectation states what a trace shows.
func expectation(t fetch.Trace) *catalog.Expect {
	e := &catalog.Expect{Outcome: t.Outcome.Kind, NoExchanges: len(t.Exchanges) == 0}
	if r := t.Outcome.Response; r != nil {
		e.Type = r.Type
		if e.Type != fetch.ResponseOpaque && e.Type != fetch.ResponseOpaqueRedirect {
			e.Status = r.Status
		}
	}
	if b := t.Outcome.Block; b != nil {
		e.Phase, e.Step, e.Detail = b.Phase, b.Step, b.Detail
	}
	for _, x := range t.Exchanges {
		get := func(name string) string {
			if v, ok := x.Request.Headers.Get(name); ok {
				return v
			}
			return "-"
		}
		exchange := catalog.Exchange{Send: x.Request.Method + " " + x.Server + x.Request.Target, Origin: get("Origin")}
		if x.Request.IsPreflight() {
			exchange.Asks, exchange.For = get("Access-Control-Request-Method"), get("Access-Control-Request-Headers")
		}
		e.Exchanges = append(e.Exchanges, exchange)
	}
	return e
}
