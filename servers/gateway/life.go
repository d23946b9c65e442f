package gateway

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
)

// A life tells of an instance that ends though nobody ended it. It is a
// [target.Life], and may be used concurrently.
type life struct {
	what string        // the gateway, as an error calls it
	done chan struct{} // closed once it has ended

	mu       sync.Mutex
	instance Instance          // nil before the start
	explain  func(error) error // adds what is known of such an end
	closed   bool              // from then on an end is no news
}

// begin watches an instance.
func (l *life) begin(i Instance, explain func(error) error) {
	l.mu.Lock()
	l.instance, l.explain = i, explain
	l.mu.Unlock()
	go func() {
		<-i.Done()
		if l.Err() != nil {
			close(l.done)
		}
	}()
}

// close says that whoever started the instance ends it now.
func (l *life) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// Done implements [target.Life].
func (l *life) Done() <-chan struct{} { return l.done }

// logTail is how many lines of a gateway's log an error shows.
const logTail = 12

// Err implements [target.Life].
func (l *life) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.instance == nil || l.closed {
		return nil
	}
	select {
	case <-l.instance.Done():
	default:
		return nil
	}
	reason := "exited with status 0"
	if err := l.instance.Err(); err != nil {
		reason = err.Error()
	}
	return l.explain(fmt.Errorf("%s exited unexpectedly: %s; its log ends:\n%s", l.what, reason, tail(l.instance.Log())))
}

// tail returns the last lines of a log, without a newline at the end.
func tail(log []byte) string {
	lines := strings.Split(string(bytes.TrimRight(log, "\n")), "\n")
	return strings.Join(lines[max(0, len(lines)-logTail):], "\n")
}
