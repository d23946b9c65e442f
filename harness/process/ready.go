package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// readyTail is how many lines of a child's log an error shows.
const readyTail = 20

// WaitReady calls try until it returns nil, with short, growing pauses. It returns at
// once when the child exits, with the end of its log in the error, and when ctx ends;
// then the error wraps that of ctx and includes try's last one. The ctx of try ends with
// either, and try must then return.
func WaitReady(ctx context.Context, child *Child, try func(context.Context) error) error {
	trying, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-child.done:
			cancel()
		case <-trying.Done():
		}
	}()
	pause := child.run.timeouts.pauses()
	for {
		last := try(trying)
		if child.ended() { // though try may have succeeded: it spoke to somebody else
			return child.notReady(cmp.Or(child.Err(), errEnded))
		}
		if last == nil {
			return nil
		}
		timer := time.NewTimer(pause())
		select {
		case <-timer.C:
			continue
		case <-child.done:
			timer.Stop()
			return child.notReady(cmp.Or(child.Err(), errEnded))
		case <-ctx.Done():
			timer.Stop()
			return child.notReady(fmt.Errorf("%w; last try: %v", ctx.Err(), last))
		}
	}
}

var errEnded = errors.New("it ended with status 0 or was stopped")

func (c *Child) notReady(reason error) error {
	if tail := c.LogTail(readyTail); tail != "" {
		return fmt.Errorf("wait until %s is ready: %w; its log ends:\n%s", c.name, reason, tail)
	}
	return fmt.Errorf("wait until %s is ready: %w; its log is empty", c.name, reason)
}
