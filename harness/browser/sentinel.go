package browser

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// proveAbsence shows that what the window has not got will not come any more:
// to the server of each URL that has a recorder it sends a sentinel, and waits
// until the recorder has it. It returns, by origin, why one did not arrive.
func (w window) proveAbsence(ctx context.Context, urls []string, send sendFunc) map[string]error {
	isRecorded := w.join(nil).isRecorded
	var origins []string
	for _, u := range urls {
		key, ok := keyOf(hop{"", u}, false)
		if origin := originOf(u); ok && isRecorded(key.hostport) && !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	if origins == nil {
		return nil
	}
	unproven := map[string]error{}
	sentinels := w.browser.openWindow(w.recorders) // no need to look at what came before
	for origin, why := range sentinels.send(ctx, origins, send) {
		unproven[origin] = fmt.Errorf("prove that nothing else was sent to %s: the sentinel did not arrive at a recorder: %w", origin, why)
	}
	return unproven
}

// A sendFunc sends requests that are only to arrive, all at once, and returns for
// each why page code could not.
type sendFunc func(ctx context.Context, urls []string) ([]string, error)

// send sends a sentinel to each origin. It returns why one is at no recorder, once
// all others are or nothing can come any more.
func (w window) send(ctx context.Context, origins []string, send sendFunc) map[string]error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	urls := make([]string, len(origins))
	left := map[string]string{} // origins by target
	for i, origin := range origins {
		target := SentinelPath + rand.Text()
		urls[i], left[target] = origin+target, origin
	}
	arrived := make(chan string)
	for i, r := range w.recorders {
		go r.Wait(ctx, w.marks[i], func(x fetch.Exchange) bool {
			select {
			case arrived <- x.Request.Target:
			case <-ctx.Done():
			}
			return false
		})
	}
	var texts []string
	var err error
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		texts, err = send(ctx, urls)
	}()
	why := func(int) error { return context.Cause(ctx) }
	for open := true; open && len(left) > 0; {
		select {
		case target := <-arrived:
			delete(left, target)
		case <-answered:
			// Recorders have what a client was answered to, so this is the end.
			open = false
			why = func(i int) error {
				switch {
				case err != nil:
					return err
				case texts[i] != "":
					return errors.New(texts[i])
				}
				return errors.New("it was answered by somebody else")
			}
		case <-ctx.Done():
			open = false
		}
	}
	unproven := map[string]error{}
	for i, origin := range origins {
		target := strings.TrimPrefix(urls[i], origin)
		if _, missing := left[target]; missing && !w.has(target) {
			unproven[origin] = why(i)
		}
	}
	return unproven
}

// joinUnproven makes one error of those of several origins.
func joinUnproven(unproven map[string]error) error {
	var all []error
	for _, origin := range slices.Sorted(maps.Keys(unproven)) {
		all = append(all, unproven[origin])
	}
	return errors.Join(all...)
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
