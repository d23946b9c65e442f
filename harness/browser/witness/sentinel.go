package witness

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/browser"
	"github.com/corsproof/corsproof/harness/fetch"
)

// ProveAbsence shows that what the window has not got will not come any more:
// to the server of each URL that has a recorder it sends a sentinel, and waits
// until the recorder has it. It returns, by origin, why one did not arrive.
//
// modes has the credentials mode of a request that was sent, by origin. A browser has
// connections with credentials and others without: in the same mode a sentinel takes
// the connection that is open, else it opens one, which costs more than all else
// about it. Where the server could set a cookie in return, a sentinel has no
// credentials.
func (w Window) ProveAbsence(ctx context.Context, urls []string, modes map[string]fetch.CredentialsMode, send SendFunc) map[string]error {
	isRecorded := w.join(nil).isRecorded
	var origins []string
	sentWith := map[string]fetch.CredentialsMode{}
	for _, u := range urls {
		key, ok := keyOf(Hop{"", u}, false)
		origin := OriginOf(u)
		if !ok || sentWith[origin] != "" || !isRecorded(key.hostport) {
			continue
		}
		origins = append(origins, origin)
		sentWith[origin] = fetch.CredentialsOmit
		if mode := modes[origin]; mode != "" && w.answersOwn(key.hostport) {
			sentWith[origin] = mode
		}
	}
	if origins == nil {
		return nil
	}
	unproven := map[string]error{}
	sentinels := OpenWindow(w.router, w.recorders) // no need to look at what came before
	for origin, why := range sentinels.send(ctx, origins, sentWith, send) {
		unproven[origin] = fmt.Errorf("prove that nothing else was sent to %s: the sentinel did not arrive at a recorder: %w", origin, why)
	}
	return unproven
}

// A Sentinel is a request that only needs to arrive. Page script reads it as JSON.
type Sentinel struct {
	URL         string                `json:"url"`
	Credentials fetch.CredentialsMode `json:"credentials"`
}

// A SendFunc sends sentinels, all at once, and returns for each why page code could not.
type SendFunc func(ctx context.Context, sentinels []Sentinel) ([]string, error)

// send sends a sentinel to each origin, in the credentials mode that sentWith has for
// it. It returns why one is at no recorder, once all others are or nothing can come
// any more.
func (w Window) send(ctx context.Context, origins []string, sentWith map[string]fetch.CredentialsMode, send SendFunc) map[string]error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sentinels := make([]Sentinel, len(origins))
	left := map[string]string{} // origins by target
	for i, origin := range origins {
		target := browser.SentinelPath + rand.Text()
		sentinels[i], left[target] = Sentinel{origin + target, sentWith[origin]}, origin
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
		texts, err = send(ctx, sentinels)
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
		target := strings.TrimPrefix(sentinels[i].URL, origin)
		if _, missing := left[target]; missing && !w.has(target) {
			unproven[origin] = why(i)
		}
	}
	return unproven
}

// JoinUnproven joins the errors of several origins.
func JoinUnproven(unproven map[string]error) error {
	var all []error
	for _, origin := range slices.Sorted(maps.Keys(unproven)) {
		all = append(all, unproven[origin])
	}
	return errors.Join(all...)
}

// has reports whether a recorder has a request for target.
func (w Window) has(target string) bool {
	for i, r := range w.recorders {
		for _, x := range r.Since(w.marks[i]) {
			if x.Request.Target == target {
				return true
			}
		}
	}
	return false
}

// OriginOf returns the part of a URL up to its authority.
func OriginOf(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		rest = rest[:i]
	}
	if _, host, ok := strings.Cut(rest, "@"); ok {
		rest = host
	}
	return scheme + "://" + rest
}
