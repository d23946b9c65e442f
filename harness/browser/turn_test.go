package browser

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// Who waits for a turn gets it as soon as any is free.
func TestTurn(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var held []func()
	for range runtime.NumCPU() {
		release, err := Turn(t.Context())
		require.NoError(t, err)
		held = append(held, release)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Turn(ended)
	require.ErrorIs(t, err, context.Canceled)

	for range 3 {
		for i := range held {
			got := make(chan func(), 1)
			go func() {
				release, err := Turn(t.Context())
				if err == nil {
					got <- release
				}
			}()
			select {
			case <-got:
				t.Fatal("more have a turn than there are processors")
			default:
			}
			held[i]()
			held[i] = <-got
		}
	}
	for _, release := range held {
		release()
	}
}
