// Package adapter defines what a kind of gateway implements so that package gateway can
// run a user's config of that kind. It also has what kinds share: files with positions
// ([Source]), edits of them ([Edits]) that are reported as [Substitution], a [Plan] for
// running a config at a [Place], and the origins in a config ([NamedOrigins]).
//
// It contains no kind, starts nothing and writes nothing. The documentation of package
// gateway says how to add a kind.
package adapter
