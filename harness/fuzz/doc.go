// Package fuzz searches for cases in which the model and an engine disagree.
//
// [Generate] generates a case from a seed and a number: requests and the responses of
// servers, by the grammar of the Fetch Standard, correct, nearly correct and hostile.
// [Run] passes cases to a [Driver], which runs them in a real browser, and compares
// each trace with the model's. A difference is explained if the model with the engine's
// profile predicts exactly what the engine did; it is counted by the rules that made
// the difference. Any other difference is a [Divergence], which is shrunk to the
// smallest case found that still shows it.
//
// The package does not say who is right: the expectation of a shrunk case is a draft,
// derived from the model, that a person has to check against the standard.
package fuzz
