package browser

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/corsproof/corsproof/harness/fetch"
)

// proveAbsence shows that what the window has not got will not come any more:
// to the server of each URL that has a recorder it sends a sentinel, and waits
// until the recorder has it. The error says which did not arrive.
func (w window) proveAbsence(ctx context.Context, urls []string, send func(ctx context.Context, url string) (string, error)) error {
	isRecorded := w.join(nil).isRecorded
	origins := map[string]bool{}
	for _, u := range urls {
		if key, ok := keyOf(hop{"", u}, false); ok && isRecorded(key.hostport) {
			origins[originOf(u)] = true
		}
	}
	problems := make(chan error, len(origins))
	var wg sync.WaitGroup
	for origin := range origins {
		wg.Go(func() { problems <- w.sendSentinel(ctx, origin, send) })
	}
	wg.Wait()
	close(problems)
	var all []error
	for err := range problems {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// sendSentinel returns nil once a recorder has the sentinel.
func (w window) sendSentinel(ctx context.Context, origin string, send func(context.Context, string) (string, error)) error {
	target := SentinelPath + rand.Text()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	arrived := make(chan error, len(w.recorders))
	for i, r := range w.recorders {
		go func() {
			_, err := r.Wait(ctx, w.marks[i], func(x fetch.Exchange) bool { return x.Request.Target == target })
			arrived <- err
		}()
	}
	answered := make(chan error, 1)
	go func() {
		text, err := send(ctx, origin+target)
		if err == nil && text != "" {
			err = errors.New(text)
		}
		answered <- err
	}()
	for range w.recorders {
		select {
		case err := <-arrived:
			if err == nil {
				return nil
			}
		case why := <-answered:
			// Recorders have what a client was answered to, so this is the end.
			if w.has(target) {
				return nil
			}
			if why == nil {
				why = errors.New("it was answered by somebody else")
			}
			return fmt.Errorf("prove that nothing else was sent to %s: the sentinel did not arrive at a recorder: %w", origin, why)
		}
	}
	return fmt.Errorf("prove that nothing else was sent to %s: the sentinel did not arrive at a recorder: %w", origin, context.Cause(ctx))
}

// has reports whether a recorder has a request for target.
func (w window) has(target string) bool {
	for i, r := range w.recorders {
		for _, x := range r.Since(w.marks[i]) {
			if x.Request.Target == target {
				return true
			}
		}
	}
	return false
}

// originOf cuts a URL after its authority.
func originOf(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		rest = rest[:i]
	}
	if _, host, ok := strings.Cut(rest, "@"); ok {
		rest = host
	}
	return scheme + "://" + rest
}
