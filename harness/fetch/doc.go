// Package fetch is the CORS vocabulary of the Fetch Standard: requests, header
// lists, responses, and the traces that every caller returns, whether it is a
// browser, a direct client or the model.
//
// It does no I/O, reads no clock and imports the standard library alone. Names
// are the standard's; the pinned text is commit 586cd2a of
// https://github.com/whatwg/fetch.
//
// [Predict] is the model: the standard's algorithms over any transport, one
// function for each, named and numbered as the standard does, so that every
// outcome has a reason. A [UserAgent] carries what a sequence of requests shares,
// and a [Profile] how an engine differs. Which steps aren't code, and what that
// could change, is in OMITTED.md:
//
//	trace, err := fetch.Predict(ctx, request, answer)
//	if b := trace.Outcome.Block; b != nil {
//		fmt.Println(b.Phase, b.Step, b.Sentence)
//	}
//
// The package refuses to guess: what a caller could not see is absent from its
// trace, and absent is never the same as empty.
package fetch
