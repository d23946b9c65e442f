package fuzz

import (
	"context"
	"fmt"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/judge"
)

// draft returns a case as a case file, with what the model says as its
// expectation, and that it is a draft.
func draft(ctx context.Context, c catalog.Case, profile *fetch.Profile, differences []judge.StepDifference) (string, error) {
	traces, err := predict(ctx, &c, profile)
	if err != nil {
		return "", err
	}
	c = clone(c)
	for i, step := range stepsOf(&c) {
		step.Expect = expectation(traces[i])
	}
	var said []string
	for _, d := range differences {
		said = append(said, d.String())
	}
	c.Why = fmt.Sprintf("DRAFT, made from a run: what is expected is what the model with the profile %s says; check it against the standard, "+
		"and say here what would be wrong if it failed. The engine did otherwise: %s", profile.Name, strings.Join(said, "; "))
	c.Drivers = nil
	return string(catalog.Marshal(catalog.File{Section: "concept-fetch", Cases: []catalog.Case{c}})), nil
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
