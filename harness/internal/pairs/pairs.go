// Package pairs holds the time of our own driving of a browser against that of a
// bare loop of the same calls, for benchmarks whose bound is a ratio.
package pairs

import (
	"slices"
	"testing"
	"time"
)

// Hold takes the times of a bare loop and of what is driven in alternating
// pairs, so many cases each. The metric "ratio" is the median over the pairs of the
// loop's time by the other; below least the benchmark fails.
func Hold(b *testing.B, pairs int, least float64, cases int, bare, driven func() time.Duration) {
	b.Helper()
	// Both sides once, so that neither pays for the other's first time.
	driven()
	bare()
	var ratios, bareTimes, drivenTimes []float64
	for b.Loop() {
		for range pairs {
			free, all := bare().Seconds(), driven().Seconds()
			ratios, bareTimes, drivenTimes = append(ratios, free/all), append(bareTimes, free), append(drivenTimes, all)
		}
	}
	b.ReportMetric(Median(ratios), "ratio")
	b.ReportMetric(slices.Min(ratios), "least-ratio")
	b.ReportMetric(float64(cases)/Median(bareTimes), "bare-cases/s")
	b.ReportMetric(float64(cases)/Median(drivenTimes), "driven-cases/s")
	b.ReportMetric(0, "ns/op")
	if Median(ratios) < least {
		b.Errorf("driving costs too much: median ratio %.2f of %v, want at least %.2f", Median(ratios), ratios, least)
	}
}

// Median returns the middle one of values, the higher of two; values is not changed.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
