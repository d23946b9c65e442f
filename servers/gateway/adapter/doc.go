// Package adapter is what a kind of gateway has to do so that package gateway can run
// a user's config of it, and what kinds share: files with places ([Source]), edits of
// them ([Edits]) that are told as [Substitution], a [Plan] of what is run at a
// [Place], and the origins that a config names ([NamedOrigins]).
//
// It knows no kind, starts nothing, and writes nothing. How a kind is added is in the
// documentation of package gateway.
package adapter
