package check

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
)

// How many cases run at the same time over HTTP: few if the target is near, so that its
// limits are not triggered; more if most of the time is latency.
const (
	checkWorkers    = 8
	checkWorkersFar = 32
)

// A target is far if its responses take at least farTarget on average over farSample
// cases.
const (
	farTarget = 20 * time.Millisecond
	farSample = 2 * checkWorkers
)

// DefaultTimeout bounds one request to a target.
const DefaultTimeout = 5 * time.Second

// An answer is what the model makes of a target's answers to the requests of one
// signature: the model asks as page code would, and goes on as the standard says.
type answer struct {
	traces []fetch.Trace
	// missing says why there is no prediction.
	missing string
	// withheld says what the requests lacked that were not made for want of a
	// secret; empty if every request was made.
	withheld string
}

// answers are those to cases, by their signature.
type answers map[string]answer

// An asker has one target asked over HTTP.
type asker struct {
	client   *targetClient
	upstream *upstream // nil if the target's isn't ours
	secrets  *secrets
}

// ask makes the requests of the cases, each signature once, and returns what came of
// them. done, if not nil, is told of each signature, never two at a time. The error
// says that the target can't be asked any more, or that ctx ended.
func (a asker) ask(ctx context.Context, cases []*catalog.PolicyCase, m manner, done func(signature string)) (answers, error) {
	var single []*catalog.PolicyCase
	seen := map[string]bool{}
	for _, c := range cases {
		if !seen[c.Signature] {
			seen[c.Signature] = true
			single = append(single, c)
		}
	}
	workers, limit := checkWorkers, checkWorkers
	if m == mannerAlone {
		workers, limit = 1, silentAlone
	}
	a.client.silence.limit = limit
	return a.concurrently(ctx, single, workers, done)
}

func (a asker) concurrently(ctx context.Context, cases []*catalog.PolicyCase, workers int, done func(string)) (answers, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan *catalog.PolicyCase)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards what follows
	made, count, sum := answers{}, 0, time.Duration(0)
	work := func() {
		for c := range next {
			began := time.Now()
			one, err := a.one(ctx, c)
			if err != nil {
				cancel(err)
				continue
			}
			mu.Lock()
			count++
			sum += time.Since(began)
			made[c.Signature] = one
			if done != nil {
				done(c.Signature)
			}
			mu.Unlock()
		}
	}
	for range min(workers, len(cases)) {
		wg.Go(work)
	}
	for _, c := range cases {
		select {
		case next <- c:
		case <-ctx.Done():
		}
		mu.Lock()
		far := workers == checkWorkers && count >= farSample && sum/time.Duration(count) > farTarget
		mu.Unlock()
		for ; far && workers < checkWorkersFar; workers++ {
			wg.Go(work)
		}
	}
	close(next)
	wg.Wait()
	return made, context.Cause(ctx)
}

// one makes the requests of one case.
func (a asker) one(ctx context.Context, c *catalog.PolicyCase) (answer, error) {
	made := answer{}
	ready, err := a.secrets.fill(c)
	if err != nil {
		made.withheld, ready.Jar = err.Error(), ""
	}
	var unscripted error
	made.traces, err = ready.Run(ctx, nil, func(i int) fetch.Answerer {
		if a.upstream != nil {
			unscripted = errors.Join(unscripted, a.upstream.script(c.Signature, c.Steps[i].Upstream))
		}
		answering := a.client.answerer(c.Protocol, actsIn(&c.Steps[i], catalog.ActHangs))
		if made.withheld != "" {
			answering = c.Steps[i].WithoutSecret(answering)
		}
		return answering
	})
	if a.upstream != nil {
		a.upstream.Remove(c.Signature)
	}
	if unscripted != nil {
		return made, unscripted
	}
	if err != nil {
		if context.Cause(ctx) != nil {
			return made, context.Cause(ctx)
		}
		if _, silent := errors.AsType[*SilentError](err); silent {
			return made, err
		}
		made.missing = err.Error()
	}
	for i, t := range made.traces {
		if t.Outcome.Kind == fetch.OutcomeUnknown && made.missing == "" {
			made.missing = fmt.Sprintf("request %d: %s", i+1, t.Outcome.Error)
		}
	}
	return made, nil
}
