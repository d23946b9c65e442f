package process

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errNotYet = errors.New("not yet")

func TestWaitReady(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	child := startRole(t, run, "wait")
	tries := 0
	require.NoError(t, WaitReady(t.Context(), child, func(context.Context) error {
		if tries++; tries < 3 {
			return errNotYet
		}
		return nil
	}))
	assert.Equal(t, 3, tries)
}

// The end of the child ends the wait: between tries, and in the middle of one.
func TestWaitReadyChildEnds(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]func(context.Context) error{
		"between tries": func(context.Context) error { return errNotYet },
		"in a try": func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newRun(t, Timeouts{})
			child, err := run.Start(t.Context(), roleSpec("fail"))
			require.NoError(t, err)
			err = WaitReady(t.Context(), child, try)
			require.ErrorContains(t, err, "wait until fail is ready: fail (pid ")
			assert.ErrorContains(t, err, "ended: exit status 3; its log ends:\nfirst\nlast words")
		})
	}
}

// A success after the end of the child is somebody else's.
func TestWaitReadySomebodyElseAnswers(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	child := startRoleUntilEnd(t, run, "end")
	err := WaitReady(t.Context(), child, func(context.Context) error { return nil })
	assert.ErrorContains(t, err, "wait until end is ready: it ended with status 0 or was stopped; its log is empty")
}

func TestWaitReadyContextEnds(t *testing.T) {
	t.Parallel()
	run := newRun(t, Timeouts{})
	child := startRole(t, run, "wait")
	ctx, cancel := context.WithCancel(t.Context())
	err := WaitReady(ctx, child, func(context.Context) error {
		cancel()
		return errNotYet
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "last try: not yet; its log ends:\nready")
}
