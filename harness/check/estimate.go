package check

import (
	"context"
	"time"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/catalog"
)

// What things cost on two cores that do nothing else.
const (
	costOverHTTP   = 300 * time.Microsecond // a request to a local gateway, judged
	costInBrowser  = 3 * time.Millisecond   // a request of a page
	costOfPage     = 100 * time.Millisecond // opening one
	costOfChromium = time.Second            // its start, with the canary
	costOfStart    = 200 * time.Millisecond // of everything else
)

// An Estimate says how large a check is, and about how long it takes.
type Estimate struct {
	// Cases is their number, Different how many differ in what is asked or
	// answered: the others are judged with them.
	Cases, Different int
	// Requests are those to the target, preflights among them, of all cases on the
	// model; Decisions is how many cases a browser judges, from pages of so many
	// Origins.
	Requests, Decisions, Origins int
	Took                         time.Duration
	// Waits is how much longer it takes at most, while the target waits for an
	// upstream that hangs: how soon it gives that up is its own affair.
	Waits time.Duration
}

// NewEstimate says what a check of the cases by the engine, see
// [Config].Engine, will be like, with a target whose answers take latency
// longer than those of a local one. Took is for two cores that do nothing else.
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
