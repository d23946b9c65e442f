package browser

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/corsproof/corsproof/harness/fetch"
)

// proveAbsence shows that what the window has not got will not come any more:
// to the server of each URL that has a recorder it sends a sentinel, and waits
// until the recorder has it. It returns, by origin, why one did not arrive.
func (w window) proveAbsence(ctx context.Context, urls []string, send sendFunc) map[string]error {
	isRecorded := w.join(nil).isRecorded
	unproven := map[string]error{}
	var origins []string
	for _, u := range urls {
		key, ok := keyOf(hop{"", u}, false)
		if origin := originOf(u); ok && isRecorded(key.hostport) && !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	sentinels := w.browser.openWindow(w.recorders) // no need to look at what came before
	problems := make([]error, len(origins))
	var wg sync.WaitGroup
	for i, origin := range origins {
		wg.Go(func() { problems[i] = sentinels.sendSentinel(ctx, origin, send) })
	}
	wg.Wait()
	for i, err := range problems {
		if err != nil {
			unproven[origins[i]] = err
		}
	}
	return unproven
}

// A sendFunc sends one request that is only to arrive, and returns why page code
// could not.
type sendFunc func(ctx context.Context, url string) (string, error)

// joinUnproven makes one error of those of several origins.
func joinUnproven(unproven map[string]error) error {
	var all []error
	for _, origin := range slices.Sorted(maps.Keys(unproven)) {
		all = append(all, unproven[origin])
	}
	return errors.Join(all...)
}

// sendSentinel returns nil once a recorder has the sentinel.
func (w window) sendSentinel(ctx context.Context, origin string, send sendFunc) error {
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
