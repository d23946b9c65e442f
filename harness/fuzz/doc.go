// Package fuzz looks for cases in which the model and an engine disagree.
//
// [Generate] makes a case from a seed and a number: requests and what servers
// answer to them, from the grammar of the Fetch Standard, right, nearly right
// and hostile. [Run] gives cases to a [Driver], which has a real browser run
// them, and holds each trace against the model's. What differs is explained if
// the model with the engine's profile says exactly what the engine did, and then
// counted by the rules that made the difference; anything else is a
// [Divergence], shrunk to a case as small as can be that still shows it.
//
// The package refuses to say who is right: the expectation of a shrunk case is
// a draft, made from the model, for a person to check against the standard.
package fuzz
