package cases

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/corsproof/corsproof/harness"
	"github.com/corsproof/corsproof/harness/browser/chromium"
	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/internal/pairs"
)

const (
	cataloguePairs = 7
	catalogueLeast = 0.8
)

// BenchmarkCatalogue holds the built-in catalogue, driven with all evidence on,
// against bare loops of fetch(), one in each page: same browser, server, answers,
// methods and page origins, all pages at a time, each URL new, in alternating pairs. The metric "ratio" is the median
// over the pairs of the bare loop's time by the driver's: 1 is free evidence.
// Below 0.8 it fails. Pages are opened before the clock.
func BenchmarkCatalogue(b *testing.B) {
	cases, err := catalog.Builtin()
	require.NoError(b, err)
	cases = slices.DeleteFunc(cases, func(c catalog.Case) bool { return !c.DrivenBy(catalog.DriverBrowser) })
	lab := harness.NewLabT(b, harness.LabConfig{})
	driver, err := NewDriver(b.Context(), lab, 0)
	require.NoError(b, err)
	b.Cleanup(func() { driver.Close() })
	require.NoError(b, driver.Prepare(b.Context(), cases))
	bare := map[string]*chromium.Bare{}
	for _, origin := range pageOrigins(cases) {
		page, err := driver.engine.(*chromium.Browser).OpenBare(b.Context(), origin)
		require.NoError(b, err)
		b.Cleanup(func() { page.Close() })
		bare[origin] = page
	}

	drive := func() time.Duration {
		began := time.Now()
		n := 0
		require.NoError(b, driver.Drive(b.Context(), cases, func(Driven) { n++ }))
		require.Equal(b, len(cases), n)
		return time.Since(began)
	}
	loop := func() (took time.Duration) {
		for _, cases := range batches(cases) {
			batch, err := driver.place(b.Context(), cases)
			require.NoError(b, err)
			for step := 0; ; step++ {
				requests := map[string][]fetch.Request{}
				for _, d := range batch.cases {
					if step < len(d.Requests) {
						r := d.Requests[step]
						requests[r.Page] = append(requests[r.Page], r.Fetch)
					}
				}
				if len(requests) == 0 {
					break
				}
				keys, err := batch.script(step)
				require.NoError(b, err)
				began := time.Now()
				var pages errgroup.Group
				for origin, requests := range requests {
					pages.Go(func() error {
						_, err := bare[origin].Run(b.Context(), requests, chromium.DefaultSlots)
						return err
					})
				}
				require.NoError(b, pages.Wait())
				took += time.Since(began)
				driver.scripted.Remove(keys...)
			}
		}
		return took
	}

	pairs.Hold(b, cataloguePairs, catalogueLeast, len(cases), loop, drive)
}

// pageOrigins are those of the pages that make the cases' requests.
func pageOrigins(cases []catalog.Case) (origins []string) {
	for i := range cases {
		for _, s := range cases[i].AllSteps() {
			if origin := cases[i].PageOrigin(s); !slices.Contains(origins, origin) {
				origins = append(origins, origin)
			}
		}
	}
	return origins
}
