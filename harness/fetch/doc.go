// Package fetch is the CORS vocabulary of the Fetch Standard: requests, header
// lists, responses, and the traces that every caller returns, whether it is a
// browser, a direct client or the model.
//
// It does no I/O, reads no clock and imports the standard library alone. Names
// are the standard's; the pinned text is commit 586cd2a of
// https://github.com/whatwg/fetch.
//
// The package refuses to guess: what a caller could not see is absent from its
// trace, and absent is never the same as empty.
package fetch
