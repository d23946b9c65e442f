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

// How many cases are judged at the same time over HTTP: few where a target answers
// at once, so that its limits are not provoked; more where most of the time goes
// by on the way.
const (
	checkWorkers    = 8
	checkWorkersFar = 32
)

// A target is far if its answers take so long, on average over farSample cases.
const (
	farTarget = 20 * time.Millisecond
	farSample = 2 * checkWorkers
)

// DefaultTimeout bounds one request to a target.
const DefaultTimeout = 5 * time.Second

// A prediction is what the model makes of a target's answers to the requests of
// one signature.
type prediction struct {
	traces []fetch.Trace
	// missing says why there is no prediction.
	missing string
	// withheld says what the requests lacked that were not made for want of a
	// secret; empty if every request was made.
	withheld string
}

// A predictor runs cases on the model over the answers of one target, each
// signature once.
type predictor struct {
	client   *targetClient
	upstream *upstream // nil if the target's is not ours
	secrets  func(*catalog.PolicyCase) (catalog.PolicyCase, error)

	mu   sync.Mutex
	made map[string]prediction // by signature
}

// predict runs the cases, and returns what the model makes of them by signature.
// done is told of each signature.
func (p *predictor) predict(ctx context.Context, cases []*catalog.PolicyCase, m manner, done func(signature string)) (map[string]prediction, error) {
	p.made = map[string]prediction{}
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
	p.client.silence.limit = limit
	return p.made, p.concurrently(ctx, single, workers, done)
}

func (p *predictor) concurrently(ctx context.Context, cases []*catalog.PolicyCase, workers int, done func(string)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan *catalog.PolicyCase)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards what follows; done is told one at a time
	count, sum := 0, time.Duration(0)
	work := func() {
		for c := range next {
			began := time.Now()
			if err := p.one(ctx, c); err != nil {
				cancel(err)
				continue
			}
			mu.Lock()
			count++
			sum += time.Since(began)
			done(c.Signature)
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
	return context.Cause(ctx)
}

// one runs one case and keeps what came of it.
func (p *predictor) one(ctx context.Context, c *catalog.PolicyCase) error {
	made := prediction{}
	ready, err := p.secrets(c)
	if err != nil {
		made.withheld, ready.Jar = err.Error(), ""
	}
	made.traces, err = ready.Run(ctx, nil, func(i int) fetch.Answerer {
		if p.upstream != nil {
			p.upstream.script(c.Signature, c.Steps[i].Upstream)
		}
		answer := p.client.answerer(c.Protocol, actsIn(&c.Steps[i], catalog.ActHangs))
		if made.withheld != "" {
			answer = c.Steps[i].WithoutSecret(answer)
		}
		return answer
	})
	if p.upstream != nil {
		p.upstream.forget(c.Signature)
	}
	if err != nil {
		if context.Cause(ctx) != nil {
			return context.Cause(ctx)
		}
		if _, silent := errors.AsType[*SilentError](err); silent {
			return err
		}
		made.missing = err.Error()
	}
	for i, t := range made.traces {
		if t.Outcome.Kind == fetch.OutcomeUnknown && made.missing == "" {
			made.missing = fmt.Sprintf("request %d: %s", i+1, t.Outcome.Error)
		}
	}
	p.keep(c.Signature, made)
	return nil
}

func (p *predictor) keep(signature string, made prediction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made[signature] = made
}
