// Package cases runs written cases, from the catalogue, from case files and from the
// fuzzer, on the model and in a real browser against a scripted server, and judges the
// results. Its entry point is [Run]; [CompareDenied] compares the browser with callers
// that do not enforce.
package cases
