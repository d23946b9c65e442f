package chromium

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

var openedSeries atomic.Int64 // an origin is served once

// A page may have been loaded before anything listens to its tab, or after.
func TestManyPagesOpenAtOnce(t *testing.T) {
	i := start(t)
	const pages, together = 24, 6
	series := openedSeries.Add(1)
	var group errgroup.Group
	group.SetLimit(together)
	for n := range pages {
		origin := fmt.Sprintf("https://page-%d-%d.test", series, n)
		_, err := i.pages.ServeRouted(origin, nil)
		require.NoError(t, err)
		group.Go(func() error {
			page, err := i.chromium.Open(t.Context(), origin)
			if err != nil {
				return err
			}
			return page.Close()
		})
	}
	require.NoError(t, group.Wait())
}
