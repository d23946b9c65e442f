// Package point is what the rewritten model calls: switches that turn one
// mutant on at a time, and a record of which way each decision went.
//
// The model itself never imports it; the copy that package rewrite makes does,
// in a build of its own. Nothing here is for concurrent use.
package point

import "slices"

// Sites is the number of mutants that the model in this program has. The copy
// sets it; it is 0 in a program that was built from the model itself.
var Sites int

// active is the mutant that is on, 0 for none; reached says whether the code
// came by it.
var (
	active   int
	reached  bool
	rebuilds []rebuild
)

// Activate turns mutant n on, and every other off; 0 is the model as it is. The
// model's package variables are computed anew.
func Activate(n int) {
	active = n
	for _, r := range rebuilds {
		r.compute()
	}
	reached = false
}

// Reached reports whether the code came by the mutant since it was activated.
func Reached() bool { return reached }

type rebuild struct {
	order   int
	compute func()
}

// OnActivate registers what computes a package variable; lower orders come
// first.
func OnActivate(order int, compute func()) {
	rebuilds = append(rebuilds, rebuild{order, compute})
	slices.SortStableFunc(rebuilds, func(a, b rebuild) int { return a.order - b.order })
}

// On reports whether mutant n is on.
func On(n int) bool {
	if n != active {
		return false
	}
	reached = true
	return true
}

type integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// More returns v, or one more if mutant n is on.
func More[T integer](n int, v T) T {
	if On(n) {
		return v + 1
	}
	return v
}

// Other returns v, which isn't empty and doesn't begin with "x", or another string
// if mutant n is on.
func Other[T ~string](n int, v T) T {
	if On(n) {
		return "x" + v[1:]
	}
	return v
}

// Absent returns v, or if mutant n is on a string that equals no other.
func Absent[T ~string](n int, v T) T {
	if On(n) {
		return "\x00absent"
	}
	return v
}

// AbsentNumber returns v, or if mutant n is on a number with all bits set.
func AbsentNumber[T integer](n int, v T) T {
	if On(n) {
		return ^T(0)
	}
	return v
}

// A Way is one way that a decision can go.
type Way struct {
	Decision int
	Taken    bool
}

// ways is nil while nobody asks.
var ways map[Way]bool

// Record calls run, and returns the ways that decisions went while it ran.
func Record(run func()) map[Way]bool {
	ways = map[Way]bool{}
	defer func() { ways = nil }()
	run()
	return ways
}

// Took records that a decision was taken or not, and returns taken.
func Took(decision int, taken bool) bool {
	if ways != nil {
		ways[Way{decision, taken}] = true
	}
	return taken
}

// Clause records that of the clauses of a switch, which are decisions first to
// last, one was taken; 0 for none.
func Clause(first, last, taken int) {
	for d := first; d <= last; d++ {
		Took(d, d == taken)
	}
}
