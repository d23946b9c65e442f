package check

import (
	"context"
	"time"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
)

// Costs on two idle cores.
const (
	costOverHTTP   = 300 * time.Microsecond // a request to a local gateway, judged
	costInBrowser  = 3 * time.Millisecond   // a request of a page
	costOfPage     = 100 * time.Millisecond // opening one
	costOfChromium = time.Second            // its start, with the canary
	costOfStart    = 200 * time.Millisecond // of everything else
)

// An Estimate says how large a check is, and about how long it takes.
type Estimate struct {
	// Cases is the number of cases, Different how many of them differ in request or
	// response; the others are judged together with one of these.
	Cases, Different int
	// Requests is the number of requests of all cases to the target, preflights included.
	// Decisions is how many cases a browser judges, from pages of Origins different
	// origins.
	Requests, Decisions, Origins int
	Took                         time.Duration
	// Waits is the maximum additional time that the target waits for an upstream that
	// hangs; it depends on the target's own timeout.
	Waits time.Duration
}

// NewEstimate estimates a check of the cases with an engine, see [Config].Engine. latency
// is the additional latency of the target compared with a local one. Took is for two idle
// cores.
func NewEstimate(ctx context.Context, cases []catalog.PolicyCase, engine browser.EngineName, latency time.Duration) (Estimate, error) {
	out := Estimate{Cases: len(cases)}
	requests := map[string]int{} // by signature
	alone := 0                   // of those, how many are made one after another
	hanging := 0                 // of those, how many wait
	for i := range cases {
		c := &cases[i]
		if _, known := requests[c.Signature]; known {
			continue
		}
		traces, err := c.Expect(ctx, nil)
		if err != nil {
			return out, err
		}
		n := 0
		for step, trace := range traces {
			n += len(trace.Exchanges) * max(c.Steps[step].Repeat, 1)
		}
		requests[c.Signature] = n
		out.Requests += n
		switch mannerOf(c) {
		case mannerAlone:
			alone += n
		case mannerHanging:
			hanging += n
		}
	}
	out.Different = len(requests)
	workers := checkWorkers
	if latency > farTarget {
		workers = checkWorkersFar
	}
	took := costOfStart.Seconds() + float64(out.Requests)*costOverHTTP.Seconds() +
		(float64(out.Requests-alone)/float64(workers)+float64(alone))*latency.Seconds()
	rounds := (hanging + checkWorkers - 1) / checkWorkers
	if engine == browser.EngineChromium {
		rounds *= 2
	}
	out.Waits = time.Duration(rounds) * DefaultTimeout
	if engine != browser.EngineModel {
		byOrigin := out.browser(cases, requests, engine)
		inBrowser := costOfChromium.Seconds() + float64(len(byOrigin))*costOfPage.Seconds()
		for _, n := range byOrigin {
			inBrowser += float64(n)*costInBrowser.Seconds() + float64(n)/float64(min(max(n/2, 1), pageSlots))*latency.Seconds()
		}
		took += inBrowser
	}
	out.Took = time.Duration(took * float64(time.Second))
	return out, nil
}

// browser counts what a browser does, and returns how many requests pages of each
// origin make.
func (e *Estimate) browser(cases []catalog.PolicyCase, requests map[string]int, engine browser.EngineName) map[string]int {
	byOrigin := map[string]int{}
	decided, made := map[string]bool{}, map[string]bool{}
	for i := range cases {
		c := &cases[i]
		switch {
		case !browserMakes(c):
			continue
		case engine != browser.EngineChromium && (decided[c.Decision] || mannerOf(c) != mannerTogether):
			continue
		}
		decided[c.Decision] = true
		e.Decisions++
		if made[c.Signature] {
			continue
		}
		made[c.Signature] = true
		for _, s := range c.Steps {
			byOrigin[s.Request.Origin] += max(requests[c.Signature]/len(c.Steps), 1)
		}
	}
	e.Origins = len(byOrigin)
	return byOrigin
}
