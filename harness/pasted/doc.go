// Package pasted reads requests and responses that people paste: curl command
// lines, response heads, HAR files, and lists of requests with the responses
// that are expected.
//
// The entry points are [Curl], [Heads], [Transcript], [HAR] and [Requests]:
//
//	call, err := pasted.Curl(`curl 'https://api.test/items' -X PUT -H 'Origin: https://app.test'`)
//	if err != nil { … }
//	trace, err := fetch.Predict(ctx, call.Request, answer)
//
// What comes back says two things of each request: the headers that stand in
// the text, and the part of them that a page's own code can have set. The rest
// is listed as dropped, each with its reason.
//
// The package sends nothing, opens no file and runs no command. It refuses what
// it would have to guess: an unknown flag, a value that curl would read from a
// file, a shell variable, a second command. Every such error is an [*Error]
// with line and column. Errors quote names of flags, headers and keys, and no
// values other than an origin, since those may be secrets; the values themselves, in what the
// package returns, are not redacted (see [fetch.HeaderList.Redacted]).
package pasted
