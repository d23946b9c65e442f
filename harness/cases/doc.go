// Package cases runs written cases, those of the catalogue, of case files and of
// the fuzzer, on the model and in a real browser against a scripted server, and
// judges what came of them. [Run] is its entry point; [CompareDenied] puts beside
// the browser what callers that don't enforce could read.
package cases
