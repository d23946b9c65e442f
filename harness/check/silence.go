package check

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/corsproof/corsproof/harness/wire"
)

// A SilentError says that a target accepts requests but no longer answers them, so there
// is nothing to judge.
type SilentError struct {
	// Requests is how many requests in a row got no response within Timeout; 0 if the
	// browser sent them.
	Requests int
	Timeout  time.Duration
}

func (e *SilentError) Error() string {
	if e.Requests == 0 {
		return fmt.Sprintf("the target stopped answering: no response for %v to requests of the browser", e.Timeout)
	}
	return fmt.Sprintf("the target stopped answering: %d requests in a row got no response within %v each", e.Requests, e.Timeout)
}

// silentAlone is how many requests in a row may go unanswered if they are sent one at a
// time: earlier requests may still slow the target down.
const silentAlone = 3

// A silence counts requests without an answer since the last one that had one.
// Safe for concurrent use.
type silence struct {
	limit   int
	timeout time.Duration

	mu    sync.Mutex
	count int
}

func (s *silence) broken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count = 0
}

// more is an error once there were too many.
func (s *silence) more() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count++; s.count >= s.limit {
		return &SilentError{s.count, s.timeout}
	}
	return nil
}

// silenceLook is how often the browser's target is checked, as a fraction of the timeout
// of a request.
const silenceLook = 10

// listening returns a context that ends, with a [SilentError] as its cause, once
// the target behind a recorder has answered nothing for twice as long as one request
// may take. It is for while a browser asks, which it does all the time. stop has to be
// called.
func listening(ctx context.Context, target *wire.Recorder, timeout time.Duration) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	mark := target.Mark()
	patience := 2 * timeout
	go func() {
		look := time.NewTicker(max(timeout/silenceLook, time.Millisecond))
		defer look.Stop()
		answered, since := 0, time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-look.C:
			}
			n := 0
			for _, x := range target.Since(mark) {
				if x.Response != nil {
					n++
				}
			}
			if n > answered {
				answered, since = n, time.Now()
			}
			if time.Since(since) > patience {
				cancel(&SilentError{Timeout: patience})
				return
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}
