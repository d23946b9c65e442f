// Package rewrite makes a copy of a package's source in which every mutant is
// compiled in at once, each behind a switch, and in which every decision under a
// step of the standard records the way it went. So one build serves hundreds of
// mutants, and a mutant costs one run and no compilation.
//
// It only ever inserts text, on the line where it was: a position in the copy is
// the position in the source. What is mutated is decided by rules alone: see
// [Operators] and [Scope].
//
//	pkg, err := rewrite.Load(ctx, "harness/fetch")
//	copy := rewrite.Instrument(pkg, rewrite.Scope{Roots: []string{"Predict"}})
package rewrite
